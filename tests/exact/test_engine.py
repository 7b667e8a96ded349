"""The engine against a plain sort."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from fixtures.exact.engine import Collection

UNIT = st.floats(-1, 1, width=32)
VECTORS = nps.arrays(np.float32, st.tuples(st.integers(1, 300), st.just(6)), elements=UNIT).filter(
    lambda rows: bool(np.all(np.linalg.norm(rows, axis=1) > 1e-3))
)


@given(VECTORS, st.integers(1, 20))
def test_it_finds_what_a_plain_sort_finds(rows: np.ndarray, k: int) -> None:
    """The same similarities, in the same order; more than there are gives all."""
    collection = Collection(6)
    collection.upsert(range(len(rows)), rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    query = unit[0]
    found = collection.search(query, k)
    assert len(found) == min(k, len(rows)) == len(set(found))
    best = np.sort(unit @ query)[::-1][: len(found)]
    np.testing.assert_allclose(unit[found] @ query, best, atol=1e-5)


def test_equals_come_in_the_order_of_insertion() -> None:
    """So that an answer never depends on chance."""
    collection = Collection(2)
    collection.upsert([7, 3, 5], np.array([[1, 0], [1, 0], [1, 0]], dtype=np.float32))
    assert collection.search(np.array([1, 0], dtype=np.float32), 2) == [7, 3]


def test_an_upsert_replaces_and_a_removal_forgets() -> None:
    """The count and the answers follow."""
    collection = Collection(2)
    collection.upsert([1, 2, 3], np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32))
    collection.upsert([1], np.array([[0, -1]], dtype=np.float32))
    assert len(collection) == 3
    assert collection.search(np.array([1, 0], dtype=np.float32), 1) == [3]
    collection.remove(3)
    assert len(collection) == 2
    assert sorted(collection.search(np.array([1, 0], dtype=np.float32), 5)) == [1, 2]
    np.testing.assert_allclose(collection.vector(2), [0, 1])


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        ([1], np.ones((1, 3))),
        ([1, 2], np.ones((1, 2))),
        ([1], np.zeros((1, 2))),
        ([1], np.full((1, 2), np.nan)),
        ([1], np.ones(2)),
    ],
)
def test_what_does_not_fit_is_refused(ids: list[int], rows: np.ndarray) -> None:
    """Another dimension, another number of ids, no direction."""
    with pytest.raises(ValueError, match=r"fit|ids|direction"):
        Collection(2).upsert(ids, rows.astype(np.float32))


def test_a_query_that_does_not_fit_is_refused() -> None:
    """Its dimension, or k."""
    collection = Collection(2)
    with pytest.raises(ValueError, match="fit"):
        collection.search(np.ones(3, dtype=np.float32), 1)
    with pytest.raises(ValueError, match="k must"):
        collection.search(np.ones(2, dtype=np.float32), 0)
    with pytest.raises(ValueError, match="not finite"):
        collection.search(np.full(2, np.nan, dtype=np.float32), 1)
    with pytest.raises(ValueError, match="at least 1"):
        Collection(0)


class Observed:
    """An id that calls when it is written down, which is in the middle of an upsert."""

    def __init__(self, number: int, call: Callable[[], None]) -> None:
        self._number = number
        self._call = call

    def __index__(self) -> int:
        self._call()
        return self._number

    __int__ = __index__


def test_a_search_beside_an_upsert_sees_whole_vectors_only() -> None:
    """Never a row that has no id yet."""
    collection = Collection(2)
    seen: list[list[int]] = []
    query = np.array([1, 0], dtype=np.float32)
    ids = [Observed(number, lambda: seen.append(collection.search(query, 9))) for number in (5, 6)]
    collection.upsert(ids, np.array([[1, 0], [1, 1]], dtype=np.float32))
    assert {tuple(found) for found in seen} == {(), (5,)}
    assert collection.search(query, 9) == [5, 6]
