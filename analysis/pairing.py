"""One launch of two versions side by side: the log ratio of a metric's number, from the parts that were paired.

Slices and batches of both sides took turns, so within a part a drift of the machine falls on both alike. A part's
number is the metric's own formula on that part; a launch's is the mean over its parts of the log ratios, of which
`analysis.duet` makes intervals over launches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from analysis.launch import LaunchObservations
from analysis.metrics import Group, Metric, NotApplicable

__all__ = ["log_ratio", "parts"]

_SLICES_A_PART = 1
_SLICES_A_TAIL_PART = {"p95_latency_ms": 1, "p99_latency_ms": 1}


def log_ratio(metric: Metric, candidate: LaunchObservations, reference: LaunchObservations) -> float | NotApplicable:
    """The launch's log ratio, above zero where the candidate's number is the higher one."""
    mine, theirs = parts(metric, candidate), parts(metric, reference)
    ratios = []
    for number in sorted(mine.keys() & theirs.keys()):
        upper, lower = metric.reduce(mine[number]), metric.reduce(theirs[number])
        if isinstance(upper, NotApplicable) or isinstance(lower, NotApplicable) or upper <= 0 or lower <= 0:
            return NotApplicable("a number that is not above zero has no ratio")
        ratios.append(math.log(upper / lower))
    return fmean(ratios) if ratios else NotApplicable("nothing was paired")


def parts(metric: Metric, launch: LaunchObservations) -> Mapping[int, LaunchObservations]:
    """The launch in parts that have their counterpart on the other side; whole, where there is no such part.

    Search times: blocks of slices. Insertion times: the repeated collections. Memory, recall and what is one number a
    launch by its nature: the launch.
    """
    if metric.follows_machine_speed and metric.group is Group.SEARCH:
        return _blocks(launch, _SLICES_A_TAIL_PART.get(metric.name, _SLICES_A_PART))
    if metric.follows_machine_speed and metric.group is Group.INSERTION:
        return {
            one.collection: replace(launch, batches=launch.batches_of(one.collection), collected=[one])
            for one in launch.timed_collections
        }
    return {0: launch}


def _blocks(launch: LaunchObservations, size: int) -> dict[int, LaunchObservations]:
    slices = sorted(launch.timed_slices, key=lambda one: one.slice)
    return {
        first // size: replace(launch, slices=slices[first : first + size])
        for first in range(0, len(slices) - size + 1, size)
    }
