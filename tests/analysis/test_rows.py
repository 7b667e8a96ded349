"""Rows: one number a launch, and every way of having none told apart."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from analysis.metrics import metrics_of
from analysis.observations import MemoryRead, Phase
from analysis.records import Record, Resolution
from analysis.rows import Outcome, Row, RowKey, rows_of
from tests.strategies import NAMES, a_fault, a_machine, a_record, a_run


def rows(record: Record) -> dict[RowKey, Row]:
    """By key."""
    return {row.key: row for row in rows_of(record)}


KEY = RowKey("p50_latency_ms", "small", "chroma@process")


def test_every_metric_scale_and_target_is_a_row_with_a_number_a_launch() -> None:
    """In the order of the launches."""
    found = rows(a_record({"chroma@process": (1.0, 2.0, 3.0)}))
    assert len(found) == len(metrics_of(()))
    assert found[KEY].values == (1.0, 2.0, 3.0)
    assert found[KEY].launches == (0, 1, 2)
    assert found[KEY].metric.name == "p50_latency_ms"


def test_a_key_is_readable_and_names_its_test() -> None:
    """As pytest does."""
    assert str(KEY) == "p50_latency_ms-small-chroma@process"
    assert KEY.node_id == "benchmarks/test_search.py::test_search[p50_latency_ms-small-chroma@process]"
    assert (KEY.store, KEY.tier) == ("chroma", "process")


def test_a_skipped_target_has_its_reason_and_remedy() -> None:
    """And no number."""
    gone = Resolution("chroma@process", runnable=False, reason="Not there.", remedy="Install it.")
    found = rows(a_record({}, msgspec.structs.replace(a_run(()), targets=[gone])))
    assert {row.outcome for row in found.values()} == {Outcome.SKIPPED}
    assert (found[KEY].reason, found[KEY].remedy) == ("Not there.", "Install it.")


def test_a_failed_target_keeps_what_was_measured_apart() -> None:
    """Its numbers are no figure."""
    plain = a_record({"chroma@process": (1.0, 2.0)})
    failed = Record(plain.folder, plain.run, (*plain.observations, a_fault("chroma@process", 1)), truncated=False)
    row = rows(failed)[KEY]
    assert (row.outcome, row.values, row.invalid_values) == (Outcome.FAILED, (), (1.0, 2.0))
    assert row.reason == "No answer. (during search, launch 2)"


def test_a_target_that_the_run_never_reached_is_not_run() -> None:
    """Interrupted before."""
    found = rows(a_record({"chroma@process": (1.0,)}, a_run(NAMES)))
    assert found[RowKey("p50_latency_ms", "small", "weaviate@process")].outcome is Outcome.NOT_RUN


def test_a_launch_without_a_search_is_not_applicable() -> None:
    """Not zero."""
    plain = a_record({"chroma@process": (1.0,)})
    seen = tuple(one for one in plain.observations if type(one).__name__ != "SliceSearched")
    row = rows(Record(plain.folder, plain.run, seen, truncated=False))[KEY]
    assert (row.outcome, row.reason) == (Outcome.NOT_APPLICABLE, "nothing was searched")


def test_an_invalid_launch_is_taken_out_and_the_others_stay() -> None:
    """Only one of three launches lost vectors."""
    good, bad = a_record({"chroma@process": (1.0, 1.0, 1.0)}), a_record({"chroma@process": (1.0,)}, counted=1)
    others = tuple(one for one in good.observations if getattr(one, "launch", 0) > 0)
    row = rows(Record(good.folder, good.run, (*bad.observations, *others), truncated=False))[KEY]
    assert (row.outcome, row.launches, len(row.invalid_values)) == (Outcome.MEASURED, (1, 2), 1)
    assert [finding.rule for finding in row.findings] == ["wrong count"]


def test_growth_that_is_not_above_zero_is_below_what_can_be_resolved() -> None:
    """Invalid with advice, and never a zero or a negative size."""
    plain = a_record({"chroma@process": (1.0, 1.0)})
    shrunk = tuple(
        msgspec.structs.replace(one, used=49_000_000, peak=49_000_000)
        if isinstance(one, MemoryRead) and one.phase in (Phase.INSERT, Phase.SETTLE)
        else one
        for one in plain.observations
    )
    found = rows(Record(plain.folder, plain.run, shrunk, truncated=False))
    row = found[RowKey("memory_per_vector_bytes", "small", "chroma@process")]
    assert (row.outcome, row.invalid_values) == (Outcome.INVALID, (-1000.0, -1000.0))
    assert "larger scale" in row.remedy
    assert found[RowKey("memory_efficiency_ratio", "small", "chroma@process")].outcome is Outcome.MEASURED


def test_the_recall_floor_is_the_runs_own() -> None:
    """As its options say."""
    run = a_run(("chroma@process",), options={"recall-floor": "0.5"})
    assert rows(a_record({"chroma@process": (1.0,)}, run, hits=6))[KEY].outcome is Outcome.MEASURED


PER_VECTOR = RowKey("memory_per_vector_bytes", "small", "chroma@process")


def with_growth(*settled: int, swapping: Sequence[int] = ()) -> Record:
    """Launches that start at 50 MB and settle at these bytes; the machine swapped in some."""
    plain = a_record({"chroma@process": tuple(1.0 for _ in settled)})
    seen = [
        msgspec.structs.replace(one, used=settled[one.launch])
        if isinstance(one, MemoryRead) and one.phase is Phase.SETTLE
        else one
        for one in plain.observations
    ]
    machine = [
        a_machine(launch, phase=phase, swapped_pages=9 * (phase is Phase.STOP))
        for launch in swapping
        for phase in (Phase.START, Phase.STOP)
    ]
    return Record(plain.folder, plain.run, (*seen, *machine), truncated=False)


def test_one_launch_without_growth_makes_the_row_invalid_rather_than_the_others_mean_too_high() -> None:
    """And the text says how many of how many."""
    row = rows(with_growth(51_000_000, 49_000_000, 52_000_000))[PER_VECTOR]
    assert (row.outcome, row.values) == (Outcome.INVALID, ())
    assert row.invalid_values == (1000.0, -1000.0, 2000.0)
    assert "was not above zero in 1 of 3 launches, and the mean of the others would be too high" in row.reason


def test_a_launch_that_is_out_for_another_reason_takes_nothing_with_it() -> None:
    """The machine swapped, so its memory is no figure, whatever it is."""
    row = rows(with_growth(51_000_000, 49_000_000, 52_000_000, swapping=[1]))[PER_VECTOR]
    assert (row.outcome, row.values) == (Outcome.MEASURED, (1000.0, 2000.0))
