"""Exact answers against the definition."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.drivers.base import Matrix
from fixtures.neighbors import exact_neighbors


def unit(rows: np.ndarray) -> Matrix:
    """Float32 rows of unit length."""
    normalised: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return normalised


def by_definition(train: Matrix, queries: Matrix, k: int) -> list[list[int]]:
    """Every pair in Python's own arithmetic, sorted by score, then by id."""
    answers = []
    for query in queries.tolist():
        scored = [(-sum(a * b for a, b in zip(query, row, strict=True)), at) for at, row in enumerate(train.tolist())]
        answers.append([at for _, at in sorted(scored)[:k]])
    return answers


@given(
    vectors=st.integers(1, 60),
    k=st.integers(1, 10),
    block=st.integers(1, 70),
    seed=st.integers(0, 2**32),
    kinds=st.integers(1, 60),
)
def test_the_exact_k_of_any_data_with_repeats_in_any_blocks(
    vectors: int, k: int, block: int, seed: int, kinds: int
) -> None:
    """Small whole components make ties common; equals are ordered by id wherever a block ends."""
    k = min(k, vectors)
    random = np.random.default_rng(seed)
    pool = random.integers(-2, 3, (kinds, 4)) + np.array([0.5, 0, 0, 0])
    train = unit(pool[random.integers(0, kinds, vectors)])
    queries = unit(random.integers(-2, 3, (5, 4)) + np.array([0.5, 0, 0, 0]))

    def blocks() -> Iterator[Matrix]:
        for first in range(0, vectors, block):
            yield train[first : first + block]

    assert exact_neighbors(blocks, queries, k).tolist() == by_definition(train, queries, k)


@pytest.mark.parametrize("dimensions", [3, 100, 1_023])
def test_equal_vectors_are_ordered_by_id(dimensions: int) -> None:
    """At sizes where a matrix product rounds equal rows differently by where they stand."""
    random = np.random.default_rng(1)
    (one,) = unit(random.standard_normal((1, dimensions)))
    train = np.concatenate((unit(random.standard_normal((37, dimensions))), np.tile(one, (3_000, 1))))
    found = exact_neighbors(lambda: [train[:1_024], train[1_024:]], unit(one[None] + 0.001), 10)
    assert found.tolist() == [list(range(37, 47))]


def test_fewer_vectors_than_k_are_refused() -> None:
    """There is no answer to give."""
    few = unit(np.ones((3, 2)))
    with pytest.raises(ValueError, match="3 vectors have no exact 10"):
        exact_neighbors(lambda: [few], few, 10)
