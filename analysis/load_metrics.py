"""The metrics of a load: a part of the registry, `analysis.metrics`. Their formulas are in `analysis.load`."""

from __future__ import annotations

from analysis.load import highest_rate, response_percentile, service_percentile
from analysis.metric import Direction, Group, Metric

__all__ = ["LOAD_METRICS"]

LOAD_METRICS: tuple[Metric, ...] = (
    Metric(
        "open_loop_p50_response_ms",
        "ms",
        Direction.DOWN,
        Group.LOAD,
        "median time from when a search was due to its answer, at the rate asked for, by 8 clients (HdrHistogram)",
        response_percentile(50),
        study="open-loop",
        options=("open-loop", "arrivals"),
    ),
    Metric(
        "open_loop_p99_response_ms",
        "ms",
        Direction.DOWN,
        Group.LOAD,
        "99th percentile of the time from when a search was due to its answer, in the same open loop",
        response_percentile(99),
        study="open-loop",
        options=("open-loop", "arrivals"),
    ),
    Metric(
        "open_loop_p99_service_ms",
        "ms",
        Direction.DOWN,
        Group.LOAD,
        "99th percentile of the time from when a client began a search to its answer, in the same open loop",
        service_percentile(99),
        study="open-loop",
        options=("open-loop", "arrivals"),
    ),
    Metric(
        "highest_rate_under_p99_limit",
        "queries/s",
        Direction.UP,
        Group.LOAD,
        "highest rate of an open loop with the p99 response time within the limit; one 5 % higher is proved to fail",
        highest_rate,
        study="p99-limit",
        options=("p99-limit", "arrivals"),
    ),
)
