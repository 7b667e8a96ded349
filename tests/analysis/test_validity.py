"""Each rule, by the numbers that break it; and a quiet launch breaks none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from analysis.findings import Finding, Severity
from analysis.launch import LaunchObservations
from analysis.observations import CrowdCounted, CrowdRan, MachineRead, Phase, SearchPathKind, SliceSearched
from analysis.scenes import scenes_of
from analysis.validity import judge_launch, judge_scale
from tests.strategies import a_machine, a_record

QUIET = (a_machine(), a_machine(phase=Phase.STOP, cpu_ns=2_000_000_000))


def a_scene(target: str = "chroma@process", **launch: object) -> LaunchObservations:
    """One launch."""
    return scenes_of(a_record({target: (1.0,)}, **launch))["small"].launches[target][0]


def found(launch: LaunchObservations, machine: Sequence[MachineRead] = QUIET) -> dict[str, Finding]:
    """Findings by their rule."""
    return {finding.rule: finding for finding in judge_launch(launch, machine)}


def changed(launch: LaunchObservations, **slice_changes: object) -> LaunchObservations:
    """The launch with every slice changed."""
    seen = [
        msgspec.structs.replace(one, **slice_changes) if isinstance(one, SliceSearched) else one for one in launch.seen
    ]
    return LaunchObservations(launch.scale, launch.launch, launch.target, seen)


def test_a_quiet_launch_has_no_finding() -> None:
    """Nothing is said without cause."""
    assert found(a_scene()) == {}


def test_a_wrong_count_invalidates_everything() -> None:
    """Vectors were lost."""
    finding = found(a_scene(counted=999))["wrong count"]
    assert finding.severity is Severity.INVALID
    assert {"throughput_vectors_per_second", "p50_latency_ms", "peak_memory_usage_mb"} <= finding.concerns
    assert "1,000 vectors were acknowledged, the store counts 999" in finding.text


def test_low_recall_invalidates_latency_but_not_recall_itself() -> None:
    """Fast and wrong is not fast."""
    finding = found(a_scene(hits=7))["low recall"]
    assert "p95_latency_ms" in finding.concerns
    assert "queries_per_second" in finding.concerns
    assert not finding.concerns & {"recall_at_10", "throughput_vectors_per_second"}


def test_the_floor_is_a_parameter() -> None:
    """0.7 is good enough where the user says so."""
    assert not list(judge_launch(a_scene(hits=7), QUIET, 0.7))


@pytest.mark.parametrize(("target", "expected"), [("chroma@process", True), ("chroma@embedded", False)])
def test_a_client_that_is_the_bottleneck_is_found_on_server_tiers(target: str, expected: bool) -> None:
    """An embedded engine computes in the worker: that is its figure."""
    busy = changed(a_scene(target), cpu_ns=48_000_000, wall_ns=50_000_000)
    assert ("client saturated" in found(busy)) is expected


def test_littles_law_must_hold() -> None:
    """One client in a closed loop has one search in flight."""
    finding = found(changed(a_scene(), wall_ns=60_000_000))["Little's law"]
    assert "0.83 searches were in flight" in finding.text


@pytest.mark.parametrize(
    ("rule", "severity", "changes"),
    [
        ("clock stepped", Severity.INVALID, {"wall_minus_monotonic_ns": -50_000_000}),
        ("swapping", Severity.INVALID, {"swapped_pages": 12}),
        ("noisy neighbour", Severity.WARNED, {"steal_ns": 100_000_000}),
        ("frequency changed", Severity.WARNED, {"mhz": 2400.0}),
    ],
)
def test_what_the_machine_did_is_found(rule: str, severity: Severity, changes: dict[str, float]) -> None:
    """Between the launch's first reading and its last."""
    last = a_machine(phase=Phase.STOP, **{"cpu_ns": 2_000_000_000, **changes})
    finding = found(a_scene(), (a_machine(), last))[rule]
    assert finding.severity is severity
    assert finding.advice


def test_one_reading_of_the_machine_tells_nothing() -> None:
    """A launch that was cut short."""
    assert found(a_scene(), (a_machine(),)) == {}


def test_a_p99_of_few_queries_is_warned_of() -> None:
    """It is nearly a maximum."""
    few = changed(a_scene(), latencies_ns=[1_000_000] * 5, hits=[10] * 5, wall_ns=5_000_000)
    assert found(few)["few queries"].concerns == {"p99_latency_ms"}


def with_ladder(kind: type[CrowdRan] | type[CrowdCounted], **changes: object) -> LaunchObservations:
    """The launch with every rung, or the count after them, changed."""
    plain = a_scene()
    seen = [msgspec.structs.replace(one, **changes) if isinstance(one, kind) else one for one in plain.seen]
    return LaunchObservations("small", 0, plain.target, seen)


def test_failures_under_concurrency_invalidate_the_gain_and_nothing_else() -> None:
    """With the first one's own words."""
    finding = found(with_ladder(CrowdRan, failures=2, first_failure="TimeoutError: busy"))["failures"]
    assert finding.severity is Severity.INVALID
    assert finding.concerns == {"concurrent_operation_support"}
    assert "16 operations of several clients failed, the first with TimeoutError: busy" in finding.text


def test_vectors_lost_under_concurrency_invalidate_the_gain() -> None:
    """They were acknowledged."""
    finding = found(with_ladder(CrowdCounted, counted=599))["lost under concurrency"]
    assert finding.concerns == {"concurrent_operation_support"}
    assert "600 vectors should be there" in finding.text


def test_brute_force_is_warned_of_but_for_our_own_store() -> None:
    """It has no index on purpose."""
    assert "not indexed" in found(a_scene(path=SearchPathKind.BRUTE_FORCE))
    assert "not indexed" not in found(a_scene("exact@process", path=SearchPathKind.BRUTE_FORCE))


def over_the_scale(record_latencies: dict[str, tuple[float, ...]], **launch: object) -> dict[str, Finding]:
    """Findings over all launches."""
    scene = scenes_of(a_record(record_latencies, **launch))["small"]
    return {finding.rule: finding for finding in judge_scale(scene.launches)}


def test_an_anchor_that_moved_is_told() -> None:
    """The same computation took half as long again."""
    assert "50%" in over_the_scale({"exact@embedded": (1.0, 1.5)})["anchor moved"].text
    assert "anchor moved" not in over_the_scale({"exact@embedded": (1.0, 1.1)})
    assert "anchor moved" not in over_the_scale({"exact@embedded": (1.0,)})


def test_brute_force_that_misses_suspects_the_data_sets_answers() -> None:
    """It cannot miss; so it is not told to raise ef, and whoever reads the recall of others is warned."""
    wrong = over_the_scale({"exact@process": (1.0,), "chroma@process": (1.0,)}, hits=4)["wrong answers"]
    assert "brute force (exact@process) found 0.400" in wrong.text
    assert "wrong answers in the data set" in wrong.text
    assert "recall_at_10" in wrong.concerns
    assert "suspect the data set's answers" in found(a_scene("exact@process", hits=4))["low recall"].advice
    assert "raise ef" in found(a_scene(hits=4))["low recall"].advice
    assert "wrong answers" not in over_the_scale({"exact@process": (1.0,)})
    assert "wrong answers" not in over_the_scale({"chroma@process": (1.0,)}, hits=4)


def test_a_workload_that_everybody_solves_compares_nothing() -> None:
    """Our own store finds everything by definition and does not count."""
    assert "too easy" in over_the_scale({"chroma@process": (1.0,)})
    assert "too easy" not in over_the_scale({"chroma@process": (1.0,)}, hits=9)
    assert "too easy" not in over_the_scale({"exact@process": (1.0,)})


def test_a_search_path_that_changed_between_launches_is_told() -> None:
    """They do not measure one thing."""
    indexed = a_scene()
    brute = a_scene(path=SearchPathKind.BRUTE_FORCE)
    (finding,) = [one for one in judge_scale({"chroma@process": [indexed, brute]}) if one.rule == "path changed"]
    assert "brute force and by indexed" in finding.text
