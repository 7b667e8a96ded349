"""The evaluation's pictures: how often each gate finds so much extra work, and what launches and slices buy. SVG.

Draws `analysis.evaluation.study`; `fixtures.experiments.gate` writes them beside docs/gate.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from analysis.evaluation.study import CENTRAL, Gate, Mix
from analysis.evaluation.tally import called
from analysis.pictures import styled, svg_of

__all__ = ["mixes_svg", "power_svg"]

# Okabe and Ito's palette (2008), told apart by people with any colour vision; the markers differ too.
_COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_DASHED, _SOLID = "--", "-"


def power_svg(gates: Sequence[Gate], shares: Sequence[float]) -> str:
    """Found rows over extra work, one line a gate; the point at 0 % is its false regressions."""

    def draw(axes: Axes) -> None:
        names = list(dict.fromkeys(gate.name for gate in gates))
        for gate in gates:
            place = names.index(gate.name)
            found = [called(gate.same, CENTRAL).share, *(called(gate.heavier[one], CENTRAL).share for one in shares)]
            axes.plot(
                [0, *(100 * one for one in shares)],
                [100 * one for one in found],
                color=_COLOURS[place % len(_COLOURS)],
                marker=_MARKERS[place % len(_MARKERS)],
                linestyle=_DASHED if gate.way.startswith("two") else _SOLID,
                label=f"{gate.name}, {gate.way}",
            )
        axes.axvline(5, color="#999999", linewidth=0.8)
        axes.set_xlabel("real extra work, %")
        axes.set_ylabel("rows called a regression, %")
        axes.set_ylim(-2, 102)
        axes.legend(fontsize=7, loc="center right")

    return _svg(draw, "How often each gate finds so much extra work")


def mixes_svg(mixes: Sequence[Mix], share: float) -> str:
    """Found over the time that it takes, one line for each number of slices, one point for each number of launches."""

    def draw(axes: Axes) -> None:
        ordered = sorted(mixes, key=lambda one: (one.slices, one.launches))
        for place, (slices, each) in enumerate(groupby(ordered, key=lambda one: one.slices)):
            points = list(each)
            axes.plot(
                [one.seconds for one in points],
                [100 * one.found[share] for one in points],
                color=_COLOURS[place % len(_COLOURS)],
                marker=_MARKERS[place % len(_MARKERS)],
                label=f"{slices} slices a launch",
            )
            for one in points:
                axes.annotate(
                    str(one.launches),
                    (one.seconds, 100 * one.found[share]),
                    (4, -9),
                    textcoords="offset points",
                    fontsize=7,
                )
        axes.set_xlabel("time of the duet, s (beside each point: launches)")
        axes.set_ylabel(f"p50 found at +{100 * share:g} %, %")
        axes.set_ylim(-2, 104)
        axes.legend(fontsize=8, loc="lower right")

    return _svg(draw, "Launches against slices")


def _svg(draw: Callable[[Axes], None], title: str) -> str:
    with styled():
        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.set_title(title, fontsize=10)
        axes.grid(color="#eeeeee")
        draw(axes)
        return svg_of(figure, title)
