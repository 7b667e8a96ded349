"""A record's observations sorted out: by scale, target and launch.

Reads `analysis.records`; `analysis.rows` makes rows of the scenes, and `analysis.notes` tells what stands beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.findings import Finding
from analysis.launch import LaunchObservations
from analysis.observations import LaunchEnded, MachineRead, Observation, SamplerRan, TargetFailed
from analysis.records import Record
from analysis.validity import judge_scale

__all__ = ["Scene", "scenes_of"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything of one scale: launches by target, machine readings by launch, faults by target.

    `ended` holds the launches that came to their end, each with its target where it had only one; `findings` are those
    that show over several launches.
    """

    scale: str
    launches: Mapping[str, Sequence[LaunchObservations]]
    machine: Mapping[int, Sequence[MachineRead]]
    faults: Mapping[str, TargetFailed]
    ended: frozenset[tuple[int, str]]
    findings: tuple[Finding, ...]

    def readings(self, launch: LaunchObservations) -> list[MachineRead]:
        """What the machine did while this launch of this target was measured."""
        return [one for one in self.machine.get(launch.launch, ()) if one.target in ("", launch.target)]

    def came_to_its_end(self, launch: LaunchObservations) -> bool:
        """Whether the target's launch was measured whole."""
        return not self.ended.isdisjoint({(launch.launch, ""), (launch.launch, launch.target)})


def scenes_of(record: Record) -> dict[str, Scene]:
    """The record's scenes by scale, in the order of the run's datasets."""
    by_scale: dict[str, list[Observation]] = defaultdict(list)
    for seen in record.observations:
        by_scale[seen.scale].append(seen)
    return {dataset.scale: _scene(dataset.scale, by_scale[dataset.scale]) for dataset in record.run.datasets}


def _scene(scale: str, observations: Iterable[Observation]) -> Scene:
    found: dict[tuple[str, int], list[Observation]] = defaultdict(list)
    machine: dict[int, list[MachineRead]] = defaultdict(list)
    faults: dict[str, TargetFailed] = {}
    ended: set[tuple[int, str]] = set()
    for seen in observations:
        match seen:
            case MachineRead():
                machine[seen.launch].append(seen)
            case TargetFailed():
                faults[seen.target] = seen
            case LaunchEnded():
                ended.add((seen.launch, seen.target))
            case SamplerRan():
                # Of all targets: read by `fixtures.selfbench` and `analysis.usagetable`.
                continue
            case _:
                found[seen.target, seen.launch].append(seen)
    launches: dict[str, list[LaunchObservations]] = defaultdict(list)
    for (target, launch), got in found.items():
        launches[target].append(LaunchObservations(scale, launch, target, tuple(got)))
    return Scene(scale, dict(launches), dict(machine), faults, frozenset(ended), tuple(judge_scale(launches)))
