"""A record's rows: each metric, scale and target with one number a launch, or the reason why not.

Applies `analysis.metrics` and `analysis.validity` to `analysis.scenes`; the gate and the tables read the rows.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from analysis.findings import Finding, Severity
from analysis.metrics import Metric, NotApplicable, metric_named, metrics_of
from analysis.names import store_of, tier_of
from analysis.records import Record, Resolution
from analysis.scenes import Scene, scenes_of
from analysis.validity import RECALL_FLOOR, judge_launch, judge_numbers

__all__ = ["Outcome", "Row", "RowKey", "launches_measured", "rows_of"]


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
        return store_of(self.target)

    @property
    def tier(self) -> str:
        """The target's tier."""
        return tier_of(self.target)

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

    @property
    def centre(self) -> float:
        """Its figure wherever one is shown: the geometric mean of `values`, of which there is one at least."""
        return self.metric.from_logarithm(fmean(map(self.metric.logarithm, self.values)))


def rows_of(record: Record) -> tuple[Row, ...]:
    """Every metric x scale x target that the run was asked for. A study that it was not asked for has no rows."""
    floor = float(record.run.options.get("recall-floor", RECALL_FLOOR))
    asked = record.run.asked
    # A run of some rows has measured what they need, and of others at most a part.
    metrics = [metric for metric in metrics_of(record.run.studies) if not asked or metric.name in asked]
    rows: list[Row] = []
    for scene in scenes_of(record).values():
        for resolution in record.run.targets:
            findings = _findings(scene, resolution.target, floor, record.run.host.cores)
            rows += (_row(metric, resolution, scene, findings) for metric in metrics)
    return tuple(rows)


def launches_measured(rows: Iterable[Row]) -> int:
    """How many launches the row with the most of them has, however many there were to be."""
    return max((len(row.values) for row in rows), default=0)


def _findings(scene: Scene, target: str, floor: float, cores: int) -> list[Finding]:
    found = [
        finding
        for launch in scene.launches.get(target, ())
        for finding in judge_launch(launch, scene.readings(launch), floor, cores, ended=scene.came_to_its_end(launch))
    ]
    return found + [finding for finding in scene.findings if finding.target in ("", target)]


def _row(metric: Metric, resolution: Resolution, scene: Scene, findings: Sequence[Finding]) -> Row:
    key = RowKey(metric.name, scene.scale, resolution.target)
    if not resolution.runnable:
        return Row(key, Outcome.SKIPPED, reason=resolution.reason, remedy=resolution.remedy)
    launches = scene.launches.get(resolution.target, ())
    numbers = [(launch, metric.reduce(launch)) for launch in launches]
    measured = [(launch, value) for launch, value in numbers if not isinstance(value, NotApplicable)]
    concerned = [finding for finding in findings if metric.name in finding.concerns]
    fault = scene.faults.get(resolution.target)
    if fault is not None:
        return Row(
            key,
            Outcome.FAILED,
            invalid_values=tuple(value for _, value in measured),
            reason=f"{fault.reason} (during {fault.phase}, launch {fault.launch + 1})",
            remedy=fault.remedy,
            findings=_joined(concerned),
        )
    if not any(map(scene.came_to_its_end, launches)) and not measured:
        return Row(key, Outcome.NOT_RUN, reason="The run ended before this was measured.", remedy="Run it again.")
    if not measured:
        reasons = {value.reason for _, value in numbers if isinstance(value, NotApplicable)}
        return Row(key, Outcome.NOT_APPLICABLE, reason="; ".join(sorted(reasons)))
    out = {launch for one in concerned if one.severity is Severity.INVALID for launch in one.launches}
    concerned += judge_numbers(metric, [(launch, value) for launch, value in measured if launch.launch not in out])
    return _measured(key, [(launch.launch, value) for launch, value in measured], concerned)


def _measured(key: RowKey, measured: Sequence[tuple[int, float]], findings: Sequence[Finding]) -> Row:
    against = [one for one in findings if one.severity is Severity.INVALID]
    out = {launch for one in against for launch in one.launches}
    valid = [(launch, value) for launch, value in measured if launch not in out]
    return Row(
        key,
        Outcome.MEASURED if valid else Outcome.INVALID,
        launches=tuple(launch for launch, _ in valid),
        values=tuple(value for _, value in valid),
        invalid_values=tuple(value for launch, value in measured if launch in out),
        reason="" if valid else "; ".join(dict.fromkeys(one.text for one in against)),
        remedy="" if valid else "; ".join(dict.fromkeys(one.advice for one in against)),
        findings=_joined(findings),
    )


def _joined(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding a rule: its launches together, and the first one's text."""
    return tuple(_of_rule(rule, findings) for rule in dict.fromkeys(one.rule for one in findings))


def _of_rule(rule: str, findings: Sequence[Finding]) -> Finding:
    same = [one for one in findings if one.rule == rule]
    return replace(same[0], launches=tuple(dict.fromkeys(launch for one in same for launch in one.launches)))
