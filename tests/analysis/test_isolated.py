"""What isolated runs mean for figures and verdicts: launches of one number were not at one time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from analysis.accept import accept
from analysis.baselines import find_baselines
from analysis.comparison import figures
from analysis.fingerprint import differences, folder_name
from analysis.gate import Judgement, judge
from analysis.observations import LaunchEnded
from analysis.records import Record
from analysis.rows import RowKey, rows_of
from analysis.scenes import scenes_of
from analysis.screen import Pair, screen
from analysis.statistics import difference_interval
from tests.strategies import HOST, a_machine, a_record, a_run

ISOLATED = {"target": "", "recall-floor": "0.8", "isolate": "yes"}
# Launch by launch the second is 2 % slower without exception; by themselves the launches scatter by 50 %.
TOGETHER = {"chroma@process": (1.0, 1.5, 2.2, 0.9), "weaviate@process": (1.02, 1.53, 2.244, 0.918)}
P50 = "p50_latency_ms"


def test_pairs_decide_only_where_launches_were_at_one_time() -> None:
    """The same numbers: told apart in pairs, not told apart as they are."""
    rows = rows_of(a_record(TOGETHER))
    slower = RowKey(P50, "small", "weaviate@process")
    assert not figures(rows)[slower].best
    assert figures(rows, at_one_time=False)[slower].best


def test_isolated_launches_that_do_not_overlap_are_told_apart() -> None:
    """Twice as slow, with little scatter."""
    rows = rows_of(a_record({"chroma@process": (1.0, 1.01, 0.99), "weaviate@process": (2.0, 2.02, 1.97)}))
    found = figures(rows, at_one_time=False)
    assert found[RowKey(P50, "small", "chroma@process")].best
    assert not found[RowKey(P50, "small", "weaviate@process")].best


def test_one_isolated_launch_has_no_rank() -> None:
    """It tells no spread."""
    rows = rows_of(a_record({"chroma@process": (1.0,), "weaviate@process": (2.0, 2.0, 2.0)}))
    assert not any(figure.ranked for figure in figures(rows, at_one_time=False).values())


@pytest.mark.parametrize("isolated_first", [True, False])
def test_isolated_and_interleaved_are_incomparable(tmp_path: Path, isolated_first: bool) -> None:
    """Both ways, with the field named; the same kind is compared."""
    plain, isolated = a_record(), a_record(run=a_run(options=ISOLATED))
    first, second = (isolated, plain) if isolated_first else (plain, isolated)
    accept(first, tmp_path)
    baselines = find_baselines(tmp_path, second.run)
    verdicts = [one for one in judge(second, rows_of(second), baselines) if one.key.metric == P50]
    assert verdicts
    assert {one.judgement for one in verdicts} == {Judgement.INCOMPARABLE}
    assert all("isolate: " in one.text and "one target up at a time" in one.text for one in verdicts)
    again = [one for one in judge(first, rows_of(first), baselines) if one.key.metric == P50]
    assert Judgement.INCOMPARABLE not in {one.judgement for one in again}


def test_the_screen_does_not_pair_isolated_launches() -> None:
    """What an anchor did in a launch of the same number explains nothing; its shift from run to run still does."""
    then, now = {0: 1.0, 1: 1.5, 2: 2.0}, {0: 2.0, 1: 3.0, 2: 4.0}
    pairs = {name: Pair(then, now, [one for one in "abcd" if one != name]) for name in "abcd"}
    paired = screen(pairs, adjust=True, least_between=0.015)["a"]
    apart = screen(pairs, adjust=True, least_between=0.015, at_one_time=False)["a"]
    assert paired.spread < 0.15 < apart.spread
    assert apart.shift == pytest.approx(paired.shift)
    assert apart.estimate == pytest.approx(0.25 * apart.shift)


def test_a_launch_is_judged_by_its_own_readings_and_its_own_end() -> None:
    """A neighbour's launch of the same number is another one."""
    plain = a_record({"chroma@process": (1.0,), "weaviate@process": (1.0,)})
    busy, quiet = (dict.fromkeys(("target",), name) for name in ("chroma@process", "weaviate@process"))
    seen = [
        *(one for one in plain.observations if not isinstance(one, LaunchEnded)),
        a_machine(**busy),
        a_machine(cpu_ns=2_000_000_000, steal_ns=500_000_000, **busy),
        a_machine(**quiet),
        a_machine(cpu_ns=2_000_000_000, **quiet),
        LaunchEnded(scale="small", launch=0, up_ns=1, measuring_ns=2, stop_ns=3, target="chroma@process"),
    ]
    record = Record(plain.folder, plain.run, tuple(seen), truncated=False)
    found = {row.key.target: {one.rule for one in row.findings} for row in rows_of(record) if row.key.metric == P50}
    assert found["chroma@process"] >= {"noisy neighbour"}
    assert "cut short" not in found["chroma@process"]
    assert found["weaviate@process"] >= {"cut short"}
    assert "noisy neighbour" not in found["weaviate@process"]
    assert scenes_of(record)["small"].ended == {(0, "chroma@process")}


def test_a_placement_makes_another_machine() -> None:
    """Another folder of baselines, named; the usual one keeps the name that it had."""
    split = msgspec.structs.replace(HOST, placement="split")
    assert differences(HOST, split) == ["placement: free against split"]
    assert folder_name(HOST) == "some-cpu-2c-24g-py3.11-12990de9"
    assert folder_name(split).startswith("some-cpu-2c-24g-py3.11-split-")


def test_a_difference_of_means_is_welchs() -> None:
    """By hand: means 4 and 2, variances 4 and 1 of three each, 2.94 degrees of freedom."""
    found = difference_interval([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert found.estimate == pytest.approx(2.0)
    assert found.high - found.estimate == pytest.approx(4.1554, abs=1e-4)
    assert difference_interval([1.0, 1.0], [3.0, 3.0]).high == -2.0
    with pytest.raises(ValueError, match="two values"):
        difference_interval([1.0], [1.0, 2.0])
