"""Steps and drifts that no single run shows: change points in a row's trend, and a warning where it got worse by them.

Reads `analysis.trend`. A change between two stretches of runs is measured against

    error^2 = noise^2 (1/runs before + 1/runs after) + (error of the slope * the machine's change)^2 + lasting^2

`lasting` is what identical code can be apart for many runs on end: what the anchors cannot show (none of them was there
before and after: 25 %; one: 10 %; two: 6 %), and never less than the screen's component between runs. The threshold is
shared among all rows of a history and all places of a row. A warning is data: it fails nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from analysis.changepoints import partition, threshold
from analysis.gate import least_between
from analysis.metrics import Direction
from analysis.screen import unseen_machine
from analysis.trend import Point, Trend

__all__ = ["LEAST_RUNS", "Creep", "Step", "creep_of", "creeps_of"]

_SHORTEST = 2
LEAST_RUNS = 2 * _SHORTEST
"""Fewer runs tell no change: one run alone is the gate's to judge."""
_SPIKE = 3.0
_ALPHA = 0.05
_ALPHA_OF_ROW = 0.005


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level: the last run before, the first run after, and the log ratio of the two levels."""

    before: Point
    after: Point
    change: float


@dataclass(frozen=True, slots=True)
class Creep:
    """What a trend shows: its steps, and whether its last level is worse than an earlier one.

    `worse` is by how much, as a log ratio above zero, and None where that is within the tolerance; the runs at the
    earlier level are `since`.
    """

    trend: Trend
    steps: tuple[Step, ...]
    worse: float | None
    since: tuple[Point, ...]


def creeps_of(trends: Sequence[Trend]) -> tuple[Creep, ...]:
    """Every row's, with the chance of a false one shared among them."""
    alpha = min(_ALPHA_OF_ROW, _ALPHA / max(1, len(trends)))
    return tuple(creep_of(trend, alpha) for trend in trends)


def creep_of(trend: Trend, alpha: float = _ALPHA_OF_ROW) -> Creep:
    """One row's: flat noise shows a change with the probability `alpha` at most."""
    if len(trend.points) < LEAST_RUNS or trend.df <= 0:
        return Creep(trend, (), None, ())
    points = _without_spikes(trend)
    bound = threshold(len(points) - 1, trend.df, alpha)
    begins = partition([point.adjusted / trend.noise for point in points], bound * bound, _SHORTEST)
    levels = _confirmed(trend, _stretches(points, begins), bound)
    steps = tuple(Step(before[-1], after[0], _change(before, after)) for before, after in pairwise(levels))
    return Creep(trend, steps, *_worse(trend, levels, bound))


_Stretch = tuple[Point, ...]


def _without_spikes(trend: Trend) -> list[Point]:
    """A run that stands out from both its neighbours, or as the last from the one before, counts up to a bound.

    It is a bad night or the gate's to judge. A new level has a second run like the first, and is left as it is.
    """
    values = [point.adjusted for point in trend.points]
    reach = _SPIKE * trend.noise
    beside = [[*values[max(0, place - 1) : place], *values[place + 1 : place + 2]] for place in range(len(values))]
    return [
        replace(point, adjusted=min(max(point.adjusted, min(near) - reach), max(near) + reach))
        for point, near in zip(trend.points, beside, strict=True)
    ]


def _stretches(points: Sequence[Point], begins: Sequence[int]) -> list[_Stretch]:
    ends = [*begins, len(points)]
    return [tuple(points[start:end]) for start, end in zip([0, *begins], ends, strict=True)]


def _confirmed(trend: Trend, levels: list[_Stretch], bound: float) -> list[_Stretch]:
    """Neighbours that are not told apart beyond the bound are joined, the least different first."""
    while len(levels) > 1:
        ratios = [abs(_change(one, other)) / _error(trend, one, other) for one, other in pairwise(levels)]
        place = min(range(len(ratios)), key=ratios.__getitem__)
        if ratios[place] >= bound:
            break
        levels = [*levels[:place], levels[place] + levels[place + 1], *levels[place + 2 :]]
    return levels


def _change(before: _Stretch, after: _Stretch) -> float:
    return fmean(point.adjusted for point in after) - fmean(point.adjusted for point in before)


def _error(trend: Trend, before: _Stretch, after: _Stretch) -> float:
    moved = fmean(point.machine for point in after) - fmean(point.machine for point in before)
    sampling = trend.noise**2 * (1 / len(before) + 1 / len(after))
    return math.sqrt(sampling + (trend.slope_error * moved) ** 2 + _lasting(trend, before, after) ** 2)


def _lasting(trend: Trend, before: _Stretch, after: _Stretch) -> float:
    least = least_between(trend.metric)
    if not trend.metric.follows_machine_speed:
        return least
    then, now = (frozenset.union(*(point.anchors for point in part)) for part in (before, after))
    return max(least, unseen_machine(len(then & now)))


def _worse(trend: Trend, levels: Sequence[_Stretch], bound: float) -> tuple[float | None, _Stretch]:
    """From which earlier level the last one is furthest on the worse side, where that is beyond the tolerance."""
    sign = 1 if trend.metric.direction is Direction.DOWN else -1
    last = levels[-1]
    found = [
        (sign * _change(level, last), level)
        for level in levels[:-1]
        if sign * _change(level, last) >= bound * _error(trend, level, last)
    ]
    most = max(found, key=lambda one: one[0], default=(0.0, ()))
    return most if most[0] > math.log1p(trend.metric.tolerance) else (None, ())
