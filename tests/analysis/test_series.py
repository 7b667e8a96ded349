"""Columns of changes give back what was packed."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from analysis.series import Column, pack, unpack

NUMBERS = st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50)


@given(NUMBERS, st.sampled_from([1, 1000, 4096]))
def test_a_column_gives_back_its_numbers(numbers: list[int], unit: int) -> None:
    """In whatever unit they move, through JSON too."""
    given_numbers = [number * unit for number in numbers]
    column = msgspec.json.decode(msgspec.json.encode(pack(given_numbers)), type=Column)
    assert unpack(column, len(numbers)) == given_numbers


def test_pages_are_counted_in_pages_and_what_stands_still_takes_no_place() -> None:
    """By hand: two pages more, one less, then nothing for a hundred readings."""
    column = pack([40960, 49152, 45056, *[45056] * 100])
    assert column == Column(40960, 4096, [2, -1])
    assert len(msgspec.json.encode(column)) < 25
