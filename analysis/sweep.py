"""Speed against recall: each target's figures per ef, the Pareto front of a tier, and latency at equal recall.

Reads `analysis.scenes`. Shown by `analysis.sweeptable`, drawn by `analysis.sweepplot`; its arithmetic is in
`analysis.curves`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.curves import OutOfRange, Sample, latency_at, on_front
from analysis.errors import NotMeasured
from analysis.findings import Severity
from analysis.launch import NS_PER_MS, NS_PER_S, LaunchObservations
from analysis.names import tier_of
from analysis.observations import EfSetting, SweepBegan, SweepSearched
from analysis.records import Dataset, Record
from analysis.scenes import Scene, scenes_of
from analysis.statistics import Interval, mean_interval, percentile
from analysis.validity import judge_launch

__all__ = ["EQUAL_RECALLS", "AtRecall", "Curve", "ScaleSweep", "SweepPoint", "TierSweep", "sweeps_of"]

EQUAL_RECALLS = (0.90, 0.95, 0.99)
_ANCHOR_PREFIX = "exact@"
_METRIC = "p50_latency_ms"
_EASY = 0.99
_TIERS = ("mount", "container", "process", "embedded")


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One target at one ef: means over launches with 95 % t intervals, on the log scale for times and rates.

    `ef` is None for a target that has none. `front` tells that no store of the tier finds as much in less time; our own
    store is a floor and never on it.
    """

    ef: int | None
    recall: Interval
    p50_ms: Interval
    rate: Interval
    front: bool


@dataclass(frozen=True, slots=True)
class AtRecall:
    """A target's p50 where its curve passes a recall; None, with the reason, where it was not measured on both sides.

    `best` tells that no rival of the tier is faster there beyond doubt; it takes a rival and two launches.
    """

    recall: float
    p50_ms: Interval | None
    reason: str
    best: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A target's points by rising ef, how its ef is set, and what it takes to reach each of EQUAL_RECALLS.

    `invalid` says which launches do not enter, and why.
    """

    target: str
    setting: EfSetting
    why: str
    launches: int
    invalid: tuple[str, ...]
    points: tuple[SweepPoint, ...]
    equal: tuple[AtRecall, ...]


@dataclass(frozen=True, slots=True)
class TierSweep:
    """The curves of one tier. Figures of different tiers never share a rank."""

    tier: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class ScaleSweep:
    """The sweep at one scale. `left_out` names each target that is not in it, with the reason.

    `finest` is the smallest step in which a launch's recall counts. `easy` tells that every index finds nearly
    everything at its lowest ef, so that these data cannot tell speed at equal recall.
    """

    dataset: Dataset
    tiers: tuple[TierSweep, ...]
    left_out: Mapping[str, str]
    finest: float
    easy: bool


@dataclass(frozen=True, slots=True)
class _Launches:
    """A target's curves of its sound launches, by launch."""

    target: str
    setting: EfSetting
    why: str
    samples: Mapping[int, Sequence[Sample]]
    invalid: tuple[str, ...]


def sweeps_of(record: Record) -> tuple[ScaleSweep, ...]:
    """The sweep of every scale that has one. NotMeasured where the run has none at all."""
    found = []
    for scale, scene in scenes_of(record).items():
        dataset = next(one for one in record.run.datasets if one.scale == scale)
        if any(one.all_of(SweepSearched) for launches in scene.launches.values() for one in launches):
            found.append(_scale(dataset, scene, record.run.host.cores))
    if not found:
        raise NotMeasured(f"Run {record.run.id} holds no sweep. Measure one: scripts/bench --sweep.")
    return tuple(found)


def _scale(dataset: Dataset, scene: Scene, cores: int) -> ScaleSweep:
    finest = 1 / (dataset.k * dataset.queries)
    left_out: dict[str, str] = {}
    by_tier: dict[str, list[_Launches]] = defaultdict(list)
    for target, launches in scene.launches.items():
        fault = scene.faults.get(target)
        swept = _swept(target, launches, scene, cores)
        if fault is not None:
            left_out[target] = f"failed during {fault.phase}: {fault.reason}"
        elif not swept.samples:
            left_out[target] = "; ".join(swept.invalid) or "no launch of it was swept to its end"
        else:
            by_tier[tier_of(target)].append(swept)
    order = sorted(by_tier, key=lambda tier: (_TIERS.index(tier) if tier in _TIERS else len(_TIERS), tier))
    tiers = tuple(TierSweep(tier, _curves(by_tier[tier], finest)) for tier in order)
    lowest = [curve.points[0].recall.estimate for tier in tiers for curve in tier.curves if len(curve.points) > 1]
    return ScaleSweep(dataset, tiers, left_out, finest, easy=bool(lowest) and min(lowest) >= _EASY)


def _swept(target: str, launches: Sequence[LaunchObservations], scene: Scene, cores: int) -> _Launches:
    samples: dict[int, Sequence[Sample]] = {}
    invalid: list[str] = []
    for one in launches:
        found = _samples(one.all_of(SweepSearched))
        # Low recall is what a sweep looks at, so the floor is none here.
        findings = judge_launch(one, scene.readings(one), 0.0, cores)
        against = [seen for seen in findings if seen.severity is Severity.INVALID and _METRIC in seen.concerns]
        invalid += [f"launch {one.launch + 1} is invalid: {seen.rule}: {seen.text}" for seen in against]
        if found and not against and scene.came_to_its_end(one):
            samples[one.launch] = found
    told = [(seen.setting, seen.reason) for one in launches for seen in one.all_of(SweepBegan)]
    setting, why = told[0] if told else (EfSetting.NONE, "it was not asked")
    return _Launches(target, setting, why, samples, tuple(invalid))


def _samples(slices: Sequence[SweepSearched]) -> list[Sample]:
    by_ef: dict[int | None, list[SweepSearched]] = defaultdict(list)
    for one in slices:
        by_ef[one.ef].append(one)
    return [_sample(ef, by_ef[ef]) for ef in sorted(by_ef, key=lambda ef: ef or 0)]


def _sample(ef: int | None, slices: Sequence[SweepSearched]) -> Sample:
    latencies = [ns / NS_PER_MS for one in slices for ns in one.latencies_ns]
    hits = sum(sum(one.hits) for one in slices)
    wall = sum(one.wall_ns for one in slices) / NS_PER_S
    return Sample(ef, hits / (slices[0].k * len(latencies)), percentile(latencies, 50), len(latencies) / wall)


def _curves(tier: Sequence[_Launches], finest: float) -> tuple[Curve, ...]:
    # Our own store after the others, as in the closing table.
    ordered = sorted(tier, key=lambda one: (one.target.startswith(_ANCHOR_PREFIX), one.target))
    points = {one.target: _points(one) for one in ordered}
    rivals = [point for one in ordered if not one.target.startswith(_ANCHOR_PREFIX) for point in points[one.target]]
    front = on_front([(point.recall.estimate, point.p50_ms.estimate) for point in rivals])
    best = {id(point) for point, stands in zip(rivals, front, strict=True) if stands}
    equal = {recall: _equal(ordered, recall, finest) for recall in EQUAL_RECALLS}
    return tuple(
        Curve(
            one.target,
            one.setting,
            one.why,
            len(one.samples),
            one.invalid,
            tuple(_marked(point, front=id(point) in best) for point in points[one.target]),
            tuple(equal[recall][one.target] for recall in EQUAL_RECALLS),
        )
        for one in ordered
    )


def _marked(point: SweepPoint, *, front: bool) -> SweepPoint:
    return SweepPoint(point.ef, point.recall, point.p50_ms, point.rate, front)


def _points(one: _Launches) -> list[SweepPoint]:
    by_ef: dict[int | None, list[Sample]] = defaultdict(list)
    for samples in one.samples.values():
        for sample in samples:
            by_ef[sample.ef].append(sample)
    return [
        SweepPoint(
            ef,
            mean_interval([sample.recall for sample in samples]),
            _log_interval(samples, lambda sample: sample.p50_ms),
            _log_interval(samples, lambda sample: sample.rate),
            front=False,
        )
        for ef, samples in by_ef.items()
    ]


def _log_interval(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Interval:
    return _exponential(mean_interval([math.log(value(sample)) for sample in samples]))


def _exponential(found: Interval) -> Interval:
    return Interval(math.exp(found.estimate), math.exp(found.low), math.exp(found.high))


def _equal(tier: Sequence[_Launches], recall: float, finest: float) -> dict[str, AtRecall]:
    """What each target of a tier takes for this recall: launch by launch, since a launch is the unit."""
    logs: dict[str, dict[int, float]] = {}
    reasons: dict[str, str] = {}
    for one in tier:
        found = {launch: latency_at(samples, recall, finest) for launch, samples in one.samples.items()}
        outside = [value for value in found.values() if isinstance(value, OutOfRange)]
        if outside:
            where = f" in {len(outside)} of {len(found)} launches" if len(outside) < len(found) else ""
            reasons[one.target] = outside[0].reason + where
        else:
            logs[one.target] = {
                launch: math.log(value) for launch, value in found.items() if not isinstance(value, OutOfRange)
            }
    return {one.target: _at_recall(one.target, recall, logs, reasons) for one in tier}


def _at_recall(
    target: str, recall: float, logs: Mapping[str, Mapping[int, float]], reasons: Mapping[str, str]
) -> AtRecall:
    if target in reasons:
        return AtRecall(recall, None, reasons[target], best=False)
    mine = logs[target]
    faster = [
        [mine[launch] - theirs[launch] for launch in sorted(mine.keys() & theirs.keys())]
        for rival, theirs in logs.items()
        if rival != target and not rival.startswith(_ANCHOR_PREFIX)
    ]
    paired = [ratios for ratios in faster if len(ratios) > 1]
    best = (
        bool(paired)
        and not target.startswith(_ANCHOR_PREFIX)
        and not any(mean_interval(ratios).low > 0 for ratios in paired)
    )
    return AtRecall(recall, _exponential(mean_interval(list(mine.values()))), "", best)
