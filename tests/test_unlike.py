"""Runs that must not be compared as if they were alike: another configuration, a machine that others filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.baselines import find_baselines
from analysis.gate import Judgement, judge
from analysis.rows import Outcome, RowKey
from fixtures.drivers import weaviate
from fixtures.drivers.base import Tier
from fixtures.targets import Skipped, Target, find_module, resolve
from tests.pressure import busy_cores
from tests.suite import MAIN_ROWS, Ran, run_suite

WEAVIATE = resolve(Target(weaviate.STORE, Tier.PROCESS))
OWN = (*MAIN_ROWS, "--scale=small", "--target=exact@embedded", "--target=exact@process", "--target=exact@mount")


def accepted(ran: Ran) -> Path:
    """The run as a baseline."""
    folder = ran.results.parent / "accepted"
    allow = [part for name in ("dirty", "partial", "few-launches") for part in ("--allow", name)]
    assert analysis(["accept", str(ran.folder), "--baselines", str(folder), *allow]) == 0
    return folder


@pytest.mark.alone
def test_with_a_hog_on_all_cores_the_rows_say_so_and_no_store_regressed(tmp_path: Path) -> None:
    """Everything takes longer, and it is no store's doing."""
    own = ("-k", "test_search", *OWN[2:], "--launches=2")
    quiet = run_suite(tmp_path / "quiet", *own)
    baselines = accepted(quiet)
    with busy_cores():
        filled = run_suite(tmp_path / "filled", *own, "--no-duet", f"--baselines={baselines}")
    of_times = [row for row in filled.rows.values() if row.metric.follows_machine_speed and row.values]
    assert of_times
    for row in of_times:
        (finding,) = [one for one in row.findings if one.rule == "noisy neighbour"]
        assert "others or more wanted one of" in finding.text
    assert "noisy neighbour" in filled.output
    before = find_baselines(baselines, filled.record.run)
    verdicts = judge(filled.record, tuple(filled.rows.values()), before)
    assert [one.text for one in verdicts if one.judgement is Judgement.REGRESSION] == []
    # Where others filled the machine for the baseline too, both sides are alike in that.
    if all(one.extra_info.quiet for one in before[0].rows.values()):
        assert "Others filled the machine in most launches now" in " ".join(one.text for one in verdicts)


@pytest.mark.skipif(find_module("chromadb") is None, reason="chromadb is not installed")
def test_another_index_parameter_read_back_from_the_store_is_incomparable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice the ef is another store as far as speed goes: no verdict, no ratio, and the field by name."""
    one = (*MAIN_ROWS, "--scale=small", "--launches=1", "--target=chroma@embedded")
    plain = run_suite(tmp_path / "plain", *one)
    wide = run_suite(tmp_path / "wide", *one, "-p", "tests.plugins.wide_chroma", f"--baselines={accepted(plain)}")
    assert "incomparable" in wide.output
    assert "Configured otherwise than in the baseline: hnsw.ef_search: 128 against 64." in " ".join(wide.output.split())
    assert "regression" not in wide.output.rpartition("Verdicts")[2]
    capsys.readouterr()
    assert analysis(["compare", str(plain.folder), str(wide.folder)]) == 1
    told = capsys.readouterr().out
    assert "unlike, so no ratio: chroma@embedded: hnsw.ef_search: 64 against 128" in told
    assert "driver: another source" in told
    assert "incomparable" in told
    assert " %" not in told.partition("2 over 1")[2].partition("higher is better")[0]


@pytest.mark.skipif(isinstance(WEAVIATE, Skipped), reason=getattr(WEAVIATE, "reason", ""))
def test_a_server_without_its_metrics_page_loses_the_collectors_row_and_none_that_was_searched(
    tmp_path: Path,
) -> None:
    """Weaviate with the page switched off."""
    ran = run_suite(
        tmp_path,
        *("--scale=small", "--launches=1", "-p", "tests.plugins.blind_weaviate"),
        *("--target=weaviate@process", "--target=exact@embedded", "-k", "collection_impact or p50 or insertion"),
    )
    for key, row in ran.rows.items():
        if key == RowKey("garbage_collection_impact", "small", "weaviate@process"):
            assert row.outcome is Outcome.NOT_APPLICABLE
            assert "the server's collector could not be read" in row.reason
        else:
            assert row.outcome in (Outcome.MEASURED, Outcome.INVALID), key
    assert ran.rows[RowKey("p50_latency_ms", "small", "weaviate@process")].outcome is Outcome.MEASURED
