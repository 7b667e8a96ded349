"""A recall/latency curve: which points are worth having, and the latency where it passes a recall. Pure arithmetic.

Used by `analysis.sweep`. Nothing is ever extrapolated.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["OutOfRange", "Sample", "latency_at", "on_front"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One target at one ef in one launch; `ef` is None for a target that has none."""

    ef: int | None
    recall: float
    p50_ms: float
    rate: float


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """The recall was not measured on both sides, and what was."""

    reason: str


def on_front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """For each (recall, latency) whether it is on the Pareto front: no other has as much recall in as little time.

    Of equal points all are on it, or none.
    """
    return [not any(_beats(other, point) for other in points) for point in points]


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] <= other[1] and one != other


def latency_at(curve: Sequence[Sample], recall: float, finest: float) -> float | OutOfRange:
    """The least p50 in ms at which the curve reaches `recall`, between the two measured points around it.

    Points that another one of the curve beats are left out first, so that the rest rises. Between two points the line
    is straight in the log of latency over the log of what is missed (1 - recall), where such curves are nearly
    straight. `finest` is the smallest step of a recall: nothing missed counts as half of it.
    """
    if len(curve) < 2:
        return OutOfRange(f"one point, at recall {curve[0].recall:.3f}" if curve else "nothing was measured")
    stands = on_front([(sample.recall, sample.p50_ms) for sample in curve])
    rising = sorted({(sample.recall, sample.p50_ms) for sample, keep in zip(curve, stands, strict=True) if keep})
    if recall < rising[0][0]:
        return OutOfRange(f"recall is {rising[0][0]:.3f} at the least")
    if recall > rising[-1][0]:
        return OutOfRange(f"recall is {rising[-1][0]:.3f} at the most")
    place = bisect_left(rising, (recall,))
    above, slow = rising[place]
    if above == recall:
        return slow
    below, fast = rising[place - 1]
    start, end = _log_missed(below, finest), _log_missed(above, finest)
    share = (_log_missed(recall, finest) - start) / (end - start) if start != end else 1.0
    return math.exp(math.log(fast) + share * (math.log(slow) - math.log(fast)))


def _log_missed(recall: float, finest: float) -> float:
    return math.log(max(1 - recall, finest / 2))
