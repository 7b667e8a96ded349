"""Harvests for tests: seeded numbers with the noise that was measured, and changes of known size put in."""

from __future__ import annotations

import math

import numpy as np

from analysis.evaluation.harvest import HOGGED, MEMORY, QUIET, REFERENCE, SAME, TIMES, Arm, Harvest, Launch
from analysis.metrics import Direction, metric_named
from analysis.records import Reported
from tests.strategies import a_run

__all__ = ["a_harvest"]

_ROWS = (*TIMES, *MEMORY, "recall_at_10")
_ANCHORS = ("exact@process", "weaviate@process")
_SLICES = 8


def a_harvest(seed: int, launches: int, shares: tuple[float, ...] = (0.1,), spread: float = 0.028) -> Harvest:
    """The machine moves all arms by 15 % from launch to launch; each arm scatters about it by `spread`."""
    random = np.random.default_rng(seed)
    run = a_run(("chroma@process",))
    arms = [Arm(REFERENCE, "chroma@process"), Arm(SAME, "chroma~same@process")]
    arms += [Arm(f"plus{100 * share:g}", f"chroma~plus{100 * share:g}@process", share) for share in shares]
    arms += [Arm(name, name, anchor=True) for name in _ANCHORS]
    return Harvest(
        schema=1,
        command=["evaluate"],
        started="2026-11-25T00:00:00+00:00",
        ended="2026-11-25T01:00:00+00:00",
        suite_commit="c0ffee0",
        suite_dirty=False,
        host=run.host,
        dataset=run.datasets[0],
        reported={arm.target: Reported("1.0", "1.0", {}) for arm in arms},
        versions={},
        arms=arms,
        launches=[_launch(random, number, arms, spread) for number in range(launches)],
    )


def _launch(random: np.random.Generator, number: int, arms: list[Arm], spread: float) -> Launch:
    machine = random.normal(0, 0.15)
    logs: dict[str, dict[str, float]] = {}
    for arm in arms:
        logs[arm.name] = {}
        for name in _ROWS:
            follows = 0.0 if name in MEMORY else machine
            scatter = random.normal(0, 0.0 if name == "recall_at_10" else spread / math.sqrt(2))
            extra = 0.0 if name == "recall_at_10" else math.log1p(arm.share)
            logs[arm.name][name] = 0.0 if name == "recall_at_10" else follows + scatter + extra
    worse = {
        arm.name: {name: logs[arm.name][name] - logs[REFERENCE][name] for name in _ROWS}
        for arm in arms
        if not arm.anchor and arm.name != REFERENCE
    }
    return Launch(
        number=number,
        condition=QUIET,
        began="2026-11-25T00:00:00+00:00",
        load=1.0,
        values={
            arm: {name: math.exp(_sign(name) * value) for name, value in mine.items()} for arm, mine in logs.items()
        },
        worse=worse,
        slices={
            arm: {"p50_latency_ms": list(ratios["p50_latency_ms"] + random.normal(0, spread, _SLICES))}
            for arm, ratios in worse.items()
        },
        left_out=[],
        up_s=5.0,
        insert_s=4.0,
        slice_s=0.2,
    )


def _sign(name: str) -> int:
    return 1 if metric_named(name).direction is Direction.DOWN else -1


def hogged(harvest: Harvest) -> Harvest:
    """The same, as if its last launches had been under a hog."""
    from msgspec.structs import replace

    launches = [*harvest.launches[:-5], *(replace(one, condition=HOGGED) for one in harvest.launches[-5:])]
    return replace(harvest, launches=launches)
