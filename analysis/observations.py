"""What a run writes down as it goes: one frozen value a line of `observations.jsonl`.

Written by `fixtures.recorder`, read through `analysis.records`. Every value names its scale, launch and target
(`MachineRead`, `LaunchEnded` and `SamplerRan` speak of all targets). Times are integers in nanoseconds from a monotonic
clock; sizes are bytes. What is about resources is in `analysis.watched`, what only studies see in
`analysis.study_observations`.
"""

from __future__ import annotations

import enum

import msgspec

from analysis.launch_observations import LaunchEnded, TargetPlaced
from analysis.observed_load import ClosedLoopRan, CrowdCounted, CrowdRan, OpenLoopRan, RateProbed
from analysis.observed_sweep import EfSetting, SweepBegan, SweepSearched
from analysis.phases import Phase
from analysis.study_observations import Changed, FilteredSearched, GuardedSearched, Lacked, SearchedDuringInsert
from analysis.watched import (
    DiskRead,
    IdleRead,
    MemoryDenied,
    ResourceSeries,
    SamplerRan,
    SamplingFailed,
)

__all__ = [
    "BatchInserted",
    "Calibrated",
    "Changed",
    "Collected",
    "CollectorRead",
    "CrowdCounted",
    "CrowdRan",
    "DiskRead",
    "EfSetting",
    "FilteredSearched",
    "GrowthSearched",
    "GuardedSearched",
    "IdleRead",
    "Lacked",
    "LaunchEnded",
    "MachineRead",
    "MemoryDenied",
    "MemoryRead",
    "Observation",
    "Phase",
    "ResourceSeries",
    "SampleChecked",
    "SamplerRan",
    "SamplingFailed",
    "SearchPathKind",
    "SearchedDuringInsert",
    "SliceSearched",
    "SweepBegan",
    "SweepSearched",
    "TargetFailed",
    "TargetPlaced",
    "TargetStarted",
]


class SearchPathKind(enum.StrEnum):
    """How a store answers a search, as far as the store itself tells."""

    INDEXED = "indexed"
    BRUTE_FORCE = "brute force"
    UNKNOWN = "unknown"


class TargetStarted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="target-started"):
    """A fresh server, folder and worker of one target are up.

    `settings` holds the effective index and server settings as the store reports them after the first
    collection was made; `startup_ns` runs from its first process's start to that
    moment, in which the other targets start too.
    """

    scale: str
    launch: int
    target: str
    position: int
    server_version: str
    client_version: str
    settings: dict[str, str]
    startup_ns: int


class BatchInserted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="batch-inserted"):
    """One batch, sent and acknowledged. Collection 0 is the launch's first (cold) one."""

    scale: str
    launch: int
    target: str
    collection: int
    batch: int
    vectors: int
    duration_ns: int


class Collected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="collected"):
    """A collection after its last batch: counted, then settled (indexing done)."""

    scale: str
    launch: int
    target: str
    collection: int
    expected: int
    counted: int
    count_ns: int
    settle_ns: int
    path: SearchPathKind
    path_evidence: str


class SliceSearched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="slice-searched"):
    """A block of searches by one client in a closed loop.

    `latencies_ns[i]` and `hits[i]` belong to query `(first_query + i) % queries`; `hits` counts how many of
    the returned ids are among the exact k. `wall_ns` spans the whole slice, `cpu_ns` is the worker's CPU time
    in it, `server_cpu_ns` that of the store's own processes (None where it cannot be read), `collector_ns` what
    Python's garbage collector took of the worker. A warm-up slice is stored and never enters a figure.
    """

    scale: str
    launch: int
    target: str
    slice: int
    warmup: bool
    first_query: int
    k: int
    latencies_ns: list[int]
    hits: list[int]
    wall_ns: int
    cpu_ns: int
    server_cpu_ns: int | None
    collector_ns: int


class Calibrated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="calibrated"):
    """A block of empty answers, asked for by the target's own worker over the target's own protocol.

    What client and transport alone cost. Nothing in it and a `reason` where it could not be had.
    """

    scale: str
    launch: int
    target: str
    protocol: str
    slice: int
    warmup: bool
    latencies_ns: list[int]
    wall_ns: int
    cpu_ns: int
    reason: str


class SampleChecked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sample-checked"):
    """A sample of the first collection's vectors, each searched by itself.

    `missed` are not among the first `k`, `lost` not even among the first `deeper`; `disordered` counts the answers in
    which a nearer vector came after a farther one.
    """

    scale: str
    launch: int
    target: str
    sampled: int
    k: int
    deeper: int
    missed: list[int]
    lost: list[int]
    disordered: int


class CollectorRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="collector-read"):
    """What the server's garbage collector has spent since the server started; None where that is not known.

    `source` tells how it is known, or why not.
    """

    scale: str
    launch: int
    target: str
    phase: Phase
    server_ns: int | None
    source: str


class GrowthSearched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="growth-searched"):
    """A slice of searches over a collection that holds the first `vectors` vectors."""

    scale: str
    launch: int
    target: str
    vectors: int
    slice: int
    warmup: bool
    latencies_ns: list[int]
    wall_ns: int


class MemoryRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="memory-read"):
    """The target's memory at a point of a launch, in bytes, net of what is not the store's.

    `used` is the proportional set size over the target's processes (embedded: less the worker before the
    store was loaded). `peak` is the highest use since the target's previous reading, by the kernel's own
    high-water mark: a launch's peak is the highest of them.
    """

    scale: str
    launch: int
    target: str
    phase: Phase
    used: int
    peak: int
    processes: int


class TargetFailed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="target-failed"):
    """The target is out for the rest of the campaign: what was being done, what was seen, what to do."""

    scale: str
    launch: int
    target: str
    phase: Phase
    reason: str
    remedy: str


class MachineRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="machine-read"):
    """The state of the whole machine at the start or end of a launch's measuring.

    `steal_ns`, `cpu_ns` and `swapped_pages` are counters since boot; `runnable` is the run queue's length
    without the reader itself; `wall_minus_monotonic_ns` moves only when somebody steps the wall clock;
    `mhz` is the mean current frequency, 0 where the kernel does not tell. `target` is the one that was up, where only
    one was (`--isolate`); else it is empty.
    """

    scale: str
    launch: int
    phase: Phase
    steal_ns: int
    cpu_ns: int
    runnable: int
    swapped_pages: int
    wall_minus_monotonic_ns: int
    mhz: float
    target: str = ""


Observation = (
    TargetStarted
    | TargetPlaced
    | BatchInserted
    | Collected
    | SliceSearched
    | Calibrated
    | SampleChecked
    | CollectorRead
    | GrowthSearched
    | CrowdRan
    | CrowdCounted
    | Lacked
    | FilteredSearched
    | SearchedDuringInsert
    | Changed
    | GuardedSearched
    | ClosedLoopRan
    | OpenLoopRan
    | RateProbed
    | SweepBegan
    | SweepSearched
    | MemoryRead
    | TargetFailed
    | MachineRead
    | LaunchEnded
    | ResourceSeries
    | SamplingFailed
    | SamplerRan
    | IdleRead
    | DiskRead
    | MemoryDenied
)
