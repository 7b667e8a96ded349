"""What a run writes down about resources: time series, their reader's own cost, what is spent and held while idle.

Members of `analysis.observations.Observation`; written by `fixtures.sampler` and `fixtures.parts.idle`, reduced by
`analysis.usage`.
"""

from __future__ import annotations

import msgspec

from analysis.phases import Phase
from analysis.series import Column

__all__ = ["Absent", "DiskRead", "IdleRead", "MemoryDenied", "ResourceSeries", "SamplerRan", "SamplingFailed"]


class Absent(msgspec.Struct, frozen=True, array_like=True):
    """A column that a series cannot have, and why. Never a zero."""

    column: str
    reason: str


class ResourceSeries(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="resources"):
    """Some seconds of one target in one phase. Both ends of a phase are read at its borders.

    `source` says what was read. The first group was read `samples` times, at `t_ns`; the second, which costs more,
    `looks` times, at `look_t_ns` (both of the monotonic clock, to the millisecond). Of `processes`, `memory` is the
    resident set and `shared` the part of it that is backed by files or shared, each page counted once a process;
    `proportional` and its parts, `anonymous` and `file`, divide shared pages by their sharers. Of a control group
    `memory` is what is charged to it, and `peak` the kernel's high-water mark. Counters (`cpu_ns`, `user_ns`,
    `system_ns`, `read_bytes`, `written_bytes`) run from the target's start. `absent` tells why a column is None.
    """

    scale: str
    launch: int
    target: str
    phase: Phase
    source: str
    absent: list[Absent]

    samples: int
    t_ns: Column
    memory: Column | None = None
    shared: Column | None = None
    cpu_ns: Column | None = None
    user_ns: Column | None = None
    system_ns: Column | None = None
    read_bytes: Column | None = None
    written_bytes: Column | None = None
    threads: Column | None = None
    processes: Column | None = None

    looks: int = 0
    look_t_ns: Column | None = None
    proportional: Column | None = None
    anonymous: Column | None = None
    file: Column | None = None
    open_files: Column | None = None
    peak: Column | None = None


class SamplingFailed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sampling-failed"):
    """A target's resources are not read any more in this launch: what was raised, and where."""

    scale: str
    launch: int
    target: str
    phase: Phase
    reason: str


class SamplerRan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sampler-ran"):
    """What reading all targets' series took in one launch: `cpu_ns` of processor time over `wall_ns`.

    `ticks` of `interval_ns` were read and `skipped` were left out to keep within the bound; `borders` were read too.
    """

    scale: str
    launch: int
    interval_ns: int
    ticks: int
    skipped: int
    looks: int
    borders: int
    cpu_ns: int
    wall_ns: int


class IdleRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="idle-read"):
    """Processor time of a target's processes while nothing was asked of any target; None where it cannot be read."""

    scale: str
    launch: int
    target: str
    wall_ns: int
    cpu_ns: int | None


class DiskRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="disk-read"):
    """Bytes allocated on disk for the settled first collection; None, and why, where the store keeps no folder here."""

    scale: str
    launch: int
    target: str
    allocated: int | None
    files: int
    reason: str


class MemoryDenied(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="memory-denied"):
    """The target's memory cannot be read at all, and why: its memory rows are n/a."""

    scale: str
    launch: int
    target: str
    phase: Phase
    reason: str
