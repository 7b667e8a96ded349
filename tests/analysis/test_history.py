"""What is appended to a history, what is refused, and what is said of a file that is damaged."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from analysis.accept import accept
from analysis.errors import AlreadyRecorded, DamagedRecord, NewerSchema, RecordRefused
from analysis.fingerprint import folder_name
from analysis.history import Line, history_file, read_history, record_run
from analysis.metrics import metrics_of
from analysis.records import Record, RunStatus
from tests.strategies import HOST, NAMES, SMALL, a_fault, a_record, a_run

P50 = ("p50_latency_ms", "small", "chroma@process")


def line_of(lines: tuple[Line, ...], run: str = a_run().id) -> Line:
    """The row that most tests look at."""
    (line,) = [line for line in lines if (line.run, line.metric, line.scale, line.target) == (run, *P50)]
    return line


def recorded(record: Record, baselines: Path, *allow: str) -> tuple[Line, ...]:
    """Record it, and read the history of the machine."""
    record_run(record, baselines, allow=allow)
    return read_history(history_file(baselines, record.run.host))


def test_a_run_becomes_one_line_a_row(tmp_path: Path) -> None:
    """In its machine's folder, with commit, date, log mean, spread and launches."""
    lines = recorded(a_record({**dict.fromkeys(NAMES, (1.0,) * 3), "chroma@process": (1.0, 2.0, 4.0)}), tmp_path)
    assert history_file(tmp_path, HOST).parent.name == folder_name(HOST)
    assert len(lines) == len(metrics_of(())) * len(NAMES)
    line = line_of(lines)
    assert (line.run, line.commit, line.date, line.accepted) == (a_run().id, "c0ffee", a_run().started, False)
    assert (line.log_mean, line.spread, line.launches) == (
        pytest.approx(math.log(2), abs=1e-5),
        pytest.approx(math.log(2), abs=1e-5),
        3,
    )


def test_what_the_machine_did_to_all_is_not_a_rows_own_spread(tmp_path: Path) -> None:
    """A launch that is slower for every target leaves a quarter of it: the slope is three quarters."""
    line = line_of(recorded(a_record(dict.fromkeys(NAMES, (1.0, 1.2, 1.44))), tmp_path))
    assert line.spread == pytest.approx(math.log(1.2), abs=1e-4)
    assert line.own_spread == pytest.approx(math.log(1.2) / 4, abs=1e-4)


def test_an_accepted_run_enters_too(tmp_path: Path) -> None:
    """And says so."""
    accept(a_record(), tmp_path)
    assert line_of(read_history(history_file(tmp_path, HOST))).accepted


def test_runs_are_appended_and_nothing_is_rewritten(tmp_path: Path) -> None:
    """What was there stays, byte for byte."""
    path = history_file(tmp_path, HOST)
    record_run(a_record(run=a_run(id="first")), tmp_path)
    before = path.read_bytes()
    record_run(a_record(run=a_run(id="second")), tmp_path)
    after = path.read_bytes()
    assert after.startswith(before)
    assert len(after) > len(before)


def test_a_run_counts_once(tmp_path: Path) -> None:
    """Recorded twice it is refused; accepted after it was recorded, it becomes the baseline and no second point."""
    lines = recorded(a_record(), tmp_path)
    with pytest.raises(AlreadyRecorded, match="already"):
        record_run(a_record(), tmp_path)
    assert accept(a_record(), tmp_path)
    assert read_history(history_file(tmp_path, HOST)) == lines


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (a_record(run=a_run(status=RunStatus.INTERRUPTED)), "incomplete"),
        (a_record(run=a_run(suite_dirty=True)), "dirty"),
        (a_record({"chroma@process": (1.0,)}), "few-launches"),
    ],
    ids=["interrupted", "uncommitted changes", "one launch"],
)
def test_what_is_refused_names_its_override(record: Record, name: str, tmp_path: Path) -> None:
    """Nothing is written until the override is given."""
    with pytest.raises(RecordRefused, match=f"--allow {name}"):
        record_run(record, tmp_path)
    assert not list(tmp_path.rglob("*"))
    assert recorded(record, tmp_path, name)


def test_an_unknown_override_is_told(tmp_path: Path) -> None:
    """With those there are."""
    with pytest.raises(RecordRefused, match="incomplete, dirty, few-launches"):
        record_run(a_record(), tmp_path, allow=["regression"])


def test_a_target_that_failed_has_no_line_and_stops_no_other(tmp_path: Path) -> None:
    """A night in which one store hung is a night of all others."""
    plain = a_record()
    hung = Record(plain.folder, plain.run, (*plain.observations, a_fault("weaviate@process")), truncated=False)
    assert {line.target for line in recorded(hung, tmp_path)} == set(NAMES) - {"weaviate@process"}


def test_a_run_without_any_figure_is_refused(tmp_path: Path) -> None:
    """It would be a run of nothing."""
    with pytest.raises(RecordRefused, match="no measured row"):
        record_run(a_record({}, a_run(())), tmp_path, allow=["few-launches"])


def test_another_version_is_another_artifact_and_the_same_work(tmp_path: Path) -> None:
    """So that a new release stands in the same series; other data do not."""
    plain = line_of(recorded(a_record(run=a_run(id="1")), tmp_path), "1")
    newer = line_of(recorded(a_record(run=a_run(id="2"), version="2.0"), tmp_path), "2")
    other = a_run(id="3", datasets=[msgspec.structs.replace(SMALL, sha256="other")])
    elsewhere = line_of(recorded(a_record(run=other), tmp_path), "3")
    assert (newer.release, newer.artifact == plain.artifact, newer.work == plain.work) == (
        "2.0, client 1",
        False,
        True,
    )
    assert (elsewhere.artifact == plain.artifact, elsewhere.work == plain.work) == (True, False)


def test_a_line_that_was_cut_off_is_named(tmp_path: Path) -> None:
    """By file and number; nothing is appended behind it."""
    path = history_file(tmp_path, HOST)
    count = len(recorded(a_record(), tmp_path))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedRecord, match=rf"history\.jsonl, line {count} is cut off"):
        read_history(path)
    before = path.read_bytes()
    with pytest.raises(DamagedRecord, match=f"line {count}"):
        record_run(a_record(run=a_run(id="next")), tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"not json", b'{"version": 1}', b'{"run": "no version"}', b""])
def test_a_damaged_line_is_named(damage: bytes, tmp_path: Path) -> None:
    """Wherever it stands."""
    path = history_file(tmp_path, HOST)
    recorded(a_record(), tmp_path)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([lines[0], damage, *lines[2:], b""]))
    with pytest.raises(DamagedRecord, match=r"history\.jsonl, line 2: "):
        read_history(path)


def test_a_row_that_is_there_twice_for_one_run_is_named(tmp_path: Path) -> None:
    """As a merge of two branches can leave it: it would count twice."""
    path = history_file(tmp_path, HOST)
    count = len(recorded(a_record(), tmp_path))
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[4])
    with pytest.raises(DamagedRecord, match=rf"line {count + 1}: .* is in line 5 already"):
        read_history(path)


def test_a_line_of_a_newer_suite_is_not_guessed_at(tmp_path: Path) -> None:
    """Its fields may mean something else."""
    path = history_file(tmp_path, HOST)
    recorded(a_record(), tmp_path)
    path.write_bytes(path.read_bytes() + b'{"version": 99, "more": true}\n')
    with pytest.raises(NewerSchema, match="version 99"):
        read_history(path)


def test_a_machine_without_a_history_has_an_empty_one(tmp_path: Path) -> None:
    """It is no error to be new."""
    assert read_history(history_file(tmp_path, HOST)) == ()
