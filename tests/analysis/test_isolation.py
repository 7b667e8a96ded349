"""What a stored experiment says: effects, their intervals, and the page's text."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from analysis.errors import DamagedRecord, MissingRecord
from analysis.isolation import CONDITIONS, METRIC_NAMES, Condition, Experiment, effects, markdown, read_experiment
from tests.strategies import HOST, SMALL

P50 = "p50_latency_ms"
NOISE = (1.00, 1.02, 0.99, 1.01)


def an_experiment(factor: Callable[[str, int], float], runnable: int = 0, rounds: int = 4) -> Experiment:
    """Every figure is `factor` of condition and round, for one target."""
    measured = [
        Condition(
            round=number,
            name=name,
            began="2026-01-01T00:00:00+00:00",
            runnable=[runnable, runnable],
            load=0.5,
            placed={},
            values={"chroma@process": dict.fromkeys(METRIC_NAMES, 2.0 * factor(name, number))},
            left_out=[],
        )
        for number in range(rounds)
        for name in CONDITIONS
    ]
    return Experiment(1, ["x"], "then", "later", "c0ffee" * 7, False, HOST, SMALL, {}, {}, measured)


def shared_is_slow(name: str, number: int) -> float:
    """Twice as long on one core; else noise."""
    return (2.0 if name == "shared" else 1.0) * NOISE[number if name == "interleaved" else (number + 1) % 4]


def test_an_effect_is_the_geometric_mean_of_the_rounds_ratios() -> None:
    """Each condition over the interleaved launch of its own round, with a t interval."""
    found = {(one.condition, one.metric): one for one in effects(an_experiment(shared_is_slow))}
    shared = found["shared", P50]
    ratios = [2.0 * NOISE[(number + 1) % 4] / NOISE[number] for number in range(4)]
    assert math.exp(shared.change.estimate) == pytest.approx(math.prod(ratios) ** 0.25)
    assert shared.change.low < math.log(2) < shared.change.high
    assert shared.told_apart
    assert not found["isolated", P50].told_apart
    assert found["isolated", P50].rounds == 4


def test_a_drift_falls_on_the_rounds_alike() -> None:
    """A machine that is ever slower leaves the ratios alone."""
    for one in effects(an_experiment(lambda name, number: 1.5**number)):
        assert one.change.estimate == pytest.approx(0.0)
        assert not one.told_apart


def test_one_round_tells_nothing() -> None:
    """It has no spread, so there is no effect to show."""
    alone = an_experiment(shared_is_slow, rounds=1)
    assert effects(alone) == []
    assert "| - | - | - |" in markdown(alone)


def test_what_was_left_out_has_no_effect_in_that_round() -> None:
    """The other rounds remain."""
    whole = an_experiment(shared_is_slow)
    lacking = msgspec.structs.replace(whole.measured[1], values={}, left_out=["p50 of chroma@process: low recall: .."])
    assert lacking.name == "isolated"
    part = msgspec.structs.replace(whole, measured=[whole.measured[0], lacking, *whole.measured[2:]])
    assert {one.rounds for one in effects(part) if one.condition == "isolated"} == {3}
    assert "Left out as invalid: 1 figures." in markdown(part)


def test_the_page_tells_figure_change_interval_and_machine() -> None:
    """In words, and bold where it is told apart."""
    text = markdown(an_experiment(shared_is_slow))
    assert "| p50_latency_ms | chroma@process | 2.01 ms |" in text
    assert "**+100.0% (" in text
    assert "Isolated against interleaved: told apart in none of 4 figures" in text
    assert "Shared against interleaved: told apart in 4 of 4 figures: p50_latency_ms of chroma@process" in text
    assert "4 rounds at small (1,000 vectors of 128 dimensions) on Some CPU, 2 cores" in text
    assert "busy" not in text


def test_a_busy_machine_is_told() -> None:
    """By the run queue."""
    assert "**The machine was busy" in markdown(an_experiment(shared_is_slow, runnable=3))


def test_a_result_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing with the command that makes it, or damaged."""
    with pytest.raises(MissingRecord, match=r"There is no .*x\.json.*fixtures\.experiments isolation"):
        read_experiment(tmp_path / "x.json")
    (tmp_path / "x.json").write_text('{"schema": 1}')
    with pytest.raises(DamagedRecord, match=r"x\.json cannot be read: .*missing required field"):
        read_experiment(tmp_path / "x.json")
