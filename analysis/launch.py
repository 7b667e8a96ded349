"""All that was observed of one target in one launch: what a metric reduces to one number.

Built by `analysis.rows` from a record; read by `analysis.metrics` and `analysis.validity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis.observations import (
    BatchInserted,
    Collected,
    MemoryRead,
    Phase,
    SliceSearched,
    TargetStarted,
)

__all__ = ["NS_PER_MS", "NS_PER_S", "LaunchObservations"]

NS_PER_S = 1e9
NS_PER_MS = 1e6


@dataclass(frozen=True)
class LaunchObservations:
    """All that was observed of one target in one launch at one scale."""

    scale: str
    launch: int
    target: str
    started: TargetStarted | None = None
    batches: Sequence[BatchInserted] = ()
    collected: Sequence[Collected] = ()
    slices: Sequence[SliceSearched] = ()
    memory: Sequence[MemoryRead] = ()

    @cached_property
    def latencies_ms(self) -> list[float]:
        """Every timed search of the launch, warm-up left out."""
        return [ns / NS_PER_MS for one in self.timed_slices for ns in one.latencies_ns]

    @cached_property
    def timed_slices(self) -> list[SliceSearched]:
        """The slices that enter a figure."""
        return [one for one in self.slices if not one.warmup]

    @cached_property
    def timed_collections(self) -> list[Collected]:
        """The finished collections that insertion is timed on: the repeated ones, else the first."""
        repeated = [one for one in self.collected if one.collection > 0]
        return repeated or list(self.collected)

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
