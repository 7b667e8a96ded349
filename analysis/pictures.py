"""How every picture looks, and how a figure becomes SVG text: the same text for the same figure.

Used by `analysis.sweepplot` and `analysis.evaluation.plots`.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager

from matplotlib import rc_context
from matplotlib.figure import Figure

__all__ = ["styled", "svg_of"]


def styled() -> AbstractContextManager[None]:
    """The look, around all that makes and writes a figure."""
    return rc_context(
        {
            "svg.hashsalt": "vexfs-benchmarks",
            # Text stays text: it can be read by a screen reader, searched and copied.
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 9,
        }
    )


def svg_of(figure: Figure, title: str) -> str:
    """The figure as SVG text, without the date, which would make each one another."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Title": title})
    return text.getvalue()
