"""HdrHistogram as it is used here: round trip, resolution, merging."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.histograms import DIGITS, HIGHEST_NS, encode, percentile_ns

TIMES = st.lists(st.integers(1, HIGHEST_NS), min_size=1, max_size=60)
QS = st.sampled_from([0.0, 10.0, 50.0, 90.0, 99.0, 100.0])


def rank(times: list[int], q: float) -> int:
    """The value at the percentile's rank, as HdrHistogram counts: the smallest with at least q % at or below it."""
    count = max(1, int(q / 100 * len(times) + 0.5))
    return sorted(times)[count - 1]


@given(TIMES, QS)
def test_a_percentile_comes_back_within_three_digits(times: list[int], q: float) -> None:
    """From the text alone, over the whole range from a nanosecond to an hour."""
    assert percentile_ns((encode(times),), q) == pytest.approx(rank(times, q), rel=10**-DIGITS, abs=1)


@given(TIMES, TIMES, QS)
def test_histograms_add_up_to_the_one_of_all_their_values(some: list[int], more: list[int], q: float) -> None:
    """Windows of a launch are read together."""
    assert percentile_ns((encode(some), encode(more)), q) == percentile_ns((encode(some + more),), q)


def test_a_thousand_latencies_need_about_a_kilobyte() -> None:
    """A record keeps two for every window."""
    times = [int(math.exp(14 + (i % 97) / 40)) for i in range(1000)]
    assert len(encode(times)) < 2_500


@pytest.mark.parametrize("ns", [-1, HIGHEST_NS + 1])
def test_a_time_that_cannot_be_recorded_is_an_error(ns: int) -> None:
    """A histogram that drops what it cannot hold flatters the store."""
    with pytest.raises(ValueError, match="cannot be recorded"):
        encode([5, ns])


def test_an_empty_histogram_has_no_percentile() -> None:
    """Never a zero."""
    with pytest.raises(ValueError, match="no values"):
        percentile_ns((encode([]),), 50)
