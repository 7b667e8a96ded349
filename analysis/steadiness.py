"""Do the slices and launches of a target measure one thing? Rules over what should stay the same and did not.

Called by `analysis.validity`, for a launch and over all launches of a target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from analysis.findings import EVERY_METRIC, SEARCH_TIMES, Finding, Severity
from analysis.launch import LaunchObservations
from analysis.statistics import mean_interval, percentile

__all__ = ["judge_order", "judge_steadiness"]

_ORDER_MOVE = 0.10
_LEAST_PAIRS = 6
_CONFIDENCE = 0.999


def judge_order(launch: LaunchObservations) -> Iterator[Finding]:
    """Whether it matters who was measured just before.

    Targets take turns forwards in even rounds and backwards in odd ones, so each is now behind one neighbour, now
    behind another or itself. A figure must not depend on that.
    """
    medians = {one.slice: percentile(one.latencies_ns, 50) for one in launch.timed_slices if one.latencies_ns}
    ratios = [
        math.log(medians[number + 1] / medians[number])
        for number in medians
        if number % 2 == 0 and medians.get(number + 1) and medians[number]
    ]
    if len(ratios) < _LEAST_PAIRS:
        return
    interval = mean_interval(ratios, _CONFIDENCE)
    bound = math.log1p(_ORDER_MOVE)
    if interval.low > bound or interval.high < -bound:
        yield Finding(
            "order matters",
            Severity.WARNED,
            f"searches took {math.expm1(abs(interval.estimate)):.0%} longer in the rounds that go "
            f"{'backwards' if interval.estimate > 0 else 'forwards'}: it matters who was measured just before",
            "the targets disturb one another: measure this one by itself, and compare",
            (launch.launch,),
            SEARCH_TIMES,
        )


def judge_steadiness(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    """Search paths and settings that are not the same in all launches of a target."""
    for target, launches in by_target.items():
        yield from _paths(target, launches)
        yield from _settings(target, launches)


def _paths(target: str, launches: Sequence[LaunchObservations]) -> Iterator[Finding]:
    paths = {one.collected[0].path for one in launches if one.collected}
    if len(paths) > 1:
        yield Finding(
            "path changed",
            Severity.WARNED,
            f"searches were answered by {' and by '.join(sorted(paths))} in different launches",
            "the launches do not measure one thing: see the index settings",
            tuple(one.launch for one in launches),
            SEARCH_TIMES,
            target=target,
        )


def _settings(target: str, launches: Sequence[LaunchObservations]) -> Iterator[Finding]:
    told = [one.started.settings for one in launches if one.started is not None]
    names = sorted({name for settings in told for name in settings})
    seen = {name: sorted({settings.get(name, "(none)") for settings in told}) for name in names}
    changed = [f"{name}: {' and '.join(values)}" for name, values in seen.items() if len(values) > 1]
    if changed:
        yield Finding(
            "settings changed",
            Severity.WARNED,
            f"the store reported different settings in different launches ({'; '.join(changed)})",
            "the launches do not measure one thing; what changes with each start is no setting: see the driver",
            tuple(one.launch for one in launches),
            EVERY_METRIC,
            target=target,
        )
