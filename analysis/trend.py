"""A row's figures from run to run, with what the machine did between the runs taken off.

Reads the lines of `analysis.history`; `analysis.creep` looks for changes in what comes out. For the rows of one metric
and scale, y is a row's log figure in a run:

    adjusted = y - slope * machine,    machine = median over anchors of (their log figure - their own level)

Anchors are of like profile, and have a level of their own for each artifact, so that their own changes do not enter.
Levels and machine are found in turns (median polish: J. W. Tukey, Exploratory Data Analysis, 1977, chapter 11): adding
up changes from run to run would add up their errors. The slope has the screen's prior, and is Huber's M-estimate over
the changes from run to run, which a row's own few steps do not move (P. J. Huber, Annals of Statistics 1, 1973, 799).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.anchoring import like_profile
from analysis.changepoints import DIFFERENCE_EFFICIENCY, scatter
from analysis.gate import least_between
from analysis.history import Line
from analysis.metrics import Metric, metric_named
from analysis.rows import RowKey
from analysis.screen import SLOPE, SLOPE_SD
from analysis.statistics import moderate

__all__ = ["WINDOW", "Point", "Trend", "trends_of"]

WINDOW = 120
"""So many of the newest runs are looked at."""
_CLIP = 2.5
_MAD_TO_SD = 1.4826
_TURNS = 20
# A row may follow the machine more than its anchors do.
_STEEPEST = 1.5

_Array = NDArray[np.float64]
_Piece = tuple[RowKey, str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """A row in one run: its line, the adjusted log figure, what the machine did, and the anchors that tell of it."""

    line: Line
    adjusted: float
    machine: float
    anchors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trend:
    """A row's comparable runs, oldest first.

    `scatter` is the standard deviation of one run's adjusted figure, 0 where too few runs tell it; `noise` is that, and
    never less than what runs of the same code show elsewhere; `df` are the degrees of freedom of `scatter`.
    """

    key: RowKey
    points: tuple[Point, ...]
    slope_error: float
    scatter: float
    noise: float
    df: float

    @property
    def metric(self) -> Metric:
        """What the row measures."""
        return metric_named(self.key.metric)


def trends_of(lines: Sequence[Line]) -> tuple[Trend, ...]:
    """The trend of every row, over the newest runs in which it was given the same work as in its last one."""
    runs = sorted({(line.date, line.run) for line in lines})[-WINDOW:]
    place = {run: number for number, (_, run) in enumerate(runs)}
    families: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: (one.date, one.run)):
        if line.run in place:
            families[line.metric, line.scale].append(line)
    return tuple(trend for family in families.values() for trend in _family(family, place))


def _family(lines: Sequence[Line], place: Mapping[str, int]) -> list[Trend]:
    by_row: dict[RowKey, list[Line]] = defaultdict(list)
    for line in lines:
        by_row[line.key].append(line)
    pieces = _pieces_of(lines, place)
    found = [_trend(key, mine, pieces, place) for key, mine in by_row.items()]
    # Few runs tell little about one row's scatter: it is moderated over the family, as the screen does it.
    own = [scatter([point.adjusted for point in trend.points]) for trend in found]
    dfs = [max(0, len(trend.points) - 2) * DIFFERENCE_EFFICIENCY for trend in found]
    prior = moderate(own, dfs)
    return [
        _with_noise(trend, prior.variance(variance, df) if df > 0 else 0.0, min(prior.df(df), sum(dfs)))
        for trend, variance, df in zip(found, own, dfs, strict=True)
    ]


def _with_noise(trend: Trend, variance: float, df: float) -> Trend:
    within = [
        point.line.own_spread**2 / point.line.launches for point in trend.points if point.line.own_spread is not None
    ]
    least = least_between(trend.metric) ** 2 + (float(np.mean(within)) if within else 0.0)
    return replace(trend, scatter=math.sqrt(variance), noise=math.sqrt(max(variance, least)), df=df)


def _trend(key: RowKey, mine: Sequence[Line], pieces: Mapping[_Piece, _Array], place: Mapping[str, int]) -> Trend:
    comparable = _undisturbed([line for line in mine if line.work == mine[-1].work])
    if not metric_named(key.metric).follows_machine_speed:
        points = tuple(Point(line, line.log_mean, 0.0, frozenset()) for line in comparable)
        return Trend(key, points, 0.0, 0.0, 0.0, 0.0)
    anchors = {piece: figures for piece, figures in pieces.items() if like_profile(key, piece[0])}
    machine = _machine(list(anchors.values()), len(place))
    y = np.array([line.log_mean for line in comparable])
    x = machine[[place[line.run] for line in comparable]]
    slope, slope_error = _slope(np.diff(y), np.diff(x))
    points = tuple(
        Point(line, line.log_mean - slope * float(shown), float(shown), _present(anchors, place[line.run]))
        for line, shown in zip(comparable, x, strict=True)
    )
    return Trend(key, points, slope_error, 0.0, 0.0, 0.0)


def _undisturbed(lines: Sequence[Line]) -> list[Line]:
    """Without the runs in which others filled the machine, where that is the exception."""
    quiet = [line for line in lines if line.quiet]
    return quiet if 2 * len(quiet) >= len(lines) else list(lines)


def _pieces_of(family: Sequence[Line], place: Mapping[str, int]) -> dict[_Piece, _Array]:
    """By row and artifact: the log figures by run, nothing where there is none. One run alone tells no change."""
    found: dict[_Piece, _Array] = {}
    for line in family:
        piece = (line.key, line.artifact, line.work)
        if piece not in found:
            found[piece] = np.full(len(place), np.nan)
        found[piece][place[line.run]] = line.log_mean
    return {piece: figures for piece, figures in found.items() if np.isfinite(figures).sum() > 1}


def _present(anchors: Mapping[_Piece, _Array], run: int) -> frozenset[str]:
    return frozenset(str(piece) for piece, figures in anchors.items() if math.isfinite(figures[run]))


def _machine(pieces: Sequence[_Array], runs: int) -> _Array:
    """What the machine did to the anchors, run by run, about its own median; 0 where none tells."""
    machine = np.zeros(runs)
    if not pieces:
        return machine
    figures = np.array(pieces)
    told = np.isfinite(figures).any(axis=0)
    figures, shown = figures[:, told], np.zeros(int(told.sum()))
    middle = np.median if np.isfinite(figures).all() else np.nanmedian
    for _ in range(_TURNS):
        before = shown
        levels = middle(figures - shown, axis=1)[:, None]
        shown = middle(figures - levels, axis=0)
        shown = shown - np.median(shown)
        if np.abs(shown - before).max() < 1e-9:
            break
    machine[told] = shown
    return machine


def _slope(dy: _Array, dx: _Array) -> tuple[float, float]:
    """By how much the row follows the machine, and the standard error of that."""
    slope, error = SLOPE, SLOPE_SD
    for _ in range(_TURNS):
        left = dy - slope * dx
        spread = _MAD_TO_SD * float(np.median(np.abs(left))) if len(left) else 0.0
        if spread == 0 or not dx.any():
            break
        before, clipped = slope, np.clip(left, -_CLIP * spread, _CLIP * spread)
        precision = float(dx @ dx) / spread**2 + 1 / SLOPE_SD**2
        slope += (float(dx @ clipped) / spread**2 + (SLOPE - slope) / SLOPE_SD**2) / precision
        slope, error = min(_STEEPEST, max(0.0, slope)), math.sqrt(1 / precision)
        if abs(slope - before) < 1e-6:
            break
    return slope, error
