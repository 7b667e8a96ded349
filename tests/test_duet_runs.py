"""Whole duets on our own server's real process tier, as a person or CI runs them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from analysis.duet import duet_verdicts
from analysis.observations import SliceSearched
from analysis.rows import RowKey
from analysis.verdicts import Judgement
from tests.plugins.brief import AMOUNT
from tests.suite import MAIN_ROWS, Ran, run_suite

PLUGIN = ("-p", "tests.plugins.versions_of_exact", "--scale=small")
SEARCH = ("-k", "p50_latency or recall")
TOO_NOISY = 0.15


def spread(ran: Ran, metric: str) -> float:
    """The standard deviation of a launch's log ratio in the run's one duet."""
    (standing,) = duet_verdicts(ran.record)
    return next(one.decision.estimate.spread for one in standing.compared if one.key.metric == metric)


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A server whose client asks everything twice, beside the plain one."""
    folder = tmp_path_factory.mktemp("doubled")
    return run_suite(
        folder,
        *PLUGIN,
        *SEARCH,
        "--duet=doubled@process=exact@process",
        f"--junit-xml={folder / 'junit.xml'}",
        f"--summary={folder / 'summary.md'}",
        variables={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "step.md")},
    )


def test_twice_the_work_is_a_regression_by_its_node_id(doubled: Ran) -> None:
    """It fails that row's test and no other; nothing but the duet was measured."""
    assert doubled.status == 1, doubled.output
    failed = "FAILED benchmarks/test_search.py::test_search[p50_latency_ms-small-doubled@process]"
    assert failed in doubled.output
    assert "1 failed, 1 passed" in doubled.output
    assert "By the duet." in doubled.output
    assert doubled.record.run.launches == 0


def test_the_terminal_shows_both_sides_with_the_interval(doubled: Ran) -> None:
    """In a table of its own."""
    assert "duet of doubled@process with exact@process (another target)" in doubled.output
    assert "✗ regression" in doubled.output


def test_junit_names_row_verdict_and_interval(doubled: Ran) -> None:
    """The failure and its properties."""
    cases = ET.parse(doubled.results.parent / "junit.xml").iter("testcase")
    case = next(case for case in cases if case.get("name") == "test_search[p50_latency_ms-small-doubled@process]")
    failure = case.find("failure")
    assert failure is not None
    assert "regression: p50_latency_ms at small of doubled@process" in str(failure.get("message"))
    told = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert (told["verdict"], told["verdict_by"]) == ("regression", "duet")
    assert 0 < float(str(told["interval_low"])) < float(str(told["change"])) < float(str(told["interval_high"]))


def test_the_job_summary_and_the_annotation_tell_the_same(doubled: Ran) -> None:
    """In the file that was named, in GitHub's, and among what was printed."""
    text = (doubled.results.parent / "summary.md").read_text()
    assert text == (doubled.results.parent / "step.md").read_text()
    assert "- ❌ **regression** `p50_latency_ms-small-doubled@process`" in text
    assert "::error file=benchmarks/test_search.py,title=regression%3A p50_latency_ms-small-doubled" in doubled.output


def test_the_record_tells_sides_versions_looks_and_why_it_ended(doubled: Ran) -> None:
    """One format: observations of both sides, in the launches of the duet."""
    run = doubled.record.run
    (duet,) = run.duets
    assert (duet.target, duet.reference, duet.looks) == ("doubled@process", "exact@process", [5, 10, 15, 20])
    assert duet.metrics == ["p50_latency_ms", "recall_at_10"]
    assert duet.stopped == "every row is decided"
    assert set(run.reported) == {"doubled@process", "exact@process"}
    assert run.options["duet"] == "doubled@process=exact@process"
    slices = [seen for seen in doubled.record.observations if isinstance(seen, SliceSearched) and seen.launch == 0]
    order = [seen.target for seen in slices]
    assert order[:4] == ["doubled@process", "exact@process", "exact@process", "doubled@process"]
    each = AMOUNT["warmup"] + AMOUNT["slices"]
    assert (order.count("doubled@process"), order.count("exact@process")) == (each, each)


def test_it_does_not_run_on_when_its_rows_are_decided(doubled: Ran) -> None:
    """Never all twenty launches for a factor of two."""
    (standing,) = duet_verdicts(doubled.record)
    assert standing.done in (5, 10, 15)


def test_the_same_code_under_another_name_is_no_regression(tmp_path: Path) -> None:
    """Two servers of one program: no row fails, whatever the machine does."""
    ran = run_suite(tmp_path, *PLUGIN, *MAIN_ROWS, "--duet=twin@process=exact@process", "--duet-launches=3")
    assert ran.status == 0, ran.output
    (standing,) = duet_verdicts(ran.record)
    assert {one.judgement for one in standing.verdicts} <= {
        Judgement.PASS,
        Judgement.INCONCLUSIVE,
        Judgement.IMPROVEMENT,
    }
    recall = RowKey("recall_at_10", "small", "twin@process")
    assert next(one for one in standing.verdicts if one.key == recall).judgement is Judgement.PASS


def test_enforced_an_undecided_duet_fails(tmp_path: Path) -> None:
    """Two launches decide next to nothing, of seven rows one or two by chance, and inconclusive is no pass."""
    duet = ("-k", "test_search", "--duet=twin@process=exact@process", "--duet-launches=2", "--gate=enforce")
    ran = run_suite(tmp_path, *PLUGIN, *duet)
    assert ran.status == 1, ran.output
    assert "inconclusive: " in ran.output
    (standing,) = duet_verdicts(ran.record)
    assert [one for one in standing.verdicts if one.judgement is Judgement.INCONCLUSIVE]


@pytest.mark.alone
def test_ten_per_cent_more_real_work_is_found(tmp_path: Path) -> None:
    """In every search's path. A machine that scatters ratios by 15 % a launch cannot show it, and that is told."""
    ran = run_suite(tmp_path, *PLUGIN, *SEARCH, "--duet=heavier@process=exact@process", whole=True)
    (standing,) = duet_verdicts(ran.record)
    p50 = next(one for one in standing.verdicts if one.key.metric == "p50_latency_ms")
    if p50.judgement is Judgement.INCONCLUSIVE and spread(ran, "p50_latency_ms") > TOO_NOISY:
        pytest.skip(f"launches scatter by {spread(ran, 'p50_latency_ms'):.0%}: too noisy to see 10 %")
    assert p50.judgement is Judgement.REGRESSION, p50.text
    assert ran.status == 1


def test_a_summary_that_cannot_be_written_is_told_before_measuring(tmp_path: Path) -> None:
    """Nothing is measured for nothing."""
    place = tmp_path / "no" / "such" / "folder.md"
    ran = run_suite(tmp_path, *PLUGIN, *SEARCH, "--duet=twin@process=exact@process", f"--summary={place}")
    assert ran.status != 0
    assert f"The summary {place} cannot be written: No such file or directory." in ran.output
    assert not list(tmp_path.glob("results/*"))
