"""Lost vectors, order of answers, order of targets, changing settings: each rule by the numbers that break it."""

from __future__ import annotations

import msgspec
import pytest

from analysis.findings import Finding, Severity
from analysis.keeping import judge_keeping
from analysis.launch import LaunchObservations
from analysis.observations import SampleChecked, SliceSearched, TargetStarted
from analysis.scenes import scenes_of
from analysis.steadiness import judge_order, judge_steadiness
from analysis.validity import judge_scale
from tests.strategies import a_record


def a_launch(number: int = 0) -> LaunchObservations:
    """A plain launch."""
    record = a_record({"chroma@process": (1.0,) * (number + 1)})
    return scenes_of(record)["small"].launches["chroma@process"][number]


def sampled(**changes: object) -> LaunchObservations:
    """A launch with a sample of a hundred, all found and in order but for the changes."""
    sample = SampleChecked(
        scale="small",
        launch=0,
        target="chroma@process",
        sampled=100,
        k=10,
        deeper=100,
        missed=[],
        lost=[],
        disordered=0,
    )
    launch = a_launch()
    seen = (*launch.seen, msgspec.structs.replace(sample, **changes))
    return LaunchObservations(launch.scale, launch.launch, launch.target, seen)


def kept(launch: LaunchObservations, recall: float = 0.95) -> dict[str, Finding]:
    """Findings by their rule."""
    return {one.rule: one for one in judge_keeping(launch, recall, 0.8)}


def test_a_sample_that_is_found_says_nothing() -> None:
    """Missed among the first ten and found deeper is the index's doing, and recall's to tell."""
    assert kept(sampled()) == {}
    assert kept(sampled(missed=[1, 2, 3])) == {}


def test_lost_vectors_invalidate_all_but_recall() -> None:
    """They were counted, so nothing else would show it."""
    finding = kept(sampled(missed=[1, 2, 3, 4, 5, 6], lost=[1, 2, 3, 4, 5, 6]))["lost vectors"]
    assert finding.severity is Severity.INVALID
    assert (
        "6 of 100 stored vectors do not find themselves among their 100 nearest (ids 1, 2, 3, 4, 5 ...)" in finding.text
    )
    assert {"p50_latency_ms", "throughput_vectors_per_second"} <= finding.concerns
    assert "recall_at_10" not in finding.concerns


def test_one_of_a_hundred_out_of_reach_is_a_warning() -> None:
    """An approximate index may do that."""
    found = kept(sampled(missed=[7], lost=[7]))
    assert [one.severity for one in found.values()] == [Severity.WARNED]
    assert "vector out of reach" in found


def test_where_recall_is_low_nobody_knows_what_is_lost_and_no_figure_holds() -> None:
    """Or a store would keep the more figures the more it lost. With no recall nothing was searched."""
    launch = sampled(missed=[1, 2, 3], lost=[1, 2, 3])
    (lost,) = judge_keeping(launch, 0.5, 0.8)
    assert (lost.rule, lost.severity) == ("lost vectors", Severity.INVALID)
    assert {"throughput_vectors_per_second", "memory_per_vector_bytes"} <= lost.concerns
    assert "gone, or such a recall does not reach them" in lost.advice
    assert list(judge_keeping(launch, None, 0.8)) == []


def test_what_brute_force_does_not_find_is_lost_however_low_its_recall() -> None:
    """The worse a store loses, the fewer figures it keeps."""
    seen = sampled(missed=[1, 2, 3], lost=[1, 2, 3])
    launch = LaunchObservations(seen.scale, seen.launch, "exact@embedded", seen.seen)
    (lost,) = judge_keeping(launch, 0.5, 0.8)
    assert (lost.rule, lost.severity) == ("lost vectors", Severity.INVALID)


def test_a_few_answers_out_of_order_are_rounding() -> None:
    """More than one in twenty are not."""
    assert kept(sampled(disordered=5)) == {}
    assert "in 6 of 100 answers" in kept(sampled(disordered=6))["not best first"].text


def in_rounds(forwards_ms: float, backwards_ms: float) -> LaunchObservations:
    """A launch whose even slices took the one time and whose odd ones the other, a little apart."""
    launch = a_launch()
    seen = []
    for one in launch.seen:
        if isinstance(one, SliceSearched):
            ms = (forwards_ms if one.slice % 2 == 0 else backwards_ms) * (1 + 0.002 * (one.slice % 5))
            seen.append(msgspec.structs.replace(one, latencies_ns=[int(ms * 1e6)] * 50))
        else:
            seen.append(one)
    return LaunchObservations(launch.scale, launch.launch, launch.target, tuple(seen))


@pytest.mark.parametrize(
    ("forwards", "backwards", "told"), [(1.0, 1.5, "backwards"), (1.5, 1.0, "forwards"), (1.0, 1.05, None)]
)
def test_a_figure_that_depends_on_the_order_is_told(forwards: float, backwards: float, told: str | None) -> None:
    """With the rounds in which it is slower; five per cent are no matter."""
    found = list(judge_order(in_rounds(forwards, backwards)))
    assert [told in one.text and "50%" in one.text for one in found] == ([True] if told else [])


def test_settings_that_are_not_the_same_in_all_launches_are_told() -> None:
    """With the field and both values."""
    first, second = a_launch(0), a_launch(1)
    seen = [
        msgspec.structs.replace(one, settings={"m": "32"}) if isinstance(one, TargetStarted) else one
        for one in second.seen
    ]
    other = LaunchObservations(second.scale, second.launch, second.target, tuple(seen))
    (finding,) = judge_steadiness({"chroma@process": [first, other]})
    assert (finding.rule, finding.target, finding.launches) == ("settings changed", "chroma@process", (0, 1))
    assert "m: 16 and 32" in finding.text
    assert list(judge_steadiness({"chroma@process": [first, second]})) == []


@pytest.mark.parametrize(("times", "reason"), [(1, "so few vectors are the reason"), (10, "take harder data")])
def test_data_that_is_too_easy_tells_whether_its_size_is_the_reason(times: int, reason: str) -> None:
    """A thousand vectors, or ten thousand."""
    launch = a_launch()
    seen = tuple(
        msgspec.structs.replace(one, vectors=one.vectors * times) if hasattr(one, "batch") else one
        for one in launch.seen
    )
    grown = LaunchObservations(launch.scale, launch.launch, launch.target, seen)
    (finding,) = [one for one in judge_scale({"chroma@process": [grown]}) if one.rule == "too easy"]
    assert reason in finding.advice
