"""The registry: the one place where a metric's name, unit, direction, tolerance and formula stand together.

What a metric is stands in `analysis.metric`, its formula in `analysis.reductions`; `analysis.rows` applies them. A
launch gives one number a metric.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

from analysis import mixed, reductions
from analysis.errors import UnknownMetric
from analysis.load_metrics import LOAD_METRICS
from analysis.metric import Direction, Group, Metric
from analysis.reductions import NotApplicable, cold_throughput
from analysis.security import SECURITY_METRICS

__all__ = [
    "METRICS",
    "Direction",
    "Group",
    "Metric",
    "NotApplicable",
    "cold_throughput",
    "metric_named",
    "metrics_of",
    "names_of",
]

UP, DOWN = Direction.UP, Direction.DOWN

METRICS: tuple[Metric, ...] = (
    Metric(
        "throughput_vectors_per_second",
        "vectors/s",
        UP,
        Group.INSERTION,
        "acknowledged vectors over the sum of batch times, in the launch's repeated collections",
        reductions.throughput,
    ),
    Metric(
        "total_time_seconds",
        "s",
        DOWN,
        Group.INSERTION,
        "batch times, count and settling of one collection: the mean over the repeated ones",
        reductions.total_time_s,
    ),
    Metric(
        "batch_processing_time",
        "ms",
        DOWN,
        Group.INSERTION,
        "median batch, from sent to acknowledged",
        reductions.batch_time_ms,
    ),
    Metric(
        "memory_usage_during_insertion",
        "MB",
        DOWN,
        Group.INSERTION,
        "highest memory while the first collection is filled and settled, less that of the empty store",
        reductions.insertion_growth_mb,
        follows_machine_speed=False,
    ),
    Metric(
        "avg_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "mean latency of a search by one client in a closed loop",
        reductions.latency(reductions.mean),
    ),
    Metric(
        "p50_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "median latency (Hyndman-Fan type 7)",
        reductions.latency_percentile(50),
    ),
    Metric(
        "p95_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "95th percentile of latency (Hyndman-Fan type 7)",
        reductions.latency_percentile(95),
    ),
    Metric(
        "p99_latency_ms",
        "ms",
        DOWN,
        Group.SEARCH,
        "99th percentile of latency (Hyndman-Fan type 7)",
        reductions.latency_percentile(99),
    ),
    Metric(
        "queries_per_second",
        "queries/s",
        UP,
        Group.SEARCH,
        "completed queries over the wall time of their slices",
        reductions.queries_per_second,
    ),
    Metric(
        "recall_at_10",
        "ratio",
        UP,
        Group.SEARCH,
        "mean share of the exact ten that was found",
        reductions.recall,
        follows_machine_speed=False,
    ),
    Metric(
        "memory_per_vector_bytes",
        "B",
        DOWN,
        Group.MEMORY,
        "memory when settled less that of the empty store, over vectors",
        reductions.bytes_per_vector,
        follows_machine_speed=False,
    ),
    Metric(
        "peak_memory_usage_mb",
        "MB",
        DOWN,
        Group.MEMORY,
        "highest memory from the start to the end of the search phase",
        reductions.peak_mb,
        follows_machine_speed=False,
    ),
    Metric(
        "memory_efficiency_ratio",
        "MB per 1,000 vectors",
        DOWN,
        Group.MEMORY,
        "all memory when settled, over thousands of vectors",
        reductions.mb_per_thousand_vectors,
        follows_machine_speed=False,
    ),
    Metric(
        "garbage_collection_impact",
        "%",
        DOWN,
        Group.MEMORY,
        "time in garbage collectors, the client's and the server's, over the time of the timed searches",
        reductions.collector_share,
        follows_machine_speed=False,
        offset=100.0,
    ),
    Metric(
        "performance_degradation_rate",
        "% per doubling",
        DOWN,
        Group.SCALABILITY,
        "growth of the median latency with each doubling of the vectors: slope of log p50 over log size at N/4, N/2, N",
        reductions.growth_per_doubling,
        follows_machine_speed=False,
        offset=100.0,
    ),
    Metric(
        "concurrent_operation_support",
        "x",
        UP,
        Group.SCALABILITY,
        "completed operations a second of 8 clients, nine searches to one insert, over those of 1",
        reductions.concurrency_gain,
        follows_machine_speed=False,
    ),
    Metric(
        "resource_utilization_efficiency",
        "queries/CPU-s",
        UP,
        Group.SCALABILITY,
        "timed queries over CPU seconds, user and system, of server and client",
        reductions.queries_per_cpu_second,
    ),
    Metric(
        "filtered_1_percent_p50_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median latency of a search among 1 % of the vectors",
        mixed.filtered_p50_ms(1),
        study="mixed",
    ),
    Metric(
        "filtered_10_percent_p50_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median latency of a search among 10 % of the vectors",
        mixed.filtered_p50_ms(10),
        study="mixed",
    ),
    Metric(
        "filtered_50_percent_p50_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median latency of a search among 50 % of the vectors",
        mixed.filtered_p50_ms(50),
        study="mixed",
    ),
    Metric(
        "filtered_1_percent_recall_at_10",
        "ratio",
        UP,
        Group.MIXED,
        "mean share of the exact ten among 1 % of the vectors",
        mixed.filtered_recall(1),
        study="mixed",
        follows_machine_speed=False,
    ),
    Metric(
        "filtered_10_percent_recall_at_10",
        "ratio",
        UP,
        Group.MIXED,
        "mean share of the exact ten among 10 % of the vectors",
        mixed.filtered_recall(10),
        study="mixed",
        follows_machine_speed=False,
    ),
    Metric(
        "filtered_50_percent_recall_at_10",
        "ratio",
        UP,
        Group.MIXED,
        "mean share of the exact ten among 50 % of the vectors",
        mixed.filtered_recall(50),
        study="mixed",
        follows_machine_speed=False,
    ),
    Metric(
        "search_during_insert_p50_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median latency of a search while another client inserts batch after batch",
        mixed.search_during_insert_ms(50),
        study="mixed",
    ),
    Metric(
        "search_during_insert_p99_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "99th percentile of the same",
        mixed.search_during_insert_ms(99),
        study="mixed",
    ),
    Metric(
        "update_latency_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median update of one vector",
        mixed.change_ms("update"),
        study="mixed",
    ),
    Metric(
        "delete_latency_ms",
        "ms",
        DOWN,
        Group.MIXED,
        "median deletion of one vector",
        mixed.change_ms("delete"),
        study="mixed",
    ),
    *LOAD_METRICS,
    *SECURITY_METRICS,
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


def metrics_of(studies: Collection[str]) -> list[Metric]:
    """The metrics that have rows in a run of these studies: those of no study, and theirs."""
    return [metric for metric in METRICS if not metric.study or metric.study in studies]
