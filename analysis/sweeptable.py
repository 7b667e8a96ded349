"""The sweep as a person reads it in the terminal: points per tier, then what equal recall costs, then what is not told.

Shows `analysis.sweep`; the picture is `analysis.sweepplot`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.errors import NotMeasured
from analysis.observations import EfSetting
from analysis.quantities import format_number
from analysis.records import Record
from analysis.statistics import Interval
from analysis.sweep import EQUAL_RECALLS, Curve, ScaleSweep, SweepPoint, TierSweep, sweeps_of

__all__ = ["sweep_summary", "sweep_tables"]


def sweep_tables(sweeps: Sequence[ScaleSweep]) -> RenderableType:
    """Every scale's tables and notes."""
    return Group(*(part for sweep in sweeps for part in _scale(sweep)))


def sweep_summary(record: Record) -> RenderableType:
    """What a run's sweep found, and where its pictures lie; that there is none where it was cut off before."""
    try:
        sweeps = sweeps_of(record)
    except NotMeasured as error:
        return Text(str(error), style="yellow")
    drawn = [path for sweep in sweeps if (path := record.folder / f"sweep-{sweep.dataset.scale}.svg").is_file()]
    return Group(sweep_tables(sweeps), *(Text(f"Drawn: {path}", style="bold") for path in drawn))


def _scale(sweep: ScaleSweep) -> Iterator[RenderableType]:
    dataset = sweep.dataset
    size = f"{dataset.vectors:,} vectors of {dataset.dimensions:,} dimensions, {dataset.source}"
    yield Text(f"\nSpeed against recall, {dataset.scale}: {size}", style="bold")
    for tier in sweep.tiers:
        yield _points(tier)
    yield _equal(sweep)
    yield from (Text(note, style="yellow") for note in _notes(sweep))
    yield Text(
        "*: on the tier's Pareto front (no store of the tier finds as much in less time); at equal recall: the fastest "
        "of its tier, or not told apart from it. ±: 95 % interval over launches, ±? where one launch tells no spread. "
        "`exact` has no rank. At equal recall nothing is extrapolated: n/a where no ef was measured on both sides.",
        style="dim",
    )


def _points(tier: TierSweep) -> Table:
    table = Table(title=Text(tier.tier, style="bold"), title_justify="left", header_style="bold")
    table.add_column("target", no_wrap=True)
    for name in ("ef", "recall@10", "p50 (ms)", "queries/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for curve in tier.curves:
        for point in curve.points:
            table.add_row(
                curve.target if point is curve.points[0] else "",
                "-" if point.ef is None else str(point.ef),
                _recall(point),
                f"{'[bold green]*[/]' if point.front else ''}{_time(point.p50_ms)}",
                _time(point.rate),
                end_section=point is curve.points[-1],
            )
    return table


def _recall(point: SweepPoint) -> str:
    reach = (point.recall.high - point.recall.low) / 2
    return f"{point.recall.estimate:.3f} [dim]±{f'{reach:.3f}' if math.isfinite(reach) else '?'}[/]"


def _time(found: Interval) -> str:
    half = (found.high - found.low) / 2 / found.estimate
    return f"{format_number(found.estimate)} [dim]±{f'{half:.0%}' if half < 10 else '?'}[/]"


def _equal(sweep: ScaleSweep) -> Table:
    table = Table(title=Text("p50 (ms) at equal recall", style="bold"), title_justify="left", header_style="bold")
    table.add_column("target", no_wrap=True)
    for recall in EQUAL_RECALLS:
        table.add_column(f"recall {recall:.2f}", justify="right", no_wrap=True)
    for tier in sweep.tiers:
        for curve in tier.curves:
            cells = [
                f"{'[bold green]*[/]' if one.best else ''}{_time(one.p50_ms)}" if one.p50_ms else "[italic]n/a[/]"
                for one in curve.equal
            ]
            table.add_row(curve.target, *cells, end_section=curve is tier.curves[-1])
    return table


def _notes(sweep: ScaleSweep) -> Iterator[str]:
    if sweep.easy:
        yield (
            "These data are too easy to judge speed against recall: at its lowest ef every index already finds 0.99 "
            f"of the exact {sweep.dataset.k} or more. Measure a larger scale (medium and up) or harder data."
        )
    curves = [curve for tier in sweep.tiers for curve in tier.curves]
    yield from filter(None, (_absent(curve) for curve in curves))
    for curve in curves:
        if curve.setting is EfSetting.COLLECTION:
            yield f"{curve.target}: a collection, and so a graph, of its own for each ef: {curve.why}."
    told: dict[str, list[str]] = {}
    for curve in curves:
        for text in curve.invalid:
            told.setdefault(text, []).append(curve.target)
    yield from (f"{', '.join(targets)}: {text}; it does not enter." for text, targets in told.items())
    yield from (f"{target} is not in the sweep: {reason}" for target, reason in sweep.left_out.items())


def _absent(curve: Curve) -> str:
    if curve.setting is EfSetting.NONE:
        return f"{curve.target}: one point, n/a at equal recall: {curve.why}."
    told = [f"{one.recall:.2f} ({one.reason})" for one in curve.equal if one.p50_ms is None]
    return f"{curve.target}: n/a at recall {', '.join(told)}." if told else ""
