"""Steps and drifts that no single run shows are found; flat noise raises no alarm."""

from __future__ import annotations

import math

import msgspec
import pytest

from analysis.creep import LEAST_RUNS, Creep, creep_of, creeps_of
from analysis.history import Line
from analysis.trend import trends_of
from tests.analysis.histories import a_line, five_steps, flat_history
from tests.strategies import NAMES

A_TENTH = {"chroma@process": [0.0] * 12 + [0.12] * 8}


def found(lines: list[Line]) -> dict[str, Creep]:
    """By target."""
    return {creep.trend.key.target: creep for creep in creeps_of(trends_of(lines))}


@pytest.mark.parametrize("runs", [6, 25, 60])
def test_flat_noise_raises_less_than_one_false_alarm_in_a_hundred_rows(runs: int) -> None:
    """Fixed seeds, noise as it was measured: neither a change point nor a warning in more than 1 % of the rows."""
    creeps = [creep for seed in range(60) for creep in found(flat_history(seed, runs)).values()]
    assert len(creeps) == 60 * len(NAMES)
    assert sum(bool(creep.steps) for creep in creeps) < 0.01 * len(creeps)
    assert sum(creep.worse is not None for creep in creeps) < 0.01 * len(creeps)


@pytest.mark.parametrize("after", [0, 5], ids=["as it happens", "five runs later"])
def test_five_steps_of_four_per_cent_in_a_row_are_found(after: int) -> None:
    """Each alone passes a gate of 5 %. In nine histories of ten at least, and no other row is blamed."""
    creeps = [found(flat_history(seed, 17 + after, {"chroma@process": five_steps(12, after)})) for seed in range(40)]
    worse = [one["chroma@process"].worse for one in creeps]
    assert sum(change is not None for change in worse) >= 36
    seen = [change for change in worse if change is not None]
    assert math.log(1.08) < sum(seen) / len(seen) < math.log(1.28)
    others = [creep.worse for one in creeps for target, creep in one.items() if target != "chroma@process"]
    assert sum(change is not None for change in others) < 0.01 * len(others)


def test_a_step_is_named_with_its_run() -> None:
    """Where it began, and by how much."""
    creep = found(flat_history(1, 30, {"chroma@process": [0.0] * 20 + [0.3] * 10}))["chroma@process"]
    (step,) = creep.steps
    assert (step.before.line.run, step.after.line.run) == ("run-019", "run-020")
    assert step.change == pytest.approx(0.3, abs=0.05)
    assert creep.worse == pytest.approx(0.3, abs=0.05)
    assert len(creep.since) == 20


@pytest.mark.parametrize(("metric", "change"), [("p50_latency_ms", -0.3), ("queries_per_second", 0.3)])
def test_what_became_better_is_a_step_and_no_warning(metric: str, change: float) -> None:
    """A latency that fell, a rate that rose; the other way round each is one."""
    for sign in (1, -1):
        lines = flat_history(1, 30, {"chroma@process": [0.0] * 20 + [sign * change] * 10})
        creep = found([msgspec.structs.replace(line, metric=metric) for line in lines])["chroma@process"]
        assert (len(creep.steps), creep.worse is None) == (1, sign == 1)


def test_what_was_mended_is_no_warning_any_more() -> None:
    """Slower for a while, and back: two steps, and nothing to warn of."""
    there_and_back = [0.0] * 10 + [0.4] * 10 + [0.0] * 10
    creep = found(flat_history(2, 30, {"chroma@process": there_and_back}))["chroma@process"]
    assert (len(creep.steps), creep.worse) == (2, None)


def test_a_change_within_the_tolerance_is_no_warning() -> None:
    """Recall that falls by 2 % for good is a step, and the tolerance is 5 %."""
    lines = [
        a_line(run, name, -0.03 * (run >= 20) + 0.001 * (run % 3), metric="recall_at_10", own_spread=0.0)
        for run in range(40)
        for name in NAMES
    ]
    creep = found(lines)["chroma@process"]
    assert (len(creep.steps), creep.worse) == (1, None)


def test_the_newest_run_alone_is_the_gates_to_judge() -> None:
    """One slow run is no creep; the second one like it is."""
    slow = [0.0] * 20 + [0.5]
    assert found(flat_history(4, 21, {"chroma@process": slow}))["chroma@process"].worse is None
    assert found(flat_history(4, 22, {"chroma@process": [*slow, 0.5]}))["chroma@process"].worse is not None


def test_a_machine_that_no_anchor_shows_is_not_blamed_on_the_store() -> None:
    """A store that is measured alone and 20 % slower for good: that is what machines do."""
    lines = [a_line(run, "chroma@process", 0.2 * (run >= 10) + 0.004 * (run % 3)) for run in range(20)]
    assert found(lines)["chroma@process"].steps == ()


def test_too_few_runs_tell_nothing() -> None:
    """Three are no history."""
    lines = flat_history(1, LEAST_RUNS - 1, {"chroma@process": [0.0, 0.0, 1.0]})
    assert found(lines)["chroma@process"].steps == ()


def test_more_rows_want_more_evidence() -> None:
    """The chance of a false alarm is shared among all rows of a history: what is plain for one need not be for many."""
    (trend,) = [one for one in trends_of(flat_history(5, 20, A_TENTH)) if one.key.target == "chroma@process"]
    assert creep_of(trend, 0.05).steps
    assert not creep_of(trend, 1e-12).steps
