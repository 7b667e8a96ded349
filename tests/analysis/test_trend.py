"""What the machine did between runs is taken off, and what is not comparable is left out."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.rows import RowKey
from analysis.trend import WINDOW, Trend, trends_of
from tests.analysis.histories import a_line, flat_history
from tests.strategies import NAMES

P50 = RowKey("p50_latency_ms", "small", "chroma@process")


def trend_of(lines: list, key: RowKey = P50) -> Trend:
    """The row that most tests look at."""
    (found,) = [trend for trend in trends_of(lines) if trend.key == key]
    return found


def spread(values: list[float]) -> float:
    """The standard deviation."""
    return float(np.std(values, ddof=1))


def test_the_machines_own_moves_are_taken_off() -> None:
    """The machine moves by 20 % and more; what is left is the noise that was put in, 2.1 %."""
    trends = [trend_of(flat_history(seed, 40)) for seed in range(10)]
    raw = np.mean([spread([point.line.log_mean for point in trend.points]) for trend in trends])
    left = np.mean([spread([point.adjusted for point in trend.points]) for trend in trends])
    assert raw > 0.12
    assert left < 0.04
    assert np.mean([trend.scatter for trend in trends]) == pytest.approx(0.025, rel=0.3)


def test_one_anchor_that_changed_does_not_colour_the_others() -> None:
    """The median of the anchors: a store that became twice as slow moves nobody else."""
    moved = {"weaviate@process": [0.0] * 10 + [0.7] * 10}
    still, pushed = (trend_of(flat_history(3, 20, one)) for one in (None, moved))
    before, after = ([point.adjusted for point in trend.points] for trend in (still, pushed))
    assert np.mean(after[10:]) - np.mean(after[:10]) == pytest.approx(
        np.mean(before[10:]) - np.mean(before[:10]), abs=0.05
    )


def test_an_anchor_with_a_new_artifact_has_a_new_level() -> None:
    """A new release of all other stores at once that makes them slower is not the machine's doing: ours stays ours."""
    lines = []
    for run in range(20):
        for target in NAMES:
            # Our own store stays as it is; the others get a new release, which is slower.
            new = run >= 10 and target not in ("chroma@process", "exact@process")
            figure = 0.5 * new + 0.001 * (run % 3)
            lines.append(a_line(run, target, figure, artifact="new" if new else "old"))
    adjusted = [point.adjusted for point in trend_of(lines).points]
    assert max(adjusted) - min(adjusted) < 0.01


def test_only_runs_with_the_same_work_are_compared() -> None:
    """Another workload or configuration begins a new series."""
    lines = [a_line(run, "chroma@process", 0.0, work="old" if run < 5 else "new") for run in range(8)]
    assert [point.line.run for point in trend_of(lines).points] == ["run-005", "run-006", "run-007"]


def test_runs_on_a_machine_that_others_filled_are_left_out() -> None:
    """Where that is the exception; where it is the rule, it is what there is."""
    some = [a_line(run, "chroma@process", 0.0, quiet=run != 3) for run in range(8)]
    assert len(trend_of(some).points) == 7
    most = [a_line(run, "chroma@process", 0.0, quiet=run == 3) for run in range(8)]
    assert len(trend_of(most).points) == 8


def test_runs_stand_in_the_order_in_which_they_ran() -> None:
    """Whatever the order in which they were recorded; and only the newest are looked at."""
    lines = flat_history(1, WINDOW + 30)
    points = trend_of(lines[::-1]).points
    assert len(points) == WINDOW
    assert [point.line.date for point in points] == sorted(line.date for line in lines if line.key == P50)[-WINDOW:]


def test_memory_is_not_adjusted() -> None:
    """It does not follow the machine's speed."""
    lines = [a_line(run, name, 0.01 * run, metric="peak_memory_usage_mb") for run in range(8) for name in NAMES]
    trend = trend_of(lines, RowKey("peak_memory_usage_mb", "small", "chroma@process"))
    assert [point.adjusted for point in trend.points] == [point.line.log_mean for point in trend.points]


def test_a_single_run_is_a_trend_of_one_point() -> None:
    """Its noise is what runs of the same code show elsewhere: its own is not known."""
    trend = trend_of([a_line(0, name, 0.0) for name in NAMES])
    assert (len(trend.points), trend.scatter) == (1, 0.0)
    assert trend.noise > 0.015
