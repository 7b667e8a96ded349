"""Duets that the gate starts by itself after the screen, in whole runs beside an accepted baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.baselines import find_baselines
from analysis.gate import judge
from analysis.rows import RowKey
from tests.suite import run_suite

ROWS = ("-k", "p50_latency or recall")
TARGETS = ("--target=exact@process", "--target=exact@embedded", "--launches=2", "--scale=small", *ROWS)


@pytest.fixture(scope="module")
def baselines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows of our own store at two tiers, accepted. Sets have another order there: nothing may stand on it."""
    folder = tmp_path_factory.mktemp("accepted")
    ran = run_suite(folder, *TARGETS, variables={"PYTHONHASHSEED": "1"})
    allowed = [part for name in ("dirty", "partial", "few-launches") for part in ("--allow", name)]
    assert analysis(["accept", str(ran.folder), "--baselines", str(folder / "baselines"), *allowed]) == 0
    return folder / "baselines"


def test_the_gate_starts_a_duet_for_what_the_screen_did_not_pass(baselines: Path, tmp_path: Path) -> None:
    """Enforced: two tiers of one store have no anchors, so the screen passes no time; nothing recorded differs."""
    ran = run_suite(tmp_path, *TARGETS, f"--baselines={baselines}", "--duet-launches=2", "--gate=enforce")
    assert ran.status in (0, 1), ran.output
    duets = {duet.target: duet for duet in ran.record.run.duets}
    duet = duets["exact@process"]
    assert (duet.reference, duet.why) == ("exact~baseline@process", "the screen did not pass it")
    assert "both sides are the same" in duet.made
    assert "p50_latency_ms" in duet.metrics
    assert duet.first_launch in (2, 4)
    assert len({duet.launches for duet in duets.values()}) == len(duets)
    row = ran.rows[RowKey("p50_latency_ms", "small", "exact@process")]
    assert row.launches == (0, 1)


def test_the_gate_starts_a_duet_for_a_target_that_differs(baselines: Path, tmp_path: Path) -> None:
    """A driver that asks all twice: all its rows, with the baseline's driver on the other side."""
    one = ("-p", "tests.plugins.doubled_exact", "--target=exact@process", "--launches=1", "--scale=small", *ROWS)
    ran = run_suite(tmp_path, *one, f"--baselines={baselines}", "--duet-launches=10")
    assert ran.status == 1, ran.output
    assert "FAILED benchmarks/test_search.py::test_search[p50_latency_ms-small-exact@process]" in ran.output
    (duet,) = ran.record.run.duets
    assert (duet.target, duet.metrics) == ("exact@process", ["p50_latency_ms", "recall_at_10"])
    assert duet.why == "it differs from the baseline's: driver: another source"
    assert "its driver of" in duet.made
    told = next(text for text in ran.output.splitlines() if "regression: p50_latency_ms" in text)
    assert "exact@process" in told
    assert "By the duet." in ran.output


def test_without_the_duet_the_verdict_says_that_it_is_weaker(baselines: Path, tmp_path: Path) -> None:
    """And the screen's is what there is."""
    ran = run_suite(tmp_path, *TARGETS, "--launches=1", f"--baselines={baselines}", "--no-duet")
    assert ran.record.run.duets == []
    verdicts = judge(ran.record, tuple(ran.rows.values()), find_baselines(baselines, ran.record.run))
    assert all("The duet was left out (--no-duet), so the verdict is weaker." in one.text for one in verdicts)
