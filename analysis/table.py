"""The closing table: what a person reads at a glance after a run, and in `python -m analysis show`.

Shows `analysis.comparison` and the verdicts; every number is formatted by `analysis.quantities`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from analysis.comparison import Figure, figures
from analysis.findings import Finding, Severity
from analysis.gate import Judgement, Verdict
from analysis.metrics import METRICS, Direction, Metric, cold_throughput
from analysis.quantities import format_number
from analysis.records import Record, RunStatus
from analysis.rows import Outcome, Row, RowKey
from analysis.scenes import Scene, scenes_of

__all__ = ["closing_table", "wide_console"]

_LABEL_WIDTH = 46
_CELL_WIDTH = 16
_PLAIN_WIDTH = 120
_TIERS = ("mount", "container", "process", "embedded")
_MARKS = {
    Judgement.REGRESSION: "[bold red]✗[/]",
    Judgement.IMPROVEMENT: "[bold green]▲[/]",
    Judgement.PASS: "[green]✓[/]",
    Judgement.INCONCLUSIVE: "[yellow]?[/]",
    Judgement.NO_BASELINE: "",
    Judgement.NOT_RUN: "[red]∅[/]",
    Judgement.INCOMPARABLE: "[yellow]≠[/]",
    Judgement.INVALID: "[red]![/]",
}
_ABSENT = {
    Outcome.INVALID: "invalid",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.FAILED: "failed",
    Outcome.NOT_RUN: "not run",
}


def wide_console() -> Console:
    """A console on stdout: a terminal's own width, and 120 columns where the output is a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def closing_table(
    record: Record, rows: Sequence[Row], verdicts: Sequence[Verdict], width: int = _PLAIN_WIDTH
) -> RenderableType:
    """Targets side by side per scale, findings, what was skipped or failed and why, verdicts, the record's place."""
    judged = {verdict.key: verdict for verdict in verdicts}
    scenes = scenes_of(record)
    parts: list[RenderableType] = [_headline(record)]
    shown = figures(rows)
    for scale in dict.fromkeys(row.key.scale for row in rows):
        mine = [row for row in rows if row.key.scale == scale]
        parts += _scale_tables(scale, mine, shown, judged, max(1, (width - _LABEL_WIDTH) // _CELL_WIDTH))
        parts += _cold(scenes[scale])
        parts += _findings(mine, scenes[scale])
    parts += _absent(rows)
    parts += _verdicts(verdicts)
    parts.append(Text(f"Record: {record.folder}", style="bold"))
    return Group(*parts)


def _headline(record: Record) -> Text:
    run = record.run
    line = Text(f"\nRun {run.id}: {run.launches} launches, {run.host.cpu_model}, {run.host.cores} cores", style="bold")
    if run.status is not RunStatus.COMPLETE:
        seen = "was killed or still runs" if run.status is RunStatus.RUNNING else str(run.status)
        line.append(f"\nINCOMPLETE: this run {seen}; what follows was measured until then.", style="bold red")
    if record.truncated:
        line.append("\nThe last observation was cut off and is left out.", style="red")
    return line


def _scale_tables(
    scale: str,
    rows: Sequence[Row],
    shown: Mapping[RowKey, Figure],
    judged: Mapping[RowKey, Verdict],
    most: int,
) -> Iterator[RenderableType]:
    by_key = {row.key: row for row in rows}
    targets = list(dict.fromkeys(row.key.target for row in rows if row.outcome is not Outcome.SKIPPED))
    targets.sort(key=lambda name: _TIERS.index(_tier(name)) if _tier(name) in _TIERS else len(_TIERS))
    columns = [
        (tier, chunk)
        for tier in dict.fromkeys(map(_tier, targets))
        for chunk in _chunks([name for name in targets if _tier(name) == tier], most)
    ]
    for tables in _side_by_side(columns, most):
        yield _one_table(scale, tables, by_key, shown, judged)


def _tier(target: str) -> str:
    return target.partition("@")[2]


def _chunks(names: Sequence[str], most: int) -> Iterator[list[str]]:
    for first in range(0, len(names), most):
        yield list(names[first : first + most])


def _side_by_side(columns: Sequence[tuple[str, list[str]]], most: int) -> Iterator[list[str]]:
    """Tiers next to each other as long as a table stays readable."""
    together: list[str] = []
    for _, names in columns:
        if together and len(together) + len(names) > most:
            yield together
            together = []
        together = [*together, *names]
    if together:
        yield together


def _one_table(
    scale: str,
    targets: Sequence[str],
    by_key: Mapping[RowKey, Row],
    shown: Mapping[RowKey, Figure],
    judged: Mapping[RowKey, Verdict],
) -> Table:
    table = Table(title=f"\n{scale}", title_justify="left", title_style="bold", header_style="bold")
    table.add_column("metric (unit)", no_wrap=True)
    for name in targets:
        store, tier = name.split("@", 1)
        style = "dim" if store == "exact" else None
        table.add_column(f"{store}\n@{tier}", justify="right", style=style, no_wrap=True)
    for metric in METRICS:
        cells = [_cell(RowKey(metric.name, scale, name), by_key, shown, judged) for name in targets]
        table.add_row(_metric_label(metric), *cells)
    return table


def _metric_label(metric: Metric) -> str:
    arrow = "↑" if metric.direction is Direction.UP else "↓"
    unit = "" if metric.unit == "ratio" else f" ({metric.unit})"
    # The longest unit is the last part of a name that tells it.
    return f"{arrow} {metric.name}{unit.replace('MB per 1,000 vectors', 'MB/1,000')}"


def _cell(
    key: RowKey,
    by_key: Mapping[RowKey, Row],
    shown: Mapping[RowKey, Figure],
    judged: Mapping[RowKey, Verdict],
) -> str:
    row = by_key.get(key)
    if row is None:
        return ""
    figure = shown.get(key)
    verdict = judged.get(key)
    mark = _MARKS[verdict.judgement] if verdict else ""
    if figure is None:
        return f"[italic]{_ABSENT.get(row.outcome, str(row.outcome))}[/] {mark}".strip()
    reach = f" ±{figure.half_width:.0%}" if figure.half_width < 10 else " ±?"
    star = "[bold green]*[/]" if figure.best else ""
    note = "°" if row.findings else ""
    return f"{star}{format_number(figure.mean)}{note}[dim]{reach}[/] {mark}".strip()


def _cold(scene: Scene) -> Iterator[RenderableType]:
    told = []
    for target, launches in scene.launches.items():
        cold = [value for one in launches if isinstance(value := cold_throughput(one), float)]
        if cold:
            told.append(f"{target} {format_number(sum(cold) / len(cold))}")
    if told:
        yield Text(f"First collection after a cold start, vectors/s (not a row): {', '.join(told)}.", style="dim")


def _findings(rows: Sequence[Row], scene: Scene) -> Iterator[RenderableType]:
    told: dict[tuple[str, str, str], tuple[Finding, set[str], set[str]]] = {}
    for row in rows:
        for finding in row.findings:
            _, targets, metrics = told.setdefault(
                (finding.rule, finding.severity, finding.advice), (finding, set(), set())
            )
            targets.add(row.key.target)
            metrics.add(row.key.metric)
    for finding, targets, metrics in told.values():
        where = f"{', '.join(sorted(targets))}"
        what = f" ({', '.join(sorted(metrics))})" if len(metrics) <= 2 else ""
        yield _finding(finding, f"{where}{what}")
    for finding in scene.findings:
        yield _finding(finding, scene.scale)


def _finding(finding: Finding, where: str) -> Text:
    style = "red" if finding.severity is Severity.INVALID else "yellow"
    count = f", {len(finding.launches)} launches" if len(finding.launches) > 1 else ""
    return Text(
        f"° {finding.severity}: {finding.rule}: {where}{count}: {finding.text}; {finding.advice}.",
        style=style,
    )


def _absent(rows: Sequence[Row]) -> Iterator[RenderableType]:
    told: dict[tuple[str, Outcome, str], Row] = {}
    for row in rows:
        if row.outcome in (Outcome.SKIPPED, Outcome.FAILED, Outcome.NOT_RUN):
            told.setdefault((row.key.target, row.outcome, row.reason), row)
    for (target, outcome, _), row in told.items():
        style = "bold red" if outcome is Outcome.FAILED else "yellow"
        yield Text.from_markup(f"[{style}]{outcome}: {target}[/]: {escape(row.reason)} {escape(row.remedy)}")


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[RenderableType]:
    if not verdicts:
        return
    counts = Counter(verdict.judgement for verdict in verdicts)
    told = ", ".join(f"{counts[one]} {one}" for one in Judgement if counts[one])
    yield Text(f"Verdicts: {told}.", style="bold")
    if counts[Judgement.NO_BASELINE]:
        first = next(verdict for verdict in verdicts if verdict.judgement is Judgement.NO_BASELINE)
        yield Text(first.text, style="dim")
    loud = (Judgement.REGRESSION, Judgement.IMPROVEMENT, Judgement.INCOMPARABLE)
    for verdict in verdicts:
        if verdict.judgement in loud:
            yield Text.from_markup(f"{_MARKS[verdict.judgement]} {verdict.judgement}: {escape(verdict.text)}")
    marks = "".join(f"; {mark} {name}" for name, mark in _MARKS.items() if mark and counts[name])
    yield Text.from_markup(
        f"[dim]* best of its tier, or not told apart from the best; ±: 95 % interval over launches; "
        f"°: see the findings[/]{marks}"
    )
