"""Where a series changes its level, and how much it scatters whatever its level does. Pure; used by `analysis.creep`.

The partition is the one that PELT finds (R. Killick, P. Fearnhead, I. A. Eckley, Optimal Detection of Changepoints
With a Linear Computational Cost, JASA 107, 2012, 1590-1598): the least of the squared deviations from the segments'
means plus a penalty a change. At some hundred points nothing need be pruned, so it is found by the exact recursion that
PELT prunes (B. Jackson et al., IEEE Signal Processing Letters 12, 2005, 105-108), and a shortest segment is kept
exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from analysis.student import t_quantile

__all__ = ["DIFFERENCE_EFFICIENCY", "partition", "scatter", "threshold"]

DIFFERENCE_EFFICIENCY = 18 / 35
"""Degrees of freedom a second difference: of how many independent values n of them are worth."""
_CLIP = 2.5
_MAD_TO_SD = 1.4826


def partition(values: Sequence[float], penalty: float, shortest: int) -> list[int]:
    """The places at which a new level begins, ascending; none where one level serves best.

    Every segment has at least `shortest` values. `penalty` is what a change must save in squared deviations.
    """
    n = len(values)
    if n < 2 * shortest:
        return []
    series = np.asarray(values) - np.mean(values)
    sums, squares = (np.concatenate(([0.0], np.cumsum(part))) for part in (series, series * series))
    best = np.full(n + 1, math.inf)
    best[0] = -penalty
    begins = np.zeros(n + 1, dtype=int)
    for end in range(shortest, n + 1):
        starts = np.arange(end - shortest + 1)
        inside = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        totals = best[starts] + inside + penalty
        begins[end] = int(np.argmin(totals))
        best[end] = totals[begins[end]]
    places: list[int] = []
    place = int(begins[n])
    while place > 0:
        places.append(place)
        place = int(begins[place])
    return places[::-1]


def scatter(values: Sequence[float]) -> float:
    """The variance of single values about whatever smooth level they have; 0 with fewer than three.

    By second differences, which no level and no drift enters (T. Gasser, L. Sroka, C. Jennen-Steinmetz, Biometrika 73,
    1986, 625-633). Those beyond 2.5 robust standard deviations, as a step makes two, are set to that (Huber's proposal
    2, Annals of Mathematical Statistics 35, 1964, in one step), and the mean square is made right for the normal law.
    """
    series = np.asarray(values)
    if len(series) < 3:
        return 0.0
    differences = (series[2:] - 2 * series[1:-1] + series[:-2]) / math.sqrt(6)
    bound = _CLIP * _MAD_TO_SD * float(np.median(np.abs(differences)))
    clipped = np.minimum(np.abs(differences), bound)
    return float(np.mean(clipped * clipped)) / _CLIPPED_SQUARE


def _clipped_square(clip: float) -> float:
    """The mean of min(z squared, clip squared) over the standard normal law."""
    tail = NormalDist().cdf(-clip)
    return 1 - 2 * (clip * NormalDist().pdf(clip) + tail) + 2 * clip * clip * tail


_CLIPPED_SQUARE = _clipped_square(_CLIP)


def threshold(places: int, df: float, alpha: float) -> float:
    """How many standard errors a change must be, so that flat noise shows one at any of so many places with `alpha`.

    Bonferroni over the places, with Student's t for a scatter that is estimated (K. J. Worsley, JASA 74, 1979,
    365-367). Its square is the penalty of a partition of values in units of their scatter.
    """
    return -t_quantile(alpha / (2 * places), df)
