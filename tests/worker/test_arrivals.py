"""Schedules of arrivals, by their properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.observed_load import Arrivals
from fixtures.worker.arrivals import NS_PER_S, schedule

RATES = st.floats(0.1, 1e5)
SEEDS = st.integers(0, 2**31)


@given(st.sampled_from(Arrivals), RATES, st.integers(1, 300), SEEDS)
def test_a_schedule_is_in_order_and_the_same_for_every_client(
    arrivals: Arrivals, rate: float, operations: int, seed: int
) -> None:
    """So it need not travel."""
    due = schedule(arrivals, rate, operations, seed)
    assert len(due) == operations
    assert due == sorted(due)
    assert due[0] >= 0
    assert due == schedule(arrivals, rate, operations, seed)


@given(RATES, st.integers(2, 300), SEEDS)
def test_constant_gaps_are_all_one_over_the_rate(rate: float, operations: int, seed: int) -> None:
    """To the nanosecond's rounding, however many there are: rounding does not add up."""
    due = schedule(Arrivals.CONSTANT, rate, operations, seed)
    gap = NS_PER_S / rate
    assert all(abs(moment - gap * number) <= 0.5 for number, moment in enumerate(due, start=1))


@pytest.mark.parametrize("seed", range(5))
def test_poisson_gaps_are_exponential_with_the_mean_that_the_rate_asks_for(seed: int) -> None:
    """Against scipy's exponential distribution, by Kolmogorov and Smirnov; 20,000 gaps have their mean within 5 sd."""
    rate, operations = 250.0, 20_000
    gaps = np.diff(schedule(Arrivals.POISSON, rate, operations, seed), prepend=0) / NS_PER_S
    assert abs(gaps.mean() * rate - 1) < 5 / math.sqrt(operations)
    assert stats.kstest(gaps, stats.expon(scale=1 / rate).cdf).pvalue > 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_poisson_arrivals_in_equal_times_have_a_variance_equal_to_their_mean(seed: int) -> None:
    """Bursts as those of many users; constant arrivals have none."""
    counts = {}
    for arrivals in Arrivals:
        due = np.array(schedule(arrivals, 1000.0, 20_000, seed)) / NS_PER_S
        counts[arrivals] = np.histogram(due, bins=400, range=(0, 18))[0]
    poisson, constant = counts[Arrivals.POISSON], counts[Arrivals.CONSTANT]
    assert 0.7 < poisson.var() / poisson.mean() < 1.4
    assert constant.var() / constant.mean() < 0.02


def test_another_seed_gives_other_arrivals() -> None:
    """Each probe has fresh ones."""
    assert schedule(Arrivals.POISSON, 10, 5, 1) != schedule(Arrivals.POISSON, 10, 5, 2)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_cannot_be_is_refused(rate: float) -> None:
    """Rather than a schedule that never comes, or comes at once."""
    with pytest.raises(ValueError, match="above 0 and finite"):
        schedule(Arrivals.POISSON, rate, 1, 0)
