"""Records survive, and each way of being wrong has its own error."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from analysis.errors import DamagedRecord, MissingRecord, NewerSchema, OlderSchema, UnversionedRecord
from analysis.observations import LaunchEnded, Observation
from analysis.records import OBSERVATIONS_FILE, RUN_FILE, SCHEMA, Run, RunStatus, read_record
from tests.strategies import a_fault, a_machine, a_run, observations

KILLED = a_run(status=RunStatus.RUNNING)


def stored(folder: Path, *seen: Observation, tail: bytes = b"", run: Run = KILLED) -> Path:
    """A record on disk."""
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(run))
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in seen)
    (folder / OBSERVATIONS_FILE).write_bytes(lines + tail)
    return folder


@settings(max_examples=200)
@given(one=observations())
def test_every_observation_comes_back_as_it_was(one: Observation) -> None:
    """Encoded and decoded, whatever its values."""
    assert msgspec.json.decode(msgspec.json.encode(one), type=Observation) == one


def test_a_cut_off_last_line_is_dropped_and_told(tmp_path: Path) -> None:
    """What a kill in the middle of a write leaves."""
    record = read_record(stored(tmp_path, a_machine(), tail=b'{"type":"machine-re'))
    assert record.truncated
    assert record.observations == (a_machine(),)


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    """Nothing is passed over in silence."""
    folder = stored(tmp_path, a_machine(), tail=b'{"type":"nonsense"}\n')
    with pytest.raises(DamagedRecord, match="line 2"):
        read_record(folder)


def test_a_run_without_observations_is_empty(tmp_path: Path) -> None:
    """Killed before the first slice."""
    (tmp_path / RUN_FILE).write_bytes(msgspec.json.encode(KILLED))
    assert read_record(tmp_path).observations == ()


def ended(*launches: int) -> list[Observation]:
    """The ends of these launches."""
    return [LaunchEnded(scale="small", launch=one, up_ns=1, measuring_ns=2, stop_ns=3) for one in launches]


def test_a_complete_run_that_lacks_launches_is_damaged(tmp_path: Path) -> None:
    """Its run file says that nothing was cut off: so what is missing was lost since, and the words say what."""
    folder = stored(tmp_path, *ended(0, 1, 2), run=a_run())
    assert len(read_record(folder).observations) == 3
    for seen, tail, told in (
        (ended(0, 1), b"", r"is cut off.* of 3 launches, and at small 2 of them"),
        (ended(0, 1, 2), b'{"type":"machi', "is cut off"),
        ([], b"", "is empty.* 0 of them"),
    ):
        with pytest.raises(DamagedRecord, match=told):
            read_record(stored(tmp_path, *seen, tail=tail, run=a_run()))
    (folder / OBSERVATIONS_FILE).unlink()
    with pytest.raises(DamagedRecord, match=f"{OBSERVATIONS_FILE} is missing"):
        read_record(folder)


def test_a_campaign_that_lost_all_its_targets_early_is_whole(tmp_path: Path) -> None:
    """Without a target there is no further launch."""
    run = a_run(("chroma@process", "exact@process"))
    seen = [a_fault("chroma@process"), *ended(0), a_fault("exact@process", launch=1), *ended(1)]
    assert len(read_record(stored(tmp_path, *seen, run=run)).observations) == 4
    with pytest.raises(DamagedRecord, match="is cut off"):
        read_record(stored(tmp_path, *seen[:-1], run=run))


def test_a_missing_run_is_told(tmp_path: Path) -> None:
    """With what to give instead."""
    with pytest.raises(MissingRecord, match="results/RUN"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"{", DamagedRecord),
        (b"[]", UnversionedRecord),
        (b'{"benchmarks": []}', UnversionedRecord),
        (msgspec.json.encode({"schema": SCHEMA - 1}), OlderSchema),
        (msgspec.json.encode({"schema": SCHEMA + 1}), NewerSchema),
        (msgspec.json.encode({"schema": SCHEMA}), DamagedRecord),
    ],
)
def test_older_newer_foreign_and_damaged_are_told_apart(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    """Each names the file."""
    (tmp_path / RUN_FILE).write_bytes(content)
    with pytest.raises(error, match=RUN_FILE):
        read_record(tmp_path)
