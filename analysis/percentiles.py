"""The percentile, by itself: a worker needs it for what it hands back, and must not load all that `statistics` does.

scipy takes seconds to load on a busy machine, once for each worker of each launch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["percentile"]


def percentile(values: Sequence[float], q: float) -> float:
    """The q-th percentile, 0 <= q <= 100, by Hyndman and Fan's definition 7 (The American Statistician 50, 1996).

    Raises ValueError without values, or for q outside its range.
    """
    if not values:
        raise ValueError("no values")
    if not 0 <= q <= 100:
        raise ValueError(f"q must be from 0 to 100, not {q}")
    ordered = sorted(values)
    place = (len(ordered) - 1) * q / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
