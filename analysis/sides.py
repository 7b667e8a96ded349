"""Which observations belong to a run's rows, and which to one of its duets.

A duet's launches have numbers of their own, so that nothing of them is taken for the campaign's. `analysis.scenes`
reads the rows' part, `analysis.duet` each duet by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analysis.observations import LaunchEnded, MachineRead, Observation, SamplerRan, TargetFailed
from analysis.records import Duet, Record, Resolution

__all__ = ["alone", "of_rows"]


def of_rows(record: Record) -> Iterator[Observation]:
    """The campaign's observations; for a target that only a duet ran, the candidate's of its first duet."""
    duets = record.run.duets
    campaign = {
        (seen.scale, seen.target)
        for seen in record.observations
        if not isinstance(seen, (MachineRead, LaunchEnded, SamplerRan)) and _duet_of(seen, duets) is None
    }
    first: dict[tuple[str, str], Duet] = {}
    for one in duets:
        first.setdefault((one.scale, one.target), one)
    for seen in record.observations:
        if isinstance(seen, (MachineRead, LaunchEnded, SamplerRan)):
            yield seen
            continue
        here, duet = (seen.scale, seen.target), _duet_of(seen, duets)
        # A store that fails in a duet has failed in the run.
        failed = isinstance(seen, TargetFailed) and duet is not None and seen.target == duet.target
        if duet is None or failed or (here not in campaign and first.get(here) is duet):
            yield seen


def _duet_of(seen: Observation, duets: list[Duet]) -> Duet | None:
    return next((duet for duet in duets if duet.scale == seen.scale and seen.launch in duet.launches), None)


def alone(record: Record, duet: Duet) -> Record:
    """The record of a duet by itself: both sides are its targets, and its launches are all there are."""
    sides = (duet.target, duet.reference)
    run = msgspec.structs.replace(
        record.run,
        duets=[],
        datasets=[dataset for dataset in record.run.datasets if dataset.scale == duet.scale],
        targets=[Resolution(side, runnable=True) for side in sides],
    )
    seen = tuple(one for one in record.observations if one.scale == duet.scale and one.launch in duet.launches)
    return Record(record.folder, run, seen, record.truncated)
