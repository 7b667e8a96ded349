"""From series to what was used, by worked examples, and what a person sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from analysis.__main__ import main
from analysis.findings import Severity
from analysis.launch import LaunchObservations
from analysis.observations import Observation
from analysis.phases import Phase
from analysis.records import OBSERVATIONS_FILE, RUN_FILE, Record
from analysis.rows import RowKey, rows_of
from analysis.series import pack
from analysis.table import closing_table
from analysis.usage import absences, idle_share, on_disk, usage_of
from analysis.usagetable import resource_tables, sampler_share
from analysis.watched import Absent, DiskRead, IdleRead, ResourceSeries, SamplerRan, SamplingFailed
from tests.strategies import a_record

TARGET = "chroma@process"
MS = 1_000_000


def a_block(phase: Phase, at_ms: Sequence[int], **columns: Sequence[int]) -> ResourceSeries:
    """A block of these columns, looked at once at its end where looked-at columns are given."""
    looked = {"proportional", "anonymous", "file", "open_files", "peak"} & set(columns)
    return ResourceSeries(
        scale="small",
        launch=0,
        target=TARGET,
        phase=phase,
        source="processes",
        absent=[],
        samples=len(at_ms),
        t_ns=pack([ms * MS for ms in at_ms]),
        looks=1 if looked else 0,
        look_t_ns=pack([at_ms[-1] * MS]) if looked else None,
        **{name: pack(numbers) for name, numbers in columns.items()},
    )


def a_launch(*blocks: Observation, launch: int = 0) -> LaunchObservations:
    """One launch of the target."""
    return LaunchObservations("small", launch, TARGET, blocks)


def test_counters_count_from_border_to_border_over_all_blocks_of_a_part() -> None:
    """The first of the part is the last of the one before: nothing falls between two parts."""
    launch = a_launch(
        a_block(Phase.START, [0, 50], user_ns=[0, 100 * MS]),
        a_block(Phase.INSERT, [50, 100], user_ns=[100 * MS, 300 * MS], written_bytes=[0, 4096]),
        a_block(Phase.INSERT, [150, 200], user_ns=[350 * MS, 600 * MS], written_bytes=[8192, 8192]),
    )
    start, insert = usage_of([launch])
    assert (start.phase, start.user_s, insert.phase, insert.user_s) == (Phase.START, 0.1, Phase.INSERT, 0.5)
    assert (insert.written, insert.seconds) == (8192, pytest.approx(0.15))


def test_the_mean_is_over_time_and_the_peak_the_highest() -> None:
    """10 for 10 ms, 40 for 90 ms: 37, however often each was read; the last reading holds for no time."""
    (usage,) = usage_of([a_launch(a_block(Phase.SEARCH, [0, 10, 60, 100], memory=[10, 40, 40, 99]))])
    assert usage.memory_mean == pytest.approx(37.0)
    assert usage.memory_peak == 99


def test_a_column_that_a_block_lacks_is_no_number_and_never_a_zero() -> None:
    """Neither of the part, nor of the run; what was looked at once only is kept."""
    launch = a_launch(
        a_block(Phase.IDLE, [0, 50], read_bytes=[0, 10], proportional=[70]), a_block(Phase.IDLE, [100], memory=[1])
    )
    (usage,) = usage_of([launch])
    assert usage.read is None
    assert usage.memory_peak is None
    assert usage.proportional_peak == 70


def test_over_launches_peaks_are_the_highest_and_the_rest_is_the_mean() -> None:
    """Two launches."""
    each = [a_launch(a_block(Phase.IDLE, [0, 50], memory=[n, n], cpu_ns=[0, n * MS]), launch=n) for n in (1, 3)]
    (usage,) = usage_of(each)
    assert (usage.memory_peak, usage.memory_mean, usage.cpu_s) == (3, 2, pytest.approx(0.002))


def idle(cpu_ns: int | None) -> IdleRead:
    """A second of idleness."""
    return IdleRead(scale="small", launch=0, target=TARGET, wall_ns=1000 * MS, cpu_ns=cpu_ns)


def disk(allocated: int | None, reason: str = "") -> DiskRead:
    """What lies on disk."""
    return DiskRead(scale="small", launch=0, target=TARGET, allocated=allocated, files=1, reason=reason)


def test_idle_share_and_disk_are_means_over_launches_or_a_reason() -> None:
    """What cannot be known is not counted as nothing."""
    assert idle_share([a_launch(idle(10 * MS)), a_launch(idle(30 * MS))]) == pytest.approx(0.02)
    assert idle_share([a_launch(idle(None))]) is None
    assert on_disk([a_launch(disk(0)), a_launch(disk(4096))]) == 2048
    assert on_disk([a_launch(disk(None, "it runs elsewhere"))]) == "it runs elsewhere"
    assert on_disk([a_launch()]) is None


WATCHED: tuple[Observation, ...] = (
    msgspec.structs.replace(
        a_block(Phase.SEARCH, [0, 50], memory=[2_000_000, 3_000_000], threads=[7, 7]),
        absent=[Absent("read_bytes", "/proc/7/io: Permission denied")],
    ),
    idle(12 * MS),
    disk(1_500_000),
    SamplerRan(
        scale="small",
        launch=0,
        interval_ns=50 * MS,
        ticks=100,
        skipped=0,
        looks=3,
        borders=2,
        cpu_ns=5 * MS,
        wall_ns=1000 * MS,
    ),
)


def a_watched_record(*more: Observation) -> Record:
    """A plain record with resources in it."""
    plain = a_record({TARGET: (1.0, 1.1)})
    return Record(plain.folder, plain.run, (*plain.observations, *WATCHED, *more), truncated=False)


def shown(record: Record) -> str:
    """The tables of resources as plain text."""
    out = StringIO()
    console = Console(file=out, width=120)
    for part in resource_tables(record):
        console.print(part)
    return out.getvalue()


def test_the_tables_show_each_target_by_part_with_what_is_absent_and_why() -> None:
    """In MB, seconds and shares."""
    text = shown(a_watched_record())
    (line,) = [line for line in text.splitlines() if line.startswith("│ search")]
    assert line.replace("│", " ").split()[:4] == ["search", "0.0500", "3.00", "2.00"]
    assert "n/a: chroma@process: read_bytes: /proc/7/io: Permission denied" in text
    assert "While idle, of a core (not a row): chroma@process 1.20 %" in text
    assert "took 0.50% of a core" in text
    assert "…" not in text


def test_the_closing_table_tells_idleness_and_disk_below_the_rows() -> None:
    """Neither is a row."""
    record = a_watched_record()
    out = StringIO()
    Console(file=out, width=120).print(closing_table(record, rows_of(record), ()))
    assert "While idle, of a core (not a row): chroma@process 1.20 %." in out.getvalue()
    assert "On disk after settling (not a row): chroma@process 1.50 MB." in out.getvalue()


def test_a_series_that_broke_off_is_a_finding_of_the_memory_rows_and_spoils_none() -> None:
    """Named with what was raised."""
    raised = "ValueError: odd (processes.py, line 9)"
    failed = SamplingFailed(scale="small", launch=0, target=TARGET, phase=Phase.SEARCH, reason=raised)
    record = a_watched_record(failed)
    row = {row.key: row for row in rows_of(record)}[RowKey("peak_memory_usage_mb", "small", TARGET)]
    (finding,) = [one for one in row.findings if one.rule == "not sampled"]
    assert finding.severity is Severity.WARNED
    assert raised in finding.text
    assert len(row.values) == 2
    assert f"not sampled to the end: {TARGET}, launch 1: {raised}" in shown(record).replace("\n", "")


def test_the_samplers_share_is_its_time_over_the_time_and_none_without_a_sampler() -> None:
    """A record of a suite that did not sample has no share of zero."""
    assert sampler_share(a_watched_record()) == pytest.approx(0.005)
    assert sampler_share(a_record({TARGET: (1.0,)})) is None


def test_absences_are_told_once() -> None:
    """With the first reason."""
    blocks = [
        msgspec.structs.replace(a_block(Phase.IDLE, [0]), absent=[Absent("read_bytes", why)]) for why in ("a", "b")
    ]
    assert absences([a_launch(*blocks)]) == [Absent("read_bytes", "a")]


def test_resources_of_a_stored_run_are_printed_by_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m analysis resources latest`; a name that the run has not is told with those that it has."""
    record = a_watched_record()
    folder = tmp_path / "results" / record.run.id
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(record.run))
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in record.observations)
    (folder / OBSERVATIONS_FILE).write_bytes(lines)
    results = ["--results", str(tmp_path / "results")]
    assert main(["resources", "latest", *results, "--target", "chroma@*"]) == 0
    assert "small, chroma@process" in capsys.readouterr().out
    assert main(["resources", "latest", *results, "--target", "nobody@*"]) == 1
    assert "There are: chroma@process" in capsys.readouterr().err
