"""A record's rows: each metric, scale and target with one number a launch, or the reason why not.

Applies `analysis.metrics` and `analysis.validity` to `analysis.records`; the gate and the tables read the rows.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, Metric, NotApplicable, metric_named
from analysis.observations import (
    BatchInserted,
    Collected,
    LaunchEnded,
    MachineRead,
    MemoryRead,
    SliceSearched,
    TargetFailed,
    TargetStarted,
)
from analysis.records import Record, Resolution
from analysis.validity import RECALL_FLOOR, Finding, Severity, judge_launch, judge_scale

__all__ = ["Outcome", "Row", "RowKey", "Scene", "rows_of", "scenes_of"]


class Outcome(enum.StrEnum):
    """What became of a row. Only MEASURED has a figure."""

    MEASURED = "measured"
    INVALID = "invalid"
    NOT_APPLICABLE = "not applicable"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """Which row: metric x scale x target."""

    metric: str
    scale: str
    target: str

    def __str__(self) -> str:
        return f"{self.metric}-{self.scale}-{self.target}"

    @property
    def store(self) -> str:
        """The target's store."""
        return self.target.partition("@")[0]

    @property
    def tier(self) -> str:
        """The target's tier."""
        return self.target.partition("@")[2]

    @property
    def node_id(self) -> str:
        """The pytest node that measures the row."""
        group = metric_named(self.metric).group
        return f"benchmarks/test_{group}.py::test_{group}[{self}]"


@dataclass(frozen=True, slots=True)
class Row:
    """A row's numbers. `values` are the valid launches', in the metric's unit, in the order of `launches`."""

    key: RowKey
    outcome: Outcome
    launches: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    invalid_values: tuple[float, ...] = ()
    reason: str = ""
    remedy: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def metric(self) -> Metric:
        """What the row measures."""
        return metric_named(self.key.metric)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything of one scale, sorted out: launches by target, machine readings by launch, faults by target."""

    scale: str
    launches: Mapping[str, Sequence[LaunchObservations]]
    machine: Mapping[int, Sequence[MachineRead]]
    faults: Mapping[str, TargetFailed]
    findings: tuple[Finding, ...]


def scenes_of(record: Record) -> dict[str, Scene]:
    """The record's observations by scale."""
    found: dict[str, dict[tuple[str, int], dict[type, list[object]]]] = defaultdict(dict)
    machine: dict[str, dict[int, list[MachineRead]]] = defaultdict(lambda: defaultdict(list))
    faults: dict[str, dict[str, TargetFailed]] = defaultdict(dict)
    for seen in record.observations:
        match seen:
            case MachineRead():
                machine[seen.scale][seen.launch].append(seen)
            case TargetFailed():
                faults[seen.scale][seen.target] = seen
            case LaunchEnded():
                continue
            case _:
                kinds = found[seen.scale].setdefault((seen.target, seen.launch), defaultdict(list))
                kinds[type(seen)].append(seen)
    scenes = {}
    for dataset in record.run.datasets:
        launches: dict[str, list[LaunchObservations]] = defaultdict(list)
        for (target, launch), kinds in found[dataset.scale].items():
            launches[target].append(_launch(dataset.scale, launch, target, kinds))
        scale = dataset.scale
        scenes[scale] = Scene(scale, launches, machine[scale], faults[scale], tuple(judge_scale(launches)))
    return scenes


def _launch(scale: str, launch: int, target: str, kinds: Mapping[type, list[object]]) -> LaunchObservations:
    started = [one for one in kinds.get(TargetStarted, []) if isinstance(one, TargetStarted)]
    return LaunchObservations(
        scale=scale,
        launch=launch,
        target=target,
        started=started[0] if started else None,
        batches=[one for one in kinds.get(BatchInserted, []) if isinstance(one, BatchInserted)],
        collected=[one for one in kinds.get(Collected, []) if isinstance(one, Collected)],
        slices=[one for one in kinds.get(SliceSearched, []) if isinstance(one, SliceSearched)],
        memory=[one for one in kinds.get(MemoryRead, []) if isinstance(one, MemoryRead)],
    )


def rows_of(record: Record) -> tuple[Row, ...]:
    """Every metric x scale x target that the run was asked for."""
    floor = float(record.run.options.get("recall-floor", RECALL_FLOOR))
    rows: list[Row] = []
    for scale, scene in scenes_of(record).items():
        for resolution in record.run.targets:
            launches = scene.launches.get(resolution.target, ())
            findings = [
                finding
                for launch in launches
                for finding in judge_launch(launch, scene.machine.get(launch.launch, ()), floor)
            ]
            for metric in METRICS:
                key = RowKey(metric.name, scale, resolution.target)
                rows.append(_row(key, metric, resolution, launches, findings, scene.faults.get(resolution.target)))
    return tuple(rows)


def _row(
    key: RowKey,
    metric: Metric,
    resolution: Resolution,
    launches: Sequence[LaunchObservations],
    findings: Sequence[Finding],
    fault: TargetFailed | None,
) -> Row:
    if not resolution.runnable:
        return Row(key, Outcome.SKIPPED, reason=resolution.reason, remedy=resolution.remedy)
    concerned = [finding for finding in findings if metric.name in finding.concerns]
    numbers = {launch.launch: metric.reduce(launch) for launch in launches}
    measured = {launch: value for launch, value in numbers.items() if not isinstance(value, NotApplicable)}
    if fault is not None:
        reason = f"{fault.reason} (during {fault.phase}, launch {fault.launch + 1})"
        return Row(
            key,
            Outcome.FAILED,
            invalid_values=tuple(measured.values()),
            reason=reason,
            remedy=fault.remedy,
            findings=_joined(concerned),
        )
    if not launches:
        return Row(key, Outcome.NOT_RUN, reason="The run ended before this target was measured.")
    if not measured:
        reasons = {value.reason for value in numbers.values() if isinstance(value, NotApplicable)}
        return Row(key, Outcome.NOT_APPLICABLE, reason="; ".join(sorted(reasons)))
    return _measured(key, metric, measured, concerned)


def _measured(key: RowKey, metric: Metric, measured: Mapping[int, float], findings: list[Finding]) -> Row:
    # A figure that is not above zero has no ratio to anything: memory growth below what pages can resolve.
    below = tuple(launch for launch, value in measured.items() if not value > 0)
    if below:
        findings = [
            *findings,
            Finding(
                "below resolution",
                Severity.INVALID,
                f"{metric.name} was not above zero",
                "growth is below what the kernel's page accounting resolves here: measure a larger scale",
                below,
                frozenset({metric.name}),
            ),
        ]
    out = {launch for one in findings if one.severity is Severity.INVALID for launch in one.launches}
    valid = {launch: value for launch, value in measured.items() if launch not in out}
    return Row(
        key,
        Outcome.MEASURED if valid else Outcome.INVALID,
        launches=tuple(valid),
        values=tuple(valid.values()),
        invalid_values=tuple(value for launch, value in measured.items() if launch in out),
        reason=""
        if valid
        else "; ".join(dict.fromkeys(one.text for one in findings if one.severity is Severity.INVALID)),
        remedy=""
        if valid
        else "; ".join(dict.fromkeys(one.advice for one in findings if one.severity is Severity.INVALID)),
        findings=_joined(findings),
    )


def _joined(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding a rule: its launches together, and the first one's text."""
    joined: dict[str, Finding] = {}
    for one in findings:
        before = joined.get(one.rule)
        launches = (*before.launches, *one.launches) if before else one.launches
        kept = before or one
        joined[one.rule] = Finding(
            kept.rule, kept.severity, kept.text, kept.advice, tuple(dict.fromkeys(launches)), kept.concerns
        )
    return tuple(joined.values())
