"""Is this number a measurement at all? Rules over what was observed; each finding is data with advice attached.

Reads `analysis.launch`; `analysis.rows` takes invalid launches out of a row and shows every finding beside it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, Group, Metric, metric_named
from analysis.observations import MachineRead, SearchPathKind
from analysis.statistics import percentile

__all__ = ["RECALL_FLOOR", "Finding", "Severity", "judge_launch", "judge_scale"]

RECALL_FLOOR = 0.80
_CLIENT_SHARE = 0.90
_IN_FLIGHT = 0.05
_CLOCK_STEP_NS = 10_000_000
_STEAL = 0.05
_FREQUENCY = 0.10
_ANCHOR = "exact@embedded"
_ANCHOR_MOVE = 0.20
_TAIL_QUERIES = 1_000
_SERVER_TIERS = ("process", "container")


class Severity(enum.StrEnum):
    """Whether the number is none, or one to read with care."""

    INVALID = "invalid"
    WARNED = "warned"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen and what to do about it. `launches` are those that it speaks of, `concerns` the metrics."""

    rule: str
    severity: Severity
    text: str
    advice: str
    launches: tuple[int, ...]
    concerns: frozenset[str]


def _names(accept: Callable[[Metric], bool]) -> frozenset[str]:
    return frozenset(metric.name for metric in METRICS if accept(metric))


_ALL = _names(lambda _: True)
_TIMES = _names(lambda metric: metric.follows_machine_speed)
_SEARCH_TIMES = _names(lambda metric: metric.follows_machine_speed and metric.group is Group.SEARCH)
_INSERT_TIMES = _names(lambda metric: metric.follows_machine_speed and metric.group is Group.INSERTION)


def judge_launch(
    launch: LaunchObservations, machine: Sequence[MachineRead], recall_floor: float = RECALL_FLOOR
) -> Iterator[Finding]:
    """Every finding about one target in one launch. `machine` holds the launch's readings in their order."""
    yield from _counts(launch)
    yield from _recall(launch, recall_floor)
    yield from _client(launch)
    yield from _in_flight(launch)
    yield from _machine(launch.launch, machine)
    yield from _sample_sizes(launch)
    yield from _path(launch)


def _counts(launch: LaunchObservations) -> Iterator[Finding]:
    for done in launch.collected:
        if done.counted != done.expected:
            yield Finding(
                "wrong count",
                Severity.INVALID,
                f"{done.expected:,} vectors were acknowledged, the store counts {done.counted:,} "
                f"(collection {done.collection})",
                "vectors were lost or doubled: no figure of this launch holds",
                (launch.launch,),
                _ALL,
            )


def _recall(launch: LaunchObservations, floor: float) -> Iterator[Finding]:
    recall = metric_named("recall_at_10").reduce(launch)
    if isinstance(recall, float) and recall < floor:
        yield Finding(
            "low recall",
            Severity.INVALID,
            f"recall@10 was {recall:.3f}, below the floor of {floor:.2f}",
            "fast and wrong is not fast: raise ef, or see whether the index was built",
            (launch.launch,),
            _SEARCH_TIMES,
        )


def _client(launch: LaunchObservations) -> Iterator[Finding]:
    wall = sum(one.wall_ns for one in launch.timed_slices)
    if not wall or launch.target.partition("@")[2] not in _SERVER_TIERS:
        return
    share = sum(one.cpu_ns for one in launch.timed_slices) / wall
    if share > _CLIENT_SHARE:
        yield Finding(
            "client saturated",
            Severity.INVALID,
            f"the worker used {share:.0%} of a core while it searched",
            "the client is what was measured: a faster client library or protocol is needed",
            (launch.launch,),
            _SEARCH_TIMES,
        )


def _in_flight(launch: LaunchObservations) -> Iterator[Finding]:
    # Little's law: mean number in flight = rate x mean latency; one client in a closed loop has one.
    wall = sum(one.wall_ns for one in launch.timed_slices)
    if not wall:
        return
    in_flight = sum(sum(one.latencies_ns) for one in launch.timed_slices) / wall
    if abs(in_flight - 1) > _IN_FLIGHT:
        yield Finding(
            "Little's law",
            Severity.INVALID,
            f"{in_flight:.2f} searches were in flight on average, where one client has 1",
            "the loop itself took the time between searches: latency and rate do not belong together",
            (launch.launch,),
            _SEARCH_TIMES,
        )


def _machine(launch: int, machine: Sequence[MachineRead]) -> Iterator[Finding]:
    if len(machine) < 2:
        return
    first, last = machine[0], machine[-1]
    step = last.wall_minus_monotonic_ns - first.wall_minus_monotonic_ns
    if abs(step) > _CLOCK_STEP_NS:
        yield Finding(
            "clock stepped",
            Severity.INVALID,
            f"the wall clock was set by {step / 1e6:+.0f} ms during the launch",
            "let the clock settle (NTP) and measure again",
            (launch,),
            _TIMES,
        )
    swapped = last.swapped_pages - first.swapped_pages
    if swapped > 0:
        yield Finding(
            "swapping",
            Severity.INVALID,
            f"{swapped:,} pages were swapped during the launch",
            "free memory, or measure a smaller scale",
            (launch,),
            _ALL,
        )
    cpu = last.cpu_ns - first.cpu_ns
    steal = (last.steal_ns - first.steal_ns) / cpu if cpu else 0.0
    if steal > _STEAL:
        yield Finding(
            "noisy neighbour",
            Severity.WARNED,
            f"the host took {steal:.0%} of the processors' time for others",
            "absolute times are too long; ratios of interleaved targets hold",
            (launch,),
            _TIMES,
        )
    if first.mhz and abs(last.mhz / first.mhz - 1) > _FREQUENCY:
        yield Finding(
            "frequency changed",
            Severity.WARNED,
            f"the processors went from {first.mhz:.0f} to {last.mhz:.0f} MHz",
            "fix the governor, or compare within the launch only",
            (launch,),
            _TIMES,
        )


def _sample_sizes(launch: LaunchObservations) -> Iterator[Finding]:
    queries = len(launch.latencies_ms)
    if 0 < queries < _TAIL_QUERIES:
        yield Finding(
            "few queries",
            Severity.WARNED,
            f"{queries} searches were timed; a p99 of them rests on {queries // 100 or 1}",
            "time at least 1,000",
            (launch.launch,),
            frozenset({"p99_latency_ms"}),
        )
    if launch.collected and all(one.collection == 0 for one in launch.collected):
        yield Finding(
            "cold insertion",
            Severity.WARNED,
            "insertion was timed on the launch's first collection only",
            "cold starts scatter by 30 to 55 %: do not compare small differences",
            (launch.launch,),
            _INSERT_TIMES,
        )


def _path(launch: LaunchObservations) -> Iterator[Finding]:
    if launch.target.startswith("exact@"):
        return
    for done in launch.collected[:1]:
        if done.path is SearchPathKind.BRUTE_FORCE:
            yield Finding(
                "not indexed",
                Severity.WARNED,
                f"searches ran by brute force: {done.path_evidence}",
                "see whether the index was built before the search began",
                (launch.launch,),
                _SEARCH_TIMES,
            )


def judge_scale(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    """Findings that only show over all launches and targets of a scale."""
    yield from _anchor(by_target.get(_ANCHOR, ()))
    yield from _hardness(by_target)
    for target, launches in by_target.items():
        paths = {one.collected[0].path for one in launches if one.collected}
        if len(paths) > 1:
            yield Finding(
                "path changed",
                Severity.WARNED,
                f"{target} answered by {' and by '.join(sorted(paths))} in different launches",
                "its launches do not measure one thing: see its index settings",
                tuple(one.launch for one in launches),
                _SEARCH_TIMES,
            )


def _anchor(launches: Sequence[LaunchObservations]) -> Iterator[Finding]:
    medians = {one.launch: percentile(one.latencies_ms, 50) for one in launches if one.latencies_ms}
    if len(medians) < 2:
        return
    move = max(medians.values()) / min(medians.values()) - 1
    if move > _ANCHOR_MOVE:
        yield Finding(
            "anchor moved",
            Severity.WARNED,
            f"the same computation ({_ANCHOR}) took up to {move:.0%} longer in some launches than in others",
            "the machine changed speed during the run: trust the ratios, not the absolute times",
            tuple(medians),
            _TIMES,
        )


def _hardness(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    recalls = [
        recall
        for target, launches in by_target.items()
        if not target.startswith("exact@")
        for one in launches
        if isinstance(recall := metric_named("recall_at_10").reduce(one), float)
    ]
    if recalls and min(recalls) >= 0.9995:
        yield Finding(
            "too easy",
            Severity.WARNED,
            "every store found every neighbour (recall@10 1.000)",
            "this workload does not tell the indexes apart: compare recall at a larger scale",
            (),
            frozenset({"recall_at_10"}),
        )
