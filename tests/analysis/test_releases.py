"""What a stored table of releases says."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import DamagedRecord, MissingRecord
from analysis.releases import REPORTS, Compared, Figure, Releases, compared_in, markdown, read_releases
from tests.strategies import HOST, a_duet, a_duet_record

JITTER = (1.00, 1.01, 0.99, 1.005, 0.995)
SLOWER = tuple(2 * value for value in JITTER)


def releases(*compared: Compared) -> Releases:
    """Of that machine."""
    return Releases(1, ["x"], "then", "later", "c0ffee" * 7, False, HOST, list(compared))


def test_a_duet_is_told_with_both_sides_change_interval_and_verdict() -> None:
    """As the gate has them."""
    found = compared_in(a_duet_record(SLOWER, JITTER), "chroma@process=1.0")
    figure = found.figures["p50_latency_ms"]
    assert (figure.verdict, found.launches, found.scale) == ("regression", 5, "small")
    assert (figure.older, figure.newer) == (pytest.approx(1.0, rel=0.01), pytest.approx(2.0, rel=0.01))
    assert figure.change == pytest.approx(1.0)
    text = markdown(releases(found))
    assert "| `chroma@process=1.0` (" in text
    assert "1.00 ms to 2.00 ms: +100 %" in text.replace("+100.0 %", "+100 %")
    assert "**regression**" in text


def test_a_duet_that_could_not_be_says_why_in_every_cell() -> None:
    """And has no number."""
    record = a_duet_record(JITTER, JITTER, a_duet(reason="No such release."))
    found = compared_in(record, "x")
    assert found.reason == "No such release."
    assert not found.figures
    assert markdown(releases(found)).count("No such release.") == 4


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
    text = markdown(releases(Compared(report.duet, "small", figures=figures)))
    (line,) = [line for line in text.splitlines() if report.where in line]
    assert line.endswith(f"| {told} |")
    assert "(+20.0 % to ?)" in line
    # It is no release of the first table.
    assert text.count(report.duet) == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Not there, or damaged."""
    with pytest.raises(MissingRecord, match="experiments releases"):
        read_releases(tmp_path / "no.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(DamagedRecord, match="cannot be read"):
        read_releases(tmp_path / "bad.json")
