"""Is this number a measurement at all? Rules over what was observed of a target; each finding carries its advice.

Reads `analysis.launch`; `analysis.rows` takes invalid launches out of a row and shows every finding beside it. What the
machine did is judged in `analysis.machine`, what became of the vectors in `analysis.keeping`, and whether the launches
measure one thing in `analysis.steadiness`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.answers import judge_answers
from analysis.changes import judge_changes
from analysis.findings import EVERY_METRIC, SEARCH_TIMES, SERVED_BY_SEARCH, TIMES, Finding, Severity
from analysis.keeping import judge_keeping
from analysis.launch import LaunchObservations
from analysis.load_validity import judge_load
from analysis.machine import judge_machine
from analysis.metrics import Metric, metric_named
from analysis.names import SERVER_TIERS, compares_all, tier_of
from analysis.observations import MachineRead, SearchPathKind
from analysis.sampling import judge_sampling
from analysis.statistics import percentile
from analysis.steadiness import judge_order, judge_steadiness

__all__ = ["RECALL_FLOOR", "judge_launch", "judge_numbers", "judge_scale"]

RECALL_FLOOR = 0.80
_CLIENT_SHARE = 0.90
_IN_FLIGHT = 0.05
_ANCHOR = "exact@embedded"
_ANCHOR_MOVE = 0.20
_TAIL_QUERIES = 1_000
_EVERY = 0.9995
_FEW_VECTORS = 2_000


def judge_launch(
    launch: LaunchObservations,
    machine: Sequence[MachineRead],
    recall_floor: float = RECALL_FLOOR,
    cores: int = 1,
    *,
    ended: bool = True,
) -> Iterator[Finding]:
    """Every finding about one target in one launch. `machine` holds the launch's readings in their order.

    `cores` is how many processors the machine has; `ended` tells that the launch came to its end.
    """
    recall = metric_named("recall_at_10").reduce(launch)
    known = recall if isinstance(recall, float) else None
    found = [
        *_counts(launch),
        *_recall(launch, known, recall_floor),
        *judge_keeping(launch, known, recall_floor),
        *_client(launch),
        *_in_flight(launch),
        *judge_machine(launch.launch, machine, cores),
        *_crowd(launch),
        *judge_changes(launch, recall_floor),
        *judge_load(launch, cores),
        *_sample_sizes(launch),
        *_path(launch),
        *judge_order(launch),
        *judge_sampling(launch),
    ]
    if not ended:
        found.append(_cut_short(launch))
    yield from (replace(finding, target=launch.target) for finding in found)


def judge_numbers(metric: Metric, numbers: Sequence[tuple[LaunchObservations, float]]) -> Iterator[Finding]:
    """What is wrong with numbers that have no ratio to anything: with one of them, the row has no figure.

    To leave out a launch because of its value would make the others' mean too high.
    """
    below = [launch for launch, value in numbers if metric.offset + value <= 0]
    if not below:
        return
    if metric.name == "recall_at_10":
        rule, text = "nothing found", "no search found any of its exact ten"
        advice = "see whether the store answers with the ids that it was given, and whether its index was built"
    elif metric.follows_machine_speed:
        rule, text = "below resolution", f"{metric.name} was not above zero"
        advice = "the clock did not move: measure a larger scale"
    else:
        rule, text = "below resolution", f"{metric.name} was not above zero"
        advice = "growth is below what the kernel's page accounting resolves here: measure a larger scale"
    if len(below) < len(numbers):
        text += f" in {len(below)} of {len(numbers)} launches, and the mean of the others would be too high"
    launches = tuple(launch.launch for launch, _ in numbers)
    target = below[0].target
    yield Finding(rule, Severity.INVALID, text, advice, launches, frozenset({metric.name}), target=target)


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
                EVERY_METRIC,
            )


def _recall(launch: LaunchObservations, recall: float | None, floor: float) -> Iterator[Finding]:
    if recall is not None and recall < floor:
        yield Finding(
            "low recall",
            Severity.INVALID,
            f"recall@10 was {recall:.3f}, below the floor of {floor:.2f}",
            "brute force misses nothing: suspect the data set's answers (`neighbors`)"
            if compares_all(launch.target)
            else "fast and wrong is not fast: raise ef, or see whether the index was built",
            (launch.launch,),
            SERVED_BY_SEARCH,
        )


def _client(launch: LaunchObservations) -> Iterator[Finding]:
    wall = sum(one.wall_ns for one in launch.timed_slices)
    if not wall or tier_of(launch.target) not in SERVER_TIERS:
        return
    share = sum(one.cpu_ns for one in launch.timed_slices) / wall
    if share > _CLIENT_SHARE:
        yield Finding(
            "client saturated",
            Severity.INVALID,
            f"the worker used {share:.0%} of a core while it searched",
            "the client is what was measured: a faster client library or protocol is needed",
            (launch.launch,),
            SEARCH_TIMES,
        )


def _in_flight(launch: LaunchObservations) -> Iterator[Finding]:
    # Little's law: mean number in flight = rate x mean latency; one client in a closed loop has one. The worker's loop
    # costs some 0.3 us a search, so an engine in process keeps within the bound down to searches of about 6 us.
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
            SEARCH_TIMES,
        )


def _crowd(launch: LaunchObservations) -> Iterator[Finding]:
    concerned = frozenset({"concurrent_operation_support"})
    failures = sum(rung.failures for rung in launch.rungs)
    if failures:
        first = next(rung.first_failure for rung in launch.rungs if rung.failures)
        yield Finding(
            "failures",
            Severity.INVALID,
            f"{failures:,} operations of several clients failed, the first with {first}",
            "a rate with failures in it is none: see the server's limits and log",
            (launch.launch,),
            concerned,
        )
    for count in launch.crowd_counts:
        # A failed insert may or may not have been stored.
        if count.counted != count.expected and not failures:
            yield Finding(
                "lost under concurrency",
                Severity.INVALID,
                f"{count.expected:,} vectors should be there after inserts by several clients, "
                f"the store counts {count.counted:,}",
                "acknowledged vectors were lost or doubled",
                (launch.launch,),
                concerned,
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


def _path(launch: LaunchObservations) -> Iterator[Finding]:
    if compares_all(launch.target):
        return
    for done in launch.collected[:1]:
        if done.path is SearchPathKind.BRUTE_FORCE:
            yield Finding(
                "not indexed",
                Severity.WARNED,
                f"searches ran by brute force: {done.path_evidence}",
                "see whether the index was built before the search began",
                (launch.launch,),
                SEARCH_TIMES,
            )


def _cut_short(launch: LaunchObservations) -> Finding:
    return Finding(
        "cut short",
        Severity.WARNED,
        "the launch did not come to its end: its figures rest on what was measured until then",
        "measure again, to the end",
        (launch.launch,),
        EVERY_METRIC,
    )


def judge_scale(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    """Findings that only show over all launches of a target, or over all targets of a scale."""
    yield from _anchor(by_target.get(_ANCHOR, ()))
    yield from judge_answers(by_target)
    yield from _hardness(by_target)
    yield from judge_steadiness(by_target)


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
            "the machine changed speed during the run: trust ratios of interleaved targets, not absolute times",
            tuple(medians),
            TIMES,
        )


def _hardness(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    recalls = [
        recall
        for target, launches in by_target.items()
        if not compares_all(target)
        for one in launches
        if isinstance(recall := metric_named("recall_at_10").reduce(one), float)
    ]
    if recalls and min(recalls) >= _EVERY:
        vectors = max(one.vectors for launches in by_target.values() for one in launches)
        few = vectors <= _FEW_VECTORS
        yield Finding(
            "too easy",
            Severity.WARNED,
            f"every store found every neighbour (recall@10 1.000){f' of {vectors:,} vectors' if few else ''}",
            "so few vectors are the reason, nearly any index finds all of them: compare recall from medium up"
            if few
            else "this data does not tell the indexes apart, and speed bought with recall does not show: take harder "
            "data (--dataset)",
            (),
            frozenset({"recall_at_10"}),
        )
