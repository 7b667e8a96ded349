"""Whole duets on our own server's real process tier, as a person or CI runs them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.baselines import find_baselines
from analysis.duet import duet_verdicts
from analysis.gate import judge
from analysis.observations import SliceSearched
from analysis.rows import RowKey
from analysis.verdicts import Judgement
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
    assert (order.count("doubled@process"), order.count("exact@process")) == (22, 22)


def test_it_does_not_run_on_when_its_rows_are_decided(doubled: Ran) -> None:
    """Never all twenty launches for a factor of two."""
    (standing,) = duet_verdicts(doubled.record)
    assert standing.done in (5, 10, 15)


def test_the_same_code_under_another_name_is_no_regression(tmp_path: Path) -> None:
    """Two servers of one program: no row fails, whatever the machine does."""
    ran = run_suite(tmp_path, *PLUGIN, *MAIN_ROWS, "--duet=twin@process=exact@process", "--duet-launches=5")
    assert ran.status == 0, ran.output
    (standing,) = duet_verdicts(ran.record)
    assert {one.judgement for one in standing.verdicts} <= {
        Judgement.PASS,
        Judgement.INCONCLUSIVE,
        Judgement.IMPROVEMENT,
    }
    recall = RowKey("recall_at_10", "small", "twin@process")
    assert next(one for one in standing.verdicts if one.key == recall).judgement is Judgement.PASS


@pytest.mark.alone
def test_ten_per_cent_more_real_work_is_found(tmp_path: Path) -> None:
    """In every search's path. A machine that scatters ratios by 15 % a launch cannot show it, and that is told."""
    ran = run_suite(tmp_path, *PLUGIN, *SEARCH, "--duet=heavier@process=exact@process")
    (standing,) = duet_verdicts(ran.record)
    p50 = next(one for one in standing.verdicts if one.key.metric == "p50_latency_ms")
    if p50.judgement is Judgement.INCONCLUSIVE and spread(ran, "p50_latency_ms") > TOO_NOISY:
        pytest.skip(f"launches scatter by {spread(ran, 'p50_latency_ms'):.0%}: too noisy to see 10 %")
    assert p50.judgement is Judgement.REGRESSION, p50.text
    assert ran.status == 1


def test_enforced_an_undecided_duet_fails(tmp_path: Path) -> None:
    """Two launches decide next to nothing, and inconclusive is no pass."""
    duet = ("--duet=twin@process=exact@process", "--duet-launches=2", "--gate=enforce")
    ran = run_suite(tmp_path, *PLUGIN, "-k", "p99", *duet)
    assert ran.status == 1, ran.output
    assert "inconclusive: p99_latency_ms at small of twin@process" in ran.output


def test_a_summary_that_cannot_be_written_is_told_before_measuring(tmp_path: Path) -> None:
    """Nothing is measured for nothing."""
    place = tmp_path / "no" / "such" / "folder.md"
    ran = run_suite(tmp_path, *PLUGIN, *SEARCH, "--duet=twin@process=exact@process", f"--summary={place}")
    assert ran.status != 0
    assert f"The summary {place} cannot be written: No such file or directory." in ran.output
    assert not list(tmp_path.glob("results/*"))


TARGETS = ("--target=exact@process", "--target=exact@embedded", "--launches=3", "--scale=small", *SEARCH)


@pytest.fixture(scope="module")
def baselines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows of our own store at two tiers, accepted."""
    folder = tmp_path_factory.mktemp("accepted")
    ran = run_suite(folder, *TARGETS)
    allowed = [part for name in ("dirty", "partial") for part in ("--allow", name)]
    assert analysis(["accept", str(ran.folder), "--baselines", str(folder / "baselines"), *allowed]) == 0
    return folder / "baselines"


def test_the_gate_starts_a_duet_for_what_the_screen_did_not_pass(baselines: Path, tmp_path: Path) -> None:
    """Enforced: two tiers of one store have no anchors, so the screen passes no time; nothing recorded differs."""
    ran = run_suite(tmp_path, *TARGETS, f"--baselines={baselines}", "--duet-launches=5", "--gate=enforce")
    assert ran.status in (0, 1), ran.output
    assert "regression" not in ran.output.rpartition("Verdicts")[2]
    duets = {duet.target: duet for duet in ran.record.run.duets}
    duet = duets["exact@process"]
    assert (duet.reference, duet.why) == ("exact~baseline@process", "the screen did not pass it")
    assert "both sides are the same" in duet.made
    assert "p50_latency_ms" in duet.metrics
    assert duet.first_launch in (3, 8)
    assert len({duet.launches for duet in duets.values()}) == len(duets)
    row = ran.rows[RowKey("p50_latency_ms", "small", "exact@process")]
    assert row.launches == (0, 1, 2)


def test_the_gate_starts_a_duet_for_a_target_that_differs(baselines: Path, tmp_path: Path) -> None:
    """A driver that asks all twice: all its rows, with the baseline's driver on the other side."""
    ran = run_suite(tmp_path, "-p", "tests.plugins.doubled_exact", *TARGETS, f"--baselines={baselines}")
    assert ran.status == 1, ran.output
    assert "FAILED benchmarks/test_search.py::test_search[p50_latency_ms-small-exact@process]" in ran.output
    duet = next(duet for duet in ran.record.run.duets if duet.target == "exact@process")
    assert duet.why == "it differs from the baseline's: driver: another source"
    assert duet.metrics == ["p50_latency_ms", "recall_at_10"]
    assert "its driver of" in duet.made
    told = next(text for text in ran.output.splitlines() if "regression: p50_latency_ms" in text)
    assert "exact@process" in told
    assert "By the duet." in ran.output


def test_without_the_duet_the_verdict_says_that_it_is_weaker(baselines: Path, tmp_path: Path) -> None:
    """And the screen's is what there is."""
    ran = run_suite(tmp_path, *TARGETS, f"--baselines={baselines}", "--no-duet")
    assert ran.record.run.duets == []
    verdicts = judge(ran.record, tuple(ran.rows.values()), find_baselines(baselines, ran.record.run))
    assert all("The duet was left out (--no-duet), so the verdict is weaker." in one.text for one in verdicts)
