"""The closing table: what a person reads at a glance after a run, and in `python -m analysis show`.

Shows `analysis.comparison`, with `analysis.notes` around it; every number is formatted by `analysis.quantities`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.calibration import calibration_lines
from analysis.comparison import Figure, figures
from analysis.duettable import duet_tables
from analysis.gate import Verdict
from analysis.metrics import METRICS, Direction, Metric
from analysis.names import store_of, tier_of
from analysis.notes import MARKS, absent, cold_starts, findings, headline, legend, verdict_summary
from analysis.quantities import format_number
from analysis.records import Dataset, Record
from analysis.rows import Outcome, Row, RowKey
from analysis.scenes import scenes_of
from analysis.signs import writable
from analysis.usagetable import resource_notes

__all__ = ["closing_table", "wide_console"]

_LABEL_WIDTH = 46
_CELL_WIDTH = 16
_PLAIN_WIDTH = 120
# The longest units, where the metric's name tells the rest.
_SHORT_UNITS = {"MB per 1,000 vectors": "MB/1,000", "% per doubling": "%/doubling", "queries/CPU-s": "q/CPU-s"}
_ANCHOR = "exact"
_TIERS = ("mount", "container", "remote", "process", "embedded")
_ABSENT = {
    Outcome.INVALID: "invalid",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.FAILED: "failed",
    Outcome.NOT_RUN: "not run",
}


class _PipeConsole(Console):
    """A console whose reader may leave (`| head`): the rest is dropped, and the exit code stays the command's."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def wide_console() -> Console:
    """A console on stdout: a terminal's own width, and 120 columns where the output is a file or a pipe."""
    writable(sys.stdout)
    console = _PipeConsole()
    return console if console.is_terminal else _PipeConsole(width=_PLAIN_WIDTH)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a cell is made of."""

    rows: Mapping[RowKey, Row]
    figures: Mapping[RowKey, Figure]
    verdicts: Mapping[RowKey, Verdict]


def closing_table(
    record: Record,
    rows: Sequence[Row],
    verdicts: Sequence[Verdict],
    width: int = _PLAIN_WIDTH,
    creep: Sequence[Text] = (),
) -> RenderableType:
    """Targets side by side per scale, findings, what was skipped or failed and why, verdicts, creep, where it lies."""
    scenes = scenes_of(record)
    shown = _Shown(
        {row.key: row for row in rows},
        figures(rows, at_one_time=not record.run.isolated),
        {verdict.key: verdict for verdict in verdicts},
    )
    parts: list[RenderableType] = [headline(record)]
    for dataset in record.run.datasets:
        mine = [row for row in rows if row.key.scale == dataset.scale]
        targets = _in_order(row.key.target for row in mine if row.outcome is not Outcome.SKIPPED)
        parts += _scale_tables(dataset, targets, shown, max(1, (width - _LABEL_WIDTH) // _CELL_WIDTH))
        parts += cold_starts(scenes[dataset.scale], targets)
        parts += calibration_lines(scenes[dataset.scale], targets)
        parts += resource_notes(scenes[dataset.scale], targets)
        parts += findings(mine, scenes[dataset.scale])
    parts += absent(rows)
    parts += duet_tables(record)
    parts += verdict_summary(verdicts, rows)
    parts += creep
    if shown.figures:
        parts.append(legend(shown.figures, rows, verdicts))
    parts.append(Text(f"Record: {record.folder}", style="bold"))
    return Group(*parts)


def _in_order(targets: Iterator[str]) -> list[str]:
    """By tier, and within a tier our own store after the others."""

    def place(target: str) -> tuple[int, bool]:
        tier = tier_of(target)
        return _TIERS.index(tier) if tier in _TIERS else len(_TIERS), store_of(target) == _ANCHOR

    return sorted(dict.fromkeys(targets), key=place)


def _scale_tables(dataset: Dataset, targets: Sequence[str], shown: _Shown, most: int) -> Iterator[RenderableType]:
    for together in _side_by_side(targets, most):
        tiers = ", ".join(dict.fromkeys(map(tier_of, together)))
        title = f"\n{dataset.scale}, {tiers}: {dataset.vectors:,} vectors of {dataset.dimensions:,} dimensions"
        yield _one_table(title, dataset.scale, together, shown)


def _side_by_side(targets: Sequence[str], most: int) -> Iterator[list[str]]:
    """Tiers next to each other as long as at most so many columns stand together; a wide tier is cut."""
    together: list[str] = []
    for tier in dict.fromkeys(map(tier_of, targets)):
        names = [name for name in targets if tier_of(name) == tier]
        for first in range(0, len(names), most):
            chunk = names[first : first + most]
            if together and len(together) + len(chunk) > most:
                yield together
                together = []
            together = [*together, *chunk]
    if together:
        yield together


def _one_table(title: str, scale: str, targets: Sequence[str], shown: _Shown) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", header_style="bold")
    table.add_column("metric (unit)", no_wrap=True)
    for name in targets:
        store, tier = name.split("@", 1)
        style = "dim" if store == _ANCHOR else None
        table.add_column(f"{store}\n@{tier}", justify="right", style=style, no_wrap=True)
    asked = {key.metric for key in shown.rows}
    metrics = [metric for metric in METRICS if metric.name in asked or not metric.study]
    for metric, following in zip(metrics, (*metrics[1:], None), strict=True):
        cells = [_cell(RowKey(metric.name, scale, name), shown) for name in targets]
        last = following is None or following.group is not metric.group
        table.add_row(_metric_label(metric), *cells, end_section=last)
    return table


def _metric_label(metric: Metric) -> str:
    arrow = "↑" if metric.direction is Direction.UP else "↓"
    unit = "" if metric.unit == "ratio" else f" ({metric.unit})"
    for long, short in _SHORT_UNITS.items():
        unit = unit.replace(long, short)
    return f"{arrow} {metric.name}{unit}"


def _cell(key: RowKey, shown: _Shown) -> str:
    row = shown.rows.get(key)
    if row is None:
        return ""
    verdict = shown.verdicts.get(key)
    mark = MARKS[verdict.judgement] if verdict else ""
    # What concerns the whole scale would mark every cell and so none.
    note = "°" if any(finding.target for finding in row.findings) else ""
    figure = shown.figures.get(key)
    if figure is None:
        return f"[italic]{_ABSENT.get(row.outcome, str(row.outcome))}[/]{note} {mark}".strip()
    reach = f" {figure.reach()}"
    star = "[bold green]*[/]" if figure.best else ""
    return f"{star}{format_number(figure.mean)}{note}[dim]{reach}[/] {mark}".strip()
