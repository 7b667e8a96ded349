"""What cannot be is refused at once: what was wrong, what was seen, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.rows import RowKey
from analysis.verdicts import GateMode
from fixtures.drivers.base import Binary
from fixtures.errors import UsageError
from fixtures.options import Options
from tests.suite import run_suite

ONE = ("--scale=small", "--launches=1", "--target=exact@embedded")
SEARCH = "benchmarks/test_search.py::test_search"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is asked by options, or by a variable that is `x`, and what is told of it."""

    arguments: tuple[str, ...]
    told: str
    variable: str = ""


REFUSED = [
    Refusal(("--scale=smal",), "Did you mean small?"),
    Refusal(("--target=chrom@process",), "Did you mean chroma@process?"),
    Refusal(("--target=chroma@mount",), "chroma has no tier 'mount'. It has: embedded, process, container, remote."),
    Refusal(("--target=",), "--target was given an empty name."),
    Refusal(("--launches=0",), "--launches must be at least 1, not 0."),
    Refusal(("--launches=many",), "--launches must be a whole number, not 'many'."),
    Refusal(("--seed=-1",), "--seed must be at least 0, not -1."),
    Refusal(("--request-timeout=-1",), "--request-timeout must be more than 0 seconds and no more than a day, not -1."),
    Refusal(("--recall-floor=2",), "--recall-floor is a share from 0 to 1, not 2."),
    Refusal(("--gate=maybe",), "invalid choice: 'maybe'"),
    Refusal(("--placement=apart",), "invalid choice: 'apart'"),
    Refusal(("-n", "2"), "Benchmarks refuse to start under xdist"),
    Refusal(("--dist=load", "--tx=popen"), "Benchmarks refuse to start under xdist"),
    Refusal(("--benchmark-disable",), "--benchmark-disable was given: no row would be measured"),
    Refusal(("--benchmark-skip",), "--benchmark-skip was given"),
    Refusal(("--setup-only", *ONE), "--setup-only was given: no row would be measured, and none could fail."),
    Refusal(("--setup-plan", *ONE), "--setup-plan was given"),
    Refusal(("--timeout=6", *ONE), "Each test has 6 s (--timeout, PYTEST_TIMEOUT or timeout in an ini file)"),
    Refusal(("-o", "timeout=6", *ONE), "Each test has 6 s"),
    Refusal(("--request-timeout=inf",), "no more than a day, not inf."),
    Refusal(("--dataset=/no/such.hdf5", *ONE), "/no/such.hdf5 cannot be read"),
    Refusal(("--baselines=/no/such",), "--baselines /no/such is not a folder"),
    Refusal(("--baselines=README.md",), "README.md is not a folder"),
    Refusal((*ONE, f"{SEARCH}[p50_latency-small-exact@embedded]"), "Did you mean p50_latency_ms?"),
    Refusal((*ONE, f"{SEARCH}[p50_latency_ms-smal-exact@embedded]"), "Did you mean small?"),
    Refusal((*ONE, f"{SEARCH}[p50_latency_ms-large-exact@embedded]"), "Add --scale large."),
    Refusal((*ONE, f"{SEARCH}[p50_latency_ms-small-exact@embeded]"), "Did you mean exact@embedded?"),
    Refusal((*ONE, f"{SEARCH}[p50_latency_ms-small-chroma@process]"), "is added by --target"),
    Refusal(
        (*ONE, f"{SEARCH}[total_time_seconds-small-exact@embedded]"), "total_time_seconds is no row of test_search."
    ),
    Refusal(ONE, "--gate must be one of", "VEXFS_BENCH_GATE"),
    Refusal(ONE, "--recall-floor must be a number", "VEXFS_BENCH_RECALL_FLOOR"),
    Refusal(ONE, "--placement must be one of free, shared, split, not 'x'.", "VEXFS_BENCH_PLACEMENT"),
    Refusal(ONE, "VEXFS_BENCH_ISOLATE is on or off, not 'x'.", "VEXFS_BENCH_ISOLATE"),
]


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: " ".join((*one.arguments, one.variable)).strip())
def test_an_option_that_cannot_be_is_a_usage_error(tmp_path: Path, one: Refusal) -> None:
    """Exit code 4, one clear sentence, nothing measured; also where the environment stands in for an option."""
    variables = {one.variable: "x"} if one.variable else {}
    # One that is not refused measures: it is ended.
    ran = run_suite(tmp_path, *one.arguments, variables=variables, patience_s=60)
    assert ran.status == 4, ran.output
    assert one.told in ran.output
    assert not list(ran.results.glob("*"))


@pytest.mark.parametrize("variable", ["VEXFS_BENCH_STATE", "XDG_STATE_HOME"])
@pytest.mark.parametrize("place", ["a file", "/proc/x"])
def test_a_list_of_what_runs_that_cannot_be_kept_is_told_at_once(tmp_path: Path, variable: str, place: str) -> None:
    """One sentence, and nothing is started that could not be found again."""
    (tmp_path / "a file").write_text("")
    variables = {"VEXFS_BENCH_STATE": "", variable: str(tmp_path / place)}
    ran = run_suite(tmp_path, *ONE, variables=variables)
    assert ran.status == 4, ran.output
    assert "The list of what runs cannot be kept in" in ran.output
    assert "Traceback" not in ran.output
    assert not list(tmp_path.glob("results/*"))


def test_a_path_swallowed_by_compare_is_told(tmp_path: Path) -> None:
    """`pytest --benchmark-compare benchmarks/` would compare with a run called benchmarks/, and measure everything."""
    ran = run_suite(tmp_path, "--benchmark-compare", "benchmarks/")
    assert ran.status == 4
    assert "Write the path first: pytest benchmarks/ --benchmark-compare" in ran.output


def test_no_runnable_target_is_an_error_with_every_reason(tmp_path: Path) -> None:
    """Never a green run of nothing."""
    ran = run_suite(tmp_path, "--scale=small", "--target=qdrant@process", variables={"PATH": "/usr/bin:/bin"})
    assert ran.status == 4, ran.output
    assert "None of the targets can run here. qdrant@process: qdrant was not found" in ran.output


def test_a_required_target_that_cannot_run_fails(tmp_path: Path) -> None:
    """Where it would be skipped otherwise; also by the environment."""
    variables = {"VEXFS_BENCH_REQUIRE_TARGET": "qdrant@process", "PATH": "/usr/bin:/bin"}
    ran = run_suite(tmp_path, *ONE, "-k", "p50", variables=variables)
    assert ran.status == 1, ran.output
    assert "required, or in the baseline, and skipped: qdrant was not found" in ran.output


def test_a_variable_that_names_no_program_is_an_error(tmp_path: Path) -> None:
    """The user meant it."""
    ran = run_suite(tmp_path, "--target=qdrant@process", variables={"QDRANT_BIN": "/no/such/qdrant"})
    assert ran.status == 4
    assert "QDRANT_BIN names '/no/such/qdrant'" in ran.output


def test_a_results_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Before anything is measured."""
    (tmp_path / "file").write_text("")
    ran = run_suite(tmp_path, *ONE, f"--results={tmp_path / 'file'}")
    assert ran.status != 0
    assert "Results cannot be written" in ran.output
    assert "--results" in ran.output


def test_a_json_file_that_cannot_be_written_is_told_before_measuring(tmp_path: Path) -> None:
    """As the other places of results are."""
    ran = run_suite(tmp_path, *ONE, f"--benchmark-json={tmp_path}/no/such.json")
    assert ran.status == 1, ran.output
    assert (
        "such.json cannot be written: No such file or directory. Give another file by --benchmark-json." in ran.output
    )
    assert not list(ran.results.glob("*"))


def test_a_json_file_that_cannot_be_written_in_the_end_costs_no_table(tmp_path: Path) -> None:
    """A disk that is full by then: told, a failure, and all else is there."""
    ran = run_suite(tmp_path, *ONE, "-k", "recall", "--benchmark-json=/dev/full")
    assert ran.status == 1, ran.output
    assert "/dev/full cannot be written: No space left on device. The record has all figures." in ran.output
    assert "Traceback" not in ran.output
    assert f"Record: {ran.folder}" in ran.output.replace("\n", "")


def test_rows_are_benchmarks_to_benchmark_only(tmp_path: Path) -> None:
    """And are measured: a green run of nothing would pass any gate."""
    ran = run_suite(tmp_path, *ONE, "--benchmark-only", "-k", "recall")
    assert ran.status == 0, ran.output
    assert ran.rows[RowKey("recall_at_10", "small", "exact@embedded")].values
    assert "1 passed" in ran.output


def test_a_name_of_no_row_is_told_with_the_nearest(tmp_path: Path) -> None:
    """Not only that all were deselected."""
    ran = run_suite(tmp_path, *ONE, "-k", "p59_latency")
    assert ran.status == 5, ran.output
    assert "No row is named by -k 'p59_latency'. Did you mean p" in ran.output


@pytest.mark.parametrize(("content", "told"), [("{", "is not JSON"), ('{"benchmarks": []}', "has no schema number")])
def test_a_damaged_or_foreign_baseline_is_told_before_measuring(tmp_path: Path, content: str, told: str) -> None:
    """By its name."""
    from analysis.fingerprint import folder_name
    from fixtures.host import read_host

    path = tmp_path / "baselines" / folder_name(read_host()) / "0001_small.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    ran = run_suite(tmp_path, *ONE)
    assert ran.status == 4, ran.output
    assert told in ran.output
    assert "0001_small.json" in ran.output


def test_a_dataset_with_nan_is_refused_and_a_good_one_is_measured(tmp_path: Path) -> None:
    """Its own dimensions and queries, the scale's batch."""
    random = np.random.default_rng(0)
    train, test = random.standard_normal((300, 12)), random.standard_normal((20, 12))
    for name, bad in (("good.hdf5", False), ("bad.hdf5", True)):
        with h5py.File(tmp_path / name, "w") as file:
            file["train"] = np.where((np.arange(300) == 7)[:, None] & bad, np.nan, train)
            file["test"] = test
    refused = run_suite(tmp_path / "bad", *ONE, f"--dataset={tmp_path / 'bad.hdf5'}")
    assert refused.status == 4
    assert "NaN" in refused.output
    ran = run_suite(tmp_path / "good", *ONE, f"--dataset={tmp_path / 'good.hdf5'}", "-k", "recall")
    (dataset,) = ran.record.run.datasets
    assert (dataset.vectors, dataset.dimensions, dataset.queries, dataset.batch) == (300, 12, 20, 100)


def test_options_are_checked_wherever_they_come_from() -> None:
    """The value cannot be made wrong."""
    good = {
        "scales": ("small",),
        "targets": (),
        "required": (),
        "launches": 1,
        "gate": GateMode.OFF,
        "dataset": None,
        "results": Path("r"),
        "baselines": Path("b"),
        "timeout_s": 1.0,
        "seed": 0,
        "recall_floor": 0.8,
        "mixed": False,
    }
    assert Options(**good).plan.launches == 1
    for change in ({"launches": 0}, {"timeout_s": 0.0}, {"recall_floor": -1.0}):
        with pytest.raises(UsageError, match="--"):
            Options(**{**good, **change})


def test_the_environment_stands_in_for_options(tmp_path: Path) -> None:
    """Lists are separated by commas."""
    variables = {
        "VEXFS_BENCH_SCALE": "small",
        "VEXFS_BENCH_TARGET": "exact@embedded,exact@process",
        "VEXFS_BENCH_LAUNCHES": "1",
        "VEXFS_BENCH_GATE": "off",
    }
    ran = run_suite(tmp_path, "-k", "recall", variables=variables)
    assert ran.status == 0, ran.output
    assert {target.target for target in ran.record.run.targets} == {"exact@embedded", "exact@process"}
    assert ran.record.run.options["gate"] == "off"


def test_a_binary_knows_its_variable() -> None:
    """For the messages."""
    assert Binary("X_BIN", "x", "Get x.").environment == "X_BIN"
