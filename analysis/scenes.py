"""A record's observations sorted out: by scale, target and launch.

Reads `analysis.records`; `analysis.rows` makes rows of the scenes, and `analysis.notes` tells what stands beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.findings import Finding
from analysis.launch import LaunchObservations
from analysis.observations import (
    BatchInserted,
    Collected,
    LaunchEnded,
    MachineRead,
    MemoryRead,
    Observation,
    SliceSearched,
    TargetFailed,
    TargetStarted,
)
from analysis.records import Record
from analysis.sides import of_rows
from analysis.validity import judge_scale

__all__ = ["Scene", "scenes_of"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything of one scale: launches by target, machine readings by launch, faults by target.

    `ended` holds the launches that came to their end; `findings` are those that show over several launches.
    """

    scale: str
    launches: Mapping[str, Sequence[LaunchObservations]]
    machine: Mapping[int, Sequence[MachineRead]]
    faults: Mapping[str, TargetFailed]
    ended: frozenset[int]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Gathered:
    """What was seen of one target in one launch, as it comes."""

    started: TargetStarted | None = None
    batches: list[BatchInserted] = field(default_factory=list)
    collected: list[Collected] = field(default_factory=list)
    slices: list[SliceSearched] = field(default_factory=list)
    memory: list[MemoryRead] = field(default_factory=list)

    def add(self, seen: TargetStarted | BatchInserted | Collected | SliceSearched | MemoryRead) -> None:
        match seen:
            case TargetStarted():
                self.started = seen
            case BatchInserted():
                self.batches.append(seen)
            case Collected():
                self.collected.append(seen)
            case SliceSearched():
                self.slices.append(seen)
            case MemoryRead():
                self.memory.append(seen)


def scenes_of(record: Record) -> dict[str, Scene]:
    """The record's scenes by scale, in the order of the run's datasets."""
    by_scale: dict[str, list[Observation]] = defaultdict(list)
    for seen in of_rows(record):
        by_scale[seen.scale].append(seen)
    return {dataset.scale: _scene(dataset.scale, by_scale[dataset.scale]) for dataset in record.run.datasets}


def _scene(scale: str, observations: Iterable[Observation]) -> Scene:
    found: dict[tuple[str, int], _Gathered] = defaultdict(_Gathered)
    machine: dict[int, list[MachineRead]] = defaultdict(list)
    faults: dict[str, TargetFailed] = {}
    ended: set[int] = set()
    for seen in observations:
        match seen:
            case MachineRead():
                machine[seen.launch].append(seen)
            case TargetFailed():
                faults[seen.target] = seen
            case LaunchEnded():
                ended.add(seen.launch)
            case _:
                found[seen.target, seen.launch].add(seen)
    launches: dict[str, list[LaunchObservations]] = defaultdict(list)
    for (target, launch), got in found.items():
        launches[target].append(
            LaunchObservations(scale, launch, target, got.started, got.batches, got.collected, got.slices, got.memory)
        )
    return Scene(scale, dict(launches), dict(machine), faults, frozenset(ended), tuple(judge_scale(launches)))
