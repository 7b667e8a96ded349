"""From the series of a target to what it used in each part of a launch, and what it spends and holds while idle.

Pure arithmetic over `analysis.watched`; `analysis.usagetable` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analysis.launch import NS_PER_S, LaunchObservations
from analysis.phases import Phase
from analysis.series import Column, unpack
from analysis.watched import Absent, DiskRead, IdleRead, ResourceSeries

__all__ = ["PhaseUsage", "absences", "idle_share", "on_disk", "usage_of"]

_Pick = Callable[[ResourceSeries], Column | None]


@dataclass(frozen=True, slots=True)
class PhaseUsage:
    """What a target used in one part of a launch, or of several; None is a number that it cannot have.

    In bytes and seconds. Peaks, threads and open files are the highest that were read.
    """

    phase: Phase
    seconds: float
    memory_peak: float | None
    memory_mean: float | None
    proportional_peak: float | None
    anonymous_peak: float | None
    file_peak: float | None
    user_s: float | None
    system_s: float | None
    cpu_s: float | None
    read: float | None
    written: float | None
    threads: float | None
    open_files: float | None


def usage_of(launches: Sequence[LaunchObservations]) -> list[PhaseUsage]:
    """By part, in the order in which a launch has them: peaks over all launches, the mean of the rest."""
    by_phase: dict[Phase, list[PhaseUsage]] = {}
    for launch in launches:
        blocks = launch.all_of(ResourceSeries)
        for phase in dict.fromkeys(block.phase for block in blocks):
            by_phase.setdefault(phase, []).append(_of_phase([block for block in blocks if block.phase is phase]))
    return [_over_launches(by_phase[phase]) for phase in Phase if phase in by_phase]


def _of_phase(blocks: Sequence[ResourceSeries]) -> PhaseUsage:
    times = _numbers(blocks, lambda block: block.t_ns) or [0]
    memory = _numbers(blocks, lambda block: block.memory)
    return PhaseUsage(
        phase=blocks[0].phase,
        seconds=(times[-1] - times[0]) / NS_PER_S,
        memory_peak=_highest([memory]),
        memory_mean=None if memory is None else _mean_over_time(times, memory),
        proportional_peak=_highest([_looked(blocks, lambda block: block.proportional)]),
        anonymous_peak=_highest([_looked(blocks, lambda block: block.anonymous)]),
        file_peak=_highest([_looked(blocks, lambda block: block.file)]),
        user_s=_seconds(_spent(blocks, lambda block: block.user_ns)),
        system_s=_seconds(_spent(blocks, lambda block: block.system_ns)),
        cpu_s=_seconds(_spent(blocks, lambda block: block.cpu_ns)),
        read=_spent(blocks, lambda block: block.read_bytes),
        written=_spent(blocks, lambda block: block.written_bytes),
        threads=_highest([_numbers(blocks, lambda block: block.threads)]),
        open_files=_highest([_looked(blocks, lambda block: block.open_files)]),
    )


def _over_launches(each: Sequence[PhaseUsage]) -> PhaseUsage:
    return PhaseUsage(
        phase=each[0].phase,
        seconds=sum(one.seconds for one in each) / len(each),
        memory_peak=_most(one.memory_peak for one in each),
        memory_mean=_mean(one.memory_mean for one in each),
        proportional_peak=_most(one.proportional_peak for one in each),
        anonymous_peak=_most(one.anonymous_peak for one in each),
        file_peak=_most(one.file_peak for one in each),
        user_s=_mean(one.user_s for one in each),
        system_s=_mean(one.system_s for one in each),
        cpu_s=_mean(one.cpu_s for one in each),
        read=_mean(one.read for one in each),
        written=_mean(one.written for one in each),
        threads=_most(one.threads for one in each),
        open_files=_most(one.open_files for one in each),
    )


def _numbers(blocks: Iterable[ResourceSeries], pick: _Pick) -> list[int] | None:
    """One column over the blocks; None where a block lacks it."""
    numbers: list[int] = []
    for block in blocks:
        column = pick(block)
        if column is None:
            return None
        numbers += unpack(column, block.samples)
    return numbers


def _looked(blocks: Iterable[ResourceSeries], pick: _Pick) -> list[int] | None:
    """The same of what was looked at more seldom: a block may have no look, or no such column."""
    columns = ((column, block.looks) for block in blocks if (column := pick(block)) is not None)
    return [number for column, count in columns for number in unpack(column, count)] or None


def _spent(blocks: Sequence[ResourceSeries], pick: _Pick) -> float | None:
    counter = _numbers(blocks, pick)
    return float(counter[-1] - counter[0]) if counter else None


def _seconds(ns: float | None) -> float | None:
    return None if ns is None else ns / NS_PER_S


def _highest(columns: Iterable[list[int] | None]) -> float | None:
    return _most(float(max(column)) if column else None for column in columns)


def _mean_over_time(times: Sequence[int], numbers: Sequence[int]) -> float:
    """Each number holds until the next one is read: what is read twice at a border has no weight."""
    whole = times[-1] - times[0]
    if whole == 0:
        return float(numbers[-1])
    steps = zip(numbers, times, times[1:], strict=False)
    return sum(number * (after - before) for number, before, after in steps) / whole


def _most(numbers: Iterable[float | None]) -> float | None:
    return max((number for number in numbers if number is not None), default=None)


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None


def absences(launches: Iterable[LaunchObservations]) -> list[Absent]:
    """Every column that some series lacks, once, with the reason that was first given."""
    found: dict[str, Absent] = {}
    for launch in launches:
        for block in launch.all_of(ResourceSeries):
            for absent in block.absent:
                found.setdefault(absent.column, absent)
    return list(found.values())


def idle_share(launches: Iterable[LaunchObservations]) -> float | None:
    """Processor time while idle over the time, of one core: the mean over launches. None where it was not read."""
    idle = [one for launch in launches for one in launch.all_of(IdleRead)]
    return _mean(None if one.cpu_ns is None else one.cpu_ns / one.wall_ns for one in idle)


def on_disk(launches: Iterable[LaunchObservations]) -> float | str | None:
    """Bytes on disk after settling, the mean over launches; the reason where there are none; None if not looked for."""
    found = [one for launch in launches for one in launch.all_of(DiskRead)]
    known = _mean(one.allocated for one in found)
    return known if known is not None or not found else found[0].reason
