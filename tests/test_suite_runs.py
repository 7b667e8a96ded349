"""Whole runs on our own store's real tiers: rows, records, tables and verdicts, as a person gets them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.baselines import find_baselines
from analysis.gate import judge
from analysis.metrics import metrics_of
from analysis.observations import BatchInserted, SliceSearched
from analysis.records import RunStatus
from analysis.rows import Outcome, RowKey, rows_of
from fixtures.exact.engine import VERSION
from tests.suite import Ran, run_suite

LAUNCHES = 2
SMALL = ("--scale=small", f"--launches={LAUNCHES}", "--target=exact@embedded", "--target=exact@process")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of two targets and a few launches."""
    return run_suite(tmp_path_factory.mktemp("ran"), "--benchmark-compare", *SMALL, whole=True)


def test_a_run_ends_0_with_every_row_measured(ran: Ran) -> None:
    """Every metric of two targets, one number a launch."""
    assert ran.status == 0, ran.output
    assert len(ran.rows) == 2 * len(metrics_of(()))
    for key, row in ran.rows.items():
        if row.outcome is not Outcome.INVALID:
            assert (row.outcome, len(row.values) + len(row.invalid_values)) == (Outcome.MEASURED, LAUNCHES), key
    # Memory growth of a thousand vectors may be less than a page of free heap; every other row must be there.
    assert {key.metric for key, row in ran.rows.items() if row.outcome is Outcome.INVALID} <= {
        "memory_usage_during_insertion",
        "memory_per_vector_bytes",
    }


def test_the_saved_json_has_the_rows_one_round_a_launch_in_their_own_unit(ran: Ran) -> None:
    """By readable ids."""
    names = {bench["name"]: bench for bench in ran.saved}
    bench = names["test_search[p95_latency_ms-small-exact@process]"]
    assert bench["params"] == {"metric": "p95_latency_ms", "scale": "small", "target": "exact@process"}
    row = ran.rows[RowKey("p95_latency_ms", "small", "exact@process")]
    assert tuple(bench["stats"]["data"]) == pytest.approx(row.values)
    assert bench["stats"]["rounds"] == LAUNCHES
    assert len(names) == 2 * len(metrics_of(()))


def test_pytest_benchmarks_table_is_in_the_rows_unit_and_direction(ran: Ran) -> None:
    """Its header names the unit, and a rate's best is the highest."""
    assert "Name (in queries/s)" in ran.output
    assert "Name (time in" not in ran.output
    (best,) = [
        line
        for line in ran.output.splitlines()
        if line.startswith("test_search[queries_per_second-small-exact@embedded]")
    ]
    assert "(1.0)" in best


def test_the_closing_table_shows_targets_findings_and_the_records_place(ran: Ran) -> None:
    """At a glance."""
    for part in ("↓ p95_latency_ms (ms)", "@process", "Verdicts: ", "no baseline", f"Record: {ran.folder}"):
        assert part in ran.output.replace("\n", ""), part


def test_the_record_tells_where_the_figures_come_from(ran: Ran) -> None:
    """Commit, host, data, versions, options, start and end."""
    run = ran.record.run
    assert run.status is RunStatus.COMPLETE
    assert run.ended is not None
    assert run.host.cores >= 1
    assert run.host.cpu_model
    assert (run.datasets[0].vectors, run.datasets[0].k) == (1000, 10)
    assert run.options["launches"] == str(LAUNCHES)
    assert run.versions["numpy"]
    assert all(target.driver_sha256 for target in run.targets)
    assert run.reported["exact@process"].server_version == VERSION
    assert run.reported["exact@embedded"].settings["distance"] == "cosine"


def test_slices_and_batches_of_the_targets_take_turns_in_abba_order(ran: Ran) -> None:
    """As they were stored: forwards, backwards; and the first one changes with the launch."""
    seen = ran.record.observations
    order = [one.target for one in seen if isinstance(one, SliceSearched) and one.launch == 0]
    assert order[:4] == ["exact@embedded", "exact@process", "exact@process", "exact@embedded"]
    other = [one.target for one in seen if isinstance(one, SliceSearched) and one.launch == 1]
    assert other[0] == "exact@process"
    batches = [one for one in seen if isinstance(one, BatchInserted) and one.launch == 0]
    assert [one.target for one in batches[:4]] == order[:4]
    assert {one.collection for one in batches} == {0, 1, 2, 3, 4}


def test_a_thousand_searches_are_timed_in_every_launch(ran: Ran) -> None:
    """A p99 of a hundred is a maximum."""
    slices = [one for one in ran.record.observations if isinstance(one, SliceSearched) and not one.warmup]
    for launch in range(LAUNCHES):
        mine = [one for one in slices if one.launch == launch and one.target == "exact@process"]
        assert sum(len(one.latencies_ns) for one in mine) == 1000


@pytest.fixture(scope="module")
def baselines(ran: Ran) -> Path:
    """The run, accepted as a person would."""
    folder = ran.results.parent / "accepted"
    allow = ["--allow", "dirty"] if ran.record.run.suite_dirty else []
    assert analysis(["accept", str(ran.folder), "--baselines", str(folder), *allow]) == 0
    return folder


def test_a_run_shows_again_and_is_judged(ran: Ran, baselines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m analysis show` and `verdicts`: against itself, nothing is slower."""
    assert analysis(["show", str(ran.folder), "--baselines", str(baselines)]) == 0
    assert "p95_latency_ms" in capsys.readouterr().out
    assert analysis(["verdicts", "latest", "--results", str(ran.results), "--baselines", str(baselines)]) == 0
    told = capsys.readouterr().out
    assert "regression" not in told
    # Two rows of one store have no anchors: whatever follows the machine's speed cannot be told from it.
    assert told.count("inconclusive") + told.count("pass") + told.count("invalid") >= len(ran.rows)


def test_against_its_own_baseline_a_run_compares_in_both_ways(baselines: Path, tmp_path: Path) -> None:
    """pytest-benchmark's compare reads the accepted file; the gate judges; JUnit names the rows."""
    junit = tmp_path / "junit.xml"
    once = (*SMALL, "--launches=1", f"--baselines={baselines}")
    again = run_suite(tmp_path, "--benchmark-compare", *once, f"--junitxml={junit}")
    assert again.status == 0, again.output
    assert "(NOW)" in again.output
    assert "Comparing against benchmarks from" in again.output
    assert "machine_info is different" not in again.output
    assert "no baseline" not in again.output.rpartition("Verdicts")[2]
    names = {case.get("name") for case in ET.parse(junit).getroot().iter("testcase")}
    assert "test_search[p50_latency_ms-small-exact@process]" in names


def verdicts_of(ran: Ran, baselines: Path) -> str:
    """What the gate says of every row, as text."""
    return " ".join(
        one.text for one in judge(ran.record, rows_of(ran.record), find_baselines(baselines, ran.record.run))
    )


@pytest.mark.alone
def test_a_slower_driver_in_its_place_fails_the_rows_by_name(tmp_path: Path) -> None:
    """Five times the work in every search of exact@process, beside three stores that anchor it; the rest is quiet."""
    rows = ("-k", "p50_latency or batch or peak_memory")
    anchored = (*rows, "--scale=small", "--launches=2", "-p", "tests.plugins.anchors", "--target=exact@process")
    anchored = (*anchored, *(f"--target={name}@process" for name in ("first", "second", "third")))
    before = run_suite(tmp_path / "before", *anchored)
    folder = tmp_path / "accepted"
    allow = [part for name in ("dirty", "partial") for part in ("--allow", name)]
    assert analysis(["accept", str(before.folder), "--baselines", str(folder), *allow]) == 0
    slower = ("-p", "tests.plugins.slow_exact", f"--baselines={folder}", "--no-duet")
    slow = run_suite(tmp_path / "slow", *anchored, *slower)
    if "Others filled the machine in most launches" in verdicts_of(slow, folder):
        pytest.skip("others filled the machine in one of the two runs: then nothing is called a regression")
    assert slow.status == 1, slow.output
    assert "FAILED benchmarks/test_search.py::test_search[p50_latency_ms-small-exact@process]" in slow.output
    assert "regression: p50_latency_ms at small of exact@process" in slow.output.replace("\n", " ")
    assert "FAILED benchmarks/test_insertion.py" not in slow.output
    assert "FAILED benchmarks/test_memory.py" not in slow.output


def test_a_chosen_row_is_a_partial_run_that_misses_nothing(tmp_path: Path) -> None:
    """-k leaves rows out on purpose."""
    some = run_suite(tmp_path, *SMALL[:1], "--launches=1", "--target=exact@embedded", "-k", "p50", "--gate=enforce")
    assert some.record.run.partial
    assert some.status == 1, "enforce: without a baseline nothing passes"
    assert "no baseline" in some.output


def test_a_row_that_the_baseline_has_and_a_complete_run_has_not_fails_the_session(
    baselines: Path, tmp_path: Path
) -> None:
    """Although every test passed: here a metric had another name when the baseline was accepted."""
    (path,) = baselines.rglob("*.json")
    older = tmp_path / "older" / path.parent.name / path.name
    older.parent.mkdir(parents=True)
    older.write_text(path.read_text().replace("exact@process", "exact@proces"))
    missing = run_suite(
        tmp_path, "--scale=small", "--launches=1", "--target=exact@proc*", f"--baselines={older.parents[1]}"
    )
    assert missing.status == 1, missing.output
    assert "missing: p99_latency_ms-small-exact@proces:" in missing.output
    assert " failed" not in missing.output.splitlines()[-1]


def test_every_metric_appears_as_a_test(ran: Ran) -> None:
    """Collected by its name."""
    for metric in metrics_of(()):
        assert f"[{metric.name}-small-exact@embedded]" in ran.output
