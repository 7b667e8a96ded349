"""`--isolate`: one target up at a time, and a record that says so."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from analysis.fingerprint import folder_name
from analysis.observations import LaunchEnded, MachineRead, Phase, SamplerRan, TargetPlaced, TargetStarted
from analysis.rows import Outcome, RowKey
from fixtures.placement import usable_cores
from tests.suite import Ran, run_suite, to_the_end

TARGETS = ("exact@embedded", "exact@process")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Two targets, two launches each, on one core: that needs no second one."""
    options = ("--scale=small", "--launches=2", "--placement=shared", "--target=exact@embedded", "--target=exact@proc*")
    return run_suite(tmp_path_factory.mktemp("isolated"), *options, variables={"VEXFS_BENCH_ISOLATE": "1"})


def test_an_isolated_run_ends_0_and_is_measured_to_the_end(ran: Ran) -> None:
    """One number a launch, as ever."""
    assert ran.status == 0, ran.output
    for key, row in ran.rows.items():
        if row.outcome is Outcome.MEASURED:
            assert len(row.values) + len(row.invalid_values) == 2, key
    for target in TARGETS:
        row = ran.rows[RowKey("p50_latency_ms", "small", target)]
        assert to_the_end(row, 2), row


def test_only_one_target_is_up_at_a_time(ran: Ran) -> None:
    """Each has the launch to itself until its end; the order rotates, and the launch numbers are each target's own."""
    seen = [one for one in ran.record.observations if isinstance(one, (TargetStarted, LaunchEnded))]
    assert [(type(one), one.launch, one.target) for one in seen] == [
        (kind, launch, target)
        for launch, order in ((0, TARGETS), (1, TARGETS[::-1]))
        for target in order
        for kind in (TargetStarted, LaunchEnded)
    ]
    # The second is the last of launch 1 and the first of launch 2.
    of_targets = [one for one in ran.record.observations if not isinstance(one, SamplerRan)]
    turns = [target for target, _ in groupby(of_targets, key=lambda one: one.target)]
    assert turns == [TARGETS[0], TARGETS[1], TARGETS[0]]


def test_the_machine_is_read_for_each_target_by_itself(ran: Ran) -> None:
    """From the start to the end of its launch."""
    read = [one for one in ran.record.observations if isinstance(one, MachineRead)]
    for launch in (0, 1):
        for target in TARGETS:
            phases = [one.phase for one in read if (one.launch, one.target) == (launch, target)]
            assert (phases[0], phases[-1]) == (Phase.START, Phase.STOP)
    assert {one.target for one in read} == set(TARGETS)


def test_the_record_and_the_table_say_how_it_was_measured(ran: Ran) -> None:
    """Options, fingerprint, and the cores that the kernel really gave."""
    run = ran.record.run
    assert (run.options["isolate"], run.options["placement"]) == ("yes", "shared")
    assert "-shared-" in folder_name(run.host)
    assert "Isolated: one target up at a time" in ran.output
    assert "Placement shared: client and server on one core" in ran.output
    core = usable_cores()[-1][-1]
    placed = [one for one in ran.record.observations if isinstance(one, TargetPlaced)]
    assert {(one.target, *one.client) for one in placed} == {(name, core) for name in TARGETS}
    assert {(one.target, *one.server) for one in placed} == {("exact@embedded",), ("exact@process", core)}


@pytest.mark.parametrize("switch", ["--isolate", "--mixed", "--no-duet", "--sweep"])
def test_a_switch_is_thrown_by_its_bare_name(tmp_path: Path, switch: str) -> None:
    """On the command line, where it takes no value."""
    shown = run_suite(tmp_path, "--collect-only", "-q", "--scale=small", "--target=exact@embedded", switch)
    assert shown.status == 0, shown.output


def test_one_target_can_be_isolated(tmp_path: Path) -> None:
    """There is nobody to stop, and the record says isolated all the same."""
    one = run_suite(
        tmp_path, "--scale=small", "--launches=1", "--target=exact@embedded", "--isolate", "--gate=off", "-k", "p50"
    )
    assert one.status == 0, one.output
    assert one.record.run.isolated
