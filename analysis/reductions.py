"""From one launch's observations to one number: the formula of each metric.

Reads `analysis.launch`; `analysis.metrics` gives each formula its name, unit and direction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analysis.launch import NS_PER_MS, NS_PER_S, LaunchObservations
from analysis.observations import BatchInserted, MemoryDenied, Phase
from analysis.statistics import percentile

__all__ = [
    "NotApplicable",
    "Reduce",
    "batch_time_ms",
    "bytes_per_vector",
    "cold_throughput",
    "collector_share",
    "concurrency_gain",
    "growth_per_doubling",
    "insertion_growth_mb",
    "latency",
    "latency_percentile",
    "mb_per_thousand_vectors",
    "mean",
    "peak_mb",
    "queries_per_cpu_second",
    "queries_per_second",
    "recall",
    "throughput",
    "total_time_s",
]

BYTES_PER_MB = 1e6


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """This launch cannot have this figure, and why. Never a zero."""

    reason: str


Reduce = Callable[[LaunchObservations], float | NotApplicable]

_NOT_FILLED = NotApplicable("no collection was filled")
_NOT_FINISHED = NotApplicable("no collection was finished")
_NOT_SEARCHED = NotApplicable("nothing was searched")
_NO_TIME = NotApplicable("the clock did not move")


def throughput(launch: LaunchObservations) -> float | NotApplicable:
    """Acknowledged vectors a second of batch time."""
    return _vectors_per_second(launch.timed_batches)


def cold_throughput(launch: LaunchObservations) -> float | NotApplicable:
    """Vectors a second into the launch's first collection: every cold start there is, kept beside the figure."""
    return _vectors_per_second(launch.batches_of(0))


def _vectors_per_second(batches: Sequence[BatchInserted]) -> float | NotApplicable:
    if not batches:
        return _NOT_FILLED
    return _rate(sum(batch.vectors for batch in batches), (batch.duration_ns for batch in batches))


def _rate(done: int, durations_ns: Iterable[int]) -> float | NotApplicable:
    spent = sum(durations_ns)
    return done / (spent / NS_PER_S) if spent else _NO_TIME


def total_time_s(launch: LaunchObservations) -> float | NotApplicable:
    """Batches, count and settling of one collection, in seconds: the mean over the timed ones."""
    done = launch.timed_collections
    if not done:
        return _NOT_FINISHED
    total = sum(batch.duration_ns for batch in launch.timed_batches)
    total += sum(one.count_ns + one.settle_ns for one in done)
    return total / len(done) / NS_PER_S


def batch_time_ms(launch: LaunchObservations) -> float | NotApplicable:
    """The median batch, in ms."""
    batches = launch.timed_batches
    return percentile([batch.duration_ns / NS_PER_MS for batch in batches], 50) if batches else _NOT_FILLED


def latency(reduce: Callable[[Sequence[float]], float]) -> Reduce:
    """A formula over the launch's latencies in ms."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        return reduce(launch.latencies_ms) if launch.latencies_ms else _NOT_SEARCHED

    return of_launch


def latency_percentile(q: float) -> Reduce:
    """The q-th percentile of the launch's latencies in ms."""
    return latency(lambda values: percentile(values, q))


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(values) / len(values)


def queries_per_second(launch: LaunchObservations) -> float | NotApplicable:
    """Completed queries over the wall time of their slices."""
    slices = launch.timed_slices
    if not slices:
        return _NOT_SEARCHED
    return _rate(sum(len(one.latencies_ns) for one in slices), (one.wall_ns for one in slices))


def recall(launch: LaunchObservations) -> float | NotApplicable:
    """Hits over what could have been hit."""
    possible = sum(len(one.hits) * one.k for one in launch.timed_slices)
    return sum(sum(one.hits) for one in launch.timed_slices) / possible if possible else _NOT_SEARCHED


def _not_weighed(launch: LaunchObservations) -> NotApplicable:
    denied = launch.all_of(MemoryDenied)
    return NotApplicable(denied[0].reason if denied else "memory was not read")


def insertion_growth_mb(launch: LaunchObservations) -> float | NotApplicable:
    """The highest memory while the first collection was filled and settled, less the empty store's, in MB."""
    start, settled = launch.memory_at(Phase.START), launch.memory_at(Phase.SETTLE)
    if start is None or settled is None:
        return _not_weighed(launch)
    during = launch.memory_in(Phase.INSERT, Phase.SETTLE)
    return (max(reading.peak for reading in during) - start.used) / BYTES_PER_MB


def bytes_per_vector(launch: LaunchObservations) -> float | NotApplicable:
    """Memory when settled less the empty store's, over vectors."""
    start, settled = launch.memory_at(Phase.START), launch.memory_at(Phase.SETTLE)
    if start is None or settled is None or not launch.vectors:
        return _not_weighed(launch)
    return (settled.used - start.used) / launch.vectors


def peak_mb(launch: LaunchObservations) -> float | NotApplicable:
    """The highest memory from the start to the end of the search phase, in MB."""
    # A launch that was cut short has not shown its peak.
    if launch.memory_at(Phase.SEARCH) is None:
        return _not_weighed(launch)
    # Insertion is repeated for its times only: what that adds in memory is the harness's doing.
    readings = launch.memory_in(Phase.START, Phase.INSERT, Phase.SETTLE, Phase.SEARCH)
    return max(reading.peak for reading in readings) / BYTES_PER_MB


def mb_per_thousand_vectors(launch: LaunchObservations) -> float | NotApplicable:
    """All memory when settled, in MB, over thousands of vectors."""
    settled = launch.memory_at(Phase.SETTLE)
    if settled is None or not launch.vectors:
        return _not_weighed(launch)
    return settled.used / BYTES_PER_MB / (launch.vectors / 1000)


def collector_share(launch: LaunchObservations) -> float | NotApplicable:
    """Time in garbage collectors over the time of the timed slices, in per cent."""
    wall = sum(one.wall_ns for one in launch.timed_slices)
    if not wall:
        return _NOT_SEARCHED
    if len(launch.collectors) < 2:
        return NotApplicable("the server's collector was not read")
    before, after = launch.collectors[0], launch.collectors[-1]
    if before.server_ns is None or after.server_ns is None:
        return NotApplicable(after.source)
    client = sum(one.collector_ns for one in launch.timed_slices)
    return 100 * (client + after.server_ns - before.server_ns) / wall


def growth_per_doubling(launch: LaunchObservations) -> float | NotApplicable:
    """How much the median latency grows with each doubling of the vectors, in per cent.

    The least-squares slope b of log2 p50 over log2 size; 100 (2^b - 1).
    """
    medians = {size: percentile(values, 50) for size, values in launch.latencies_by_size_ms.items()}
    if len(medians) < 2:
        return NotApplicable("it was not searched at two sizes")
    if min(medians.values()) <= 0:
        return _NO_TIME
    x = [math.log2(size) for size in medians]
    y = [math.log2(median) for median in medians.values()]
    x_mean, y_mean = mean(x), mean(y)
    slope = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True)) / sum((a - x_mean) ** 2 for a in x)
    return 100 * (2**slope - 1)


def concurrency_gain(launch: LaunchObservations) -> float | NotApplicable:
    """Operations a second of the most clients over those of one: the geometric mean over the rungs of each."""
    if not launch.rungs:
        return NotApplicable("there was one client only")
    most = max(rung.clients for rung in launch.rungs)
    alone = [rung.rate for rung in launch.rungs if rung.clients == 1]
    together = [rung.rate for rung in launch.rungs if rung.clients == most]
    if not alone or most == 1 or not launch.crowd_counts:
        return NotApplicable("the ladder was not climbed to its end")
    if min(*alone, *together) <= 0:
        return NotApplicable("no operation was completed")
    return math.exp(mean([math.log(rate) for rate in together]) - mean([math.log(rate) for rate in alone]))


def queries_per_cpu_second(launch: LaunchObservations) -> float | NotApplicable:
    """Timed queries over the CPU seconds of server and client."""
    slices = launch.timed_slices
    if not slices:
        return _NOT_SEARCHED
    server = [one.server_cpu_ns for one in slices]
    known = [ns for ns in server if ns is not None]
    if len(known) < len(server):
        return NotApplicable("the CPU time of the store's processes could not be read")
    return _rate(sum(len(one.latencies_ns) for one in slices), [*known, *(one.cpu_ns for one in slices)])
