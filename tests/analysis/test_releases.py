"""What a stored table of releases says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from analysis.errors import DamagedRecord, MissingRecord
from analysis.records import Reported, RunStatus
from analysis.releases import REPORTS, Compared, Figure, Releases, compared_in, markdown, read_releases
from tests.strategies import HOST, a_duet_record

JITTER = (1.00, 1.01, 0.99, 1.005, 0.995)
SLOWER = tuple(2 * value for value in JITTER)


def releases(*compared: Compared) -> Releases:
    """Of that machine."""
    return Releases(1, ["x"], [], HOST, {}, list(compared))


def test_a_duet_is_told_with_both_sides_change_interval_and_verdict() -> None:
    """As the gate has them, with what both sides said of themselves."""
    record = a_duet_record(SLOWER, JITTER)
    reported = {
        "chroma@process": Reported("1.0.0", "2.0", {}),
        "chroma~1.0@process": Reported("1.0.0", "1.0", {}),
    }
    run = msgspec.structs.replace(record.run, reported=reported)
    found = compared_in(replace(record, run=run), "chroma@process=1.0")
    figure = found.figures["p50_latency_ms"]
    assert (figure.verdict, found.launches) == ("regression", 5)
    assert (figure.older, figure.newer) == (pytest.approx(1.0, rel=0.01), pytest.approx(2.0, rel=0.01))
    assert figure.change == pytest.approx(1.0)
    text = markdown(releases(found))
    assert "| `chroma@process=1.0`: 1.0.0, client 1.0 to 1.0.0, client 2.0 | 5 | " in text
    assert "1.00 ms to 2.00 ms: +100" in text
    assert "(95 %), and the verdict" in text
    assert "**regression**" in text


def test_a_duet_that_did_not_end_says_so() -> None:
    """And has no number; neither has a run without one."""
    record = a_duet_record(JITTER, JITTER)
    for changes in ({"status": RunStatus.INTERRUPTED}, {"duets": []}):
        found = compared_in(replace(record, run=msgspec.structs.replace(record.run, **changes)), "x")
        assert found.reason.startswith("the run did not end")
        assert not found.figures
        assert markdown(releases(found)).count("the run did not end") == 1


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("regression", "yes"),
        ("pass", "no, not at this scale"),
        ("improvement", "no: faster, at this scale"),
        ("inconclusive", "not decided"),
        ("not run", "not decided"),
    ],
)
def test_a_report_is_confirmed_by_a_regression_alone(verdict: str, told: str) -> None:
    """By the metric that it is about."""
    report = REPORTS[0]
    figures = {report.metric: Figure(verdict, 1.0, 1.3, 0.3, 0.2, None)}
    text = markdown(releases(Compared(report.duet, figures=figures)))
    (line,) = [line for line in text.splitlines() if report.where in line]
    assert line.endswith(f"| {told} |")
    assert "(+20" in line
    # It is no release of the first table.
    assert text.count(report.duet) == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Not there, or damaged."""
    with pytest.raises(MissingRecord, match="experiments releases"):
        read_releases(tmp_path / "no.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(DamagedRecord, match="cannot be read"):
        read_releases(tmp_path / "bad.json")
