"""Every verdict, by a run and a baseline that deserve it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from analysis.accept import accept
from analysis.baselines import Baseline, find_baselines
from analysis.findings import OF_MEMORY
from analysis.gate import Judgement, Verdict, judge
from analysis.metrics import metrics_of
from analysis.observations import CrowdRan
from analysis.records import Record, Resolution
from analysis.rows import RowKey, rows_of
from tests.strategies import HOST, NAMES, SMALL, a_fault, a_record, a_run

JITTER = (1.00, 1.02, 0.99)


def latencies(**changes: float) -> dict[str, tuple[float, ...]]:
    """Three launches of each target, a little apart; `changes` multiplies a store's."""
    return {
        name: tuple(value * (number + 1) * changes.get(name.partition("@")[0], 1.0) for value in JITTER)
        for number, name in enumerate(NAMES)
    }


@pytest.fixture
def baselines(tmp_path: Path) -> list[Baseline]:
    """An accepted baseline of the plain record."""
    record = a_record(latencies())
    accept(record, tmp_path)
    return list(find_baselines(tmp_path, record.run))


def verdicts(record: Record, baselines: list[Baseline]) -> dict[RowKey, Verdict]:
    """By row."""
    return {verdict.key: verdict for verdict in judge(record, rows_of(record), baselines)}


def p50(target: str = "chroma@process") -> RowKey:
    """The row that most tests look at."""
    return RowKey("p50_latency_ms", "small", target)


def test_the_same_numbers_pass(baselines: list[Baseline]) -> None:
    """Every row has a verdict, and none of them is against it."""
    found = verdicts(a_record(latencies()), baselines)
    assert len(found) == len(metrics_of(())) * len(NAMES)
    assert {one.judgement for one in found.values()} <= {Judgement.PASS, Judgement.INCONCLUSIVE}
    assert found[p50()].judgement is Judgement.PASS


def test_a_slower_store_is_a_regression_and_says_how_much(baselines: list[Baseline]) -> None:
    """With both figures, the interval and what it was adjusted by."""
    found = verdicts(a_record(latencies(weaviate=1.6)), baselines)[p50("weaviate@process")]
    assert found.judgement is Judgement.REGRESSION
    assert found.change == pytest.approx(0.6, abs=0.1)
    for part in ("2.01 ms in the baseline", "3.21 ms now", "95 % interval", "anchors", "down is better"):
        assert part in found.text


def test_a_rate_that_falls_is_a_regression_too(baselines: list[Baseline]) -> None:
    """Direction: more queries a second are better."""
    found = verdicts(a_record(latencies(weaviate=1.6)), baselines)
    assert found[RowKey("queries_per_second", "small", "weaviate@process")].judgement is Judgement.REGRESSION


def test_a_faster_store_is_an_improvement(baselines: list[Baseline]) -> None:
    """The mirror."""
    found = verdicts(a_record(latencies(weaviate=0.5)), baselines)
    assert found[p50("weaviate@process")].judgement is Judgement.IMPROVEMENT


def test_recall_that_drops_is_a_regression(baselines: list[Baseline]) -> None:
    """Faster but wrong is not faster."""
    found = verdicts(a_record(latencies(), hits=9), baselines)
    assert found[RowKey("recall_at_10", "small", "chroma@process")].judgement is Judgement.REGRESSION


def test_one_launch_on_each_side_decides_nothing_and_ends_in_no_error(tmp_path: Path) -> None:
    """Nobody can tell a spread: what is not the same number is inconclusive."""
    one = {name: each[:1] for name, each in latencies().items()}
    record = a_record(one)
    accept(record, tmp_path, allow=["few-launches"])
    found = verdicts(
        a_record({name: each[1:2] for name, each in latencies().items()}), list(find_baselines(tmp_path, record.run))
    )
    assert {verdict.judgement for verdict in found.values()} <= {Judgement.PASS, Judgement.INCONCLUSIVE}
    assert found[p50()].judgement is Judgement.INCONCLUSIVE


def test_memory_in_other_company_is_not_judged(baselines: list[Baseline]) -> None:
    """Pages that processes share are counted in parts, so a neighbour who is missing makes everybody larger."""
    memory = RowKey("peak_memory_usage_mb", "small", "weaviate@process")
    larger = verdicts(a_record(latencies(), settled_mb=90.0), baselines)[memory]
    assert larger.judgement is Judgement.REGRESSION
    some = {name: each for name, each in latencies().items() if name != "chroma@embedded"}
    without = verdicts(a_record(some, settled_mb=90.0), baselines)[memory]
    assert without.judgement is Judgement.INCONCLUSIVE
    assert "Not the same targets were up (chroma@embedded)" in without.text


def test_memory_in_other_company_that_looks_smaller_is_no_pass_either(baselines: list[Baseline]) -> None:
    """With more neighbours everybody's part is smaller, whatever it grew by."""
    memory = RowKey("peak_memory_usage_mb", "small", "weaviate@process")
    assert verdicts(a_record(latencies(), settled_mb=50.0), baselines)[memory].judgement is Judgement.IMPROVEMENT
    some = {name: each for name, each in latencies().items() if name != "chroma@embedded"}
    for settled_mb in (54.0, 59.0):
        found = verdicts(a_record(some, settled_mb=settled_mb), baselines)
        for metric in OF_MEMORY:
            assert found[RowKey(metric, "small", "weaviate@process")].judgement is Judgement.INCONCLUSIVE
        assert found[RowKey("recall_at_10", "small", "weaviate@process")].judgement is Judgement.PASS


def test_isolated_memory_has_no_company(tmp_path: Path) -> None:
    """One target is up at a time, whoever else is measured."""
    memory = RowKey("peak_memory_usage_mb", "small", "weaviate@process")
    alone = a_run(options={**a_run().options, "isolate": "yes"})
    accept(a_record(latencies(), alone), tmp_path)
    some = {name: each for name, each in latencies().items() if name != "chroma@embedded"}
    found = verdicts(a_record(some, alone, settled_mb=50.0), list(find_baselines(tmp_path, alone)))
    assert found[memory].judgement is Judgement.IMPROVEMENT


def test_scaling_that_all_stores_lost_is_no_regression_of_each(baselines: list[Baseline]) -> None:
    """Another machine's second core is worth less; what one store lost alone is still a regression."""
    record = a_record(latencies())

    def scaled(names: Sequence[str]) -> set[Judgement]:
        seen = [
            msgspec.structs.replace(one, rate=one.rate / 2, mean_latency_ns=2 * one.mean_latency_ns)
            if isinstance(one, CrowdRan) and one.target in names and one.clients == 8
            else one
            for one in record.observations
        ]
        found = verdicts(Record(record.folder, record.run, tuple(seen), truncated=False), baselines)
        return {found[RowKey("concurrent_operation_support", "small", name)].judgement for name in names}

    assert scaled(NAMES) == {Judgement.INCONCLUSIVE}
    assert scaled(["weaviate@process"]) == {Judgement.REGRESSION}


def test_too_few_launches_are_inconclusive_and_name_what_is_needed(baselines: list[Baseline]) -> None:
    """Never a pass for want of data."""
    one = {name: values[:1] for name, values in latencies().items()}
    noisy = {name: (values[0] * 0.7, values[1] * 1.3, values[2]) for name, values in latencies().items()}
    alone = verdicts(a_record(one), [])
    assert {found.judgement for found in alone.values()} == {Judgement.NO_BASELINE}
    wide = {**latencies(), "chroma@process": noisy["chroma@process"]}
    found = verdicts(a_record(wide), baselines)[p50()]
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "launches" in found.text.rpartition("screen.")[2]


def test_no_baseline_on_this_machine_says_what_to_do(baselines: list[Baseline]) -> None:
    """And never compares with another machine's."""
    found = verdicts(a_record(latencies()), [])
    assert {one.judgement for one in found.values()} == {Judgement.NO_BASELINE}
    assert "analysis accept" in found[p50()].text


def test_a_baseline_of_another_machine_is_not_found(tmp_path: Path) -> None:
    """The fingerprint is its folder."""
    record = a_record(latencies())
    accept(record, tmp_path)
    other = msgspec.structs.replace(HOST, cores=64)
    assert find_baselines(tmp_path, msgspec.structs.replace(record.run, host=other)) == []


def test_a_new_row_has_no_baseline(baselines: list[Baseline]) -> None:
    """It is not a pass."""
    record = a_record({**latencies(), "new@process": JITTER})
    assert verdicts(record, baselines)[p50("new@process")].judgement is Judgement.NO_BASELINE


def test_a_renamed_row_is_not_run_rather_than_passing(baselines: list[Baseline]) -> None:
    """The old name is missing from a complete run."""
    renamed = {("renamed@process" if name == "weaviate@process" else name): each for name, each in latencies().items()}
    found = verdicts(a_record(renamed), baselines)
    assert found[p50("weaviate@process")].judgement is Judgement.NOT_RUN
    assert "renamed" in found[p50("weaviate@process")].text


def test_a_partial_run_misses_nothing(baselines: list[Baseline]) -> None:
    """Rows were left out on purpose."""
    some = {name: each for name, each in latencies().items() if name != "weaviate@process"}
    record = a_record(some, a_run(tuple(some), partial=True))
    assert p50("weaviate@process") not in verdicts(record, baselines)


def test_a_run_of_chosen_targets_misses_only_those(baselines: list[Baseline]) -> None:
    """`--target 'chroma@*'` was not asked for Weaviate, but for both of Chroma's."""
    run = a_run(("chroma@process",), options={"target": "chroma@*", "recall-floor": "0.8"})
    found = verdicts(a_record({"chroma@process": JITTER}, run), baselines)
    assert p50("weaviate@process") not in found
    assert found[p50("chroma@embedded")].judgement is Judgement.NOT_RUN


def test_a_failed_target_is_not_run(baselines: list[Baseline]) -> None:
    """With what it failed of."""
    record = a_record(latencies())
    failed = Record(record.folder, record.run, (*record.observations, a_fault("chroma@process")), truncated=False)
    found = verdicts(failed, baselines)[p50()]
    assert found.judgement is Judgement.NOT_RUN
    assert "No answer." in found.text


def test_a_skipped_target_that_the_baseline_has_is_not_run(baselines: list[Baseline]) -> None:
    """A store that is no longer installed does not pass."""
    some = {name: each for name, each in latencies().items() if name != "weaviate@process"}
    run = a_run(tuple(some))
    gone = Resolution("weaviate@process", runnable=False, reason="It is gone.", remedy="Install it.")
    record = a_record(some, msgspec.structs.replace(run, targets=[*run.targets, gone]))
    found = verdicts(record, baselines)[p50("weaviate@process")]
    assert (found.judgement, "It is gone." in found.text) == (Judgement.NOT_RUN, True)


def test_another_workload_is_incomparable_and_names_the_field(baselines: list[Baseline]) -> None:
    """Other data, other figures."""
    other = msgspec.structs.replace(SMALL, sha256="other", vectors=2000)
    record = a_record(latencies(), a_run(datasets=[other]))
    found = verdicts(record, baselines)[p50()]
    assert found.judgement is Judgement.INCOMPARABLE
    assert "vectors 2000 against 1000" in found.text


def test_invalid_numbers_get_no_other_verdict(baselines: list[Baseline]) -> None:
    """Recall far below the floor: latency is no figure."""
    found = verdicts(a_record(latencies(chroma=0.1), hits=3), baselines)
    assert found[p50()].judgement is Judgement.INVALID
    assert "below the floor" in found[p50()].text


def test_a_changed_artifact_is_told_and_is_no_anchor(baselines: list[Baseline]) -> None:
    """Another server version: the comparison is made, and what differs is named."""
    found = verdicts(a_record(latencies(), version="2.0"), baselines)[p50()]
    assert "server_version: 1.0 against 2.0" in found.text.replace("2.0 against 1.0", "1.0 against 2.0")
    assert "anchors" not in found.text
