"""Identical code on a machine that changed its speed: what too few anchors cannot tell is never called a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from analysis.accept import accept
from analysis.baselines import find_baselines
from analysis.gate import Judgement, Verdict, judge
from analysis.observations import MachineRead, Observation, Phase
from analysis.records import Record
from analysis.rows import RowKey, rows_of
from tests.strategies import a_machine, a_record, a_run

JITTER = (1.00, 1.01, 0.99)
CHANGES = {Judgement.REGRESSION, Judgement.IMPROVEMENT}


def a_run_of(factors: Mapping[str, float], *, changed: Sequence[str] = ()) -> Record:
    """Three steady launches, each target so many times as slow as at its best; `changed` have another driver."""
    record = a_record({name: tuple(value * factor for value in JITTER) for name, factor in factors.items()})
    targets = [
        msgspec.structs.replace(one, driver_sha256="another" if one.target in changed else one.driver_sha256)
        for one in record.run.targets
    ]
    return Record(record.folder, msgspec.structs.replace(record.run, targets=targets), record.observations, False)


def judged(record: Record, then: Record, folder: Path) -> dict[RowKey, Verdict]:
    """The verdicts by row, of a run against an accepted one."""
    accept(then, folder)
    return {one.key: one for one in judge(record, rows_of(record), find_baselines(folder, record.run))}


def p50(verdicts: Mapping[RowKey, Verdict], target: str) -> Verdict:
    """The row that most tests look at."""
    return verdicts[RowKey("p50_latency_ms", "small", target)]


def still(*names: str, **changes: float) -> tuple[Record, Record]:
    """The same targets now and then; `changes` multiplies a store's figure now."""
    now = {name: changes.get(name.partition("@")[0], 1.0) for name in names}
    return a_run_of(now), a_run_of(dict.fromkeys(names, 1.0))


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_row_without_an_anchor_is_never_a_change(tmp_path: Path, factor: float) -> None:
    """Whatever it moved by: the machine may have."""
    now, then = still("chroma@process", chroma=factor)
    found = judged(now, then, tmp_path)
    times = [one for key, one in found.items() if key.metric.endswith("_ms")]
    assert times
    assert not CHANGES & {one.judgement for one in times}
    text = p50(found, "chroma@process").text
    assert "No anchor of like profile ran in both: a slower machine cannot be told from a slower store" in text
    assert "Add exact@process to both runs, or let a duet decide." in text


def test_a_row_without_an_anchor_is_no_pass_either(tmp_path: Path) -> None:
    """A machine twice as fast hides a store that became slower."""
    now, then = still("chroma@process", chroma=0.55)
    found = judged(now, then, tmp_path)
    assert {one.judgement for key, one in found.items() if key.metric.endswith("_ms")} == {Judgement.INCONCLUSIVE}


def test_our_own_store_at_another_tier_is_told_and_never_judged_by(tmp_path: Path) -> None:
    """It stood still, as what computes in process may where a server is slowed."""
    now, then = still("chroma@process", "exact@embedded", chroma=2.5)
    found = p50(judged(now, then, tmp_path), "chroma@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "(at other tiers exact@embedded moved +0.0 %)" in found.text


def test_our_own_store_alone_is_told_what_to_add(tmp_path: Path) -> None:
    """Nothing anchors exact but other stores."""
    now, then = still("exact@process", exact=2.5)
    found = p50(judged(now, then, tmp_path), "exact@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "Measure another store at process beside it, or let a duet decide." in found.text


def test_an_anchor_that_differs_itself_is_named(tmp_path: Path) -> None:
    """To add it would help nothing: it is there."""
    names = ("chroma@process", "exact@process")
    now = a_run_of(dict.fromkeys(names, 2.5), changed=["exact@process"])
    found = p50(judged(now, a_run_of(dict.fromkeys(names, 1.0)), tmp_path), "chroma@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "exact@process itself differs from the baseline's" in found.text


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_of_two_stores_that_part_neither_is_blamed(tmp_path: Path, factor: float) -> None:
    """Each is the other's one anchor, and both are what they were."""
    now, then = still("chroma@process", "weaviate@process", weaviate=factor)
    found = judged(now, then, tmp_path)
    assert {p50(found, name).judgement for name in ("chroma@process", "weaviate@process")} == {Judgement.INCONCLUSIVE}
    assert "Its one anchor has nothing to be held against" in p50(found, "chroma@process").text
    assert "adjusted by 1 anchor that moved" in p50(found, "chroma@process").text


def test_a_store_that_is_another_one_is_blamed_beside_one_still_anchor(tmp_path: Path) -> None:
    """Its driver is another, its own figures say so, and the anchor stood still."""
    names = ("chroma@process", "exact@process")
    now = a_run_of({"chroma@process": 2.5, "exact@process": 1.0}, changed=["chroma@process"])
    found = judged(now, a_run_of(dict.fromkeys(names, 1.0)), tmp_path)
    assert p50(found, "chroma@process").judgement is Judgement.REGRESSION


def test_another_store_that_stood_still_is_not_blamed_for_its_anchors_move(tmp_path: Path) -> None:
    """Adjusted it would be slower by far."""
    names = ("chroma@process", "exact@process")
    now = a_run_of({"chroma@process": 1.0, "exact@process": 0.2}, changed=["chroma@process"])
    found = p50(judged(now, a_run_of(dict.fromkeys(names, 1.0)), tmp_path), "chroma@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "exact@process moved -80.0 %" in found.text


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_one_anchor_that_changed_makes_no_other_row_a_change(tmp_path: Path, factor: float) -> None:
    """Chroma has Weaviate alone to go by, and Weaviate went its own way."""
    now, then = still("chroma@process", "chroma@embedded", "weaviate@process", weaviate=factor)
    found = judged(now, then, tmp_path)
    assert p50(found, "chroma@process").judgement is Judgement.INCONCLUSIVE
    assert "Its one anchor moved otherwise than everything else" in p50(found, "chroma@process").text


def test_anchors_of_other_tiers_are_of_another_profile(tmp_path: Path) -> None:
    """Three of them, and all stood still: a busy machine slows what talks to a server, and not them."""
    engines = ("chroma@embedded", "qdrant@embedded", "lance@embedded")
    now, then = still("weaviate@process", *engines, weaviate=2.5)
    found = p50(judged(now, then, tmp_path), "weaviate@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "No anchor of like profile ran in both" in found.text


def test_one_anchor_that_others_moved_with_is_enough(tmp_path: Path) -> None:
    """exact@embedded stood still too, so it is Chroma that is slower."""
    now, then = still("chroma@process", "exact@process", "exact@embedded", chroma=2.5)
    assert p50(judged(now, then, tmp_path), "chroma@process").judgement is Judgement.REGRESSION


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_of_three_stores_the_one_that_changed_is_blamed_and_no_other(tmp_path: Path, factor: float) -> None:
    """Its anchors agree; those of the others do not."""
    names = ("chroma@process", "weaviate@process", "qdrant@process")
    now, then = still(*names, weaviate=factor)
    found = judged(now, then, tmp_path)
    assert p50(found, "weaviate@process").judgement in CHANGES
    for name in (names[0], names[2]):
        assert p50(found, name).judgement is Judgement.INCONCLUSIVE
        assert "Its two anchors disagree" in p50(found, name).text


def busy(launches: int) -> list[MachineRead]:
    """Others wanted the processors in every launch."""
    return [
        a_machine(number, phase=phase, runnable=9) for number in range(launches) for phase in (Phase.START, Phase.STOP)
    ]


def test_one_anchor_is_too_few_where_every_launch_was_disturbed(tmp_path: Path) -> None:
    """Although it stood still, and another with it."""
    names = ("chroma@process", "exact@process", "exact@embedded")
    now, then = still(*names, chroma=2.5)
    noisy = [with_readings(one, busy(3)) for one in (now, then)]
    found = p50(judged(noisy[0], noisy[1], tmp_path), "chroma@process")
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "Every launch was disturbed (noisy neighbour), with one anchor to tell by" in found.text


def with_readings(record: Record, readings: Sequence[Observation]) -> Record:
    """The same with the machine's readings."""
    return Record(record.folder, record.run, (*record.observations, *readings), truncated=False)


def test_what_does_not_follow_the_machine_needs_no_anchor(tmp_path: Path) -> None:
    """Memory is the store's own."""
    run = a_run(("chroma@process",))
    then = a_record({"chroma@process": JITTER}, run, settled_mb=60.0)
    now = a_record({"chroma@process": JITTER}, run, settled_mb=120.0)
    found = judged(now, then, tmp_path)
    assert found[RowKey("memory_efficiency_ratio", "small", "chroma@process")].judgement is Judgement.REGRESSION


def test_the_same_recall_in_every_launch_passes(tmp_path: Path) -> None:
    """Brute force gives the same answers every time, and one row alone shows no component between runs."""
    now, then = still("exact@process")
    found = judged(now, then, tmp_path)[RowKey("recall_at_10", "small", "exact@process")]
    assert found.judgement is Judgement.PASS
    assert "95 % interval +0.0 % to +0.0 %" in found.text
