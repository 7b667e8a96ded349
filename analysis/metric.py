"""What a metric is: a name, a unit, which way is better, a group, a formula. `analysis.metrics` lists all there are.

The formulas are in `analysis.reductions` and in the rooms of the studies.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from analysis.reductions import Reduce

__all__ = ["Direction", "Group", "Metric"]


class Direction(enum.StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class Group(enum.StrEnum):
    """What is asked: the benchmark module `benchmarks/test_GROUP.py` holds the group's rows."""

    INSERTION = "insertion"
    SEARCH = "search"
    MEMORY = "memory"
    SCALABILITY = "scalability"
    MIXED = "mixed"
    LOAD = "load"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Metric:
    """What a row measures, and how a change in it is judged.

    `definition` is the sentence that tables and documents show. A figure that `follows_machine_speed` is adjusted
    by what the anchors did in the same launches. Figures are compared by the ratio of `offset + figure`: a share or a
    growth in per cent has the offset 100, so that it counts as the factor it stands for, and 0 % is a number too.
    Where a `study` is named, the rows exist only in runs that were asked for that study. Runs that differ in one of the
    `options` that the figure depends on are not compared.
    """

    name: str
    unit: str
    direction: Direction
    group: Group
    definition: str
    reduce: Reduce
    follows_machine_speed: bool = True
    tolerance: float = 0.05
    offset: float = 0.0
    study: str = ""
    options: tuple[str, ...] = ()

    def logarithm(self, value: float) -> float:
        """The log figure that is compared. ValueError for one that has no ratio to anything."""
        return math.log(self.offset + value)

    def from_logarithm(self, log_figure: float) -> float:
        """The figure of a log figure; infinite where it is beyond any number."""
        if log_figure >= 700:
            return math.inf
        # Not exp(log) - offset, whose rounding would make a small number of zero.
        return self.offset * math.expm1(log_figure - math.log(self.offset)) if self.offset else math.exp(log_figure)

    def __str__(self) -> str:
        return self.name
