"""Whole numbers over time as they are stored: a column of changes. Used by `analysis.watched` and `analysis.usage`.

Memory comes in pages and processor time in ticks, and both stand still most of the time: written as changes in their
greatest common unit, a column of a hundred numbers is a few dozen characters that a person can still read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec

__all__ = ["Column", "pack", "unpack"]


class Column(msgspec.Struct, frozen=True, array_like=True):
    """The first number, the unit of the changes, and the changes in that unit. Zeros at the end are left out."""

    first: int
    unit: int
    changes: list[int]


def pack(numbers: Sequence[int]) -> Column:
    """The column of these numbers, of which there is at least one."""
    changes = [after - before for before, after in pairwise(numbers)]
    while changes and changes[-1] == 0:
        changes.pop()
    unit = math.gcd(*changes) or 1
    return Column(numbers[0], unit, [change // unit for change in changes])


def unpack(column: Column, count: int) -> list[int]:
    """The `count` numbers of a column."""
    changes = [change * column.unit for change in column.changes[: count - 1]]
    numbers = list(accumulate(changes, initial=column.first))
    return numbers + numbers[-1:] * (count - len(numbers))
