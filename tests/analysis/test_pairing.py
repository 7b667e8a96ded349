"""What is paired with what, and the log ratio that comes of it."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, Metric, NotApplicable, metric_named
from analysis.pairing import log_ratio, parts
from analysis.scenes import scenes_of
from tests.strategies import a_record

P50 = metric_named("p50_latency_ms")


def launch(latency: float = 1.0, **changes: object) -> LaunchObservations:
    """One launch of one target at that latency in ms; its batches take ten times as long."""
    return scenes_of(a_record({"chroma@process": (latency,)}, **changes))["small"].launches["chroma@process"][0]


@pytest.mark.parametrize("metric", METRICS, ids=str)
def test_a_launch_beside_itself_has_no_change(metric: Metric) -> None:
    """Of every metric that there is."""
    assert log_ratio(metric, launch(), launch()) == pytest.approx(0.0, abs=1e-12)


@given(st.floats(0.2, 5.0))
def test_times_and_rates_give_the_ratio_that_there_is(factor: float) -> None:
    """With the sign of the number, whichever way is better."""
    slower = launch(factor)
    assert log_ratio(P50, slower, launch()) == pytest.approx(math.log(factor), abs=1e-5)
    rate = metric_named("queries_per_second")
    assert log_ratio(rate, slower, launch()) == pytest.approx(-math.log(factor), abs=1e-5)
    batch = metric_named("batch_processing_time")
    assert log_ratio(batch, slower, launch()) == pytest.approx(math.log(factor), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("p99_latency_ms", 20),
        ("throughput_vectors_per_second", 2),
        ("batch_processing_time", 20),
        ("recall_at_10", 1),
        ("peak_memory_usage_mb", 1),
    ],
)
def test_a_launch_has_the_parts_that_took_turns(name: str, count: int) -> None:
    """Timed slices, repeated collections, their batches; else the launch itself. Warm-up and the cold one are out."""
    assert len(parts(metric_named(name), launch())) == count


def test_a_drift_within_the_launch_cancels() -> None:
    """The machine becomes twice as slow from one slice to the next, for both sides alike."""
    mine, theirs = launch(1.1), launch(1.0)
    assert log_ratio(P50, drifting(mine), drifting(theirs)) == pytest.approx(math.log(1.1), abs=1e-5)


def drifting(one: LaunchObservations) -> LaunchObservations:
    """Each slice twice as slow as the one before it."""
    slower = [
        msgspec.structs.replace(each, latencies_ns=[ns * 2**place for ns in each.latencies_ns])
        for place, each in enumerate(one.slices)
    ]
    return replace(one, slices=slower)


def test_a_part_that_the_other_side_lacks_is_left_out() -> None:
    """A slice that one side did not come to."""
    mine = launch(2.0)
    short = replace(launch(1.0), slices=launch(1.0).slices[:5])
    assert log_ratio(P50, mine, short) == pytest.approx(math.log(2.0))


def test_what_is_not_above_zero_has_no_ratio() -> None:
    """Nor has what was not measured."""
    growth = metric_named("memory_per_vector_bytes")
    assert isinstance(log_ratio(growth, launch(settled_mb=50.0), launch()), NotApplicable)
    assert isinstance(log_ratio(P50, replace(launch(), slices=[]), launch()), NotApplicable)
