"""What a rule of validity gives: a finding, as data with advice attached, and the metrics that it concerns.

Made by `analysis.validity` and `analysis.machine`; `analysis.rows` attaches them, `analysis.notes` shows them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from analysis.metrics import METRICS, Group, Metric

__all__ = [
    "EVERY_METRIC",
    "MADE_OF_TIMES",
    "OF_MEMORY",
    "SEARCH_TIMES",
    "SERVED_BY_SEARCH",
    "TIMES",
    "Finding",
    "Severity",
    "of_the_machine",
]

_MACHINES = frozenset(
    {
        "clock stepped",
        "swapping",
        "client saturated",
        "Little's law",
        "below resolution",
        "generator late",
        "beyond the generator",
        "cut short",
    }
)


class Severity(enum.StrEnum):
    """Whether the number is none, or one to read with care."""

    INVALID = "invalid"
    WARNED = "warned"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen and what to do about it.

    `launches` are those that it speaks of, `concerns` the names of the metrics, `target` the one target that it speaks
    of: empty for what concerns a whole scale.
    """

    rule: str
    severity: Severity
    text: str
    advice: str
    launches: tuple[int, ...]
    concerns: frozenset[str]
    target: str = ""


def _names(accept: Callable[[Metric], bool]) -> frozenset[str]:
    return frozenset(metric.name for metric in METRICS if accept(metric))


EVERY_METRIC = _names(lambda _: True)
TIMES = _names(lambda metric: metric.follows_machine_speed)
MADE_OF_TIMES = TIMES | {
    "garbage_collection_impact",
    "performance_degradation_rate",
    "concurrent_operation_support",
}
"""Ratios of times too: they do not follow the machine's speed, and others on it change them all the same."""
OF_MEMORY = _names(lambda metric: metric.unit.startswith("MB") or metric.unit == "B")
"""Counted in bytes, of which a process's share depends on who else is up."""
SEARCH_TIMES = _names(lambda metric: metric.follows_machine_speed and metric.group is Group.SEARCH)
SERVED_BY_SEARCH = SEARCH_TIMES | _names(
    lambda metric: (
        metric.study in ("open-loop", "p99-limit")
        or metric.name
        in ("resource_utilization_efficiency", "concurrent_operation_support", "performance_degradation_rate")
    )
)
"""Whatever is better the less a search looks for: none of it is worth a thing where the answers are wrong."""


def of_the_machine(finding: Finding) -> bool:
    """Whether the machine, or the suite on it, made the number none; else it is the store's doing."""
    return finding.rule in _MACHINES
