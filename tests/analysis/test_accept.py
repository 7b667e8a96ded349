"""A run becomes a baseline only if it may; the file is pytest-benchmark's own form."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from pytest_benchmark.logger import Logger
from pytest_benchmark.storage.file import FileStorage

from analysis.accept import accept
from analysis.baselines import find_baselines, present_files
from analysis.errors import AcceptRefused, DamagedRecord, RecordRefused, UnversionedRecord
from analysis.fingerprint import differences, folder_name
from analysis.history import HISTORY_FILE, RECORD_OVERRIDES, record_run
from analysis.metrics import metrics_of
from analysis.records import Record, RunStatus
from analysis.review import OVERRIDES, review
from tests.strategies import HOST, a_duet, a_duet_record, a_fault, a_record, a_run


def refused(record: Record, folder: Path, name: str) -> None:
    """It is refused, with the override named, and accepted with the override."""
    with pytest.raises(AcceptRefused, match=f"--allow {name}"):
        accept(record, folder)
    assert not list(folder.rglob("*.json"))
    assert accept(record, folder, allow=[name])


def test_an_accepted_run_is_found_again(tmp_path: Path) -> None:
    """Every measured row, with its launches' numbers."""
    record = a_record()
    (path,) = accept(record, tmp_path)
    assert path.parent.name == folder_name(HOST)
    (baseline,) = find_baselines(tmp_path, record.run)
    assert len(baseline.rows) == len(metrics_of(())) * 6
    assert all(len(row.stats.data) == 3 for row in baseline.rows.values())


def test_the_file_is_read_by_pytest_benchmark_itself(tmp_path: Path) -> None:
    """By its own storage, which `--benchmark-compare` uses."""
    (path,) = accept(a_record(), tmp_path)
    storage = FileStorage(str(tmp_path), logger=Logger(Logger.QUIET))
    ((_, document),) = storage.load(str(path))
    names = {bench["fullname"] for bench in document["benchmarks"]}
    assert "benchmarks/test_search.py::test_search[p50_latency_ms-small-chroma@process]" in names


def test_the_older_baseline_stays_as_history(tmp_path: Path) -> None:
    """The new one has the next number, and is the present one."""
    (first,) = accept(a_record(), tmp_path)
    (second,) = accept(a_record(run=a_run(id="20260102-000000-small-1")), tmp_path)
    assert (first.name, second.name) == ("0001_small.json", "0002_small.json")
    assert first.exists()
    assert present_files(tmp_path, HOST) == {"small": second}


def test_an_interrupted_run_is_refused(tmp_path: Path) -> None:
    """It may lack whole launches."""
    refused(a_record(run=a_run(status=RunStatus.INTERRUPTED)), tmp_path, "incomplete")


def test_a_record_that_was_cut_off_is_refused_in_true_words(tmp_path: Path) -> None:
    """That the run is complete would be no reason."""
    plain = a_record()
    cut = Record(plain.folder, plain.run, plain.observations, truncated=True)
    with pytest.raises(AcceptRefused, match=r"Its last observation was cut off.* --allow incomplete"):
        accept(cut, tmp_path)


def test_the_present_baseline_is_not_accepted_again(tmp_path: Path) -> None:
    """There would be a second file that says the same; an older one may become the present one again."""
    accept(a_record(), tmp_path)
    with pytest.raises(AcceptRefused, match=r"it is the present baseline already .*0001_small.json"):
        accept(a_record(), tmp_path)
    accept(a_record(run=a_run(id="20260102-000000-small-1")), tmp_path)
    (third,) = accept(a_record(), tmp_path)
    assert third.name == "0003_small.json"


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    """By its name."""
    (tmp_path / "file").write_text("")
    with pytest.raises(AcceptRefused, match=r"file.* cannot be written: Not a directory.*--baselines"):
        accept(a_record(), tmp_path / place)


def test_a_partial_run_is_refused(tmp_path: Path) -> None:
    """Rows would be missing from then on."""
    refused(a_record(run=a_run(partial=True)), tmp_path, "partial")


def test_a_dirty_suite_is_refused(tmp_path: Path) -> None:
    """Nobody could measure it again."""
    refused(a_record(run=a_run(suite_dirty=True)), tmp_path, "dirty")


@pytest.mark.parametrize("asked", [1, 5])
def test_a_run_of_one_launch_is_refused(asked: int, tmp_path: Path) -> None:
    """It has no spread, however many there were to be: what was killed in its second launch has one."""
    run = a_run(("chroma@process",), launches=asked)
    refused(a_record({"chroma@process": (1.0,)}, run), tmp_path, "few-launches")


def test_a_run_with_a_failed_target_is_refused(tmp_path: Path) -> None:
    """A failing run is never a baseline."""
    plain = a_record()
    failed = Record(plain.folder, plain.run, (*plain.observations, a_fault("chroma@process")), truncated=False)
    refused(failed, tmp_path, "failing")


def test_a_regression_is_refused(tmp_path: Path) -> None:
    """Accepting it is a decision, with a name."""
    accept(a_record(), tmp_path)
    slow = {target.target: (1.0, 1.0, 1.0) for target in a_run().targets} | {"chroma@process": (3.0, 3.01, 3.02)}
    with pytest.raises(AcceptRefused, match="--allow regression"):
        accept(a_record(slow), tmp_path)


def test_a_duet_of_two_releases_is_neither_accepted_nor_recorded(tmp_path: Path) -> None:
    """Its figures stand under the target's name and are of a release that is not installed; nothing overrides that."""
    duet = msgspec.structs.replace(a_duet(), candidate="0.9")
    record = a_duet_record((1.0, 1.1), (1.0, 1.1), duet)
    with pytest.raises(AcceptRefused, match=r"of two releases that were named \(--duet TARGET=OLDER\.\.NEWER\)"):
        accept(record, tmp_path, allow=OVERRIDES)
    with pytest.raises(RecordRefused, match="of two releases that were named"):
        record_run(record, tmp_path, allow=RECORD_OVERRIDES)


def test_an_unknown_override_is_told(tmp_path: Path) -> None:
    """With those there are."""
    with pytest.raises(AcceptRefused, match="few-launches"):
        accept(a_record(), tmp_path, allow=["everything"])


def test_invalid_rows_are_left_out(tmp_path: Path) -> None:
    """Recall below the floor: the latency rows do not enter."""
    accept(a_record(hits=3), tmp_path, allow=["invalid"])
    (baseline,) = find_baselines(tmp_path, a_run())
    metrics = {key.metric for key in baseline.rows}
    assert "recall_at_10" in metrics
    assert "p50_latency_ms" not in metrics


def test_a_run_with_many_invalid_rows_is_refused(tmp_path: Path) -> None:
    """More than one in ten: something is wrong with the run, not with a row."""
    refused(a_record(hits=3), tmp_path, "invalid")


def test_a_single_invalid_row_is_no_objection(tmp_path: Path) -> None:
    """Memory that did not grow by the reading: left out, and the run may stand."""
    flat = {"chroma@process": (1.0, 1.0, 1.0), "weaviate@process": (1.0, 1.0, 1.0)}
    reviewed = review(a_record(flat, settled_mb=50.0), tmp_path)
    assert {row.key.metric for row in reviewed.left_out} == {"memory_per_vector_bytes"}
    assert reviewed.objections == {}


def test_rows_that_would_be_lost_are_refused(tmp_path: Path) -> None:
    """A run of one target would drop the baselines of all others."""
    accept(a_record(), tmp_path)
    options = {"target": "chroma@*", "recall-floor": "0.8"}
    some = a_record({"chroma@process": (1.0, 1.0, 1.0)}, a_run(("chroma@process",), id="another", options=options))
    with pytest.raises(AcceptRefused, match="rows of the present baseline have no figure") as refusal:
        accept(some, tmp_path)
    assert "--allow lost-rows" in str(refusal.value)
    assert accept(some, tmp_path, allow=["lost-rows"])


def test_one_file_a_scale_with_its_provenance(tmp_path: Path) -> None:
    """Commit, command, workload and what was measured of each target stand in the file itself."""
    (path,) = accept(a_record(), tmp_path)
    (baseline,) = find_baselines(tmp_path, a_run())
    run = baseline.file.run
    assert (path.name, baseline.scale) == ("0001_small.json", "small")
    assert (run.suite_commit, run.command, baseline.dataset.sha256) == ("c0ffee", ["pytest", "benchmarks/"], "abc")
    assert baseline.file.artifacts["chroma@process"].server_version == "1.0"


def test_a_damaged_history_stops_the_acceptance(tmp_path: Path) -> None:
    """Before anything is written."""
    (first,) = accept(a_record(), tmp_path)
    (first.parent / HISTORY_FILE).write_bytes(b"{")
    with pytest.raises(DamagedRecord, match="line 1"):
        accept(a_record(run=a_run(id="another")), tmp_path)
    assert present_files(tmp_path, HOST) == {"small": first}


def test_a_run_without_any_row_is_refused(tmp_path: Path) -> None:
    """Nothing was measured."""
    with pytest.raises(AcceptRefused, match="no measured row"):
        accept(a_record({}, a_run(())), tmp_path, allow=["few-launches"])


@pytest.mark.parametrize(
    ("content", "error"), [(b'{"benchm', DamagedRecord), (b'{"benchmarks": []}', UnversionedRecord)]
)
def test_a_truncated_or_foreign_baseline_is_an_error(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    """Never passed over as if there were none."""
    (path,) = accept(a_record(), tmp_path)
    path.write_bytes(content)
    with pytest.raises(error, match=path.name):
        find_baselines(tmp_path, a_run())


def test_the_document_has_what_pytest_benchmark_writes(tmp_path: Path) -> None:
    """The same statistics under the same names."""
    (path,) = accept(a_record({"chroma@process": (1.0, 2.0, 3.0)}), tmp_path)
    (bench,) = [
        one for one in json.loads(path.read_text())["benchmarks"] if one["params"]["metric"] == "p50_latency_ms"
    ]
    stats = bench["stats"]
    assert (stats["min"], stats["median"], stats["max"], stats["rounds"]) == (1.0, 2.0, 3.0, 3)
    assert (stats["q1"], stats["q3"], stats["stddev"]) == (1.5, 2.5, 1.0)


def test_fingerprint_differences_name_the_field() -> None:
    """Both values."""
    other = a_run().host.__class__(**{**{f: getattr(HOST, f) for f in HOST.__struct_fields__}, "cores": 8})
    assert differences(HOST, other) == ["cores: 2 against 8"]
    assert folder_name(other) != folder_name(HOST)
