"""Records survive, and each way of being wrong has its own error."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from analysis.errors import DamagedRecord, MissingRecord, NewerSchema, OlderSchema, UnversionedRecord
from analysis.observations import Observation
from analysis.records import OBSERVATIONS_FILE, RUN_FILE, SCHEMA, read_record
from tests.strategies import a_machine, a_run, observations


def stored(folder: Path, *seen: Observation, tail: bytes = b"") -> Path:
    """A record on disk."""
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(a_run()))
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
    (tmp_path / RUN_FILE).write_bytes(msgspec.json.encode(a_run()))
    assert read_record(tmp_path).observations == ()


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
