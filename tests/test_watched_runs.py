"""Whole runs as far as resources go: what the record holds, what is printed, and what breaks no run."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.observations import (
    BatchInserted,
    DiskRead,
    IdleRead,
    MemoryRead,
    Phase,
    ResourceSeries,
    SamplerRan,
    SamplingFailed,
    SliceSearched,
)
from analysis.rows import Outcome, RowKey
from analysis.series import unpack
from tests.suite import Ran, run_suite

TARGETS = ("exact@embedded", "exact@process")
SMALL = ("--scale=small", "--launches=1", "--gate=off", *(f"--target={name}" for name in TARGETS))
PARTS = [
    Phase.START,
    Phase.INSERT,
    Phase.SETTLE,
    Phase.IDLE,
    Phase.SEARCH,
    Phase.CHECK,
    Phase.REINSERT,
    Phase.GROWTH,
    Phase.CROWD,
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One launch of two targets."""
    ran = run_suite(tmp_path_factory.mktemp("watched"), *SMALL, whole=True)
    assert ran.status == 0, ran.output
    return ran


@pytest.mark.parametrize("target", TARGETS)
def test_every_part_of_a_launch_has_a_series_that_begins_where_the_last_one_ended(ran: Ran, target: str) -> None:
    """In the launch's order, without a gap."""
    blocks = [one for one in ran.record.observations if isinstance(one, ResourceSeries) and one.target == target]
    assert list(dict.fromkeys(block.phase for block in blocks)) == PARTS
    for before, after in pairwise(blocks):
        if before.phase is not after.phase:
            end, begin = unpack(before.t_ns, before.samples)[-1], unpack(after.t_ns, after.samples)[0]
            assert end == begin, (before.phase, after.phase)
    assert all(block.memory is not None and block.cpu_ns is not None and block.looks for block in blocks)


def test_a_part_holds_what_was_done_in_it(ran: Ran) -> None:
    """An observation is stored among the series of its own part: after the part's beginning, before the next one's."""
    seen = [one for one in ran.record.observations if getattr(one, "target", "exact@process") == "exact@process"]
    kinds = [one.phase if isinstance(one, ResourceSeries) else type(one) for one in seen]
    assert kinds.index(Phase.START) < kinds.index(BatchInserted) < kinds.index(Phase.INSERT)
    assert kinds.index(Phase.IDLE) < kinds.index(SliceSearched) < kinds.index(Phase.SEARCH)


def test_nothing_is_asked_while_idle_and_what_is_spent_is_stored(ran: Ran) -> None:
    """Once a launch and target; our own server waits in the kernel and spends next to nothing."""
    idle = [one for one in ran.record.observations if isinstance(one, IdleRead)]
    assert sorted(one.target for one in idle) == list(TARGETS)
    for one in idle:
        assert one.cpu_ns is not None
        assert 0 <= one.cpu_ns < 0.2 * one.wall_ns
        assert one.wall_ns >= 1_000_000_000
    assert "While idle, of a core (not a row): exact@process" in ran.output


def test_the_growth_of_memory_is_taken_between_start_and_settled(ran: Ran) -> None:
    """Idleness and search come after it and are not in it: the peaks that count are of insertion and settling."""
    readings = [one for one in ran.record.observations if isinstance(one, MemoryRead) and one.target == TARGETS[1]]
    start = [one for one in readings if one.phase is Phase.START][-1]
    during = [one for one in readings if one.phase in (Phase.INSERT, Phase.SETTLE)]
    row = ran.rows[RowKey("memory_usage_during_insertion", "small", TARGETS[1])]
    expected = (max(one.peak for one in during) - start.used) / 1e6
    assert (*row.values, *row.invalid_values) == (pytest.approx(expected),)


def test_a_store_that_keeps_nothing_on_disk_has_zero_bytes_there(ran: Ran) -> None:
    """Looked at, and empty: that is a zero."""
    disk = [one for one in ran.record.observations if isinstance(one, DiskRead)]
    assert {(one.target, one.allocated, one.reason) for one in disk} == {(name, 0, "") for name in TARGETS}
    assert "On disk after settling (not a row): exact@process 0 MB" in ran.output


def test_the_samplers_own_cost_is_in_the_record(ran: Ran) -> None:
    """That it is below 1 % of a core is for `scripts/bench --self` to say."""
    (cost,) = [one for one in ran.record.observations if isinstance(one, SamplerRan)]
    assert cost.ticks > 20
    assert cost.looks >= 2 * len(PARTS)
    assert 0 < cost.cpu_ns < cost.wall_ns


def test_resources_of_the_run_are_printed_from_its_record_alone(ran: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m analysis resources`."""
    assert analysis(["resources", str(ran.folder), "--target", "exact@process"]) == 0
    told = capsys.readouterr().out
    assert "small, exact@process" in told
    assert "small, exact@embedded" not in told
    for part in PARTS:
        assert f"│ {part} " in told


def test_a_sampler_that_raises_is_a_finding_and_the_run_is_whole(tmp_path: Path) -> None:
    """The rows are there, the other target's series too, and the output names what was raised."""
    broken = run_suite(tmp_path, *SMALL, "-p", "tests.plugins.broken_sampler")
    assert broken.status == 0, broken.output
    (failed,) = [one for one in broken.record.observations if isinstance(one, SamplingFailed)]
    assert failed.target == "exact@process"
    assert "ValueError: an odd line in /proc" in failed.reason
    row = broken.rows[RowKey("peak_memory_usage_mb", "small", "exact@process")]
    assert row.outcome is Outcome.MEASURED
    assert "not sampled" in {finding.rule for finding in row.findings}
    assert "warned: not sampled: exact@process" in broken.output
    series = [one for one in broken.record.observations if isinstance(one, ResourceSeries)]
    assert {one.phase for one in series if one.target == "exact@embedded"} == set(PARTS)
