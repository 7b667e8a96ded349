"""Group-sequential judgement: formulas against scipy, properties, and simulated error rates with fixed seeds."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.sequential import Decision, Estimate, Measured, decide, estimate, hopeless, looks_up_to, needed
from analysis.verdicts import Judgement

BOUND = math.log(1.05)
LOOKS = looks_up_to(20)
ratios = st.lists(st.floats(-1, 1).map(lambda value: round(value, 6)), min_size=2, max_size=20)


def row(values: list[float] | np.ndarray) -> Measured:
    """A row with these log ratios, launch by launch."""
    return Measured({launch: float(value) for launch, value in enumerate(values)}, BOUND)


def simulated(
    shift: float, spread: float, runs: int, *, rows: int = 13, changed: int = 13, seed: int = 20261124
) -> tuple[Counter[Judgement], float]:
    """Judgements of the changed rows over many runs of that many rows, and the launches that they took on average."""
    random = np.random.default_rng(seed)
    found: Counter[Judgement] = Counter()
    launches = 0
    for _ in range(runs):
        values = random.normal(0.0, spread, (rows, 20))
        values[:changed] += math.log1p(shift)
        decisions = decide(dict(enumerate(map(row, values))), LOOKS, 20, rows)
        found.update(decisions[number].judgement for number in range(changed))
        launches += sum(decisions[number].estimate.launches for number in range(changed))
    return found, launches / (runs * changed)


@given(ratios)
def test_interval_and_p_value_are_those_of_the_t_test(values: list[float]) -> None:
    """Against scipy's."""
    one = estimate(values)
    if np.std(values) < 1e-9:
        return
    told = stats.ttest_1samp(values, 0.0)
    assert one.p_value() == pytest.approx(told.pvalue, rel=1e-6, abs=1e-12)
    interval = told.confidence_interval(0.9875)
    assert (one.mean - one.reach(0.9875), one.mean + one.reach(0.9875)) == pytest.approx(tuple(interval), rel=1e-6)


def test_one_launch_tells_no_spread() -> None:
    """So it decides nothing."""
    one = estimate([0.5])
    assert (one.p_value(), one.reach(0.95)) == (1.0, math.inf)
    assert decide({"row": row([0.5])}, [5], 5, 1)["row"].judgement is Judgement.INCONCLUSIVE


def test_no_spread_at_all_decides_at_once() -> None:
    """Recall that is the same in every launch, or lower by the same in every launch."""
    found = decide({"same": row([0.0] * 5), "worse": row([0.1] * 5)}, LOOKS, 5, 2)
    assert found["same"].judgement is Judgement.PASS
    assert found["worse"].judgement is Judgement.REGRESSION


@pytest.mark.parametrize(("most", "looks"), [(20, [5, 10, 15, 20]), (12, [5, 10, 12]), (5, [5]), (3, [3])])
def test_it_is_looked_every_five_launches_and_after_the_last(most: int, looks: list[int]) -> None:
    """Also where the last is no multiple."""
    assert looks_up_to(most) == looks


@given(ratios, st.floats(0.01, 0.2))
def test_the_mirror_of_a_regression_is_an_improvement(values: list[float], shift: float) -> None:
    """Worse and better change places when the signs do."""
    worse = decide({"row": row([value + shift for value in values])}, [len(values)], len(values), 1)["row"]
    better = decide({"row": row([-value - shift for value in values])}, [len(values)], len(values), 1)["row"]
    mirror = {Judgement.REGRESSION: Judgement.IMPROVEMENT, Judgement.IMPROVEMENT: Judgement.REGRESSION}
    if worse.judgement in mirror:
        assert better.judgement is mirror[worse.judgement]


@given(st.lists(ratios, min_size=1, max_size=5), st.integers(1, 60))
def test_a_judgement_means_what_it_says(rows: list[list[float]], family: int) -> None:
    """Regression: more than the tolerance, beyond doubt. Pass: the whole interval is within it."""
    found = decide(dict(enumerate(map(row, rows))), LOOKS, 20, family)
    for one in found.values():
        reach = one.estimate.reach(one.confidence)
        match one.judgement:
            case Judgement.REGRESSION:
                assert one.estimate.mean > BOUND
                assert one.estimate.p_value() * len(LOOKS) < 0.05
            case Judgement.IMPROVEMENT:
                assert one.estimate.mean < -BOUND
            case Judgement.PASS:
                assert one.estimate.mean + reach < BOUND
            case _:
                assert one.judgement is Judgement.INCONCLUSIVE


@given(ratios, st.integers(1, 40))
def test_more_rows_never_make_a_change_out_of_none(values: list[float], family: int) -> None:
    """Holm only takes away."""
    alone = decide({"row": row(values)}, LOOKS, 20, 1)
    among = decide({"row": row(values)}, LOOKS, 20, family)
    if alone and among["row"].judgement is Judgement.REGRESSION and alone["row"].look == among["row"].look:
        assert alone["row"].judgement is Judgement.REGRESSION
    assert all(among[key].p >= alone[key].p for key in alone if among[key].look == alone[key].look)


def test_a_decision_stands_whatever_comes_after() -> None:
    """A row is decided once: the later launches are of the others."""
    values = [0.20, 0.21, 0.19, 0.20, 0.20, *[-0.3] * 15]
    found = decide({"row": row(values)}, LOOKS, 20, 1)["row"]
    assert (found.judgement, found.look, found.estimate.launches) == (Judgement.REGRESSION, 1, 5)


def test_a_rejection_frees_its_share_for_the_rest() -> None:
    """As Maurer and Bretz: with the clear regression out of the way the other's p is corrected for one row less."""
    clear, close = row([0.2 + 0.001 * (n % 2) for n in range(20)]), row([0.10 + 0.05 * (-1) ** n for n in range(20)])
    found = decide({"clear": clear, "close": close}, LOOKS, 20, 2)
    assert found["clear"].look == 1
    assert found["close"].p == pytest.approx(min(1.0, len(LOOKS) * found["close"].estimate.p_value()))


def test_a_look_that_was_not_reached_decides_nothing() -> None:
    """Seven launches are one look of five."""
    values = [0.01, -0.01, 0.1, -0.1, 0.05, 9.0, 9.0]
    assert decide({"row": row(values)}, LOOKS, 7, 1)["row"].estimate.launches == 5
    assert decide({"row": row(values)}, LOOKS, 4, 1) == {}


@pytest.mark.parametrize(("spread", "most"), [(0.028, 0), (0.066, 3)])
def test_next_to_no_false_alarm_in_thousands_of_rows_of_the_same_code(spread: float, most: int) -> None:
    """5,200 rows at the spreads of p50 and p95: with the 5 % floor even the noisier ones keep to 0.06 % a row."""
    found, _ = simulated(0.0, spread, 400)
    assert found.total() == 5_200
    assert found[Judgement.REGRESSION] <= most
    assert found[Judgement.IMPROVEMENT] <= most


def test_a_run_of_very_noisy_rows_still_keeps_its_error() -> None:
    """Where the 5 % floor is no help, Bonferroni and Holm are: at most one run in twenty has a false change."""
    random = np.random.default_rng(7)
    runs, alarmed = 600, 0
    for _ in range(runs):
        decisions = decide(dict(enumerate(map(row, random.normal(0, 0.5, (13, 20))))), LOOKS, 20, 13)
        alarmed += any(one.changed for one in decisions.values())
    assert stats.binomtest(alarmed, runs, 0.05, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize(
    ("shift", "spread", "least"), [(0.10, 0.028, 0.99), (0.075, 0.028, 0.95), (0.10, 0.066, 0.95), (0.10, 0.08, 0.80)]
)
def test_a_slower_row_among_twelve_is_found(shift: float, spread: float, least: float) -> None:
    """Power, at the spreads of p50, p95 and p99 as measured."""
    found, _ = simulated(shift, spread, 150, changed=1)
    assert found[Judgement.REGRESSION] / 150 >= least


def test_the_same_code_passes_early_and_seldom_stays_open() -> None:
    """At a spread of 2.8 %: fewer than ten launches on average."""
    found, launches = simulated(0.0, 0.028, 100)
    assert found[Judgement.INCONCLUSIVE] / found.total() <= 0.05
    assert launches < 10


def test_the_launches_that_are_named_decide() -> None:
    """With the same estimate and spread, that many launches give a verdict, and half of them do not."""
    one = Estimate(0.01, 0.08 / math.sqrt(5), 5)
    wanted = needed(one, BOUND, 4, 13)
    for launches, decided in ((wanted, True), (wanted // 2, False)):
        reach = Estimate(0.01, 0.08 / math.sqrt(launches), launches).reach(1 - 0.05 / 4)
        assert (0.01 + reach < BOUND) is decided


def test_an_estimate_at_the_tolerance_is_not_decided_by_any_number() -> None:
    """It is told, and no number is made up."""
    assert needed(Estimate(BOUND, 0.02, 5), BOUND, 4, 13) == 0


def test_a_duet_goes_on_only_while_a_row_can_be_decided() -> None:
    """One open row with twice too many launches to go is given up; one that is near is not."""
    open_one = Decision(Judgement.INCONCLUSIVE, Estimate(0, 1, 5), 0.9875, 1.0, 1, wanted=41)
    near = Decision(Judgement.INCONCLUSIVE, Estimate(0, 1, 5), 0.9875, 1.0, 1, wanted=30)
    assert hopeless({"far": open_one}, 20)
    assert not hopeless({"far": open_one, "near": near}, 20)
