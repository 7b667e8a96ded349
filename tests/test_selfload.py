"""The generator's figures about itself."""

from __future__ import annotations

import math
import time
from pathlib import Path

import msgspec
import pytest

from analysis.observations import LaunchEnded
from analysis.records import Record
from fixtures.selfload import LittleSeen, generator_share, little_seen
from tests.analysis.test_load import a_load, open_loops
from tests.strategies import a_record, a_run

pytestmark = pytest.mark.alone

TARGET = "chroma@process"


def test_the_generator_keeps_most_of_a_bare_loops_rate() -> None:
    """Of a client that needs half a millisecond. The promise, 70 %, is `scripts/bench --self`'s, on a real server."""

    def ask(query: object, k: int) -> list[int]:
        end = time.perf_counter_ns() + 500_000
        while time.perf_counter_ns() < end:
            pass
        return []

    assert 0.3 < generator_share(ask) <= 1.5


def test_a_client_that_stalls_now_and_then_keeps_less() -> None:
    """Its stalls grow with what has been asked of it: no rate is kept in an open loop that it has in a bare one."""
    asked = iter(range(10**9))

    def ask(query: object, k: int) -> list[int]:
        # Four windows of a trial; the middle two are of arrivals.
        if 300 <= next(asked) % 1200 < 900:
            time.sleep(0.001)
        return []

    assert generator_share(ask) < 0.3


def with_windows(*in_flight: float) -> Record:
    """A run that asked for an open loop, whose one launch had these windows (15.05 in flight by rate x latency)."""
    plain = a_record({TARGET: (1.0,)}, a_run((TARGET,), launches=1, options={"studies": "open-loop"}))
    windows = open_loops(*[a_load(in_flight=value) for value in in_flight])
    seen = [one for one in plain.observations if not isinstance(one, LaunchEnded)]
    ended = [one for one in plain.observations if isinstance(one, LaunchEnded)]
    return Record(Path("results/run"), plain.run, (*seen, *windows, *ended), truncated=False)


def test_littles_law_is_looked_at_in_the_windows_of_valid_rows() -> None:
    """The worst of them counts; one that is too far off makes its launch's rows invalid, and then there is none."""
    found = little_seen(with_windows(15.05, 15.05 * 0.98))
    assert found.windows == 2
    assert math.isclose(found.worst, 0.02, rel_tol=0.01)
    assert little_seen(with_windows(15.05, 10.0)) == LittleSeen(math.inf, 0)


def test_a_record_survives_its_way_to_the_disk() -> None:
    """The load's observations are decoded as they were."""
    from analysis.observations import Observation

    for one in with_windows(15.05).observations:
        assert msgspec.json.decode(msgspec.json.encode(one), type=Observation) == one
