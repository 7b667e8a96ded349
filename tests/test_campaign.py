"""The order of the interleaving, and campaigns over our own store's real tiers."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fixtures.turns import abba, rotated


@given(st.lists(st.integers(), unique=True, max_size=8), st.integers(0, 50))
def test_rotation_keeps_every_target_and_moves_the_first(items: list[int], by: int) -> None:
    """Nobody is lost; over as many launches as targets each is first once."""
    assert Counter(rotated(items, by)) == Counter(items)
    assert [rotated(items, turn)[0] for turn in range(len(items))] == items


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=8), st.integers(1, 10))
def test_two_rounds_give_every_target_the_same_mean_place(items: list[int], pairs: int) -> None:
    """So a drift that is linear in time weighs the same on all: the point of ABBA."""
    places: dict[int, list[int]] = {item: [] for item in items}
    place = 0
    for number in range(2 * pairs):
        for item in abba(items, number):
            places[item].append(place)
            place += 1
    means = {sum(each) / len(each) for each in places.values()}
    assert len(means) == 1
