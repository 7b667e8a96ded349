"""The search for the highest rate, on stores whose limit is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.highest_rate import MOST_TRIALS, RESOLUTION, Found, Lost, Trial, Try, next_step

STARTS = st.floats(1.0, 1e5)


def search(start: float, most: float, holds: Callable[[float], bool]) -> tuple[Found | Lost, list[Trial]]:
    """Try until it says that it is over."""
    trials: list[Trial] = []
    while isinstance(step := next_step(start, most, trials), Try):
        assert 0 < step.rate <= most
        trials.append(Trial(step.rate, holds(step.rate)))
        assert len(trials) <= MOST_TRIALS
    return step, trials


@given(STARTS, st.floats(1 / 15, 60))
def test_the_limit_of_a_monotone_store_is_found_within_the_resolution(start: float, times: float) -> None:
    """Wherever it lies; both bounds are tried twice, the lower one holds and the upper one fails."""
    limit = start * times
    found, trials = search(start, math.inf, lambda rate: rate <= limit)
    assert isinstance(found, Found)
    assert found.proved
    assert found.holds <= limit < found.fails
    assert found.fails / found.holds <= RESOLUTION * (1 + 1e-9)
    for rate, held in ((found.holds, True), (found.fails, False)):
        assert [trial.held for trial in trials if trial.rate == rate] == [held, held]


@given(STARTS, st.floats(0.2, 10), st.integers(0, 10_000))
def test_a_noisy_store_is_found_near_its_limit(start: float, times: float, seed: int) -> None:
    """It holds with a probability that falls from 1 to 0 between 10 % below the limit and 10 % above it."""
    limit, chance = start * times, random.Random(seed)
    found, _ = search(start, math.inf, lambda rate: chance.uniform(0.9, 1.1) * limit >= rate)
    assert isinstance(found, Found)
    assert 0.9 / RESOLUTION * limit <= found.holds <= 1.1 * limit
    assert found.holds < found.fails


@given(STARTS)
def test_a_limit_that_the_lowest_rate_breaks_is_told_after_two_trials_of_it(start: float) -> None:
    """Not an endless descent."""
    lost, trials = search(start, math.inf, lambda rate: False)
    assert isinstance(lost, Lost)
    assert "does not hold even at" in lost.reason
    assert trials[-1].rate == trials[-2].rate == pytest.approx(start / 16)


@given(STARTS, st.floats(0.5, 50))
def test_a_store_that_bears_all_that_can_be_sent_has_no_figure(start: float, times: float) -> None:
    """The clients' own limit is not the store's."""
    most = start * times
    lost, trials = search(start, most, lambda rate: True)
    assert isinstance(lost, Lost)
    assert "more cannot be sent" in lost.reason
    assert max(trial.rate for trial in trials) == most


@given(STARTS, st.integers(0, 10_000))
def test_the_search_ends_whatever_a_store_does(start: float, seed: int) -> None:
    """A coin in its place; what is found is still bounded by what was seen."""
    coin = random.Random(seed)
    result, trials = search(start, start * 100, lambda rate: coin.random() < 0.5)
    if isinstance(result, Found):
        assert any(trial.held for trial in trials if trial.rate == result.holds)
        assert any(not trial.held for trial in trials if trial.rate == result.fails)


def test_a_bound_that_changes_its_mind_is_tried_a_third_time() -> None:
    """And the majority decides."""
    trials = [Trial(100, True), Trial(104, False), Trial(100, False)]
    assert next_step(100, math.inf, trials) == Try(100)
    assert next_step(100, math.inf, [*trials, Trial(100, True)]) == Try(104)


def test_trials_without_an_end_are_no_result() -> None:
    """A launch that was cut short."""
    assert isinstance(next_step(100, math.inf, [Trial(100, True)]), Try)
