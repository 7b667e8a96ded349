"""Targets side by side: for each scale, metric and tier, each figure with its interval, and which is best.

Figures of different tiers never share a rank, and what is not a measurement has none. Shown by `analysis.table`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.metrics import Direction, metric_named
from analysis.quantities import format_number
from analysis.rows import Outcome, Row, RowKey
from analysis.statistics import Interval, difference_interval, mean_interval

__all__ = ["Figure", "figures"]

_ANCHOR = "exact"
_LEAST_LAUNCHES = 2
# From where on an interval is shown as a factor, and from which factor on it tells nothing.
_WIDE = 0.5
_UNKNOWN = 10

Better = Callable[[Row, Row], Interval | None]
"""`better(row, rival)`: by how much the rival is better on the log scale, with its 95 % interval."""


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


def figures(rows: Sequence[Row], *, at_one_time: bool = True) -> dict[RowKey, Figure]:
    """The figure of every measured row.

    `at_one_time` tells that launches of one number were: only then do they pair.
    """
    families: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.outcome is Outcome.MEASURED:
            families[row.key.metric, row.key.scale, row.key.tier].append(row)
    better = _better_in_pairs if at_one_time else _better_apart
    return {row.key: _figure(row, family, better) for family in families.values() for row in family}


def _figure(row: Row, family: Sequence[Row], better: Better) -> Figure:
    interval = mean_interval([row.metric.logarithm(value) for value in row.values])
    # Our own store is a floor and an oracle, not a competitor.
    rivals = [other for other in family if other.key != row.key and other.key.store != _ANCHOR]
    gaps = [gap for rival in rivals if (gap := better(row, rival)) is not None]
    ranked = row.key.store != _ANCHOR and bool(gaps)
    return Figure(
        row.key,
        row.metric.from_logarithm(interval.estimate),
        row.metric.from_logarithm(interval.low),
        row.metric.from_logarithm(interval.high),
        len(row.values),
        ranked=ranked,
        best=ranked and not any(gap.low > 0 for gap in gaps),
    )


def _better_in_pairs(row: Row, rival: Row) -> Interval | None:
    """By how much the rival is better, from log ratios launch by launch; None where they tell no spread."""
    ratios = _ratios(row, rival)
    return mean_interval(ratios) if len(ratios) >= _LEAST_LAUNCHES else None


def _better_apart(row: Row, rival: Row) -> Interval | None:
    """The same from launches at different times, whose numbers do not pair."""
    sign = 1 if row.metric.direction is Direction.UP else -1
    mine, theirs = ([sign * one for one in _by_launch(each).values()] for each in (row, rival))
    return difference_interval(theirs, mine) if min(len(mine), len(theirs)) >= _LEAST_LAUNCHES else None


def _ratios(row: Row, rival: Row) -> list[float]:
    """For each launch of both, the log of how much better the rival was: slices were interleaved, so they pair."""
    mine, theirs = _by_launch(row), _by_launch(rival)
    sign = 1 if row.metric.direction is Direction.UP else -1
    return [sign * (theirs[launch] - mine[launch]) for launch in sorted(mine.keys() & theirs.keys())]


def _by_launch(row: Row) -> Mapping[int, float]:
    return {launch: row.metric.logarithm(value) for launch, value in zip(row.launches, row.values, strict=True)}
