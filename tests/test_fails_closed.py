"""Fails closed: whatever cannot be judged ends non-zero under `--gate=enforce`, each case by a test named for it.

Records are doctored and judged by `python -m analysis verdicts RUN --gate=enforce`, which judges as a run does; what a
run refuses before it measures is tried with pytest itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from analysis.__main__ import main
from analysis.accept import accept
from analysis.baselines import present_files
from analysis.errors import AcceptRefused
from analysis.observations import Observation, SliceSearched, TargetStarted
from analysis.records import Record, Resolution, RunStatus
from tests.strategies import HOST, NAMES, a_fault, a_machine, a_record, a_run, write_record
from tests.suite import run_suite

_LAUNCHES = 5


def steady(**launch: object) -> Record:
    """Five launches of every target that are all alike."""
    return a_record({name: (number + 1.0,) * _LAUNCHES for number, name in enumerate(NAMES)}, **launch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose baseline is the steady record."""
    accept(steady(), tmp_path / "baselines")
    return tmp_path


def status(record: Record, place: Path) -> int:
    """The exit code of judging the record, enforced."""
    folder = write_record(record, place / "results")
    return main(["verdicts", str(folder), f"--baselines={place / 'baselines'}", "--gate=enforce"])


def having(record: Record, seen: Sequence[Observation] = (), **changes: object) -> Record:
    """The record with these observations in place of its own, where there are any, and these fields of its run."""
    run = msgspec.structs.replace(record.run, **changes)
    return Record(record.folder, run, tuple(seen) or record.observations, truncated=False)


def test_the_same_again_passes(place: Path) -> None:
    """Or none of the others would say anything."""
    assert status(steady(), place) == 0


def test_a_missing_row_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The baseline has it, the run has not."""
    less = having(steady(), targets=[one for one in steady().run.targets if one.target != NAMES[0]])
    assert status(less, place) == 1
    assert f"not run       p50_latency_ms-small-{NAMES[0]}" in capsys.readouterr().out


def test_a_new_row_with_no_baseline_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has accepted it."""
    more = a_record(dict.fromkeys((*NAMES, "vexfs@mount"), (1.0,) * _LAUNCHES))
    assert status(more, place) == 1
    assert "The row is new" in capsys.readouterr().out


def test_a_renamed_benchmark_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one row that is missing and one that is new."""
    names = ("chroma2@process", *NAMES[1:])
    assert status(a_record({name: (n + 1.0,) * _LAUNCHES for n, name in enumerate(names)}), place) == 1
    told = capsys.readouterr().out
    assert "Was it renamed or removed?" in told
    assert "The row is new" in told


def test_the_baseline_of_another_machine_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not looked at."""
    elsewhere = having(steady(), host=msgspec.structs.replace(HOST, cpu_model="Another CPU"))
    assert status(elsewhere, place) == 1
    assert "A baseline of another machine is never compared" in capsys.readouterr().out


def test_a_changed_configuration_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the server gives it back."""
    seen = [
        msgspec.structs.replace(one, settings={"m": "32"}) if isinstance(one, TargetStarted) else one
        for one in steady().observations
    ]
    assert status(having(steady(), seen), place) == 1
    assert "m: 32 against 16" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-n2",), "Benchmarks refuse to start under xdist"),
        (("--benchmark-disable",), "--benchmark-disable was given"),
    ],
    ids=["xdist", "benchmarks disabled"],
)
def test_xdist_and_disabled_benchmarks_fail(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    """Before anything is measured."""
    ran = run_suite(tmp_path, "--gate=enforce", *arguments)
    assert ran.status != 0
    assert told in ran.output


def test_a_path_swallowed_by_compare_fails(tmp_path: Path) -> None:
    """`pytest --benchmark-compare benchmarks/` would measure nothing, or everything."""
    ran = run_suite(tmp_path, "--gate=enforce", "--benchmark-compare", "benchmarks/")
    assert ran.status != 0
    assert "--benchmark-compare" in ran.output


def test_all_targets_skipped_fails(place: Path) -> None:
    """Nothing ran, so nothing passed; in a run of its own it is refused before it begins."""
    skipped = [Resolution(name, runnable=False, reason="no", remedy="yes") for name in NAMES]
    bare = having(a_record({}), a_record({}, a_run((), launches=0)).observations, targets=skipped, launches=0)
    assert status(bare, place) == 1
    ran = run_suite(place, "--gate=enforce", "--target=qdrant@process", variables={"PATH": "/usr/bin:/bin"})
    assert ran.status != 0
    assert "None of the targets can run here" in ran.output


def test_a_crashed_store_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows are not run, whatever the launches before the crash gave."""
    assert status(having(steady(), [*steady().observations, a_fault(NAMES[0], 4)]), place) == 1
    assert "failed: No answer." in capsys.readouterr().out


def test_a_run_cut_short_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Although all that it has is as good as before."""
    assert status(having(steady(), status=RunStatus.INTERRUPTED), place) == 1
    assert "did not come to its end" in capsys.readouterr().err


def test_a_failing_run_fails_when_it_is_run_again(place: Path) -> None:
    """It becomes no baseline by having failed, and cannot be made one."""
    slow = a_record(
        {name: ((number + 1.0) * (3 if number == 1 else 1),) * _LAUNCHES for number, name in enumerate(NAMES)}
    )
    again = having(slow, id="20260101-000000-small-2")
    assert status(slow, place) == 1
    assert status(again, place) == 1
    with pytest.raises(AcceptRefused, match="regression"):
        accept(slow, place / "baselines")


def test_a_damaged_baseline_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, and not passed over."""
    path = present_files(place / "baselines", HOST)["small"]
    path.write_bytes(path.read_bytes()[:-200])
    assert status(steady(), place) == 1
    assert path.name in capsys.readouterr().err


def test_a_clock_step_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Times of such a launch are no measurement."""
    stepped = [
        reading
        for launch in range(_LAUNCHES)
        for reading in (a_machine(launch), a_machine(launch, wall_minus_monotonic_ns=5_000_000_000))
    ]
    assert status(having(steady(), [*stepped, *steady().observations]), place) == 1
    assert "invalid" in capsys.readouterr().out


def test_an_anchor_that_moved_fails(place: Path) -> None:
    """Which of the two changed cannot be told, so neither passes."""
    moved = {name: ((n + 1.0) * (1.5 if name == "exact@process" else 1),) * _LAUNCHES for n, name in enumerate(NAMES)}
    assert status(a_record(moved), place) == 1


def test_recall_that_dropped_fails(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However fast it became."""
    slices = [
        msgspec.structs.replace(one, hits=[9] * len(one.hits))
        if isinstance(one, SliceSearched) and one.target == NAMES[0]
        else one
        for one in steady().observations
    ]
    assert status(having(steady(), slices), place) == 1
    assert f"regression    recall_at_10-small-{NAMES[0]}" in capsys.readouterr().out
