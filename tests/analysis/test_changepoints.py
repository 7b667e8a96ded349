"""The partition is the best there is, the scatter ignores what the level does, the threshold keeps its promise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.changepoints import partition, scatter, threshold


def cost(values: list[float], places: tuple[int, ...], penalty: float) -> float:
    """What a partition is judged by."""
    ends = [0, *places, len(values)]
    parts = [values[start:end] for start, end in itertools.pairwise(ends)]
    return sum(float(np.sum((np.array(part) - np.mean(part)) ** 2)) for part in parts) + penalty * len(places)


@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=9),
    st.floats(0.1, 20),
    st.integers(1, 3),
)
def test_no_other_partition_costs_less(values: list[float], penalty: float, shortest: int) -> None:
    """Against every one that there is."""
    found = tuple(partition(values, penalty, shortest))
    allowed = [
        places
        for count in range(len(values))
        for places in itertools.combinations(range(1, len(values)), count)
        if not places or all(end - start >= shortest for start, end in itertools.pairwise([0, *places, len(values)]))
    ]
    assert found in allowed
    assert cost(values, found, penalty) <= min(cost(values, one, penalty) for one in allowed) + 1e-6


def test_a_step_is_found_where_it_is() -> None:
    """And a level that does not move has none."""
    assert partition([0.0] * 5 + [4.0] * 5, 6.0, 2) == [5]
    assert partition([1.0] * 10, 6.0, 2) == []
    assert partition([0.0, 9.0], 1.0, 2) == []


def test_the_scatter_is_the_variance_of_plain_noise() -> None:
    """Within a few per cent, over many series."""
    random = np.random.default_rng(1)
    found = [scatter(list(random.normal(5, 2, 60))) for _ in range(400)]
    assert np.mean(found) == pytest.approx(4, rel=0.06)


@pytest.mark.parametrize("level", [np.arange(60) * 0.7, np.where(np.arange(60) < 30, 0, 20.0)], ids=["drift", "step"])
def test_the_scatter_does_not_see_what_the_level_does(level: np.ndarray) -> None:
    """A drift not at all, a step of ten standard deviations by a tenth of the standard deviation."""
    random = np.random.default_rng(2)
    plain, moved = [], []
    for _ in range(200):
        noise = random.normal(0, 2, 60)
        plain.append(scatter(list(noise)))
        moved.append(scatter(list(noise + level)))
    assert np.mean(moved) == pytest.approx(np.mean(plain), rel=0.3)


def test_too_few_values_have_no_scatter() -> None:
    """Two differ by a drift or by noise: nobody knows."""
    assert scatter([1.0, 2.0]) == 0.0


def test_the_threshold_is_students_shared_among_the_places() -> None:
    """One place and many degrees of freedom: the normal law's. More places or fewer degrees want more."""
    assert threshold(1, math.inf, 0.05) == pytest.approx(stats.norm.isf(0.025))
    assert threshold(20, 10, 0.01) == pytest.approx(stats.t.isf(0.01 / 40, 10))
    assert threshold(20, 10, 0.01) > threshold(10, 10, 0.01) > threshold(10, 100, 0.01)
