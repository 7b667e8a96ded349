"""All that was observed of one target in one launch: what a metric reduces to one number.

Built by `analysis.scenes` from a record; read by `analysis.reductions` and `analysis.validity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from analysis.observations import (
    BatchInserted,
    Collected,
    CollectorRead,
    CrowdCounted,
    CrowdRan,
    GrowthSearched,
    MemoryRead,
    Observation,
    Phase,
    SliceSearched,
    TargetStarted,
)

__all__ = ["NS_PER_MS", "NS_PER_S", "LaunchObservations"]

NS_PER_S = 1e9
NS_PER_MS = 1e6

_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class LaunchObservations:
    """All that was observed of one target in one launch at one scale, in the order in which it was seen."""

    scale: str
    launch: int
    target: str
    seen: Sequence[Observation] = ()

    def all_of(self, kind: type[_Kind]) -> list[_Kind]:
        """The observations of one kind."""
        return [one for one in self.seen if isinstance(one, kind)]

    @cached_property
    def started(self) -> TargetStarted | None:
        """Its start; None where it did not come up."""
        return next(iter(self.all_of(TargetStarted)), None)

    @cached_property
    def batches(self) -> list[BatchInserted]:
        """Every batch."""
        return self.all_of(BatchInserted)

    @cached_property
    def collected(self) -> list[Collected]:
        """Every finished collection of insertion."""
        return self.all_of(Collected)

    @cached_property
    def slices(self) -> list[SliceSearched]:
        """Every slice of searches, those for warming up included."""
        return self.all_of(SliceSearched)

    @cached_property
    def memory(self) -> list[MemoryRead]:
        """Every memory reading."""
        return self.all_of(MemoryRead)

    @cached_property
    def collectors(self) -> list[CollectorRead]:
        """The readings of the server's garbage collector."""
        return self.all_of(CollectorRead)

    @cached_property
    def rungs(self) -> list[CrowdRan]:
        """The rungs of the concurrency ladder."""
        return self.all_of(CrowdRan)

    @cached_property
    def crowd_counts(self) -> list[CrowdCounted]:
        """The counts after the ladder."""
        return self.all_of(CrowdCounted)

    @cached_property
    def latencies_ms(self) -> list[float]:
        """Every timed search of the launch, warm-up left out."""
        return [ns / NS_PER_MS for one in self.timed_slices for ns in one.latencies_ns]

    @cached_property
    def timed_slices(self) -> list[SliceSearched]:
        """The slices that enter a figure."""
        return [one for one in self.slices if not one.warmup]

    @cached_property
    def latencies_by_size_ms(self) -> dict[int, list[float]]:
        """The searches of the growth part by how many vectors there were, warm-up left out."""
        by_size: dict[int, list[float]] = {}
        for one in self.all_of(GrowthSearched):
            if not one.warmup:
                by_size.setdefault(one.vectors, []).extend(ns / NS_PER_MS for ns in one.latencies_ns)
        return by_size

    @cached_property
    def timed_collections(self) -> list[Collected]:
        """The finished collections that insertion is timed on: the repeated ones. The first one was filled cold."""
        return [one for one in self.collected if one.collection > 0]

    def batches_of(self, collection: int) -> list[BatchInserted]:
        """The batches of one collection, in their order."""
        return [batch for batch in self.batches if batch.collection == collection]

    @cached_property
    def timed_batches(self) -> list[BatchInserted]:
        """The batches of the collections that insertion is timed on."""
        return [batch for one in self.timed_collections for batch in self.batches_of(one.collection)]

    def memory_in(self, *phases: Phase) -> list[MemoryRead]:
        """The memory readings of these parts of the launch."""
        return [reading for reading in self.memory if reading.phase in phases]

    def memory_at(self, phase: Phase) -> MemoryRead | None:
        """The last memory reading of a part of the launch."""
        readings = self.memory_in(phase)
        return readings[-1] if readings else None

    @property
    def vectors(self) -> int:
        """Vectors of the first collection."""
        return sum(batch.vectors for batch in self.batches_of(0))
