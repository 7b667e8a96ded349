"""Two runs side by side: ratios where they are alike, and the fields where they are not."""

from __future__ import annotations

import math
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from analysis.__main__ import main
from analysis.accept import accept
from analysis.baselines import find_baselines
from analysis.compare import Comparison, compare, shown
from analysis.gate import Judgement, judge
from analysis.observations import MachineRead, Observation, Phase, TargetStarted
from analysis.records import OBSERVATIONS_FILE, RUN_FILE, Record
from analysis.rows import RowKey, rows_of
from tests.strategies import HOST, SMALL, a_machine, a_record, a_run

P50 = RowKey("p50_latency_ms", "small", "chroma@process")
TIMES = {"chroma@process": (1.0, 1.1, 1.05), "exact@process": (0.1, 0.11, 0.1)}


def ratio(comparison: Comparison, key: RowKey = P50) -> float | None:
    """Of the row, as a factor."""
    (row,) = [one for one in comparison.rows if one.key == key]
    return None if row.log_ratio is None else math.exp(row.log_ratio)


def configured(record: Record, **settings: str) -> Record:
    """The record with these settings of chroma@process."""
    seen: list[Observation] = [
        msgspec.structs.replace(one, settings={**one.settings, **settings})
        if isinstance(one, TargetStarted) and one.target == "chroma@process"
        else one
        for one in record.observations
    ]
    return Record(record.folder, record.run, tuple(seen), truncated=False)


def text(one: Record, other: Record) -> str:
    """As it is printed."""
    out = StringIO()
    Console(file=out, width=160).print(shown(one, other, compare(one, other)))
    return out.getvalue()


def test_alike_runs_have_a_ratio_a_row() -> None:
    """The second over the first."""
    one, other = a_record(TIMES), a_record({name: tuple(2 * ms for ms in each) for name, each in TIMES.items()})
    comparison = compare(one, other)
    assert comparison.unlike == {}
    assert ratio(comparison) == pytest.approx(2.0)
    assert ratio(comparison, RowKey("recall_at_10", "small", "chroma@process")) == pytest.approx(1.0)
    assert "+100.0 %" in text(one, other)


def test_a_setting_that_differs_takes_the_targets_ratio_and_is_named() -> None:
    """The other targets keep theirs."""
    comparison = compare(a_record(TIMES), configured(a_record(TIMES), durability="none"))
    assert comparison.unlike == {"chroma@process": ("durability: (none) against none",)}
    assert ratio(comparison) is None
    assert ratio(comparison, RowKey("p50_latency_ms", "small", "exact@process")) == pytest.approx(1.0)
    told = text(a_record(TIMES), configured(a_record(TIMES), m="32"))
    assert "unlike, so no ratio: chroma@process: m: 16 against 32" in told
    assert "incomparable" in told


def test_other_machines_and_other_data_have_no_ratio_at_all() -> None:
    """By the field of each."""
    run = a_run(tuple(TIMES), host=msgspec.structs.replace(HOST, cores=64))
    machines = compare(a_record(TIMES), a_record(TIMES, run))
    assert machines.unlike == {"machine": ("cores: 2 against 64",)}
    assert {row.log_ratio for row in machines.rows} == {None}
    data = a_run(tuple(TIMES), datasets=[msgspec.structs.replace(SMALL, sha256="other")])
    assert compare(a_record(TIMES), a_record(TIMES, data)).unlike == {"small": ("sha256 abc against other",)}


def test_versions_and_kernels_are_noted_and_compared() -> None:
    """That is what a comparison is for."""
    run = a_run(tuple(TIMES), host=msgspec.structs.replace(HOST, kernel="7.0"), suite_commit="beef")
    comparison = compare(a_record(TIMES), a_record(TIMES, run, version="2.0"))
    assert comparison.unlike == {}
    assert comparison.noted["chroma@process"] == ("server_version: 1.0 against 2.0",)
    assert comparison.noted["machine"] == ("kernel: 6.1 against 7.0",)
    assert comparison.noted["suite"] == ("commit: c0ffee against beef",)
    assert ratio(comparison) == pytest.approx(1.0)


def test_a_row_of_one_run_alone_is_shown_without_a_ratio() -> None:
    """Nothing is made up for the other."""
    comparison = compare(a_record(TIMES), a_record({"exact@process": TIMES["exact@process"]}))
    (row,) = [one for one in comparison.rows if one.key == P50]
    assert (row.other, row.log_ratio) == ("-", None)


def stored(record: Record, folder: Path) -> Path:
    """On disk."""
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(record.run))
    (folder / OBSERVATIONS_FILE).write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in record.observations))
    return folder


def test_the_command_ends_1_where_nothing_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And 0 where something can."""
    one = stored(a_record(TIMES), tmp_path / "one")
    same = stored(a_record(TIMES), tmp_path / "same")
    far = stored(a_record(TIMES, a_run(tuple(TIMES), host=msgspec.structs.replace(HOST, cores=64))), tmp_path / "far")
    assert main(["compare", str(one), str(same)]) == 0
    assert main(["compare", str(one), str(far)]) == 1
    assert "cores: 2 against 64" in capsys.readouterr().out
    assert main(["compare", "one", "latest", "--results", str(tmp_path)]) == 0


def test_the_gate_calls_other_settings_incomparable_and_names_the_field(tmp_path: Path) -> None:
    """Of that target only."""
    accept(a_record(TIMES), tmp_path)
    record = configured(a_record(TIMES), m="32")
    verdicts = {one.key: one for one in judge(record, rows_of(record), find_baselines(tmp_path, record.run))}
    assert verdicts[P50].judgement is Judgement.INCOMPARABLE
    assert "m: 32 against 16" in verdicts[P50].text
    other = verdicts[RowKey("p50_latency_ms", "small", "exact@process")]
    assert other.judgement is not Judgement.INCOMPARABLE


def filled(record: Record) -> Record:
    """The record on a machine that others filled in every launch."""
    machine: list[MachineRead] = [
        a_machine(launch, phase=phase, runnable=8) for launch in range(3) for phase in (Phase.START, Phase.STOP)
    ]
    return Record(record.folder, record.run, (*record.observations, *machine), truncated=False)


MANY = dict.fromkeys(("chroma@process", "weaviate@process", "qdrant@process", "exact@process"), (1.0, 1.02, 0.99))


@pytest.mark.parametrize(
    ("then", "now", "judgement"),
    [
        (False, False, Judgement.REGRESSION),
        (False, True, Judgement.INCONCLUSIVE),
        (True, False, Judgement.INCONCLUSIVE),
        (True, True, Judgement.REGRESSION),
    ],
)
def test_a_machine_that_others_filled_on_one_side_alone_makes_no_regression(
    tmp_path: Path, then: bool, now: bool, judgement: Judgement
) -> None:
    """Where both sides were filled the anchors tell, as ever."""
    slower = {**MANY, "chroma@process": tuple(1.6 * ms for ms in MANY["chroma@process"])}
    base, run = a_record(MANY), a_record(slower)
    accept(filled(base) if then else base, tmp_path)
    record = filled(run) if now else run
    verdicts = {one.key: one for one in judge(record, rows_of(record), find_baselines(tmp_path, record.run))}
    assert verdicts[P50].judgement is judgement
    if judgement is Judgement.INCONCLUSIVE:
        assert "Others filled the machine in most launches" in verdicts[P50].text
