"""The suite's figures about itself."""

from __future__ import annotations

import pytest

from analysis.observations import IdleRead, LaunchEnded
from analysis.records import Record
from fixtures import selfbench
from fixtures.selfbench import Promise, main, measuring_share, paired_ratio, timing_overhead
from tests.strategies import a_record


def test_the_measuring_share_is_operations_over_time_with_servers_up() -> None:
    """By hand: 500 ms of batches, three counts and settlings of 3 ms, 21 slices of 50 ms, nine of 1 ns, eight rungs.

    The second of idleness counts once, though two targets share it.
    """
    plain = a_record({"chroma@process": (1.0,)})
    busy_ns = 300_000_000 + 2 * 100_000_000 + 3 * 3_000_000 + 21 * 50_000_000 + 9 + 8 * 1_000_000_000
    busy_ns += 1_000_000_000
    ended = LaunchEnded(scale="small", launch=0, up_ns=5, measuring_ns=2 * busy_ns, stop_ns=5)
    idle = [
        IdleRead(scale="small", launch=0, target=name, wall_ns=1_000_000_000, cpu_ns=0)
        for name in ("chroma@process", "exact@process")
    ]
    seen = (*(one for one in plain.observations if not isinstance(one, LaunchEnded)), *idle, ended)
    assert measuring_share(Record(plain.folder, plain.run, seen, truncated=False)) == pytest.approx(0.5)


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


@pytest.mark.parametrize(("kept", "status"), [(True, 0), (False, 1)])
def test_a_promise_that_is_not_kept_is_told_by_the_exit_code(
    kept: bool, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And in the table."""
    monkeypatch.setattr(selfbench, "_promises", lambda progress: [Promise("a figure", "1", "2", kept)])
    assert main() == status
    assert ("NOT KEPT" in capsys.readouterr().out) is not kept
