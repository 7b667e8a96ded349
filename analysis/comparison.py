"""Targets side by side: for each scale, metric and tier, each figure with its interval, and which is best.

Figures of different tiers never share a rank, and what is not a measurement has none. Shown by `analysis.table`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.metrics import Direction
from analysis.rows import Outcome, Row, RowKey
from analysis.statistics import mean_interval

__all__ = ["Figure", "figures"]

_ANCHOR = "exact"


@dataclass(frozen=True, slots=True)
class Figure:
    """A row's figure: the geometric mean of its launches with a 95 % t interval on the log scale.

    `best` tells that no other store of the same tier is better beyond doubt; `alone` that nobody was there to be
    compared with, in which case nothing is best.
    """

    key: RowKey
    mean: float
    low: float
    high: float
    launches: int
    best: bool
    alone: bool

    @property
    def half_width(self) -> float:
        """Half the interval's width, relative to the mean; infinite with one launch."""
        return (self.high - self.low) / 2 / self.mean if math.isfinite(self.high) else math.inf


def figures(rows: Sequence[Row]) -> dict[RowKey, Figure]:
    """The figure of every measured row."""
    families: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.outcome is Outcome.MEASURED:
            families[row.key.metric, row.key.scale, row.key.tier].append(row)
    return {row.key: _figure(row, family) for family in families.values() for row in family}


def _figure(row: Row, family: Sequence[Row]) -> Figure:
    interval = mean_interval([math.log(value) for value in row.values])
    # Our own store is a floor and an oracle, not a competitor.
    rivals = [other for other in family if other.key != row.key and other.key.store != _ANCHOR]
    alone = not rivals or row.key.store == _ANCHOR
    return Figure(
        row.key,
        math.exp(interval.estimate),
        math.exp(interval.low) if math.isfinite(interval.low) else 0.0,
        math.exp(interval.high) if interval.high < 700 else math.inf,
        len(row.values),
        best=not alone and not any(_beaten_by(row, rival) for rival in rivals),
        alone=alone,
    )


def _beaten_by(row: Row, rival: Row) -> bool:
    """Whether the rival is better beyond doubt: by the 95 % interval of log ratios, launch by launch."""
    mine, theirs = _by_launch(row), _by_launch(rival)
    common = sorted(mine.keys() & theirs.keys())
    if not common:
        return False
    sign = 1 if row.metric.direction is Direction.UP else -1
    ratios = [sign * math.log(theirs[launch] / mine[launch]) for launch in common]
    if len(ratios) < 2:
        return ratios[0] > 0
    return mean_interval(ratios).low > 0


def _by_launch(row: Row) -> Mapping[int, float]:
    return dict(zip(row.launches, row.values, strict=True))
