"""What the machine did during a launch that makes its numbers none, or worth less: rules over its readings.

Called by `analysis.validity` with the readings of one launch, which `fixtures.host` took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.findings import EVERY_METRIC, MADE_OF_TIMES, TIMES, Finding, Severity
from analysis.observations import MachineRead

__all__ = ["CROWDED", "judge_machine", "stolen"]

_CLOCK_STEP_NS = 10_000_000
CROWDED = 0.05
"""The share of the processors' time from which on others on the host colour absolute times."""
_FREQUENCY = 0.10


def judge_machine(launch: int, readings: Sequence[MachineRead], cores: int) -> Iterator[Finding]:
    """Findings about the machine in one launch, from its readings in their order. One reading tells nothing."""
    if len(readings) < 2:
        return
    yield from _clock(launch, readings)
    yield from _swapping(launch, readings)
    yield from _neighbours(launch, readings, cores)
    yield from _frequency(launch, readings)


def stolen(readings: Sequence[MachineRead]) -> float:
    """The share of the processors' time that the host took for others, from the first reading to the last."""
    cpu = readings[-1].cpu_ns - readings[0].cpu_ns
    return (readings[-1].steal_ns - readings[0].steal_ns) / cpu if cpu else 0.0


def _clock(launch: int, readings: Sequence[MachineRead]) -> Iterator[Finding]:
    # NTP slews both clocks alike, so only a step moves their difference. Two steps may undo each other.
    moves = [after.wall_minus_monotonic_ns - before.wall_minus_monotonic_ns for before, after in pairwise(readings)]
    step = max(moves, key=abs)
    if abs(step) > _CLOCK_STEP_NS:
        yield Finding(
            "clock stepped",
            Severity.INVALID,
            f"the wall clock was set by {step / 1e6:+.0f} ms during the launch",
            "let the clock settle (NTP) and measure again",
            (launch,),
            TIMES,
        )


def _swapping(launch: int, readings: Sequence[MachineRead]) -> Iterator[Finding]:
    swapped = readings[-1].swapped_pages - readings[0].swapped_pages
    if swapped > 0:
        yield Finding(
            "swapping",
            Severity.INVALID,
            f"{swapped:,} pages were swapped during the launch",
            "free memory, or measure a smaller scale",
            (launch,),
            EVERY_METRIC,
        )


def _neighbours(launch: int, readings: Sequence[MachineRead], cores: int) -> Iterator[Finding]:
    seen = []
    taken = stolen(readings)
    if taken > CROWDED:
        seen.append(f"the host took {taken:.0%} of the processors' time for others")
    # Between our operations nothing of ours has to run: one such moment is chance, all of them are not.
    queue = min(reading.runnable for reading in readings)
    if queue >= cores:
        seen.append(f"{queue} others or more wanted one of {cores} processors whenever the run queue was read")
    if seen:
        yield Finding(
            "noisy neighbour",
            Severity.WARNED,
            " and ".join(seen),
            "absolute times are too long; ratios of interleaved targets hold",
            (launch,),
            MADE_OF_TIMES,
        )


def _frequency(launch: int, readings: Sequence[MachineRead]) -> Iterator[Finding]:
    # 0 is a kernel that does not tell.
    told = [reading.mhz for reading in readings if reading.mhz]
    if told and max(told) / min(told) - 1 > _FREQUENCY:
        yield Finding(
            "frequency changed",
            Severity.WARNED,
            f"the processors ran at {min(told):.0f} to {max(told):.0f} MHz",
            "fix the governor, or compare within the launch only",
            (launch,),
            TIMES,
        )
