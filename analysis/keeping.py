"""Does the store give back what it was given, and in the order that it promises? Rules over a sample's searches.

Called by `analysis.validity` for each launch; `fixtures.parts.sample` searched the sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.findings import EVERY_METRIC, SEARCH_TIMES, Finding, Severity
from analysis.launch import LaunchObservations
from analysis.names import compares_all
from analysis.observations import SampleChecked

__all__ = ["judge_keeping"]

# An index by approximation may leave one in a thousand out of reach: one lost of a hundred is no proof.
_LOST_SHARE = 0.01
_DISORDERED_SHARE = 0.05
_IDS_SHOWN = 5


def judge_keeping(launch: LaunchObservations, recall: float | None, floor: float) -> Iterator[Finding]:
    """Findings of one launch.

    Where recall is below the floor, what an index does not find is lost or not reached, and nobody knows which: then no
    figure holds either, or a store would keep the more of them the more it lost.
    """
    for sample in launch.all_of(SampleChecked):
        if sample.lost and recall is not None:
            yield _lost(launch.launch, sample, told=recall >= floor or compares_all(launch.target))
        if sample.disordered > _DISORDERED_SHARE * sample.sampled:
            yield Finding(
                "not best first",
                Severity.WARNED,
                f"in {sample.disordered} of {sample.sampled} answers a nearer vector came after a farther one",
                "recall counts a set and does not see it: see the driver's order, or the store's quantising",
                (launch.launch,),
                frozenset({"recall_at_10"}),
            )


def _lost(launch: int, sample: SampleChecked, *, told: bool) -> Finding:
    share = f"{len(sample.lost)} of {sample.sampled} stored vectors do not find themselves"
    text = f"{share} among their {sample.deeper} nearest (ids {_named(sample.lost)})"
    if len(sample.lost) > _LOST_SHARE * sample.sampled:
        # What was found is still counted rightly: that is what recall is.
        concerns = EVERY_METRIC - {"recall_at_10"}
        advice = "they were acknowledged and counted, and are gone: no figure of this launch holds"
        if not told:
            advice = "they are gone, or such a recall does not reach them: no figure holds before that is known"
        return Finding("lost vectors", Severity.INVALID, text, advice, (launch,), concerns)
    advice = "an approximate index may leave one out of reach; if it recurs, vectors are lost"
    return Finding("vector out of reach", Severity.WARNED, text, advice, (launch,), SEARCH_TIMES)


def _named(ids: Sequence[int]) -> str:
    shown = ", ".join(str(one) for one in ids[:_IDS_SHOWN])
    return shown + (" ..." if len(ids) > _IDS_SHOWN else "")
