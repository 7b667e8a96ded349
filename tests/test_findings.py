"""Each finding, provoked for real: by a store that deserves it in a whole run, or by what was done to the machine."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.findings import Finding, Severity
from analysis.machine import judge_machine
from analysis.observations import MachineRead, Phase, SliceSearched
from analysis.rows import Outcome, Row, RowKey
from analysis.scenes import scenes_of
from fixtures.host import read_machine
from fixtures.targets import find_module
from tests.pressure import NoPressure, stepped_clock, swapped_memory
from tests.suite import Ran, run_suite

NEEDS_EDGE = pytest.mark.skipif(find_module("qdrant_edge") is None, reason="qdrant-edge-py is not installed")
UNTRUE = (
    *("hollow@embedded", "backwards@embedded", "mute@embedded", "restless@embedded"),
    *("evicting@embedded", "evicted@embedded", "exact@embedded"),
    *(("unbuilt@embedded",) if find_module("qdrant_edge") else ()),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of all stores whose figures are not what they seem, beside a sound one."""
    folder = tmp_path_factory.mktemp("untrue")
    temporary = folder / "tmp"
    temporary.mkdir()
    return run_suite(
        folder,
        *("--scale=small", "--launches=2", "-p", "tests.plugins.untrue"),
        *("-k", "test_insertion or test_search or test_memory or garbage_collection"),
        *(f"--target={name}" for name in UNTRUE),
        variables={"TMPDIR": str(temporary)},
        whole=True,
    )


def row(ran: Ran, target: str, metric: str = "p50_latency_ms") -> Row:
    """A row of the run."""
    return ran.rows[RowKey(metric, "small", target)]


def found(ran: Ran, target: str, rule: str, metric: str = "p50_latency_ms") -> Finding:
    """The row's finding of that rule."""
    (finding,) = [one for one in row(ran, target, metric).findings if one.rule == rule]
    return finding


def test_a_sound_store_beside_them_has_figures(ran: Ran) -> None:
    """Nothing is said of it that they deserve."""
    assert row(ran, "exact@embedded").outcome is Outcome.MEASURED
    found_here = {one.rule for one in row(ran, "exact@embedded").findings}
    of_the_machine = {"noisy neighbour", "anchor moved", "frequency changed"}
    if "noisy neighbour" in found_here:
        # A client that others stop between two searches stands still for longer than the law leaves room for.
        of_the_machine.add("Little's law")
    assert found_here <= of_the_machine


def test_a_store_that_counts_right_and_loses_vectors_has_no_figure_but_its_recall(ran: Ran) -> None:
    """Its count is what it acknowledged, and recall is above the floor: the sample finds it."""
    for metric in ("p50_latency_ms", "throughput_vectors_per_second", "memory_efficiency_ratio"):
        assert row(ran, "hollow@embedded", metric).outcome is Outcome.INVALID
        assert "stored vectors do not find themselves among their 100 nearest" in row(ran, "hollow@embedded").reason
    assert found(ran, "hollow@embedded", "lost vectors").severity is Severity.INVALID
    assert "wrong count" not in {one.rule for one in row(ran, "hollow@embedded").findings}
    recall = row(ran, "hollow@embedded", "recall_at_10")
    assert (recall.outcome, 0.8 < min(recall.values) < 0.95) == (Outcome.MEASURED, True)


def test_an_invalid_row_is_ranked_in_no_table_and_named_after_them(ran: Ran) -> None:
    """pytest-benchmark would call the store that lost its vectors the fastest; its JSON keeps the numbers, marked."""
    name = "test_search[p50_latency_ms-small-hollow@embedded]"
    (unranked,) = [line for line in ran.output.splitlines() if line.startswith("Not ranked, since invalid")]
    assert name in unranked
    assert not [line for line in ran.output.splitlines() if line.startswith(f"{name} ")]
    assert [line for line in ran.output.splitlines() if line.startswith("test_search[p50_latency_ms-small-exact@emb")]
    (saved,) = [bench for bench in ran.saved if bench["name"] == name]
    assert saved["extra_info"]["outcome"] == "invalid"


def test_answers_that_are_not_best_first_are_told(ran: Ran) -> None:
    """Recall counts a set, and is 1."""
    finding = found(ran, "backwards@embedded", "not best first", "recall_at_10")
    assert "in 100 of 100 answers" in finding.text
    assert max(row(ran, "backwards@embedded", "recall_at_10").values) == 1.0


def test_a_collector_that_is_not_told_costs_its_own_row(ran: Ran) -> None:
    """Every other row of the target is whole."""
    told = row(ran, "mute@embedded", "garbage_collection_impact")
    assert told.outcome is Outcome.NOT_APPLICABLE
    assert "could not be read: ConnectionError: the metrics page did not answer" in told.reason
    assert row(ran, "mute@embedded").outcome is Outcome.MEASURED


def test_settings_that_change_with_each_start_are_told(ran: Ran) -> None:
    """They are no settings, and would make every run incomparable."""
    finding = found(ran, "restless@embedded", "settings changed")
    assert finding.text.startswith("the store reported different settings in different launches (folder: ")


@pytest.mark.parametrize("target", ["evicting@embedded", "evicted@embedded"])
def test_a_store_that_depends_on_who_came_before_is_found_by_the_swap_of_the_order(ran: Ran, target: str) -> None:
    """It is several times slower behind its twin than behind itself."""
    assert "it matters who was measured just before" in found(ran, target, "order matters").text


@pytest.mark.alone
def test_a_driver_that_burns_the_clients_processor_at_a_server_tier_is_found(tmp_path: Path) -> None:
    """Its server does next to nothing."""
    one = ("--scale=small", "--launches=1", "--target=burning@process", "-k", "p50_latency")
    ran = run_suite(tmp_path, *one, "-p", "tests.plugins.untrue", whole=True)
    seen = [one for one in ran.record.observations if isinstance(one, SliceSearched) and not one.warmup]
    own = [one for one in seen if one.target == "burning@process"]
    shares = [
        sum(one.cpu_ns for one in each) / sum(one.wall_ns for one in each)
        for launch in sorted({one.launch for one in own})
        if (each := [one for one in own if one.launch == launch])
    ]
    # Where others fill the machine, the worker waits for its processor and cannot be seen to use it.
    if max(shares) <= 0.9:
        pytest.skip(f"others took the processor: the worker had {max(shares):.0%} of it at most")
    assert "of a core while it searched" in found(ran, "burning@process", "client saturated").text


@NEEDS_EDGE
def test_an_index_that_was_not_built_is_told(ran: Ran) -> None:
    """By the engine's own counters, in the first launch alone."""
    finding = found(ran, "unbuilt@embedded", "not indexed")
    assert finding.launches == (0,)
    assert "indexed_vectors_count is 0 of 1000 points" in finding.text


@NEEDS_EDGE
def test_a_search_path_that_changed_between_launches_is_told(ran: Ran) -> None:
    """Brute force in one, the index in the other."""
    finding = found(ran, "unbuilt@embedded", "path changed")
    assert "answered by brute force and by indexed in different launches" in finding.text


@pytest.mark.alone
def test_a_clock_that_was_set_is_found() -> None:
    """By 40 ms, for as long as one reading takes, and back."""
    try:
        readings = [read_machine("small", 0, Phase.START)]
        with stepped_clock(40_000_000):
            readings.append(read_machine("small", 0, Phase.SEARCH))
        readings.append(read_machine("small", 0, Phase.STOP))
    except NoPressure as reason:
        pytest.skip(str(reason))
    (finding,) = [one for one in judged(readings) if one.rule == "clock stepped"]
    assert finding.severity is Severity.INVALID
    assert "40 ms" in finding.text


@pytest.mark.alone
def test_swapping_is_found(tmp_path: Path) -> None:
    """Some 40 MB of a process go to a swap file of ours and come back."""
    before = read_machine("small", 0, Phase.START)
    try:
        swapped_memory(tmp_path)
    except NoPressure as reason:
        pytest.skip(str(reason))
    (finding,) = [one for one in judged([before, read_machine("small", 0, Phase.STOP)]) if one.rule == "swapping"]
    assert finding.severity is Severity.INVALID
    assert "pages were swapped" in finding.text


def judged(readings: list[MachineRead]) -> list[Finding]:
    """The rules over these readings."""
    return list(judge_machine(0, readings, cores=1_000_000))


@NEEDS_EDGE
def test_data_that_every_index_solves_compares_nothing_and_says_so(tmp_path: Path) -> None:
    """Three hundred vectors: the few are the reason."""
    rows = np.random.default_rng(0).standard_normal((330, 16)).astype(np.float32)
    with h5py.File(tmp_path / "easy.hdf5", "w") as file:
        file["train"], file["test"] = rows[:300], rows[300:]
        file.attrs["distance"] = "angular"
    ran = run_suite(
        tmp_path,
        *("--scale=small", "--launches=1", f"--dataset={tmp_path / 'easy.hdf5'}"),
        *("--target=qdrant@embedded", "--target=exact@embedded", "-k", "test_search"),
    )
    (finding,) = [one for one in scenes_of(ran.record)["small"].findings if one.rule == "too easy"]
    assert "recall@10 1.000) of 300 vectors" in finding.text
    assert "so few vectors are the reason" in finding.advice
    assert "too easy" in ran.output
