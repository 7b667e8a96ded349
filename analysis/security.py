"""What protection of a server costs, from one launch: its formulas and metrics, which `analysis.metrics` takes in."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from analysis.launch import LaunchObservations
from analysis.metric import Direction, Group, Metric
from analysis.reductions import NotApplicable, Reduce
from analysis.study_observations import GuardedSearched, Lacked

__all__ = ["API_KEY", "NONE", "SECURITY_METRICS", "TLS", "overhead_percent"]

NONE, TLS, API_KEY = "none", "tls", "api key"
"""What protects the server that was searched."""


def overhead_percent(protection: str) -> Reduce:
    """How much longer the median search takes under this protection, in per cent: the geometric mean over rounds."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        rounds = _medians(launch)
        pairs = [(one[protection], one[NONE]) for one in rounds if protection in one and one.get(NONE)]
        if pairs:
            return 100 * (statistics.geometric_mean(guarded / plain for guarded, plain in pairs) - 1)
        lacked = [one.reason for one in launch.all_of(Lacked) if one.ability == protection]
        return NotApplicable(lacked[0] if lacked else "it was not measured")

    return of_launch


def _medians(launch: LaunchObservations) -> list[dict[str, float]]:
    by_round: dict[int, dict[str, float]] = {}
    for one in launch.all_of(GuardedSearched):
        if not one.warmup:
            by_round.setdefault(one.round, {})[one.protection] = statistics.median(one.latencies_ns)
    return list(by_round.values())


def _metric(name: str, definition: str, reduce: Callable[[LaunchObservations], float | NotApplicable]) -> Metric:
    return Metric(
        name,
        "%",
        Direction.DOWN,
        Group.SECURITY,
        definition,
        reduce,
        follows_machine_speed=False,
        offset=100.0,
        study="security",
    )


SECURITY_METRICS: tuple[Metric, ...] = (
    _metric(
        "tls_overhead_percent",
        "how much longer the median search takes over TLS than without, on servers of one launch, by turns",
        overhead_percent(TLS),
    ),
    _metric(
        "api_key_overhead_percent",
        "how much longer the median search takes where the server wants an API key than where it wants none",
        overhead_percent(API_KEY),
    ),
)
