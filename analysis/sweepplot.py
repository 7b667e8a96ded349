"""The picture of a sweep: p50 over recall, a panel for each tier. Gives SVG, the same for the same record.

Draws `analysis.sweep`; `analysis.commands` and `fixtures.session` have it written into the record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.errors import NotWritable
from analysis.names import store_of
from analysis.pictures import styled, svg_of
from analysis.quantities import format_number
from analysis.records import Record, Run
from analysis.sweep import EQUAL_RECALLS, Curve, ScaleSweep, SweepPoint, TierSweep, sweeps_of

__all__ = ["sweep_svg", "write_pictures"]

# Okabe and Ito's palette (2008), told apart by people with any colour vision; the markers differ too.
_LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#56B4E9", "v"), ("#E69F00", "P"))
_ANCHOR_LOOK = ("#666666", "X")
_STORES = ("chroma", "qdrant", "weaviate", "vexfs")
# Those of the table first; the others where there is room between them.
_RECALLS = (*EQUAL_RECALLS, 0.5, 0.8, 0.999, 0.98, 0.995, 0.7, 0.0, 0.2, 0.9999, 0.998, 0.9995)
_TIMES = tuple(step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5))
_LABEL_GAP = 0.055
_TICK_GAP, _WIDE_TICK_GAP = 0.055, 0.095
_EF_GAP = (0.035, 0.045)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Recall on a scale of nines: the log of what is missed. All found is drawn at half the finest step."""

    finest: float

    def place(self, recall: float) -> float:
        """Where a recall stands."""
        return -math.log10(max(1 - recall, self.finest / 2))


def sweep_svg(sweep: ScaleSweep, run: Run) -> str:
    """The picture as SVG text."""
    with styled():
        # A tier whose targets have no ef is a few points, and needs less room.
        widths = [5.4 if any(len(curve.points) > 1 for curve in tier.curves) else 2.6 for tier in sweep.tiers]
        figure = Figure(figsize=(max(7.5, sum(widths)), 5.4), layout="constrained")
        FigureCanvasSVG(figure)
        stores = sorted({_store(curve) for tier in sweep.tiers for curve in tier.curves}, key=_place_of)
        axis = _Axis(sweep.finest)
        panels = figure.subplots(1, len(sweep.tiers), squeeze=False, width_ratios=widths)[0]
        for panel, tier in zip(panels, sweep.tiers, strict=True):
            _draw(panel, tier, axis, stores)
        figure.suptitle(_title(sweep), x=0.01, ha="left", fontsize=11, fontweight="bold")
        figure.supxlabel(_caption(sweep, run), x=0.01, ha="left", fontsize=7.5, color="#444444")
        return svg_of(figure, f"Sweep of {run.id}")


def write_pictures(record: Record) -> list[Path]:
    """Draw every scale's sweep into the record's folder, `sweep-SCALE.svg`. NotMeasured where there is none."""
    written = []
    for sweep in sweeps_of(record):
        path = record.folder / f"sweep-{sweep.dataset.scale}.svg"
        try:
            path.write_text(sweep_svg(sweep, record.run), encoding="utf-8")
        except OSError as error:
            raise NotWritable(
                f"{path} cannot be written: {error.strerror}. Make room or give the folder back."
            ) from error
        written.append(path)
    return written


def _store(curve: Curve) -> str:
    return store_of(curve.target)


def _place_of(store: str) -> tuple[int, str]:
    return (_STORES.index(store) if store in _STORES else len(_STORES), store)


def _title(sweep: ScaleSweep) -> str:
    dataset = sweep.dataset
    return f"Speed against recall, {dataset.scale}: {dataset.vectors:,} vectors of {dataset.dimensions:,} dimensions"


def _caption(sweep: ScaleSweep, run: Run) -> str:
    entered = max((curve.launches for tier in sweep.tiers for curve in tier.curves), default=0)
    launches = f"{entered} of {run.launches} launches" if entered < run.launches else f"launches: {run.launches}"
    lines = [
        "Further right finds more, further down is faster. Numbers are ef; filled: on the tier's Pareto front; "
        "bars: 95 % intervals over launches.",
        f"{sweep.dataset.source}; {launches}; {run.host.cpu_model}, {run.host.cores} cores; run {run.id}",
    ]
    if sweep.easy:
        lines.insert(
            0, "These data are too easy to judge speed against recall: every index finds 0.99 or more at any ef."
        )
    return "\n".join(lines)


def _draw(panel: Axes, tier: TierSweep, axis: _Axis, stores: Sequence[str]) -> None:
    panel.set_title(tier.tier, loc="left", fontsize=10)
    panel.set_yscale("log")
    panel.set_xlabel("recall@10")
    panel.set_ylabel("p50 latency (ms), log scale")
    for curve in tier.curves:
        _draw_curve(panel, curve, axis, stores)
    _frame(panel, [point for curve in tier.curves for point in curve.points], axis)
    _number(panel, tier.curves, axis, stores)
    _name(panel, tier.curves, axis, stores)


def _look(curve: Curve, stores: Sequence[str]) -> tuple[str, str]:
    others = [store for store in stores if store != "exact"]
    return _ANCHOR_LOOK if _store(curve) == "exact" else _LOOKS[others.index(_store(curve)) % len(_LOOKS)]


def _draw_curve(panel: Axes, curve: Curve, axis: _Axis, stores: Sequence[str]) -> None:
    colour, marker = _look(curve, stores)
    across = [axis.place(point.recall.estimate) for point in curve.points]
    up = [point.p50_ms.estimate for point in curve.points]
    panel.plot(across, up, color=colour, linewidth=1.3, zorder=2)
    for point, x, y in zip(curve.points, across, up, strict=True):
        filled = colour if point.front else "white"
        panel.plot([x], [y], marker=marker, color=colour, markerfacecolor=filled, markersize=6, zorder=4)
        if math.isfinite(point.recall.high):
            panel.plot([x, x], [point.p50_ms.low, point.p50_ms.high], color=colour, linewidth=0.8, alpha=0.5, zorder=1)
            reach = [axis.place(max(0.0, point.recall.low)), axis.place(min(1.0, point.recall.high))]
            panel.plot(reach, [y, y], color=colour, linewidth=0.8, alpha=0.5, zorder=1)


def _frame(panel: Axes, points: Sequence[SweepPoint], axis: _Axis) -> None:
    """Limits around what was measured, with room for the names; ticks at recalls that people think in."""
    across = [axis.place(point.recall.estimate) for point in points]
    left, right = min(across), max(across)
    room = max(right - left, 0.3)
    panel.set_xlim(left - 0.12 * room, right + 0.55 * room)
    up = [point.p50_ms.estimate for point in points]
    panel.set_ylim(min(up) / 1.6, max(up) * 1.6)
    names = _ticks(axis, *panel.get_xlim(), right)
    panel.xaxis.set_major_locator(FixedLocator(sorted(names)))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda place, _: names.get(place, "")))
    panel.yaxis.set_major_locator(FixedLocator([one for one in _TIMES if min(up) / 1.6 <= one <= max(up) * 1.6]))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda y, _: format_number(y)))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.grid(visible=True, color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _number(panel: Axes, curves: Sequence[Curve], axis: _Axis, stores: Sequence[str]) -> None:
    """The ef below each point, where no other number stands: at full recall the points lie on one another."""
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    taken: list[tuple[float, float]] = []
    for curve in curves:
        for point in curve.points:
            x, y = axis.place(point.recall.estimate), point.p50_ms.estimate
            place = (x - left) / (right - left), math.log(y / low) / math.log(high / low)
            if point.ef is None or any(
                abs(place[0] - other[0]) < _EF_GAP[0] and abs(place[1] - other[1]) < _EF_GAP[1] for other in taken
            ):
                continue
            taken.append(place)
            panel.annotate(
                str(point.ef),
                (x, y),
                xytext=(0, -11),
                textcoords="offset points",
                ha="center",
                fontsize=6.5,
                color=_look(curve, stores)[0],
            )


def _ticks(axis: _Axis, left: float, right: float, best: float) -> dict[float, str]:
    """Names by place, and none beyond the best recall that was measured."""
    everything = axis.place(1.0)
    names = {everything: "1 (all)"} if best >= everything else {}
    for recall in _RECALLS:
        place = axis.place(recall)
        gap = _TICK_GAP if recall in EQUAL_RECALLS else _WIDE_TICK_GAP
        near = any(abs(place - other) < gap * (right - left) for other in names)
        if left <= place <= best and not near:
            names[place] = f"{recall:g}"
    return names


def _name(panel: Axes, curves: Sequence[Curve], axis: _Axis, stores: Sequence[str]) -> None:
    """Each curve's name right of all points, led to from its last one; moved up or down where two would meet."""
    low, high = (math.log(limit) for limit in panel.get_ylim())
    wanted = sorted(
        ((math.log(curve.points[-1].p50_ms.estimate) - low) / (high - low), curve.target, curve) for curve in curves
    )
    places: list[float] = []
    for place, _, _ in wanted:
        places.append(max(place, places[-1] + _LABEL_GAP) if places else place)
    if places and places[-1] > 0.98:
        # Pushed out at the top: the whole column moves down as far as it must.
        below = 0.98
        for index in range(len(places) - 1, -1, -1):
            places[index] = min(places[index], below)
            below = places[index] - _LABEL_GAP
    best = max(axis.place(point.recall.estimate) for curve in curves for point in curve.points)
    column = best + 0.05 * (panel.get_xlim()[1] - panel.get_xlim()[0])
    for place, (_, target, curve) in zip(places, wanted, strict=True):
        last, colour = curve.points[-1], _look(curve, stores)[0]
        panel.annotate(
            target,
            (axis.place(last.recall.estimate), last.p50_ms.estimate),
            xytext=(column, math.exp(low + place * (high - low))),
            textcoords="data",
            va="center",
            color=colour,
            fontweight="bold",
            fontsize=8.5,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "linestyle": ":", "shrinkB": 4},
        )
