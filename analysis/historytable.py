"""What a history shows a person: every row's trend with its change points, its noise, and warnings of creep.

Shows `analysis.creep`; printed by `analysis.commands` and, the warnings alone, below the closing table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.creep import LEAST_RUNS, Creep, Step, creeps_of
from analysis.errors import RecordError
from analysis.history import Line, history_file, lines_of, read_history
from analysis.metrics import Direction
from analysis.quantities import format_change, format_quantity
from analysis.records import Record, RunStatus
from analysis.rows import Row
from analysis.trend import Point, Trend, trends_of

__all__ = ["creep_notes", "history_table", "noise_of", "warning_of"]

_SHOWN = 40
_BARS = "▁▂▃▄▅▆▇█"
_CHANGE = "│"
# Noise of a few per cent should look flat.
_LEAST_RANGE = 0.2
_LEGEND = (
    "Trend: adjusted figures, oldest first, the newest 40 runs at most; │: the level changes. Now: the last level. "
    "Change: from the first level to the last. Noise: what one run's adjusted figure scatters by (standard deviation)."
)


def history_table(machine: str, creeps: Sequence[Creep]) -> RenderableType:
    """One machine's rows, and below them every change point and warning in words."""
    runs = {point.line.run for creep in creeps for point in creep.trend.points}
    parts: list[RenderableType] = [Text(f"\n{machine}: {len(runs)} runs", style="bold")]
    table = Table(header_style="bold")
    for heading in ("row", "runs", "trend", "now", "change", "noise"):
        justify = "left" if heading in ("row", "trend") else "right"
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for creep in creeps:
        table.add_row(*_cells(creep))
    parts += [table, Text(_LEGEND, style="dim")]
    if len(runs) < LEAST_RUNS:
        parts.append(Text(f"Change points want {LEAST_RUNS} runs of a row at least.", style="yellow"))
    for creep in creeps:
        parts += (Text(f"{_CHANGE} {creep.trend.key}: {_step(step)}.") for step in creep.steps)
    parts += (Text(warning_of(creep), style="yellow") for creep in creeps if creep.worse is not None)
    return Group(*parts)


def _cells(creep: Creep) -> Iterator[str]:
    trend = creep.trend
    last = _level(creep)
    yield f"{'↑' if trend.metric.direction is Direction.UP else '↓'} {trend.key}"
    yield str(len(trend.points))
    yield _spark(creep)
    yield format_quantity(trend.metric.from_logarithm(fmean(point.line.log_mean for point in last)), trend.metric.unit)
    yield format_change(sum(step.change for step in creep.steps)) if creep.steps else ""
    yield noise_of(trend)


def _level(creep: Creep) -> tuple[Point, ...]:
    """The runs since the last change."""
    begins = creep.steps[-1].after.line.date if creep.steps else ""
    return tuple(point for point in creep.trend.points if point.line.date >= begins)


def _spark(creep: Creep) -> str:
    points = creep.trend.points[-_SHOWN:]
    values = [point.adjusted for point in points]
    middle = (min(values) + max(values)) / 2
    reach = max(max(values) - min(values), _LEAST_RANGE)
    begins = {step.after.line.run for step in creep.steps}
    bars = (_BARS[min(7, max(0, math.floor(((value - middle) / reach + 0.5) * 8)))] for value in values)
    return "".join(
        f"{_CHANGE if point.line.run in begins else ''}{bar}" for point, bar in zip(points, bars, strict=True)
    )


def noise_of(trend: Trend) -> str:
    """What one run's adjusted figure scatters by; `?` where too few runs tell it."""
    return f"±{math.expm1(trend.scatter):.1%}".replace("%", " %") if trend.scatter > 0 else "?"


def warning_of(creep: Creep) -> str:
    """By how much the row is worse than in which runs, and the steps on the way."""
    if creep.worse is None:
        return ""
    trend, since = creep.trend, creep.since
    steps = [step for step in creep.steps if step.after.line.date > since[-1].line.date]
    sign = 1 if trend.metric.direction is Direction.DOWN else -1
    return (
        f"creep: {trend.key} is worse by {format_change(sign * creep.worse)} than in the {len(since)} runs up to "
        f"{since[-1].line.run}: {'; '.join(map(_step, steps))}. Noise of one run: {noise_of(trend)}."
    )


def _step(step: Step) -> str:
    before, after = step.before.line, step.after.line
    release = after.release if after.release == before.release else f"{after.release} after {before.release}"
    return f"{format_change(step.change)} from {after.run} on (commit {after.commit[:10]}, {release})"


def creep_notes(record: Record, rows: Sequence[Row], baselines: Path) -> tuple[Text, ...]:
    """Warnings of creep in the rows of a run, as the newest of its machine's history; none where that is too short.

    A damaged history is told here too, and fails nothing: the figures of this run do not depend on it.
    """
    try:
        lines = read_history(history_file(baselines, record.run.host))
    except RecordError as error:
        return (Text(f"The history is not looked at for creep: {error}", style="red"),)
    creeps = creeps_of(trends_of(_with(lines, record, rows)))
    mine = {row.key for row in rows}
    return tuple(
        Text(warning_of(one), style="yellow") for one in creeps if one.worse is not None and one.trend.key in mine
    )


def _with(lines: Sequence[Line], record: Record, rows: Sequence[Row]) -> Sequence[Line]:
    known = record.run.id in {line.run for line in lines}
    if not lines or known or record.run.of_releases or record.run.status is not RunStatus.COMPLETE:
        return lines
    return [*lines, *lines_of(record, rows, accepted=False)]
