"""The screen's model: how much a row's log figure changed between two runs, adjusted by its anchors.

For the rows of one metric and scale, y is the log of a launch's number and x the mean of the same over the row's
anchors, in the same launch. With a slope common to the rows (analysis of covariance: R. A. Fisher, Statistical Methods
for Research Workers, 4th ed. 1932, section 49.1):

    change = (mean y now - mean y then) - slope * shift,    shift = median over anchors of their own changes

The median keeps one changed anchor from colouring the others. The slope has a normal prior (0.75, sd 0.25: what was
seen on shared machines) and stays within 0 and 1. The variance of the residuals is moderated over the rows (see
`analysis.statistics.moderate`). Launches of one run share the machine's state of that hour, so a component between
runs is added: how far the rows of this very comparison disagree after adjustment, by their median absolute
deviation, and never less than what identical code shows with as many anchors. What does not follow the machine and is
one and the same number in every launch of both runs (the recall of brute force) leaves nothing to chance.
`analysis.anchoring` chooses the anchors, `analysis.gate` makes verdicts of the changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from analysis.statistics import Moderation, moderate
from analysis.student import t_reach, t_two_sided

__all__ = ["SLOPE", "SLOPE_SD", "Change", "Pair", "residuals_of_launches", "screen", "unseen_machine"]

SLOPE = 0.75
"""By how much of what a machine does to its anchors a log figure follows: what was seen on shared machines."""
SLOPE_SD = 0.25
"""How far the slopes of rows lie apart."""
_MAD_TO_SD = 1.4826
_ENOUGH = 3
# What is left between two runs of the same code when a figure that follows the machine has none, one or two anchors:
# shared machines move by 20 to 30 % from one hour to the next.
_BETWEEN_BY_ANCHORS = (0.25, 0.10, 0.06)
# Where a family has too few rows to show how far runs differ.
_BETWEEN_UNSEEN = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """One row's numbers by launch, then and now, and the names of its anchors among the rows."""

    then: Mapping[int, float]
    now: Mapping[int, float]
    anchors: Sequence[str]


@dataclass(frozen=True, slots=True)
class Change:
    """A row's change as a log ratio, its standard error and degrees of freedom.

    `spread` is the moderated standard deviation of one launch, `between` that of one run; `adjusted_by` names the
    anchors, and `shift` is what they took off. `df` of 0: nothing is known of the spread.
    """

    estimate: float
    error: float
    df: float
    spread: float
    between: float
    shift: float
    adjusted_by: tuple[str, ...]

    def p_value(self) -> float:
        """Two-sided, of no change."""
        if self.df <= 0:
            return 1.0
        if self.error == 0:
            return 1.0 if self.estimate == 0 else 0.0
        return t_two_sided(self.estimate / self.error, self.df)

    def reach(self, confidence: float = 0.95) -> float:
        """Half the width of the interval."""
        return math.inf if self.df <= 0 else t_reach(confidence, self.df) * self.error


_UNCHANGED = Change(0.0, 0.0, math.inf, 0.0, 0.0, 0.0, ())


@dataclass(frozen=True, slots=True)
class _Row:
    then: Mapping[int, float]
    now: Mapping[int, float]
    then_x: Mapping[int, float]
    now_x: Mapping[int, float]
    shift: float
    anchors: tuple[str, ...]

    @property
    def raw(self) -> float:
        return fmean(self.now.values()) - fmean(self.then.values())

    @property
    def df(self) -> int:
        return len(self.then) + len(self.now) - 2

    @property
    def constant(self) -> bool:
        """Whether every launch of both runs gave the same number, and each run has more than one."""
        return min(len(self.then), len(self.now)) > 1 and len({*self.then.values(), *self.now.values()}) == 1

    def residuals(self, slope: float) -> list[float]:
        found = []
        for y, x in ((self.then, self.then_x), (self.now, self.now_x)):
            pairs = [(y[launch], x.get(launch, 0.0)) for launch in y]
            y_mean, x_mean = fmean(p[0] for p in pairs), fmean(p[1] for p in pairs)
            found += [(p[0] - y_mean) - slope * (p[1] - x_mean) for p in pairs]
        return found


def screen(
    pairs: Mapping[str, Pair],
    *,
    adjust: bool,
    least_between: float,
    at_one_time: bool = True,
    unanchored: bool = False,
) -> dict[str, Change]:
    """The change of every row. Numbers must be above zero.

    `adjust` is for figures that follow the machine's speed; `least_between` is the standard deviation of a log
    figure between two runs of the same code. `at_one_time` tells that launches of one number were; else anchors take
    off only what they moved from run to run, by the prior's slope. `unanchored` is for figures that a machine
    changes and no anchor follows: what all rows have in common then counts as disagreement.
    """
    logs = {name: (_log(pair.then), _log(pair.now)) for name, pair in pairs.items()}
    rows = {name: _row(name, pairs, logs, adjust=adjust, at_one_time=at_one_time) for name in pairs}
    slope, slope_error = _slope(list(rows.values())) if adjust else (0.0, 0.0)
    variances = {name: _variance(row, slope) for name, row in rows.items()}
    prior = moderate(list(variances.values()), [float(row.df) for row in rows.values()])
    estimates = {name: row.raw - slope * row.shift for name, row in rows.items()}
    centre = 0.0 if unanchored else median(estimates.values())
    least = max(least_between, unseen_machine(len(rows) - 1)) if unanchored else least_between
    between = _between(rows, [value - centre for value in estimates.values()], variances, prior, least)
    return {
        name: _UNCHANGED
        if not adjust and row.constant
        else _change(
            row,
            estimates[name],
            variances[name],
            prior,
            _at_least(between, row, adjust=adjust),
            slope_error * row.shift,
        )
        for name, row in rows.items()
    }


def unseen_machine(anchors: int) -> float:
    """The log standard deviation of what a machine does between two runs and so many anchors do not show."""
    return _BETWEEN_BY_ANCHORS[anchors] if anchors < len(_BETWEEN_BY_ANCHORS) else 0.0


def residuals_of_launches(figures: Mapping[int, float], anchors: Sequence[Mapping[int, float]]) -> list[float]:
    """What is left of one run's log figures by launch, about their mean, when the anchors are taken off."""
    logs = {str(number): (dict(one), dict(one)) for number, one in enumerate(anchors)}
    shown = _covariate(list(logs), logs, 0)
    y_mean = fmean(figures.values())
    x_mean = fmean(shown.get(launch, 0.0) for launch in figures)
    return [(value - y_mean) - SLOPE * (shown.get(launch, 0.0) - x_mean) for launch, value in figures.items()]


def _log(values: Mapping[int, float]) -> dict[int, float]:
    return {launch: math.log(value) for launch, value in values.items()}


def _row(
    name: str,
    pairs: Mapping[str, Pair],
    logs: Mapping[str, tuple[dict[int, float], dict[int, float]]],
    *,
    adjust: bool,
    at_one_time: bool,
) -> _Row:
    then, now = logs[name]
    anchors = tuple(one for one in pairs[name].anchors if one in pairs) if adjust else ()
    if not anchors:
        return _Row(then, now, {}, {}, 0.0, ())
    shift = median(fmean(logs[one][1].values()) - fmean(logs[one][0].values()) for one in anchors)
    if not at_one_time:
        return _Row(then, now, {}, {}, shift, anchors)
    return _Row(then, now, _covariate(anchors, logs, 0), _covariate(anchors, logs, 1), shift, anchors)


def _covariate(
    anchors: Sequence[str], logs: Mapping[str, tuple[dict[int, float], dict[int, float]]], side: int
) -> dict[int, float]:
    """By launch: the mean of the anchors' log figures, each about its own mean of the run."""
    centred: dict[int, list[float]] = {}
    for one in anchors:
        values = logs[one][side]
        centre = fmean(values.values())
        for launch, value in values.items():
            centred.setdefault(launch, []).append(value - centre)
    return {launch: fmean(values) for launch, values in centred.items()}


def _slope(rows: Sequence[_Row]) -> tuple[float, float]:
    """The common slope and its standard error, under the prior."""
    sxy = sxx = syy = 0.0
    df = -1
    for row in rows:
        if not row.anchors:
            continue
        for y, x in ((row.then, row.then_x), (row.now, row.now_x)):
            pairs = [(y[launch], x.get(launch, 0.0)) for launch in y]
            y_mean, x_mean = fmean(p[0] for p in pairs), fmean(p[1] for p in pairs)
            sxy += sum((p[0] - y_mean) * (p[1] - x_mean) for p in pairs)
            sxx += sum((p[1] - x_mean) ** 2 for p in pairs)
            syy += sum((p[0] - y_mean) ** 2 for p in pairs)
            df += len(pairs) - 1
    if df < 1 or sxx == 0:
        return SLOPE, SLOPE_SD
    noise = max((syy - sxy * sxy / sxx) / df, 1e-12)
    precision = sxx / noise + 1 / SLOPE_SD**2
    slope = (sxy / noise + SLOPE / SLOPE_SD**2) / precision
    return min(1.0, max(0.0, slope)), math.sqrt(1 / precision)


def _variance(row: _Row, slope: float) -> float:
    return sum(one * one for one in row.residuals(slope)) / row.df if row.df > 0 else 0.0


def _sampling(row: _Row) -> float:
    return 1 / len(row.then) + 1 / len(row.now)


def _between(
    rows: Mapping[str, _Row],
    moved: Sequence[float],
    variances: Mapping[str, float],
    prior: Moderation,
    least: float,
) -> float:
    """The standard deviation between runs that the rows' own disagreement shows, and never less than `least`.

    `moved` is how far each row moved otherwise than the rest, in no order. Fewer than three rows show nothing; then it
    is taken to be 5 %.
    """
    if len(rows) < _ENOUGH:
        return max(least, _BETWEEN_UNSEEN)
    seen = _MAD_TO_SD * median(map(abs, moved))
    expected = fmean(prior.variance(variances[name], row.df) * _sampling(row) for name, row in rows.items())
    return math.sqrt(max(seen * seen - expected, least * least))


def _at_least(between: float, row: _Row, *, adjust: bool) -> float:
    return max(between, unseen_machine(len(row.anchors))) if adjust else between


def _change(
    row: _Row, estimate: float, variance: float, prior: Moderation, between: float, slope_part: float
) -> Change:
    df = prior.df(row.df)
    within = prior.variance(variance, row.df) if df > 0 else 0.0
    launches = within * _sampling(row)
    error = math.sqrt(launches + between * between + slope_part * slope_part)
    if df > 0:
        # Welch and Satterthwaite: only the launches' part is estimated with few degrees of freedom.
        df = df * (error * error / launches) ** 2 if launches > 0 else math.inf
    return Change(estimate, error, df, math.sqrt(within), between, row.shift, row.anchors)
