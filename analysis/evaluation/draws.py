"""Campaigns out of launches that were measured: which launches make one. Seeded, so that anyone draws the same.

Two ways, as gates are used: two *runs*, an earlier and a later one, each of launches in a row (a drift of the machine
between them stays in); and both versions *side by side*, the same launches for both. `analysis.evaluation.ours` and
`fixtures.experiments.rivals` judge them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["RUN", "SIDE_BY_SIDE", "Drawn", "real_side_by_side", "side_by_side", "two_runs"]

RUN = 5
"""Launches of a run."""
SIDE_BY_SIDE = 20
"""The most launches of a duet."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The launches of the reference and those of the candidate, by their place in the harvest."""

    then: tuple[int, ...]
    now: tuple[int, ...]


def two_runs(launches: int, campaigns: int, seed: int, of: int = RUN) -> Sequence[Drawn]:
    """At most so many pairs of runs of `of` launches in a row that share none, in any order."""
    starts = range(launches - of + 1)
    pairs = [(one, other) for one, other in itertools.product(starts, starts) if abs(one - other) >= of]
    order = np.random.default_rng(seed).permutation(len(pairs))[:campaigns]
    return [Drawn(_run(pairs[place][0], of), _run(pairs[place][1], of)) for place in order]


def side_by_side(launches: int, campaigns: int, seed: int, of: int = SIDE_BY_SIDE) -> Iterator[Drawn]:
    """So many campaigns of `of` launches in random order, none twice in one; of all, if there are fewer."""
    random = np.random.default_rng(seed)
    for _ in range(campaigns):
        chosen = tuple(int(place) for place in random.permutation(launches)[:of])
        yield Drawn(chosen, chosen)


def real_side_by_side(launches: int, of: int = SIDE_BY_SIDE) -> Iterator[Drawn]:
    """The duets that were really run: each next `of` launches, in their order, none in two."""
    for first in range(0, launches - of + 1, of):
        chosen = tuple(range(first, first + of))
        yield Drawn(chosen, chosen)


def _run(first: int, of: int) -> tuple[int, ...]:
    return tuple(range(first, first + of))
