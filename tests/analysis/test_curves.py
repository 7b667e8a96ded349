"""The arithmetic of a sweep: the Pareto front, and the latency where a curve passes a recall."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.curves import OutOfRange, Sample, latency_at, on_front

POINTS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.integers(1, 20).map(float)), max_size=12)
LATENCY = st.floats(1e-3, 1e3)
RECALL = st.integers(0, 1000).map(lambda n: n / 1000)
CURVES = st.lists(st.tuples(RECALL, LATENCY), min_size=2, max_size=8)
FINEST = 1e-3


def curve(*points: tuple[float, float]) -> list[Sample]:
    """Samples of rising ef."""
    return [Sample(10 * 2**place, recall, p50_ms, 1000 / p50_ms) for place, (recall, p50_ms) in enumerate(points)]


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """As much recall in as little time, and not the same."""
    return one != other and one[0] >= other[0] and one[1] <= other[1]


@given(POINTS)
def test_the_front_is_what_no_other_point_beats(points: list[tuple[float, float]]) -> None:
    """And every point that is off it is beaten by one that is on it."""
    front = [point for point, stands in zip(points, on_front(points), strict=True) if stands]
    for point, stands in zip(points, on_front(points), strict=True):
        assert stands != any(beats(other, point) for other in points)
        assert stands or any(beats(other, point) for other in front)


@given(POINTS, st.randoms(use_true_random=False))
def test_the_front_does_not_hang_on_the_order(points: list[tuple[float, float]], random: object) -> None:
    """The same points in any order."""
    mixed = list(points)
    random.shuffle(mixed)
    kept = [sorted(p for p, stands in zip(each, on_front(each), strict=True) if stands) for each in (points, mixed)]
    assert kept[0] == kept[1]


@given(POINTS.filter(bool), st.data())
def test_a_point_that_is_beaten_changes_no_front(points: list[tuple[float, float]], data: st.DataObject) -> None:
    """Slower and less complete than one that is there."""
    recall, latency = data.draw(st.sampled_from(points))
    assert on_front([*points, (recall - 0.01, latency + 1)]) == [*on_front(points), False]


@given(POINTS)
def test_along_the_front_more_recall_takes_more_time(points: list[tuple[float, float]]) -> None:
    """Or the cheaper would beat the dearer."""
    front = sorted({point for point, stands in zip(points, on_front(points), strict=True) if stands})
    latencies = [latency for _, latency in front]
    assert latencies == sorted(latencies)


@given(CURVES, RECALL)
def test_a_latency_at_a_recall_lies_between_two_neighbours_or_is_none(
    points: list[tuple[float, float]], recall: float
) -> None:
    """Never outside what was measured: not the recall, and not the time."""
    found = latency_at(curve(*points), recall, FINEST)
    recalls = [one for one, _ in points]
    if isinstance(found, OutOfRange):
        assert recall > max(recalls) or recall < recalls[0]
        return
    reached = next(place for place, one in enumerate(recalls) if one >= recall)
    around = [latency for _, latency in points[max(0, reached - 1) : reached + 1]]
    assert min(around) * (1 - 1e-9) <= found <= max(around) * (1 + 1e-9)


@given(CURVES)
def test_at_a_measured_recall_it_is_the_measured_latency(points: list[tuple[float, float]]) -> None:
    """Of the smallest ef that has reached it."""
    best = -1.0
    for recall, latency in points:
        if recall > best:
            assert latency_at(curve(*points), recall, FINEST) == latency
            best = recall


@given(st.lists(st.integers(0, 999), min_size=2, max_size=6, unique=True), st.integers(0, 999), st.integers(0, 999))
def test_more_recall_takes_no_less_time_on_a_rising_curve(steps: list[int], one: int, other: int) -> None:
    """Between the points as at them."""
    points = [(step / 1000, 1.0 + place) for place, step in enumerate(sorted(steps))]
    low, high = (latency_at(curve(*points), step / 1000, FINEST) for step in sorted((one, other)))
    if not isinstance(low, OutOfRange) and not isinstance(high, OutOfRange):
        assert low <= high * (1 + 1e-9)


def test_between_two_points_it_is_straight_in_the_logs() -> None:
    """From 0.9 in 1 ms to 0.99 in 4 ms: half of the way in what is missed is half of it in time."""
    halfway = 1 - math.sqrt(0.1 * 0.01)
    assert latency_at(curve((0.9, 1.0), (0.99, 4.0)), halfway, FINEST) == pytest.approx(2.0)


def test_full_recall_counts_as_half_a_step_missed() -> None:
    """0.99 on the way from 0.9 to all of a thousand: ln 10 of the ln 200 that there are."""
    found = latency_at(curve((0.9, 1.0), (1.0, 10.0)), 0.99, FINEST)
    assert found == pytest.approx(10 ** (math.log(10) / math.log(200)))


def test_a_recall_that_was_not_measured_on_both_sides_has_no_latency() -> None:
    """The reason says how far it went."""
    points = curve((0.93, 1.0), (0.97, 2.0))
    assert latency_at(points, 0.90, FINEST) == OutOfRange("recall is 0.930 at the least")
    assert latency_at(points, 0.99, FINEST) == OutOfRange("recall is 0.970 at the most")
    assert latency_at(curve((1.0, 1.0)), 0.99, FINEST) == OutOfRange("one point, at recall 1.000")
    assert latency_at([], 0.99, FINEST) == OutOfRange("nothing was measured")


def test_noise_in_the_latency_of_other_ef_changes_nothing() -> None:
    """Where overheads outweigh the search, times do not rise with ef: what counts are the two points around."""
    points = curve((0.6, 3.9), (0.85, 3.7), (0.96, 3.4), (1.0, 3.1))
    found = latency_at(points, 0.9, FINEST)
    assert isinstance(found, float)
    assert 3.4 < found < 3.7
