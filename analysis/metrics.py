"""The registry: the one place where a metric's unit, direction, tolerance and formula stand.

Reads `analysis.observations`; `analysis.rows` applies it to a record. A launch gives one number a metric.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis.observations import (
    BatchInserted,
    Collected,
    MemoryRead,
    Phase,
    SliceSearched,
    TargetStarted,
)
from analysis.statistics import percentile

__all__ = ["METRICS", "Direction", "Group", "LaunchObservations", "Metric", "NotApplicable", "metric_named"]

NS_PER_S = 1e9
NS_PER_MS = 1e6
BYTES_PER_MB = 1e6


class Direction(enum.StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class Group(enum.StrEnum):
    """What is asked: the benchmark module `benchmarks/test_GROUP.py` holds the group's rows."""

    INSERTION = "insertion"
    SEARCH = "search"
    MEMORY = "memory"
    SCALABILITY = "scalability"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """This launch cannot have this figure, and why. Never a zero."""

    reason: str


@dataclass(frozen=True)
class LaunchObservations:
    """All that was observed of one target in one launch at one scale."""

    scale: str
    launch: int
    target: str
    started: TargetStarted | None
    batches: Sequence[BatchInserted]
    collected: Sequence[Collected]
    slices: Sequence[SliceSearched]
    memory: Sequence[MemoryRead]
