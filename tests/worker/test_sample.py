"""A sample of stored vectors, each searched by itself: what counts as found, missed, lost and out of order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.drivers.base import Ids, Vector
from fixtures.exact.engine import Collection
from fixtures.worker.sample import check_sample, sampled_rows

RNG = np.random.default_rng(7)
TRAIN = RNG.standard_normal((200, 8)).astype(np.float32)
TRAIN /= np.linalg.norm(TRAIN, axis=1, keepdims=True)
ROWS = sampled_rows(200, 50, 0)


def collection(without: frozenset[int] = frozenset(), train: np.ndarray = TRAIN) -> Collection:
    """The engine, with all vectors but these."""
    made = Collection(train.shape[1])
    kept = [row for row in range(len(train)) if row not in without]
    made.upsert(kept, train[kept])
    return made


def test_a_store_that_keeps_everything_finds_everything() -> None:
    """Nothing missed, lost or out of order."""
    found = check_sample(collection().search, TRAIN, ROWS, 10, 100)
    assert (found.sampled, found.missed, found.lost, found.disordered) == (50, [], [], 0)


def test_vectors_that_are_gone_are_missed_and_lost() -> None:
    """By their ids."""
    gone = frozenset(ROWS[:3])
    found = check_sample(collection(gone).search, TRAIN, ROWS, 10, 100)
    assert found.missed == found.lost == sorted(gone)


def test_one_that_is_found_deeper_is_missed_and_not_lost() -> None:
    """An index by approximation."""
    engine = collection()

    def search(query: Vector, k: int) -> Ids:
        best = engine.search(query, k + 1)
        return best[1:] if k == 10 else best

    found = check_sample(search, TRAIN, ROWS, 10, 100)
    assert (found.missed, found.lost) == (ROWS, [])


def test_equal_vectors_that_push_each_other_out_are_found() -> None:
    """By exact score: whatever of them comes back is as near as itself."""
    same = np.repeat(TRAIN[:1], 50, axis=0)
    found = check_sample(lambda _query, k: list(range(k)), same, [49], 10, 20)
    assert (found.missed, found.lost) == ([], [])


def test_answers_that_come_farthest_first_are_out_of_order() -> None:
    """All of them."""
    engine = collection()
    found = check_sample(lambda query, k: list(reversed(engine.search(query, k))), TRAIN, ROWS, 10, 100)
    assert (found.missed, found.disordered) == ([], 50)


def test_no_answer_and_ids_that_never_were_are_lost() -> None:
    """Neither is an error of the check."""
    assert check_sample(lambda _query, _k: [], TRAIN, ROWS, 10, 100).lost == ROWS
    assert check_sample(lambda _query, k: [10_000 + i for i in range(k)], TRAIN, ROWS, 10, 100).lost == ROWS


@given(st.integers(1, 500), st.integers(1, 200), st.integers(0, 2**31))
def test_a_sample_is_of_different_rows_and_the_same_for_the_same_seed(vectors: int, sample: int, seed: int) -> None:
    """As many as asked for, or all that there are."""
    rows = sampled_rows(vectors, sample, seed)
    assert rows == sampled_rows(vectors, sample, seed)
    assert len(set(rows)) == len(rows) == min(sample, vectors)
    assert set(rows) <= set(range(vectors))
