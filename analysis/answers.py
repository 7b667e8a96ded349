"""Are the data set's answers right? What brute force does not find is no nearest neighbour.

Called by `analysis.validity` with all launches of a scale; a file given by `--dataset` brings answers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analysis.findings import SEARCH_TIMES, Finding, Severity
from analysis.launch import LaunchObservations
from analysis.metrics import metric_named
from analysis.names import compares_all

__all__ = ["judge_answers"]

# Ties apart: of equal vectors either is right.
_ALL = 0.99


def judge_answers(by_target: Mapping[str, Sequence[LaunchObservations]]) -> Iterator[Finding]:
    """A finding about the whole scale, where our own store misses what the data set calls the nearest ten."""
    recalls = {
        one.target: recall
        for target, launches in by_target.items()
        if compares_all(target)
        for one in launches
        if isinstance(recall := metric_named("recall_at_10").reduce(one), float)
    }
    if recalls and min(recalls.values()) < _ALL:
        target, recall = min(recalls.items(), key=lambda one: one[1])
        yield Finding(
            "wrong answers",
            Severity.WARNED,
            f"brute force ({target}) found {recall:.3f} of what the data set calls the nearest ten: wrong answers in "
            "the data set, or answers for another distance than cosine",
            "recall of every store is wrong with them: leave `neighbors` out of the file to have them computed",
            (),
            frozenset({"recall_at_10"}) | SEARCH_TIMES,
        )
