"""The search for the highest rate at which something holds: bisection on a log scale, as a function of what was tried.

`fixtures.parts.load` asks it what to try next; `analysis.load` asks it for the result, from the record. Trials are
noisy: whether it holds at a rate is the majority of the trials there, and the two rates that bound the result are tried
at least twice each.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MOST_TRIALS", "RESOLUTION", "Found", "Lost", "Trial", "Try", "next_step"]

RESOLUTION = 1.05
"""How far apart the two bounds may be, as a factor."""
MOST_TRIALS = 20
_UP = 2.0
_DOWN = 4.0
# At a sixteenth of the rate where it began, hardly ever two operations meet: less load changes nothing any more.
_LEAST_SHARE = 1 / 16
_PROOF = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """It held at this rate, or it did not."""

    rate: float
    held: bool


@dataclass(frozen=True, slots=True)
class Try:
    """Go on: try this rate, with fresh arrivals."""

    rate: float


@dataclass(frozen=True, slots=True)
class Found:
    """It holds at one rate and fails at the other. `proved` tells that each was tried at least twice."""

    holds: float
    fails: float
    proved: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no such rate within reach, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Tally:
    held: int
    failed: int

    @property
    def tried(self) -> int:
        return self.held + self.failed


def next_step(start: float, most: float, trials: Sequence[Trial]) -> Try | Found | Lost:
    """What is to be done after these trials. It begins at `start` and never asks for more than `most`."""
    tallies = _tallies(trials)
    fails = min((rate for rate, tally in tallies.items() if tally.failed > tally.held), default=math.inf)
    below = {rate: tally for rate, tally in tallies.items() if rate < fails}
    holds = max((rate for rate, tally in below.items() if tally.held > tally.failed), default=0.0)
    undecided = [rate for rate, tally in below.items() if rate > holds and tally.held == tally.failed]
    if len(trials) >= MOST_TRIALS:
        return _exhausted(holds, fails, tallies)
    if undecided:
        return Try(undecided[0])
    if not trials:
        return Try(min(start, most))
    if math.isinf(fails):
        if holds >= most:
            return Lost(f"it holds at {most:,.0f} operations/s, and more cannot be sent from here")
        return Try(min(holds * _UP, most))
    if not holds:
        least = min(start, most) * _LEAST_SHARE
        if fails > least:
            return Try(max(fails / _DOWN, least))
        return Try(fails) if tallies[fails].tried < _PROOF else _broken(fails)
    if fails / holds > RESOLUTION:
        return Try(math.sqrt(fails * holds))
    unproved = [rate for rate in (holds, fails) if tallies[rate].tried < _PROOF]
    return Try(unproved[0]) if unproved else Found(holds, fails, proved=True)


def _tallies(trials: Sequence[Trial]) -> dict[float, _Tally]:
    by_rate: dict[float, list[bool]] = defaultdict(list)
    for trial in trials:
        by_rate[trial.rate].append(trial.held)
    return {rate: _Tally(sum(held), len(held) - sum(held)) for rate, held in by_rate.items()}


def _exhausted(holds: float, fails: float, tallies: dict[float, _Tally]) -> Found | Lost:
    if not holds:
        return _broken(min(tallies))
    if math.isinf(fails):
        return Lost(f"it held at {holds:,.0f} operations/s, and no rate was found at which it fails")
    return Found(holds, fails, proved=min(tallies[holds].tried, tallies[fails].tried) >= _PROOF)


def _broken(rate: float) -> Lost:
    return Lost(f"it does not hold even at {rate:,.3g} operations/s")
