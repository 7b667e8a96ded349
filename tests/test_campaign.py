"""The order of the interleaving, and campaigns over our own store's real tiers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.observations import Observation, TargetFailed
from fixtures.campaign import Campaign, stop_all
from fixtures.drivers.base import Tier
from fixtures.experiments.silent import Silent
from fixtures.parts import Plan
from fixtures.parts.search import first_query_of
from fixtures.targets import Runnable, Target, resolve
from fixtures.turns import abba, rotated
from fixtures.workloads import scale_named, workload_for
from tests.plugins import waiting


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


@given(st.integers(1, 20), st.integers(1, 50))
def test_every_query_is_searched_as_often_in_rounds_forwards_as_backwards(slices: int, operations: int) -> None:
    """In two sweeps each slice of queries once in an even and once in an odd round, and none beyond the last query."""
    queries = slices * operations
    begins = [first_query_of(number, operations, queries) for number in range(2 * slices)]
    assert sorted(begins[::2]) == sorted(begins[1::2]) == list(range(0, queries, operations))


def test_stores_are_connected_and_closed_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two, each of which waits for the other: one after the other, neither would come up or be closed."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    scale = scale_named("small")
    found = [resolve(Target(store, Tier.EMBEDDED)) for store in waiting.pytest_vector_stores()]
    seen: list[Observation] = []
    runnable = [one for one in found if isinstance(one, Runnable)]
    Campaign(scale, workload_for(scale, 0, None), runnable, Plan(launches=1), seen.append, Silent(), parts=[]).run()
    assert [one.reason for one in seen if isinstance(one, TargetFailed)] == []
    met = {f"{name}-met-{doing}" for name in ("left", "right") for doing in ("connecting", "closing")}
    assert met <= {path.name for path in tmp_path.iterdir()}


def test_a_target_that_cannot_be_stopped_keeps_no_other_from_it() -> None:
    """All are stopped, and what was raised comes out."""

    class Stopping:
        def __init__(self, fault: Exception | None = None) -> None:
            self.fault, self.stopped = fault, False

        def stop(self) -> None:
            if self.fault is not None and not self.stopped:
                self.stopped = True
                raise self.fault
            self.stopped = True

    lanes = [Stopping(), Stopping(OSError("no")), Stopping()]
    with pytest.raises(OSError, match="no"):
        stop_all(lanes)  # type: ignore[arg-type]
    assert [one.stopped for one in lanes] == [True] * 3
