"""A run's duets as a person reads them: both sides' figures, the change with its interval, and the verdict.

Shows `analysis.duet`; a part of `analysis.table`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from analysis.duet import Compared, Standing, duet_verdicts
from analysis.metrics import METRICS, Direction
from analysis.notes import MARKS
from analysis.quantities import format_number, format_share
from analysis.records import Record
from analysis.verdicts import Judgement, Verdict

__all__ = ["change_of", "duet_tables", "heading", "interval_of"]


def duet_tables(record: Record) -> Iterator[RenderableType]:
    """One table a duet, and a line for each that could not be."""
    for standing in duet_verdicts(record):
        yield _table(standing) if standing.compared else Text(f"\n{heading(standing)}", style="bold")
        yield from _without_numbers(standing)
    for duet in record.run.duets:
        if duet.reason:
            told = f"no duet of {duet.target} at {duet.scale} ({duet.why}): {duet.reason} {duet.remedy}"
            yield Text(told.rstrip(), style="yellow")


def _without_numbers(standing: Standing) -> Iterator[Text]:
    """Rows that could not be compared; those of one reason share a line."""
    told: dict[tuple[Judgement, str], list[str]] = {}
    for verdict in standing.others:
        told.setdefault((verdict.judgement, verdict.text), []).append(verdict.key.metric)
    for (judgement, text), metrics in told.items():
        yield Text.from_markup(f"{MARKS[judgement]} {judgement}: {', '.join(metrics)}: {escape(text)}")


def heading(standing: Standing) -> str:
    """Which duet, how its other side was made, how long it was, and why it ended."""
    duet = standing.duet
    ended = f"; ended: {duet.stopped or standing.stop}" if duet.stopped or standing.stop else ""
    return (
        f"{duet.scale}, duet of {duet.target} with {duet.reference} ({duet.made}): {standing.done} launches, "
        f"{'' if duet.why.startswith('asked') else 'because '}{duet.why}{ended}"
    )


def _table(standing: Standing) -> Table:
    table = Table(title=Text(f"\n{heading(standing)}", style="bold"), title_justify="left", header_style="bold")
    table.add_column("metric", no_wrap=True)
    for name in (standing.duet.reference, standing.duet.target, "change", "interval", "n"):
        table.add_column(name.replace("@", "\n@"), justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    compared = {one.key.metric: one for one in standing.compared}
    verdicts = {one.key.metric: one for one in standing.verdicts}
    for metric in METRICS:
        if metric.name in compared:
            table.add_row(*_cells(compared[metric.name], verdicts[metric.name]))
    return table


def _cells(one: Compared, verdict: Verdict) -> tuple[str, ...]:
    arrow = "↑" if one.metric.direction is Direction.UP else "↓"
    return (
        f"{arrow} {one.metric.name}",
        format_number(one.reference),
        format_number(one.candidate),
        change_of(verdict),
        interval_of(verdict),
        str(verdict.launches),
        f"{MARKS[verdict.judgement]} {verdict.judgement}",
    )


def change_of(verdict: Verdict) -> str:
    """The verdict's change as a percentage."""
    return "" if verdict.change is None else format_share(verdict.change)


def interval_of(verdict: Verdict) -> str:
    """The verdict's interval as percentages."""
    if verdict.low is None or verdict.high is None:
        return ""
    return f"{format_share(verdict.low)} to {format_share(verdict.high)}"
