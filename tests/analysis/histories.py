"""Histories for tests: seeded, with the noise that was measured on two shared cores. Nothing in them changed.

The machine moves all targets by 20 % or more from run to run; each follows it by a slope of its own about 0.75; what is
left of a run of five launches is a component between runs of 1.5 % and 3.3 % a launch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.history import Line
from tests.strategies import NAMES

__all__ = ["a_line", "five_steps", "flat_history"]

_BETWEEN, _LAUNCH, _LAUNCHES = 0.015, 0.033, 5


def a_line(run: int, target: str, log_mean: float, **changes: object) -> Line:
    """A row of p50 in one run; `changes` replaces fields."""
    fields: dict[str, object] = {
        "version": 1,
        "run": f"run-{run:03}",
        "date": f"2026-01-01T{run // 60:02}:{run % 60:02}:00+00:00",
        "commit": f"c0ffee{run:03}",
        "accepted": False,
        "metric": "p50_latency_ms",
        "scale": "small",
        "target": target,
        "launches": _LAUNCHES,
        "log_mean": log_mean,
        "spread": 0.167,
        "own_spread": _LAUNCH,
        "release": "1.0",
        "artifact": "a",
        "work": "w",
        "quiet": True,
    }
    return Line(**{**fields, **changes})


def flat_history(
    seed: int, runs: int, moved: Mapping[str, Sequence[float]] | None = None, *, targets: Sequence[str] = NAMES
) -> list[Line]:
    """Every target in so many runs; `moved` adds to a target's log figures, run by run."""
    random = np.random.default_rng(seed)
    # Noise from run to run, and now and then another machine.
    machine = random.normal(0, 0.15, runs) + np.cumsum((random.random(runs) < 0.1) * random.normal(0, 0.2, runs))
    lines = []
    for target in targets:
        follows = np.clip(random.normal(0.75, 0.1), 0.4, 1.0)
        own = random.normal(0, math.sqrt(_BETWEEN**2 + _LAUNCH**2 / _LAUNCHES), runs)
        figures = follows * machine + own + np.asarray((moved or {}).get(target, np.zeros(runs)))
        lines += [a_line(run, target, float(figure)) for run, figure in enumerate(figures)]
    return lines


def five_steps(before: int, after: int) -> list[float]:
    """Five steps of +4 % in a row, with so many runs before and after them."""
    up = math.log(1.04)
    return [0.0] * before + [number * up for number in range(1, 6)] + [5 * up] * after
