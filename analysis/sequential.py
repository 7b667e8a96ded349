"""Group-sequential judgement of paired launches: intervals at a few looks, with the error shared among looks and rows.

A launch gives a row one log ratio; at each look a t interval of their mean is held against no change and against the
row's tolerance. Pure numbers: `analysis.duet` brings them, and says what they are of.

- The interval is Student's, of paired differences (W. S. Gosset, The Probable Error of a Mean, Biometrika 6, 1908).
- Looks share the error equally: K looks each at 1 - alpha/K (Bonferroni's inequality). It holds for any number of
  launches and any dependence, and for t intervals of five values, where boundaries by normal theory (Pocock, Biometrika
  64, 1977, whose nominal level for four looks is 1.8 % against our 1.25 %) do not quite.
- Rows share it by Holm's step-down at every look. A rejection stands, and frees its share for the rows that are left
  (W. Maurer and F. Bretz, Multiple Testing in Group Sequential Trials Using Graphical Approaches, Statistics in
  Biopharmaceutical Research 5, 2013, 311-320).
- To stop early because nothing can be decided any more only loses power (non-binding futility: C. Jennison and B. W.
  Turnbull, Group Sequential Methods with Applications to Clinical Trials, 2000, section 5.1).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.statistics import holm
from analysis.student import t_quantiles, t_reach, t_two_sided
from analysis.verdicts import ALPHA, Judgement

__all__ = ["LOOK_EVERY", "Decision", "Estimate", "Measured", "decide", "estimate", "hopeless", "looks_up_to", "needed"]

LOOK_EVERY = 5
# Every number of launches up to 40, then by steps of some 5 %.
_COUNTS = np.unique(np.concatenate([np.arange(2, 41), np.geomspace(41, 5_000, 100).round()]))
# How far the launches that are still needed are overestimated before a row is given up: after five launches the spread
# is known to some 35 %, and launches go with its square.
_FUTILE = 2.0
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean log ratio of `launches` launches, its standard error and degrees of freedom."""

    mean: float
    error: float
    launches: int

    @property
    def df(self) -> int:
        """Degrees of freedom; 0: nothing is known of the spread."""
        return self.launches - 1

    @property
    def spread(self) -> float:
        """The standard deviation of one launch."""
        return self.error * math.sqrt(self.launches)

    def p_value(self) -> float:
        """Two-sided, of no change."""
        if self.df < 1:
            return 1.0
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return t_two_sided(self.mean / self.error, self.df)

    def reach(self, confidence: float) -> float:
        """Half the width of the interval."""
        return math.inf if self.df < 1 else t_reach(confidence, self.df) * self.error


def estimate(ratios: Sequence[float]) -> Estimate:
    """Mean and standard error of launches' log ratios."""
    mean = math.fsum(ratios) / len(ratios)
    if len(ratios) < 2:
        return Estimate(mean, math.inf, len(ratios))
    squares = math.fsum((one - mean) ** 2 for one in ratios)
    return Estimate(mean, math.sqrt(squares / (len(ratios) - 1) / len(ratios)), len(ratios))


@dataclass(frozen=True, slots=True)
class Measured:
    """A row's log ratios by launch, counted from 0, turned so that above zero is worse, and its tolerance as a log."""

    worse: Mapping[int, float]
    bound: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row's numbers say. `look` counts from 1; `p` is adjusted for looks and rows; `wanted` launches decide."""

    judgement: Judgement
    estimate: Estimate
    confidence: float
    p: float
    look: int
    wanted: int = 0

    @property
    def changed(self) -> bool:
        """Whether the interval excludes no change, with every look and row counted."""
        return self.p < ALPHA


def looks_up_to(most: int) -> list[int]:
    """After how many launches it is looked: every five, and after the last."""
    return [*range(LOOK_EVERY, most, LOOK_EVERY), most]


@dataclass(slots=True)
class _State(Generic[_Key]):
    final: dict[_Key, Decision] = field(default_factory=dict)
    last: dict[_Key, Decision] = field(default_factory=dict)


def decide(
    rows: Mapping[_Key, Measured], looks: Sequence[int], done: int, family: int, alpha: float = ALPHA
) -> dict[_Key, Decision]:
    """The decision of every row that has a number, after `done` launches: the first that a look made, else the last.

    `family` is how many rows are judged together in the run; those that are not here count as not rejected.
    """
    state: _State[_Key] = _State()
    for number, launches in enumerate(looks, start=1):
        if launches > done:
            break
        _look(state, rows, launches, number, len(looks), max(family, len(rows)), alpha)
    return {**state.last, **state.final}


def _look(
    state: _State[_Key],
    rows: Mapping[_Key, Measured],
    launches: int,
    number: int,
    looks: int,
    family: int,
    alpha: float,
) -> None:
    """One look: estimates of the undecided rows, Holm over all, and who is decided now."""
    now: dict[_Key, Estimate] = {}
    for key, row in rows.items():
        ratios = [ratio for launch, ratio in row.worse.items() if launch < launches]
        if ratios and key not in state.final:
            now[key] = estimate(ratios)
    rejected = sum(one.judgement in (Judgement.REGRESSION, Judgement.IMPROVEMENT) for one in state.final.values())
    raw = [min(1.0, looks * one.p_value()) for one in now.values()]
    adjusted = dict(zip(now, holm([*raw, *[1.0] * (family - rejected - len(raw))]), strict=False))
    confidence = 1 - alpha / looks
    for key, one in now.items():
        judgement = _judgement(one, adjusted[key], rows[key].bound, confidence, alpha)
        wanted = needed(one, rows[key].bound, looks, family) if judgement is Judgement.INCONCLUSIVE else 0
        decision = Decision(judgement, one, confidence, adjusted[key], number, wanted)
        state.last[key] = decision
        if judgement is not Judgement.INCONCLUSIVE:
            state.final[key] = decision


def _judgement(one: Estimate, p: float, bound: float, confidence: float, alpha: float) -> Judgement:
    if one.mean > bound and p < alpha:
        return Judgement.REGRESSION
    if -one.mean > bound and p < alpha:
        return Judgement.IMPROVEMENT
    # No correction over rows: a pass is wrong only for a row that truly is worse, and each such row errs by itself.
    return Judgement.PASS if one.mean + one.reach(confidence) < bound else Judgement.INCONCLUSIVE


def needed(one: Estimate, bound: float, looks: int, family: int, alpha: float = ALPHA) -> int:
    """About how many launches would decide a row whose estimate and spread stay as they are; 0: no number would."""
    if one.df < 1:
        return 2
    errors = one.spread / np.sqrt(_COUNTS)
    passes = one.mean + _quantiles(1 - alpha / looks / 2) * errors < bound
    changed = abs(one.mean) > _quantiles(1 - alpha / looks / family / 2) * errors
    decided = passes | (changed & (abs(one.mean) > bound))
    return int(_COUNTS[decided.argmax()]) if decided.any() else 0


@functools.lru_cache(maxsize=64)
def _quantiles(share: float) -> npt.NDArray[np.float64]:
    """Student's quantile at each number of launches that is tried."""
    return t_quantiles(share, _COUNTS - 1.0)


def hopeless(decisions: Mapping[_Key, Decision], most: int) -> bool:
    """Whether no undecided row can be expected to be decided by the last look."""
    open_ones = [one for one in decisions.values() if one.judgement is Judgement.INCONCLUSIVE]
    return all(one.wanted == 0 or one.wanted > _FUTILE * most for one in open_ones)
