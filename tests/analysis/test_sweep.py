"""A run's sweep: points, front and equal recall per tier, what is left out and why, the tables and the picture."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from analysis.__main__ import main as analysis
from analysis.errors import NotMeasured, NotWritable
from analysis.observations import EfSetting, LaunchEnded, Observation, Phase, SweepBegan, SweepSearched
from analysis.records import Record
from analysis.sweep import Curve, ScaleSweep, sweeps_of
from analysis.sweepplot import sweep_svg, write_pictures
from analysis.sweeptable import sweep_tables
from tests.strategies import a_fault, a_machine, a_run

# ef: (hits of ten, p50 in ms)
Points = Mapping[int | None, tuple[int, float]]
FAST: Points = {10: (8, 0.1), 64: (9, 0.2), 256: (10, 0.8)}
SLOW: Points = {10: (8, 1.0), 64: (9, 2.0), 256: (10, 8.0)}
EXACT: Points = {None: (10, 0.05)}
ALL: Mapping[str, Points] = {
    "qdrant@embedded": FAST,
    "chroma@embedded": SLOW,
    "exact@embedded": EXACT,
    "weaviate@process": {10: (8, 2.0), 64: (10, 1.0)},
}
# The machine of each launch.
SPEEDS = (1.0, 1.2, 0.9)


def seen_of(target: str, points: Points, launch: int, speed: float = 1.0) -> list[Observation]:
    """One target's sweep in one launch: two slices of 50 for each ef."""
    setting = EfSetting.NONE if None in points else EfSetting.SEARCH
    at = {"scale": "small", "launch": launch, "target": target}
    seen: list[Observation] = [SweepBegan(**at, setting=setting, reason="told so")]
    for number in range(2):
        for ef, (hits, p50_ms) in points.items():
            ns = int(p50_ms * speed * 1e6)
            seen.append(
                SweepSearched(
                    **at,
                    ef=ef,
                    slice=number,
                    first_query=50 * number,
                    k=10,
                    latencies_ns=[ns] * 50,
                    hits=[hits] * 50,
                    wall_ns=50 * ns,
                )
            )
    return seen


def a_sweep(
    targets: Mapping[str, Points] = ALL,
    *more: Observation,
    speeds: Sequence[float] = SPEEDS,
    folder: str = "results/run",
) -> Record:
    """A record of these curves."""
    seen: list[Observation] = []
    for launch, speed in enumerate(speeds):
        for target, points in targets.items():
            seen += seen_of(target, points, launch, speed)
        seen.append(LaunchEnded(scale="small", launch=launch, up_ns=1, measuring_ns=2, stop_ns=3))
    run = a_run(tuple(targets), launches=len(speeds))
    return Record(Path(folder), run, (*seen, *more), truncated=False)


def curve_of(sweep: ScaleSweep, target: str) -> Curve:
    """The target's curve."""
    (found,) = [curve for tier in sweep.tiers for curve in tier.curves if curve.target == target]
    return found


def printed(sweeps: Sequence[ScaleSweep]) -> str:
    """As a person reads it, in one line."""
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(sweep_tables(sweeps))
    return " ".join(console.export_text().split())


def test_a_point_is_the_mean_over_launches_with_its_interval() -> None:
    """Times and rates on the log scale."""
    (sweep,) = sweeps_of(a_sweep())
    point = curve_of(sweep, "chroma@embedded").points[1]
    assert (point.ef, point.recall.estimate) == (64, 0.9)
    middle = 2.0 * (1.0 * 1.2 * 0.9) ** (1 / 3)
    assert point.p50_ms.estimate == pytest.approx(middle)
    assert point.p50_ms.low < middle < point.p50_ms.high
    assert point.rate.estimate == pytest.approx(1000 / middle)


def test_tiers_stand_apart_and_share_no_front() -> None:
    """Weaviate is slower than the engines in process, and still on its own tier's front."""
    (sweep,) = sweeps_of(a_sweep())
    assert [tier.tier for tier in sweep.tiers] == ["process", "embedded"]
    assert [point.front for point in curve_of(sweep, "weaviate@process").points] == [False, True]
    assert all(point.front for point in curve_of(sweep, "qdrant@embedded").points)
    assert not any(point.front for point in curve_of(sweep, "chroma@embedded").points)


def test_our_own_store_is_one_point_without_a_rank() -> None:
    """Here it is faster than all and finds everything: a floor, not a competitor."""
    (sweep,) = sweeps_of(a_sweep())
    exact = curve_of(sweep, "exact@embedded")
    assert [(point.ef, point.front) for point in exact.points] == [(None, False)]
    assert {(one.p50_ms, one.reason, one.best) for one in exact.equal} == {(None, "one point, at recall 1.000", False)}
    assert sweep.tiers[-1].curves[-1] == exact


def test_at_equal_recall_the_faster_is_best_and_what_was_not_reached_is_none() -> None:
    """0.90 is measured, 0.95 and 0.99 lie between ef 64 and 256."""
    (sweep,) = sweeps_of(a_sweep())
    fast, slow = (curve_of(sweep, target) for target in ("qdrant@embedded", "chroma@embedded"))
    assert [one.best for one in fast.equal] == [True, True, True]
    assert [one.best for one in slow.equal] == [False, False, False]
    assert fast.equal[0].p50_ms is not None
    assert fast.equal[0].p50_ms.estimate == pytest.approx(0.2 * (1.0 * 1.2 * 0.9) ** (1 / 3))
    (low,) = sweeps_of(a_sweep({"qdrant@embedded": {10: (8, 1.0), 64: (9, 2.0)}}))
    reached = curve_of(low, "qdrant@embedded").equal
    assert [one.reason for one in reached] == ["", "recall is 0.900 at the most", "recall is 0.900 at the most"]
    assert not reached[0].best, "without a rival there is no rank"


def test_stores_that_the_launches_do_not_tell_apart_are_both_best() -> None:
    """Each is the faster one in some launch."""
    seen = [*seen_of("a@embedded", SLOW, 0, 1.0), *seen_of("b@embedded", SLOW, 0, 1.1)]
    seen += [*seen_of("a@embedded", SLOW, 1, 1.2), *seen_of("b@embedded", SLOW, 1, 1.0)]
    record = a_sweep({}, *seen, speeds=(1, 1))
    (sweep,) = sweeps_of(asked_for(record, ("a@embedded", "b@embedded")))
    assert [one.best for curve in sweep.tiers[0].curves for one in curve.equal] == [True] * 6


def asked_for(record: Record, targets: tuple[str, ...]) -> Record:
    """The record of a run that was asked for these."""
    run = msgspec.structs.replace(record.run, targets=a_run(targets).targets)
    return Record(record.folder, run, record.observations, truncated=False)


def test_a_recall_that_only_some_launches_reach_is_none() -> None:
    """A mean over the lucky ones would flatter."""
    seen = [*seen_of("qdrant@embedded", FAST, 0), *seen_of("qdrant@embedded", {10: (7, 0.1), 64: (8, 0.2)}, 1)]
    (sweep,) = sweeps_of(a_sweep({}, *seen, speeds=(1, 1)))
    assert curve_of(sweep, "qdrant@embedded").equal[0].reason == "recall is 0.800 at the most in 1 of 2 launches"


def test_one_launch_tells_no_spread_and_has_no_rank_at_equal_recall() -> None:
    """Shown as ±?."""
    (sweep,) = sweeps_of(a_sweep(speeds=(1.0,)))
    assert not any(one.best for tier in sweep.tiers for curve in tier.curves for one in curve.equal)
    assert "±?" in printed([sweep])


def test_a_launch_that_swapped_does_not_enter_and_is_told() -> None:
    """As in the rows."""
    swapping = [a_machine(1), a_machine(1, phase=Phase.STOP, swapped_pages=7)]
    (sweep,) = sweeps_of(a_sweep(ALL, *swapping))
    assert {curve.launches for tier in sweep.tiers for curve in tier.curves} == {2}
    assert "launch 2 is invalid: swapping: 7 pages were swapped during the launch; it does not enter." in printed(
        [sweep]
    )
    svg = sweep_svg(sweep, a_run(launches=3))
    assert "2 of 3 launches" in svg


def test_a_target_that_failed_is_left_out_with_its_reason() -> None:
    """And the others are there."""
    (sweep,) = sweeps_of(a_sweep(ALL, a_fault("chroma@embedded")))
    assert sweep.left_out == {"chroma@embedded": "failed during search: No answer."}
    assert "chroma@embedded is not in the sweep: failed during search" in printed([sweep])
    assert [curve.target for curve in sweep.tiers[-1].curves] == ["qdrant@embedded", "exact@embedded"]


def test_a_launch_that_was_cut_short_does_not_enter() -> None:
    """Its ef were not all searched."""
    (sweep,) = sweeps_of(a_sweep(ALL, *seen_of("qdrant@embedded", {10: (1, 9.0)}, 3)))
    assert curve_of(sweep, "qdrant@embedded").launches == 3


def test_data_that_are_too_easy_are_called_so() -> None:
    """Where the lowest ef finds nearly all, nothing can be told at equal recall; our own store does not count."""
    easy: Points = {10: (10, 1.0), 64: (10, 2.0)}
    (sweep,) = sweeps_of(a_sweep({"qdrant@embedded": easy, "exact@embedded": EXACT}))
    assert sweep.easy
    assert "too easy to judge speed against recall" in printed([sweep])
    assert "too easy to judge speed against recall" in sweep_svg(sweep, a_run())
    (hard,) = sweeps_of(a_sweep())
    assert not hard.easy
    assert "too easy" not in printed([hard])


def test_a_run_without_a_sweep_is_told_what_to_do() -> None:
    """By the command line too."""
    with pytest.raises(NotMeasured, match=r"holds no sweep\. Measure one: scripts/bench --sweep"):
        sweeps_of(a_sweep({}))


def test_the_tables_hold_every_point_and_every_reason() -> None:
    """For those who cannot see the picture."""
    told = printed(sweeps_of(a_sweep()))
    for part in (
        "Speed against recall, small: 1,000 vectors of 128 dimensions",
        "p50 (ms) at equal recall",
        "exact@embedded: one point, n/a at equal recall: told so.",
    ):
        assert part in told, part
    for target, points in ALL.items():
        assert target in told
        assert all(f" {ef} " in told for ef in points if ef)


def texts_of(svg: str) -> list[str]:
    """What is written in a picture."""
    return ["".join(node.itertext()).strip() for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_parses_and_names_every_target_and_tier() -> None:
    """Directly at its curve, as text, with a colour of its own."""
    (sweep,) = sweeps_of(a_sweep())
    svg = sweep_svg(sweep, a_run())
    texts = texts_of(svg)
    for text in (*ALL, "process", "embedded", "recall@10"):
        assert text in texts, text
    assert texts.count("p50 latency (ms), log scale") == 2
    colours = {
        target: re.search(rf"fill: (#\w+)[^>]*>\s*{target}", svg) for target in ("chroma@embedded", "qdrant@embedded")
    }
    assert len({found[1] for found in colours.values() if found}) == 2


def test_the_same_record_gives_the_same_picture() -> None:
    """Byte by byte: no date, no random id."""
    pictures = {sweep_svg(sweeps_of(a_sweep())[0], a_run()) for _ in range(2)}
    assert len(pictures) == 1
    assert "<dc:date>" not in pictures.pop()


def test_the_picture_shows_no_recall_beyond_the_measured() -> None:
    """No tick of a recall that nobody reached."""
    (sweep,) = sweeps_of(a_sweep({"qdrant@embedded": {10: (8, 1.0), 64: (9, 2.0)}}))
    assert not {"0.95", "0.99", "0.999", "1 (all)"} & set(texts_of(sweep_svg(sweep, a_run())))


@pytest.mark.parametrize("count", [1, 9])
def test_a_picture_of_one_point_or_of_many_stores_is_drawn(count: int) -> None:
    """Names never meet: each has a line's height of its own."""
    curves = {f"s{number}@embedded": {None: (10, 1.0)} for number in range(count)}
    (sweep,) = sweeps_of(a_sweep(curves))
    svg = sweep_svg(sweep, a_run())
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>\s*s\d@embedded', svg))
    heights = heights or sorted(
        float(found) for found in re.findall(r"translate\([\d.]+ ([\d.]+)\)\"?[^>]*>\s*s\d@embedded", svg)
    )
    assert len(heights) == count
    assert all(after - before > 8 for before, after in pairwise(heights))


def test_the_command_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m analysis sweep RUN`, from the stored files alone."""
    record = stored(a_sweep(), tmp_path / "results" / "run")
    assert analysis(["sweep", "latest", "--results", str(tmp_path / "results")]) == 0
    told = capsys.readouterr().out.replace("\n", "")
    assert f"drawn: {record.folder / 'sweep-small.svg'}" in told
    assert ET.parse(record.folder / "sweep-small.svg").getroot().tag.endswith("svg")
    stored(a_sweep({}), tmp_path / "results" / "without")
    assert analysis(["sweep", str(tmp_path / "results" / "without")]) == 1
    assert "holds no sweep" in capsys.readouterr().err


def stored(record: Record, folder: Path) -> Record:
    """Written as a run is."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(msgspec.json.encode(record.run))
    lines = [msgspec.json.encode(one) + b"\n" for one in record.observations]
    (folder / "observations.jsonl").write_bytes(b"".join(lines))
    return Record(folder, record.run, record.observations, truncated=False)


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Here a folder has its name."""
    record = stored(a_sweep(), tmp_path / "run")
    (record.folder / "sweep-small.svg").mkdir()
    with pytest.raises(NotWritable, match=r"sweep-small\.svg cannot be written: Is a directory"):
        write_pictures(record)
