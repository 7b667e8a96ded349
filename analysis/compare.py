"""Two runs side by side: each row's figures and their ratio, and every field in which the runs are unlike.

What is unlike in machine, workload or configuration has no ratio (`analysis.likeness`). It is no verdict: nothing is
adjusted for what the machine did between the runs (`analysis.gate`). Printed by `analysis.commands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.baselines import artifacts_of
from analysis.comparison import Figure, figures
from analysis.fingerprint import NOTED_FIELDS, differences
from analysis.likeness import noted, unlike_runs, unlike_settings, unlike_workloads
from analysis.metrics import Direction, metric_named
from analysis.quantities import format_change, format_number
from analysis.records import Record
from analysis.rows import Outcome, Row, RowKey, rows_of

__all__ = ["Compared", "Comparison", "compare", "shown"]

_UNSEEN = (str(Outcome.SKIPPED), str(Outcome.NOT_RUN))
_LEGEND = (
    "↑ higher is better, ↓ lower; ±: 95 % interval over launches. Nothing is adjusted for what the machine did between "
    "the runs: this is no verdict (python -m analysis verdicts RUN)."
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One row in both runs. `log_ratio` is of the second over the first; None where there is none, and `why`."""

    key: RowKey
    one: str
    other: str
    log_ratio: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows of both runs, why some have no ratio (by what it holds for), and what differs and forbids nothing."""

    rows: tuple[Compared, ...]
    unlike: Mapping[str, tuple[str, ...]]
    noted: Mapping[str, tuple[str, ...]]


def compare(one: Record, other: Record) -> Comparison:
    """Hold the second run against the first."""
    unlike = _unlike(one, other)
    first, second = ({row.key: row for row in rows_of(record)} for record in (one, other))
    mine, theirs = figures(tuple(first.values())), figures(tuple(second.values()))
    rows = []
    for key in dict.fromkeys([*first, *second]):
        why = "; ".join(field for where in ("machine", "run", key.scale, key.target) for field in unlike.get(where, ()))
        ratio = None if why else _log_ratio(mine.get(key), theirs.get(key))
        cells = _cell(first.get(key), mine.get(key)), _cell(second.get(key), theirs.get(key))
        rows.append(Compared(key, *cells, ratio, why))
    return Comparison(tuple(rows), unlike, _noted(one, other))


def _unlike(one: Record, other: Record) -> dict[str, tuple[str, ...]]:
    then, now = artifacts_of(one), artifacts_of(other)
    found = {
        "machine": tuple(differences(one.run.host, other.run.host)),
        "run": tuple(unlike_runs(one.run, other.run)),
    }
    datasets = {dataset.scale: dataset for dataset in one.run.datasets}
    for dataset in other.run.datasets:
        if dataset.scale in datasets:
            found[dataset.scale] = tuple(unlike_workloads(datasets[dataset.scale], dataset))
    for target in dict.fromkeys([*then, *now]):
        found[target] = tuple(unlike_settings(target, then, now))
    return {where: fields for where, fields in found.items() if fields}


def _noted(one: Record, other: Record) -> dict[str, tuple[str, ...]]:
    then, now = artifacts_of(one), artifacts_of(other)
    found = {"machine": tuple(differences(one.run.host, other.run.host, NOTED_FIELDS))}
    if one.run.suite_commit != other.run.suite_commit:
        found["suite"] = (f"commit: {one.run.suite_commit[:12]} against {other.run.suite_commit[:12]}",)
    for target in dict.fromkeys([*then, *now]):
        found[target] = tuple(noted(target, then, now))
    return {where: fields for where, fields in found.items() if fields}


def _log_ratio(one: Figure | None, other: Figure | None) -> float | None:
    if one is None or other is None:
        return None
    metric = metric_named(one.key.metric)
    return metric.logarithm(other.mean) - metric.logarithm(one.mean)


def _cell(row: Row | None, figure: Figure | None) -> str:
    if row is None:
        return "-"
    if figure is None:
        return str(row.outcome)
    reach = "" if row.metric.offset else f" {figure.reach()}"
    return format_number(figure.mean) + reach


def shown(one: Record, other: Record, comparison: Comparison) -> RenderableType:
    """Both runs by name, what is unlike and what is noted, and a table of the rows that are in one of them at least."""
    parts: list[RenderableType] = [Text(f"1: {_headline(one)}\n2: {_headline(other)}", style="bold")]
    for title, fields, style in (
        ("unlike, so no ratio", comparison.unlike, "red"),
        ("differs, and is compared", comparison.noted, "yellow"),
    ):
        parts += [Text(f"{title}: {where}: {'; '.join(told)}", style=style) for where, told in fields.items()]
    rows = [row for row in comparison.rows if {row.one, row.other} - {"-", *_UNSEEN}]
    table = Table(header_style="bold")
    for heading in ("row", "1", "2", "2 over 1"):
        table.add_column(heading, justify="left" if heading == "row" else "right", no_wrap=True)
    for row in rows:
        table.add_row(_label(row.key), row.one, row.other, _ratio(row))
    parts += [table, Text(_LEGEND, style="dim")] if rows else [Text("Neither run has a figure.")]
    return Group(*parts)


def _headline(record: Record) -> str:
    return f"{record.run.id} ({record.run.status}), {record.run.host.cpu_model}, {record.run.started}"


def _label(key: RowKey) -> str:
    arrow = "↑" if metric_named(key.metric).direction is Direction.UP else "↓"
    return f"{arrow} {key}"


def _ratio(row: Compared) -> str:
    if row.log_ratio is not None:
        return format_change(row.log_ratio)
    return "incomparable" if row.why else ""
