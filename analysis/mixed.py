"""From what the mixed study saw of a launch to one number: the formulas of its metrics.

Reads `analysis.launch`, as `analysis.reductions` does for the others; `analysis.metrics` gives names and units.
"""

from __future__ import annotations

from analysis.launch import NS_PER_MS, LaunchObservations
from analysis.observations import Changed, FilteredSearched, Lacked, SearchedDuringInsert
from analysis.reductions import NotApplicable, Reduce
from analysis.statistics import percentile

__all__ = ["change_ms", "filtered_p50_ms", "filtered_recall", "search_during_insert_ms"]


def _lacks(launch: LaunchObservations, ability: str) -> NotApplicable:
    for lacked in launch.all_of(Lacked):
        if lacked.ability == ability:
            return NotApplicable(lacked.reason)
    return NotApplicable("it was not measured")


def filtered_p50_ms(percent: int) -> Reduce:
    """The median latency of searches among so many per cent of the vectors."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        slices = [one for one in launch.all_of(FilteredSearched) if one.percent == percent and not one.warmup]
        latencies = [ns / NS_PER_MS for one in slices for ns in one.latencies_ns]
        return percentile(latencies, 50) if latencies else _lacks(launch, "filter")

    return of_launch


def filtered_recall(percent: int) -> Reduce:
    """The mean share of the exact ten among so many per cent of the vectors."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        slices = [one for one in launch.all_of(FilteredSearched) if one.percent == percent and not one.warmup]
        possible = sum(len(one.hits) * one.k for one in slices)
        return sum(sum(one.hits) for one in slices) / possible if possible else _lacks(launch, "filter")

    return of_launch


def search_during_insert_ms(q: float) -> Reduce:
    """A percentile of searches while another client inserts."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        rounds = launch.all_of(SearchedDuringInsert)
        latencies = [ns / NS_PER_MS for one in rounds for ns in one.latencies_ns]
        return percentile(latencies, q) if latencies else NotApplicable("no search was completed during inserts")

    return of_launch


def change_ms(kind: str) -> Reduce:
    """The median update or delete of one vector."""

    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        latencies = [ns / NS_PER_MS for one in launch.all_of(Changed) if one.kind == kind for ns in one.latencies_ns]
        return percentile(latencies, 50) if latencies else _lacks(launch, kind)

    return of_launch
