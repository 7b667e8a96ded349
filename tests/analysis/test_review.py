"""What a person is shown before a run becomes a baseline."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from analysis.__main__ import main
from analysis.accept import accept
from analysis.records import Record
from analysis.review import review
from analysis.reviewtable import review_table
from tests.analysis.test_gate import latencies
from tests.strategies import a_record, a_run, write_record


def shown(record: Record, baselines: Path) -> str:
    """The review as it is printed in a wide terminal."""
    out = StringIO()
    Console(file=out, width=200).print(review_table(review(record, baselines)))
    return out.getvalue()


def line_of(text: str, row: str) -> list[str]:
    """The cells of a row's line."""
    (line,) = [line for line in text.splitlines() if f" {row} " in line and line.startswith("│")]
    return [cell.strip() for cell in line.strip("│").split("│")]


@pytest.fixture
def baselines(tmp_path: Path) -> Path:
    """A folder with an accepted run of six targets."""
    accept(a_record(latencies()), tmp_path)
    return tmp_path


def test_every_row_is_shown_then_and_now_with_its_verdict(baselines: Path) -> None:
    """A store that became slower, and one that did not."""
    text = shown(a_record(latencies(weaviate=1.6)), baselines)
    row, then, now, change, verdict = line_of(text, "p50_latency_ms-small-weaviate@process")
    assert (row, then, now) == ("↓ p50_latency_ms-small-weaviate@process", "2.01", "3.21")
    assert change.startswith("+")
    assert "regression" in verdict
    assert "pass" in line_of(text, "p50_latency_ms-small-chroma@process")[4]
    assert "speaks against it (regression)" in text


def test_new_and_lost_rows_are_named(baselines: Path) -> None:
    """One target in place of another."""
    swapped = {("other@process" if name == "weaviate@process" else name): each for name, each in latencies().items()}
    text = shown(a_record(swapped), baselines)
    assert line_of(text, "p50_latency_ms-small-other@process")[1:] == ["-", "2.01", "", "new"]
    assert line_of(text, "p50_latency_ms-small-weaviate@process")[2:] == ["-", "", "lost"]
    assert "speaks against it (lost-rows)" in text


def test_versions_and_settings_that_differ_are_told(baselines: Path) -> None:
    """With both values."""
    text = shown(a_record(latencies(), version="2.0"), baselines)
    assert "chroma@process (small): server_version: 2.0 against 1.0" in text


def test_invalid_rows_are_told_with_their_reason(baselines: Path) -> None:
    """They would not be in the new baseline."""
    text = shown(a_record(latencies(), hits=3), baselines)
    assert "left out, invalid: p50_latency_ms-small-chroma@process" in text
    assert line_of(text, "p50_latency_ms-small-chroma@process")[2:] == ["invalid", "", "lost"]


def test_a_first_baseline_is_compared_with_nothing(tmp_path: Path) -> None:
    """Every row is new, and it is said that there is none yet."""
    text = shown(a_record(latencies()), tmp_path)
    assert "this machine has no baseline yet" in text
    assert line_of(text, "p50_latency_ms-small-chroma@process")[4] == "new"


def test_a_refusal_shows_what_would_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the reasons: it is what an override is decided by."""
    accept(a_record(latencies()), tmp_path / "baselines")
    write_record(a_record(latencies(weaviate=1.6), a_run(id="20260102-000000-small-1")), tmp_path / "results")
    folders = ["--results", str(tmp_path / "results"), "--baselines", str(tmp_path / "baselines")]
    assert main(["accept", "latest", *folders]) == 1
    told = capsys.readouterr().err
    refusal, _, table = told.partition("\n")
    assert "--allow regression" in refusal
    assert "↓ p50_latency_ms-small-weaviate@process" in table
    assert main(["accept", "latest", "--allow", "regression", *folders]) == 0
    assert "accepted: " in capsys.readouterr().out


def test_a_machine_without_a_baseline_is_offered_the_duet() -> None:
    """Which needs none."""
    (verdict, *_) = review(a_record(latencies(), a_run()), Path("nowhere")).changes
    assert verdict.verdict is not None
    assert "--duet TARGET=REFERENCE" in verdict.verdict.text
