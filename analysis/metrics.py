"""The registry: the one place where a metric's unit, direction, tolerance and formula stand.

Reads `analysis.launch`; `analysis.rows` applies it to a record. A launch gives one number a metric.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.errors import UnknownMetric
from analysis.launch import NS_PER_MS, NS_PER_S, LaunchObservations
from analysis.observations import Phase
from analysis.statistics import percentile

__all__ = [
    "METRICS",
    "Direction",
    "Group",
    "Metric",
    "NotApplicable",
    "cold_throughput",
    "metric_named",
    "names_of",
]

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


Reduce = Callable[[LaunchObservations], float | NotApplicable]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a row measures, and how a change in it is judged.

    `definition` is the sentence that tables and documents show. A figure that `follows_machine_speed` is adjusted
    by what the anchors did in the same launches.
    """

    name: str
    unit: str
    direction: Direction
    group: Group
    definition: str
    reduce: Reduce
    follows_machine_speed: bool = True
    tolerance: float = 0.05

    def __str__(self) -> str:
        return self.name


def _throughput(launch: LaunchObservations) -> float | NotApplicable:
    batches = launch.timed_batches
    if not batches:
        return NotApplicable("no collection was filled")
    return sum(batch.vectors for batch in batches) / (sum(batch.duration_ns for batch in batches) / NS_PER_S)


def cold_throughput(launch: LaunchObservations) -> float | NotApplicable:
    """Vectors a second into the launch's first collection: every cold start there is, kept beside the figure."""
    batches = launch.batches_of(0)
    if not batches:
        return NotApplicable("no collection was filled")
    return sum(batch.vectors for batch in batches) / (sum(batch.duration_ns for batch in batches) / NS_PER_S)


def _total_time(launch: LaunchObservations) -> float | NotApplicable:
    done = launch.timed_collections
    if not done:
        return NotApplicable("no collection was finished")
    total = sum(batch.duration_ns for batch in launch.timed_batches)
    total += sum(one.count_ns + one.settle_ns for one in done)
    return total / len(done) / NS_PER_S


def _batch_time(launch: LaunchObservations) -> float | NotApplicable:
    batches = launch.timed_batches
    if not batches:
        return NotApplicable("no collection was filled")
    return percentile([batch.duration_ns / NS_PER_MS for batch in batches], 50)


def _latency(reduce: Callable[[Sequence[float]], float]) -> Reduce:
    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        return reduce(launch.latencies_ms) if launch.latencies_ms else NotApplicable("nothing was searched")

    return of_launch


def _rate(launch: LaunchObservations) -> float | NotApplicable:
    if not launch.timed_slices:
        return NotApplicable("nothing was searched")
    wall = sum(one.wall_ns for one in launch.timed_slices) / NS_PER_S
    return sum(len(one.latencies_ns) for one in launch.timed_slices) / wall


def _recall(launch: LaunchObservations) -> float | NotApplicable:
    possible = sum(len(one.hits) * one.k for one in launch.timed_slices)
    if not possible:
        return NotApplicable("nothing was searched")
    return sum(sum(one.hits) for one in launch.timed_slices) / possible


_NO_MEMORY = NotApplicable("memory was not read")


def _insertion_growth(launch: LaunchObservations) -> float | NotApplicable:
    start, during = launch.memory_at(Phase.START), launch.memory_in(Phase.INSERT, Phase.SETTLE)
    if start is None or not during:
        return _NO_MEMORY
    return (max(reading.peak for reading in during) - start.used) / BYTES_PER_MB


def _bytes_a_vector(launch: LaunchObservations) -> float | NotApplicable:
    start, settled = launch.memory_at(Phase.START), launch.memory_at(Phase.SETTLE)
    if start is None or settled is None or not launch.vectors:
        return _NO_MEMORY
    return (settled.used - start.used) / launch.vectors


def _peak(launch: LaunchObservations) -> float | NotApplicable:
    # Insertion is repeated for its times only: what that adds in memory is the harness's doing.
    readings = launch.memory_in(Phase.START, Phase.INSERT, Phase.SETTLE, Phase.SEARCH)
    return max(reading.peak for reading in readings) / BYTES_PER_MB if readings else _NO_MEMORY


def _efficiency(launch: LaunchObservations) -> float | NotApplicable:
    settled = launch.memory_at(Phase.SETTLE)
    if settled is None or not launch.vectors:
        return _NO_MEMORY
    return settled.used / BYTES_PER_MB / (launch.vectors / 1000)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


UP, DOWN = Direction.UP, Direction.DOWN

METRICS: tuple[Metric, ...] = (
    Metric(
        "throughput_vectors_per_second",
        "vectors/s",
        UP,
        Group.INSERTION,
        "acknowledged vectors over the sum of batch times, in the launch's repeated collections",
        _throughput,
    ),
    Metric(
        "total_time_seconds",
        "s",
        DOWN,
        Group.INSERTION,
        "batch times, count and settling of one collection: the mean over the repeated ones",
        _total_time,
    ),
    Metric(
        "batch_processing_time",
        "ms",
        DOWN,
        Group.INSERTION,
        "median batch, from sent to acknowledged",
        _batch_time,
    ),
    Metric(
        "memory_usage_during_insertion",
        "MB",
        DOWN,
        Group.INSERTION,
        "highest memory while the first collection is filled and settled, less that of the empty store",
        _insertion_growth,
        follows_machine_speed=False,
    ),
    Metric(
        "avg_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "mean latency of a search by one client in a closed loop",
        _latency(_mean),
    ),
    Metric(
        "p50_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "median latency (Hyndman-Fan type 7)",
        _latency(lambda values: percentile(values, 50)),
    ),
    Metric(
        "p95_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "95th percentile of latency (Hyndman-Fan type 7)",
        _latency(lambda values: percentile(values, 95)),
    ),
    Metric(
        "p99_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "99th percentile of latency (Hyndman-Fan type 7)",
        _latency(lambda values: percentile(values, 99)),
    ),
    Metric(
        "queries_per_second",
        "queries/s",
        UP,
        Group.SEARCH,
        "completed queries over the wall time of their slices",
        _rate,
    ),
    Metric(
        "recall_at_10",
        "ratio",
        UP,
        Group.SEARCH,
        "mean share of the exact ten that was found",
        _recall,
        follows_machine_speed=False,
    ),
    Metric(
        "memory_per_vector_bytes",
        "B",
        DOWN,
        Group.MEMORY,
        "memory when settled less that of the empty store, over vectors",
        _bytes_a_vector,
        follows_machine_speed=False,
    ),
    Metric(
        "peak_memory_usage_mb",
        "MB",
        DOWN,
        Group.MEMORY,
        "highest memory from the start to the end of the search phase",
        _peak,
        follows_machine_speed=False,
    ),
    Metric(
        "memory_efficiency_ratio",
        "MB per 1,000 vectors",
        DOWN,
        Group.MEMORY,
        "all memory when settled, over thousands of vectors",
        _efficiency,
        follows_machine_speed=False,
    ),
)

_BY_NAME = {metric.name: metric for metric in METRICS}


def metric_named(name: str) -> Metric:
    """The metric of that name; UnknownMetric, with the nearest one, if there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = difflib.get_close_matches(name, _BY_NAME, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_BY_NAME)}."
    raise UnknownMetric(f"No metric is called {name!r}. {hint}")


def names_of(group: Group) -> list[str]:
    """The names of a group's metrics, in the registry's order."""
    return [metric.name for metric in METRICS if metric.group is group]
