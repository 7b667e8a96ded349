"""The suite's figures about itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from analysis.observations import (
    BatchInserted,
    Calibrated,
    Collected,
    CrowdRan,
    GrowthSearched,
    IdleRead,
    LaunchEnded,
    SliceSearched,
)
from analysis.records import Record
from fixtures import selfbench
from fixtures.outsiders import Agreement
from fixtures.selfbench import Kept, Promise, main, measuring_share, paired_ratio, timing_overhead
from tests.strategies import a_launch, a_machine, a_record

pytestmark = pytest.mark.alone


def test_the_measuring_share_is_operations_over_time_with_servers_up() -> None:
    """By hand: whatever has operations under way counts its wall time, 10 ms each but for a count and settling of 3."""
    at = {"scale": "small", "launch": 0, "target": "x@process"}
    wall = {"latencies_ns": [1], "wall_ns": 10_000_000}
    plain = a_record({})
    seen = (
        BatchInserted(**at, collection=0, batch=0, vectors=100, duration_ns=10_000_000),
        next(one for one in a_launch("x@process") if isinstance(one, Collected)),
        next(one for one in a_launch("x@process", latency_ms=0.2) if isinstance(one, SliceSearched)),
        Calibrated(**at, **wall, protocol="http", slice=0, warmup=False, cpu_ns=1, reason=""),
        GrowthSearched(**at, **wall, vectors=250, slice=0, warmup=False),
        a_rung(at),
        # The same second of two targets counts once.
        *(IdleRead(scale="small", launch=0, target=name, wall_ns=10_000_000, cpu_ns=0) for name in ("a@b", "c@d")),
        LaunchEnded(scale="small", launch=0, up_ns=5, measuring_ns=126_000_000, stop_ns=5),
    )
    share = measuring_share(Record(plain.folder, plain.run, seen, truncated=False))
    assert share == pytest.approx((6 * 10 + 3) / 126)


def a_rung(at: Mapping[str, object]) -> CrowdRan:
    """Two clients for 10 ms."""
    counts = {"rung": 1, "clients": 2, "searches": 9, "inserts": 1, "failures": 0, "first_failure": "", "rate": 1000.0}
    return CrowdRan(**at, **counts, wall_ns=10_000_000, mean_latency_ns=1, p99_latency_ns=1, client_cpu_ns=1)


def test_a_paired_ratio_is_the_one_of_the_blocks_whichever_comes_first() -> None:
    """Ours takes twice as long."""
    order: list[str] = []

    def block(name: str, value: int) -> list[int]:
        order.append(name)
        return [value, value, 100 * value]

    assert paired_ratio(lambda: block("ours", 20), lambda: block("bare", 10), 4) == pytest.approx(2.0)
    assert order[2:] == ["ours", "bare", "bare", "ours", "ours", "bare", "bare", "ours"]


def test_the_timed_loop_is_about_as_fast_as_plain_lines() -> None:
    """On a real server. The promise, 2 %, is held by `scripts/bench --self`; here it only must not be absurd."""
    assert 0.8 < timing_overhead(rounds=6) < 1.25


@pytest.mark.parametrize(("kept", "status"), [(Kept.YES, 0), (Kept.NO, 1), (Kept.OPEN, 1)])
def test_a_promise_that_is_not_kept_is_told_by_the_exit_code(
    kept: Kept, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And in the table; so is one of which a busy machine tells nothing, which is no success."""
    monkeypatch.setattr(selfbench, "_promises", lambda progress: [Promise("a figure", "1", "2", kept)])
    assert main() == status
    assert f"│ {kept}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wall_s", "stolen_ns", "kept"), [(300, 0, Kept.YES), (400, 4, Kept.NO), (400, 6, Kept.OPEN), (300, 50, Kept.YES)]
)
def test_a_run_that_is_too_long_tells_nothing_where_others_had_a_part_of_the_cores(
    wall_s: float, stolen_ns: int, kept: Kept
) -> None:
    """Its bound is of quiet ones."""
    plain = a_record({})
    seen = (a_machine(steal_ns=10, cpu_ns=100), a_machine(steal_ns=10 + stolen_ns, cpu_ns=200))
    promise = selfbench._whole_run(wall_s, Record(plain.folder, plain.run, seen, truncated=False))
    assert promise.kept is kept
    assert ("the host took" in promise.seen) == (stolen_ns > 5)


@pytest.mark.parametrize(
    ("ratio", "reach", "same", "kept"),
    [
        (1.01, 0.010, True, Kept.YES),
        (1.01, 0.040, True, Kept.OPEN),
        (1.10, 0.040, True, Kept.NO),
        (1.02, 0.014, True, Kept.NO),
        (1.01, 0.010, False, Kept.NO),
    ],
)
def test_only_an_interval_that_is_too_wide_leaves_the_agreement_open(
    ratio: float, reach: float, same: bool, kept: Kept
) -> None:
    """A narrow one that reaches over the bound is no agreement."""
    assert selfbench._agreed(Agreement("x@process", ratio, ratio - reach, ratio + reach, 20, same)).kept is kept
