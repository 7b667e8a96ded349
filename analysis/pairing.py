"""One launch of two versions side by side: the log ratio of a metric's number, from the parts that were paired.

Slices and batches of both sides took turns, so within a part a drift of the machine falls on both alike. A part's
number is the metric's own formula on that part; a launch's is the mean over its parts of the log ratios, of which
`analysis.duet` makes intervals over launches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from analysis.launch import LaunchObservations
from analysis.metrics import Group, Metric, NotApplicable

__all__ = ["log_ratio", "parts"]

_Part = tuple[int, int]
_MEDIAN_BATCH = "batch_processing_time"


def log_ratio(metric: Metric, candidate: LaunchObservations, reference: LaunchObservations) -> float | NotApplicable:
    """The launch's log ratio, above zero where the candidate's number is the higher one."""
    mine, theirs = parts(metric, candidate), parts(metric, reference)
    ratios = []
    for place in sorted(mine.keys() & theirs.keys()):
        upper, lower = metric.reduce(mine[place]), metric.reduce(theirs[place])
        if isinstance(upper, NotApplicable) or isinstance(lower, NotApplicable):
            return NotApplicable("one side has no number")
        if min(upper, lower) + metric.offset <= 0:
            return NotApplicable("a number that is not above zero has no ratio")
        ratios.append(metric.logarithm(upper) - metric.logarithm(lower))
    return fmean(ratios) if ratios else NotApplicable("nothing was paired")


def parts(metric: Metric, launch: LaunchObservations) -> Mapping[_Part, LaunchObservations]:
    """The launch in parts that have their counterpart on the other side; whole, where there is no such part.

    Search times: the slices, for tails as well, since one bad moment of the machine would make the whole launch's p99
    and makes one of twenty slices'. Insertion times: the repeated collections, or their batches where a batch is what
    the metric is of. Memory, recall and what is one number a launch by its nature: the launch.
    """
    if metric.follows_machine_speed and metric.group is Group.SEARCH:
        return {(0, one.slice): replace(launch, seen=(one,)) for one in launch.timed_slices}
    if metric.follows_machine_speed and metric.group is Group.INSERTION:
        return _batches(launch) if metric.name == _MEDIAN_BATCH else _collections(launch)
    return {(0, 0): launch}


def _collections(launch: LaunchObservations) -> dict[_Part, LaunchObservations]:
    return {
        (one.collection, 0): replace(launch, seen=(*launch.batches_of(one.collection), one))
        for one in launch.timed_collections
    }


def _batches(launch: LaunchObservations) -> dict[_Part, LaunchObservations]:
    return {
        (one.collection, batch.batch): replace(launch, seen=(batch, one))
        for one in launch.timed_collections
        for batch in launch.batches_of(one.collection)
    }
