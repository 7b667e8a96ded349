"""Recall judged together with speed: faster but wrong is a regression. Used by `analysis.duet` on its verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.findings import SEARCH_TIMES
from analysis.quantities import format_change
from analysis.verdicts import ALPHA, Judgement, Verdict

__all__ = ["LEAST_FALL", "faster_but_wrong"]

LEAST_FALL = 0.01
"""A fall of recall that is less than this share is not taken for the price of speed."""
_RECALL = "recall_at_10"


def faster_but_wrong(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts of one target's rows at one scale, with speed that was bought with recall told as what it is.

    Where recall fell beyond doubt by 1 % or more, and a time or rate of search became better beyond doubt, recall's row
    is a regression, although the fall be within its tolerance; the rows that improved are not comparable.
    """
    recall = next((one for one in verdicts if one.key.metric == _RECALL), None)
    faster = [one for one in verdicts if one.key.metric in SEARCH_TIMES and one.better and one.p < ALPHA]
    if recall is None or recall.change is None or not faster:
        return list(verdicts)
    if recall.p >= ALPHA or recall.change > -LEAST_FALL:
        return list(verdicts)
    return [_told(one, recall, faster) for one in verdicts]


def _told(one: Verdict, recall: Verdict, faster: Sequence[Verdict]) -> Verdict:
    fall = f"recall@10 fell by {-(recall.change or 0.0):.1%}".replace("%", " %")
    if one is recall:
        names = ", ".join(f"{each.key.metric} {format_change(math.log1p(each.change or 0.0))}" for each in faster)
        text = f"{one.text} Faster but wrong: {fall} while search became faster ({names})."
        return replace(one, judgement=Judgement.REGRESSION, text=text)
    if one in faster and one.judgement is Judgement.IMPROVEMENT:
        text = f"{one.text} Not the same work: {fall}. Compare at equal recall (ef, M)."
        return replace(one, judgement=Judgement.INCOMPARABLE, text=text)
    return one
