"""A run's verdicts as Markdown, for a job summary, and as GitHub's annotations: the same verdicts as everywhere.

Pure text; `fixtures.ci` writes it where it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.duet import Compared, Standing, duet_verdicts
from analysis.duettable import change_of, heading, interval_of
from analysis.quantities import format_number
from analysis.records import Record, RunStatus
from analysis.rows import Row
from analysis.verdicts import Judgement, Verdict

__all__ = ["as_annotations", "as_markdown"]

_SIGNS = {
    Judgement.REGRESSION: "❌",
    Judgement.IMPROVEMENT: "🟢",
    Judgement.PASS: "✅",
    Judgement.INCONCLUSIVE: "❔",
    Judgement.NO_BASELINE: "➖",
    Judgement.NOT_RUN: "🚫",
    Judgement.INCOMPARABLE: "≠",
    Judgement.INVALID: "⚠️",
}
_LOUD = (Judgement.REGRESSION, Judgement.NOT_RUN, Judgement.INVALID, Judgement.INCOMPARABLE)


def as_markdown(record: Record, rows: Sequence[Row], verdicts: Sequence[Verdict], creep: Sequence[str] = ()) -> str:
    """What was found, the loud rows, what creeps, the duets row by row, and all other verdicts folded away."""
    run = record.run
    counts = Counter(verdict.judgement for verdict in verdicts)
    told = ", ".join(f"{counts[one]} {one}" for one in Judgement if counts[one]) or "no verdicts"
    lines = [f"## Vector store benchmarks: {told}", ""]
    if run.status is not RunStatus.COMPLETE:
        lines += [f"**The run is not complete ({run.status}).**", ""]
    commit = f"{run.suite_commit[:10]}{' with changes' if run.suite_dirty else ''}"
    lines += [f"Run `{run.id}` on {run.host.cpu_model}, {run.host.cores} cores; suite at `{commit}`.", ""]
    loud = sorted(
        (one for one in verdicts if one.judgement in _LOUD), key=lambda one: list(Judgement).index(one.judgement)
    )
    lines += [f"- {_SIGNS[one.judgement]} **{one.judgement}** `{one.key}`: {_plain(one.text)}" for one in loud]
    lines += [f"- 📈 {_plain(warning)}" for warning in creep]
    for standing in duet_verdicts(record):
        lines += ["", *_duet(standing)]
    for duet in run.duets:
        if duet.reason:
            lines += ["", _plain(f"No duet of {duet.target} at {duet.scale}: {duet.reason} {duet.remedy}")]
    return "\n".join([*lines, "", *_folded(rows, verdicts), ""])


def _duet(standing: Standing) -> Iterator[str]:
    duet = standing.duet
    yield f"### {_plain(heading(standing))}"
    yield ""
    yield f"| metric | {duet.reference} | {duet.target} | change | interval | launches | verdict |"
    yield "|---|---:|---:|---:|---|---:|---|"
    verdicts = {one.key: one for one in standing.verdicts}
    for one in standing.compared:
        yield _line(one, verdicts[one.key])
    for verdict in standing.others:
        yield f"| {verdict.key.metric} | | | | | | {_SIGNS[verdict.judgement]} {verdict.judgement} |"


def _line(one: Compared, verdict: Verdict) -> str:
    unit = "" if one.metric.unit == "ratio" else f" ({one.metric.unit})"
    cells = (
        f"{one.metric.name}{unit}",
        format_number(one.reference),
        format_number(one.candidate),
        change_of(verdict),
        interval_of(verdict),
        str(verdict.launches),
        f"{_SIGNS[verdict.judgement]} {verdict.judgement}",
    )
    return f"| {' | '.join(cells)} |"


def _folded(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> Iterator[str]:
    others = [one for one in verdicts if not one.by_duet]
    if not others:
        return
    figures = {row.key: row for row in rows}
    yield f"<details><summary>{len(others)} verdicts of the screen</summary>"
    yield ""
    yield "| row | figure | change | interval | verdict |"
    yield "|---|---:|---:|---|---|"
    for one in others:
        row = figures.get(one.key)
        figure = format_number(row.centre) if row is not None and row.values else ""
        sign = f"{_SIGNS[one.judgement]} {one.judgement}"
        yield f"| {one.key} | {figure} | {change_of(one)} | {interval_of(one)} | {sign} |"
    yield ""
    yield "</details>"


def _plain(text: str) -> str:
    """One line that Markdown leaves as it is."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("~", "\\~").replace("*", "\\*")


def as_annotations(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """GitHub's workflow commands: an error for every regression."""
    for verdict in verdicts:
        if verdict.judgement is Judgement.REGRESSION:
            file = verdict.key.node_id.partition("::")[0]
            title = _escaped(f"{verdict.judgement}: {verdict.key}").replace(":", "%3A").replace(",", "%2C")
            yield f"::error file={file},title={title}::{_escaped(verdict.text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
