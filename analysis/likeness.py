"""May two runs be compared? What differs in machine, workload or configuration, field by field, with both values.

Versions and the driver's source are what a comparison is there for: they are noted, and forbid nothing. Used by
`analysis.gate`, `analysis.compare` and `analysis.history`.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.baselines import Artifact
from analysis.records import Dataset, Run
from analysis.rows import Row

__all__ = ["noted", "quiet", "unlike_runs", "unlike_settings", "unlike_workloads"]

_WORKLOAD_FIELDS = ("vectors", "dimensions", "queries", "batch", "k", "sha256")
_NOISE = "noisy neighbour"


def unlike_workloads(now: Dataset, then: Dataset) -> list[str]:
    """The fields of the workload that differ."""
    return [
        f"{name} {getattr(now, name)} against {getattr(then, name)}"
        for name in _WORKLOAD_FIELDS
        if getattr(now, name) != getattr(then, name)
    ]


def unlike_runs(now: Run, then: Run) -> list[str]:
    """What differs in how the targets took turns: figures with neighbours up are not those without."""
    ways = ["one target up at a time" if run.isolated else "all targets up" for run in (now, then)]
    return [] if ways[0] == ways[1] else [f"isolate: {ways[0]} against {ways[1]}"]


def unlike_settings(target: str, now: Mapping[str, Artifact], then: Mapping[str, Artifact]) -> list[str]:
    """The settings of the target that differ, as its server gave them back: index, distance, durability, image.

    Empty where one of the runs has not started it.
    """
    if target not in now or target not in then:
        return []
    return now[target].unlike(then[target])


def noted(target: str, now: Mapping[str, Artifact], then: Mapping[str, Artifact]) -> list[str]:
    """The versions and the driver of the target that differ."""
    if target not in now or target not in then:
        return []
    return now[target].noted(then[target])


def quiet(row: Row) -> bool:
    """Whether the machine was the row's own in most of its launches: others did not fill it."""
    disturbed = {launch for one in row.findings if one.rule == _NOISE for launch in one.launches}
    return 2 * len(disturbed.intersection(row.launches)) < max(1, len(row.launches))
