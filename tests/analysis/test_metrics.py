"""Every metric by a worked example, and the registry against the design."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UnknownMetric
from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, Group, Metric, NotApplicable, cold_throughput, metric_named, metrics_of, names_of
from analysis.observations import BatchInserted, Collected, CollectorRead, CrowdCounted, CrowdRan
from analysis.scenes import scenes_of
from tests.strategies import a_record

DESIGN = {
    "throughput_vectors_per_second": ("vectors/s", "up"),
    "total_time_seconds": ("s", "down"),
    "batch_processing_time": ("ms", "down"),
    "memory_usage_during_insertion": ("MB", "down"),
    "avg_latency_ms": ("ms", "down"),
    "p50_latency_ms": ("ms", "down"),
    "p95_latency_ms": ("ms", "down"),
    "p99_latency_ms": ("ms", "down"),
    "queries_per_second": ("queries/s", "up"),
    "recall_at_10": ("ratio", "up"),
    "memory_per_vector_bytes": ("B", "down"),
    "peak_memory_usage_mb": ("MB", "down"),
    "memory_efficiency_ratio": ("MB per 1,000 vectors", "down"),
    "garbage_collection_impact": ("%", "down"),
    "performance_degradation_rate": ("% per doubling", "down"),
    "concurrent_operation_support": ("x", "up"),
    "resource_utilization_efficiency": ("queries/CPU-s", "up"),
}
ROOT = Path(__file__).resolve().parents[2]


def one_launch(**changes: object) -> LaunchObservations:
    """A launch at 2 ms a search and 20 ms a batch."""
    record = a_record({"chroma@process": (2.0,)}, **changes)
    return scenes_of(record)["small"].launches["chroma@process"][0]


WORKED = {
    # 1,000 vectors in 10 batches of 20 ms, in each of the two repeated collections
    "throughput_vectors_per_second": 5_000.0,
    # 200 ms of batches, 1 ms count, 2 ms settling
    "total_time_seconds": 0.203,
    "batch_processing_time": 20.0,
    # peak 65 MB while inserting, 50 MB before
    "memory_usage_during_insertion": 15.0,
    "avg_latency_ms": 2.0,
    "p50_latency_ms": 2.0,
    "p95_latency_ms": 2.0,
    "p99_latency_ms": 2.0,
    "queries_per_second": 500.0,
    "recall_at_10": 1.0,
    # 10 MB more over 1,000 vectors
    "memory_per_vector_bytes": 10_000.0,
    "peak_memory_usage_mb": 65.0,
    "memory_efficiency_ratio": 60.0,
    # 1 % of each slice in the client, 20 ms of 2 s in the server
    "garbage_collection_impact": 2.0,
    # the square root of 2 with each doubling
    "performance_degradation_rate": 100 * (2**0.5 - 1),
    # both times eight clients do twice as much as one
    "concurrent_operation_support": 2.0,
    # 50 queries in 10 ms of the client and 40 ms of the server
    "resource_utilization_efficiency": 1_000.0,
}


@pytest.mark.parametrize("metric", metrics_of(()), ids=str)
def test_a_worked_example(metric: object) -> None:
    """By hand, from the numbers in tests/strategies.py; the warm-up slice is a hundred times slower and left out."""
    assert metric.reduce(one_launch()) == pytest.approx(WORKED[metric.name])


def test_recall_is_the_share_of_hits() -> None:
    """Nine of ten."""
    assert metric_named("recall_at_10").reduce(one_launch(hits=9)) == pytest.approx(0.9)


def test_the_cold_collection_is_kept_beside_the_figure() -> None:
    """It is three times slower in the example."""
    assert cold_throughput(one_launch()) == pytest.approx(5_000 / 3)


@pytest.mark.parametrize("metric", METRICS, ids=str)
def test_a_launch_that_saw_nothing_has_no_figure(metric: object) -> None:
    """Not applicable, with a reason; never a zero."""
    found = metric.reduce(LaunchObservations("small", 0, "chroma@process"))
    assert isinstance(found, NotApplicable)
    assert found.reason


def test_the_registry_is_the_designs_table() -> None:
    """Names, units and directions."""
    assert {metric.name: (metric.unit, str(metric.direction)) for metric in metrics_of(())} == DESIGN


def test_every_metric_has_a_benchmark() -> None:
    """The module of its group, which asks the registry for the group's names."""
    for group in {metric.group for metric in METRICS}:
        module = (ROOT / "benchmarks" / f"test_{group}.py").read_text()
        assert f"names_of(Group.{group.name})" in module
        assert f"def test_{group}(" in module


def test_every_metric_has_a_row_in_the_documents() -> None:
    """With its unit."""
    rows = (ROOT / "docs" / "metrics.md").read_text().splitlines()
    for metric in METRICS:
        (row,) = [line for line in rows if line.startswith(f"| `{metric.name}`")]
        assert f"| {metric.unit} |" in row
        assert f"| {metric.direction} |" in row


def test_an_unknown_metric_is_named_with_the_nearest() -> None:
    """A typing mistake is told."""
    with pytest.raises(UnknownMetric, match="p95_latency_ms"):
        metric_named("p95_latency")
    with pytest.raises(UnknownMetric, match="There are"):
        metric_named("zzz")


def test_names_of_a_group_are_its_own() -> None:
    """Four, six, four and three."""
    groups = (Group.INSERTION, Group.SEARCH, Group.MEMORY, Group.SCALABILITY)
    assert [len(names_of(group)) for group in groups] == [4, 6, 4, 3]


@given(st.sampled_from(METRICS), st.floats(1e-6, 1e9))
def test_a_log_figure_gives_the_figure_back(metric: Metric, value: float) -> None:
    """Whatever the offset."""
    assert metric.from_logarithm(metric.logarithm(value)) == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_no_share_is_a_number_and_comes_back_as_zero() -> None:
    """A collector that did not run is 0 %, not a missing figure."""
    metric = metric_named("garbage_collection_impact")
    assert metric.from_logarithm(metric.logarithm(0.0)) == 0.0


def test_a_collector_that_is_not_known_is_no_zero() -> None:
    """With the source's own words."""
    launch, reason = one_launch(), "the metrics page lacks it"
    seen = [
        msgspec.structs.replace(one, server_ns=None, source=reason) if isinstance(one, CollectorRead) else one
        for one in launch.seen
    ]
    found = metric_named("garbage_collection_impact").reduce(
        LaunchObservations(launch.scale, launch.launch, launch.target, seen)
    )
    assert found == NotApplicable(reason)


def test_a_ladder_that_was_not_climbed_has_no_gain() -> None:
    """One client alone tells nothing of eight; nor does a ladder that was left before its count, with four at most."""
    launch = one_launch()
    alone = [one for one in launch.seen if not isinstance(one, CrowdRan) or one.clients == 1]
    left = [
        one
        for one in launch.seen
        if not isinstance(one, CrowdCounted) and not (isinstance(one, CrowdRan) and one.clients == 8)
    ]
    for seen in (alone, left):
        found = metric_named("concurrent_operation_support").reduce(
            LaunchObservations(launch.scale, launch.launch, launch.target, seen)
        )
        assert found == NotApplicable("the ladder was not climbed to its end")


@pytest.mark.parametrize("metric", ["throughput_vectors_per_second", "total_time_seconds", "batch_processing_time"])
def test_a_launch_that_filled_only_its_first_collection_has_no_insertion_time(metric: str) -> None:
    """That one was filled cold, and other launches count the repeated ones."""
    launch = one_launch()
    seen = [one for one in launch.seen if not isinstance(one, (BatchInserted, Collected)) or one.collection == 0]
    cut = LaunchObservations(launch.scale, launch.launch, launch.target, seen)
    assert isinstance(metric_named(metric).reduce(cut), NotApplicable)
