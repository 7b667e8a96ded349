"""The timed loop and the counting of hits."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.worker.loop import count_hits, search_slice

VECTORS = [np.full(4, number, dtype=np.float32) for number in range(5)]


def test_every_query_is_searched_once_and_in_order() -> None:
    """The answers come back by operation, with one latency each."""
    asked: list[float] = []

    def search(query: np.ndarray, k: int) -> list[int]:
        asked.append(float(query[0]))
        return [int(query[0])] * k

    found = search_slice(search, VECTORS, 3)
    assert asked == [0, 1, 2, 3, 4]
    assert found.answers == [[number] * 3 for number in range(5)]
    assert len(found.latencies_ns) == 5


def test_the_slice_spans_its_operations_and_counts_this_process_cpu_time() -> None:
    """Wall time holds the sum of latencies; a search that computes shows as CPU time."""

    def busy(query: np.ndarray, k: int) -> list[int]:
        end = time.thread_time_ns() + 2_000_000
        while time.thread_time_ns() < end:
            pass
        return [1]

    found = search_slice(busy, VECTORS, 1)
    assert found.wall_ns >= sum(found.latencies_ns) >= 5 * 2_000_000
    assert found.cpu_ns >= 5 * 2_000_000


def test_a_repeated_id_is_one_hit() -> None:
    """A store that returns its best answer ten times has found one of ten."""
    exact = [np.arange(10, dtype=np.int32)]
    assert count_hits([[3] * 10], exact, 10) == [1]


def test_ids_past_k_do_not_count() -> None:
    """An answer longer than k is judged by its first k."""
    exact = [np.arange(10, dtype=np.int32)]
    assert count_hits([[100, 101, 0, 1]], exact, 2) == [0]


@given(st.lists(st.integers(0, 50), max_size=15), st.permutations(range(20)), st.integers(1, 10))
def test_hits_are_the_overlap_of_two_sets(answer: list[int], best: list[int], k: int) -> None:
    """Against the definition, for any answer."""
    exact = [np.array(best, dtype=np.int32)]
    assert count_hits([answer], exact, k) == [len(set(answer[:k]).intersection(best[:k]))]
