"""The mixed study's figures by worked examples, and what makes them none."""

from __future__ import annotations

import pytest

from analysis.changes import judge_changes
from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, NotApplicable, metric_named
from analysis.observations import Changed, FilteredSearched, Lacked, Observation, SearchedDuringInsert

AT = {"scale": "small", "launch": 0, "target": "chroma@process"}
MS = 1_000_000


def a_launch(*seen: Observation) -> LaunchObservations:
    """A launch that saw these."""
    return LaunchObservations("small", 0, "chroma@process", seen)


def filtered(percent: int, ms: int, hits: int, *, warmup: bool = False) -> FilteredSearched:
    """Ten searches of the same latency."""
    return FilteredSearched(
        **AT, percent=percent, slice=0, warmup=warmup, k=10, latencies_ns=[ms * MS] * 10, hits=[hits] * 10
    )


def during(failures: int = 0) -> SearchedDuringInsert:
    """Latencies of 1 to 100 ms."""
    return SearchedDuringInsert(
        **AT,
        round=0,
        latencies_ns=[n * MS for n in range(1, 101)],
        inserted=100,
        insert_ns=1,
        failures=failures,
        first_failure="TimeoutError: busy" if failures else "",
    )


def changed(kind: str, as_it_should: int) -> Changed:
    """Ten changes, of 1 to 10 ms."""
    return Changed(**AT, kind=kind, round=0, latencies_ns=[n * MS for n in range(1, 11)], as_it_should=as_it_should)


WHOLE = a_launch(
    filtered(1, 900, 0, warmup=True),
    filtered(1, 2, 10),
    filtered(10, 3, 9),
    filtered(50, 4, 8),
    during(),
    changed("update", 10),
    changed("delete", 10),
)
WORKED = {
    "filtered_1_percent_p50_ms": 2.0,
    "filtered_10_percent_p50_ms": 3.0,
    "filtered_50_percent_p50_ms": 4.0,
    "filtered_1_percent_recall_at_10": 1.0,
    "filtered_10_percent_recall_at_10": 0.9,
    "filtered_50_percent_recall_at_10": 0.8,
    "search_during_insert_p50_ms": 50.5,
    "search_during_insert_p99_ms": 99.01,
    "update_latency_ms": 5.5,
    "delete_latency_ms": 5.5,
}


def test_every_metric_of_the_study_has_an_example() -> None:
    """And no more than there are."""
    assert set(WORKED) == {metric.name for metric in METRICS if metric.study == "mixed"}


@pytest.mark.parametrize("name", WORKED)
def test_a_worked_example(name: str) -> None:
    """By hand; the warm-up slice is left out."""
    assert metric_named(name).reduce(WHOLE) == pytest.approx(WORKED[name])


@pytest.mark.parametrize(
    ("ability", "name"), [("filter", "filtered_10_percent_p50_ms"), ("delete", "delete_latency_ms")]
)
def test_what_a_store_cannot_do_is_not_applicable_with_the_reason(ability: str, name: str) -> None:
    """In the words that were stored."""
    launch = a_launch(Lacked(**AT, ability=ability, reason="it has none"))
    assert metric_named(name).reduce(launch) == NotApplicable("it has none")


def test_sound_changes_have_no_finding() -> None:
    """Nor has one update in ten that an index misses."""
    assert list(judge_changes(WHOLE, 0.8)) == []
    assert list(judge_changes(a_launch(changed("update", 9)), 0.8)) == []


@pytest.mark.parametrize(
    ("seen", "rule", "metric"),
    [
        (changed("update", 5), "updates not seen", "update_latency_ms"),
        (changed("delete", 9), "deleted and found", "delete_latency_ms"),
        (during(3), "failures beside inserts", "search_during_insert_p99_ms"),
    ],
)
def test_changes_that_searches_do_not_see_and_failures_are_no_measurement(
    seen: Observation, rule: str, metric: str
) -> None:
    """Of their own rows only."""
    (finding,) = judge_changes(a_launch(seen), 0.8)
    assert finding.rule == rule
    assert metric in finding.concerns
    assert "p50_latency_ms" not in finding.concerns
