"""A recall/latency curve: which points are worth having, and the latency where it passes a recall. Pure arithmetic.

Used by `analysis.sweep`. Nothing is ever extrapolated.
"""

from __future__ import annotations

import math
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
    """The p50 in ms where a curve, by rising ef, first reaches `recall`: between the two measured points around it.

    Between them the line is straight in the log of latency over the log of what is missed (1 - recall), where such
    curves are nearly straight. `finest` is the smallest step of a recall: nothing missed counts as half of it.
    """
    if len(curve) < 2:
        return OutOfRange(f"one point, at recall {curve[0].recall:.3f}" if curve else "nothing was measured")
    reached = next((place for place, sample in enumerate(curve) if sample.recall >= recall), None)
    if reached is None:
        return OutOfRange(f"recall is {max(sample.recall for sample in curve):.3f} at the most")
    above = curve[reached]
    if above.recall == recall:
        return above.p50_ms
    if reached == 0:
        return OutOfRange(f"recall is {above.recall:.3f} at the least")
    below = curve[reached - 1]
    start, end = _log_missed(below.recall, finest), _log_missed(above.recall, finest)
    share = (_log_missed(recall, finest) - start) / (end - start) if start != end else 1.0
    return math.exp(math.log(below.p50_ms) + share * (math.log(above.p50_ms) - math.log(below.p50_ms)))


def _log_missed(recall: float, finest: float) -> float:
    return math.log(max(1 - recall, finest / 2))
