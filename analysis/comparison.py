"""Targets side by side: for each scale, metric and tier, each figure with its interval, and which is best.

Figures of different tiers never share a rank, and what is not a measurement has none. Shown by `analysis.table`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.metrics import Direction, metric_named
from analysis.quantities import format_number
from analysis.rows import Outcome, Row, RowKey
from analysis.statistics import mean_interval

__all__ = ["Figure", "figures"]

_ANCHOR = "exact"
_LEAST_LAUNCHES = 2
# From where on an interval is shown as a factor, and from which factor on it tells nothing.
_WIDE = 0.5
_UNKNOWN = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A row's figure: the geometric mean of its launches with a 95 % t interval on the log scale.

    `ranked` tells that there is a rival of the same tier, and launches enough to tell them apart; `best` that none of
    the rivals is better beyond doubt.
    """

    key: RowKey
    mean: float
    low: float
    high: float
    launches: int
    ranked: bool
    best: bool

    @property
    def half_width(self) -> float:
        """Half the interval's width, relative to the mean; infinite with one launch."""
        return (self.high - self.low) / 2 / self.mean if math.isfinite(self.high) else math.inf

    @property
    def factor(self) -> float:
        """The interval as a factor: from the mean divided by it to the mean times it; infinite with one launch."""
        return self.high / self.mean if math.isfinite(self.high) else math.inf

    def reach(self) -> str:
        """Half the interval as a share, or as a factor where it is wide: a positive figure cannot be 120 % less.

        In the row's own unit where that is a percentage already.
        """
        if metric_named(self.key.metric).offset:
            width = (self.high - self.low) / 2
            return f"±{format_number(width)}" if width < 1000 else "±?"
        if self.half_width < _WIDE:
            return f"±{self.half_width:.0%}"
        return f"×/÷{self.factor:.1f}" if self.factor < _UNKNOWN else "±?"


def figures(rows: Sequence[Row]) -> dict[RowKey, Figure]:
    """The figure of every measured row."""
    families: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.outcome is Outcome.MEASURED:
            families[row.key.metric, row.key.scale, row.key.tier].append(row)
    return {row.key: _figure(row, family) for family in families.values() for row in family}


def _figure(row: Row, family: Sequence[Row]) -> Figure:
    interval = mean_interval([row.metric.logarithm(value) for value in row.values])
    # Our own store is a floor and an oracle, not a competitor.
    rivals = [other for other in family if other.key != row.key and other.key.store != _ANCHOR]
    ranked = row.key.store != _ANCHOR and any(len(_ratios(row, rival)) >= _LEAST_LAUNCHES for rival in rivals)
    return Figure(
        row.key,
        row.metric.from_logarithm(interval.estimate),
        row.metric.from_logarithm(interval.low),
        row.metric.from_logarithm(interval.high),
        len(row.values),
        ranked=ranked,
        best=ranked and not any(_beaten_by(row, rival) for rival in rivals),
    )


def _beaten_by(row: Row, rival: Row) -> bool:
    """Whether the rival is better beyond doubt: by the 95 % interval of log ratios, launch by launch."""
    ratios = _ratios(row, rival)
    # One launch tells no spread, so it beats nobody.
    return len(ratios) >= _LEAST_LAUNCHES and mean_interval(ratios).low > 0


def _ratios(row: Row, rival: Row) -> list[float]:
    """For each launch of both, the log of how much better the rival was: slices were interleaved, so they pair."""
    mine, theirs = _by_launch(row), _by_launch(rival)
    sign = 1 if row.metric.direction is Direction.UP else -1
    return [sign * (theirs[launch] - mine[launch]) for launch in sorted(mine.keys() & theirs.keys())]


def _by_launch(row: Row) -> Mapping[int, float]:
    return {launch: row.metric.logarithm(value) for launch, value in zip(row.launches, row.values, strict=True)}
