"""What a person reads before accepting: every row then and now, new and lost rows, and what else differs.

Shows `analysis.review`; printed by `analysis.commands`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.gate import Judgement
from analysis.metrics import Direction, metric_named
from analysis.notes import MARKS
from analysis.quantities import format_change, format_number
from analysis.review import Acceptance, RowChange
from analysis.rows import Outcome

__all__ = ["review_table"]

_LEGEND = (
    "↑ higher is better, ↓ lower. Change: the gate's, adjusted by what unchanged stores did in the same launches; in "
    "brackets the bare ratio, where the gate has none."
)


def review_table(reviewed: Acceptance) -> RenderableType:
    """A table of the rows, what differs, what would be left out, and what speaks against it."""
    return Group(*_parts(reviewed))


def _parts(reviewed: Acceptance) -> Iterator[RenderableType]:
    run = reviewed.record.run
    told = ", ".join(baseline.path.name for baseline in reviewed.present)
    against = f"the present {told}" if told else "nothing: this machine has no baseline yet"
    yield Text(f"Run {run.id} against {against}.", style="bold")
    table = Table(header_style="bold")
    for heading in ("row", "then", "now", "change", "verdict"):
        table.add_column(heading, justify="left" if heading in ("row", "verdict") else "right", no_wrap=True)
    for change in reviewed.changes:
        table.add_row(_label(change), _figure(change, change.then), _now(change), _change(change), _said(change))
    if reviewed.changes:
        yield table
        yield Text(_LEGEND, style="dim")
    for where, fields in reviewed.differs.items():
        yield Text(f"differs, now against then: {where}: {'; '.join(fields)}", style="yellow")
    for row in reviewed.left_out:
        yield Text(f"left out, invalid: {row.key}: {row.reason}", style="red")
    if reviewed.lost:
        yield Text(f"lost: {len(reviewed.lost)} rows of the present baseline would be in the new one no more", "red")
    for name, text in reviewed.objections.items():
        yield Text(f"speaks against it ({name}): {text}", style="bold red")


def _label(change: RowChange) -> str:
    return f"{'↑' if metric_named(change.key.metric).direction is Direction.UP else '↓'} {change.key}"


def _figure(change: RowChange, log_figure: float | None) -> str:
    return "-" if log_figure is None else format_number(metric_named(change.key.metric).from_logarithm(log_figure))


def _now(change: RowChange) -> str:
    if change.now is None and change.outcome is not None:
        return str(change.outcome)
    return _figure(change, change.now)


def _change(change: RowChange) -> str:
    if change.verdict is not None and change.verdict.change is not None:
        return f"{change.verdict.change:+.1%}".replace("%", " %")
    if change.then is None or change.now is None:
        return ""
    return f"({format_change(change.now - change.then)})"


def _said(change: RowChange) -> str:
    if change.then is None:
        return "invalid" if change.outcome is Outcome.INVALID else "new"
    if change.now is None:
        return "lost"
    judgement = change.verdict.judgement if change.verdict is not None else Judgement.NO_BASELINE
    return f"{MARKS[judgement]} {judgement}".strip()
