"""Runs the suite as a person does, in a process of its own, mostly by `tests.forked`. For the tests of whole runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from analysis.findings import Severity, of_the_machine
from analysis.records import Record, read_record
from analysis.rows import Outcome, Row, RowKey, rows_of
from tests.forked import ROOT, fork_run

__all__ = ["BRIEF", "MAIN_ROWS", "ROOT", "Ran", "command", "environment", "leftovers", "run_suite", "to_the_end"]

BRIEF = ("-p", "tests.plugins.brief")
MAIN_ROWS = ("-k", "test_insertion or test_search or test_memory")
"""Without growth and concurrency, which take half of a launch: for tests that are of other things."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, what it printed, and where its results lie."""

    status: int
    output: str
    results: Path

    @property
    def folder(self) -> Path:
        """The one run's folder."""
        (folder,) = [path.parent for path in self.results.glob("*/run.json")]
        return folder

    @property
    def record(self) -> Record:
        """The one run's record."""
        return read_record(self.folder)

    @property
    def rows(self) -> dict[RowKey, Row]:
        """Its rows."""
        return {row.key: row for row in rows_of(self.record)}

    @property
    def saved(self) -> list[dict[str, object]]:
        """The benchmarks in pytest-benchmark's JSON."""
        benchmarks: list[dict[str, object]] = json.loads((self.folder / "benchmark.json").read_text())["benchmarks"]
        return benchmarks


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without the suite's own variables but those that tests set, and without those of a pytest-xdist worker."""
    ours = ("VEXFS_BENCH_", "PYTEST_XDIST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    state = os.environ.get("VEXFS_BENCH_STATE")
    return {**kept, **({"VEXFS_BENCH_STATE": state} if state else {}), **(changes or {})}


def command(results: Path, *arguments: str) -> list[str]:
    """`pytest benchmarks/` with these arguments, storing below `results`, with no baseline but there."""
    (results.parent / "baselines").mkdir(parents=True, exist_ok=True)
    # Without what no run of the suite uses: importing hypothesis takes as long as all the rest of a start.
    unused = [part for name in ("cacheprovider", "hypothesispytest") for part in ("-p", f"no:{name}")]
    own = [f"--results={results}", f"--baselines={results.parent / 'baselines'}", *unused]
    return [sys.executable, "-m", "pytest", "benchmarks/", *own, *arguments]


def run_suite(
    tmp_path: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    whole: bool = False,
    patience_s: float = 300,
) -> Ran:
    """Run it to its end: brief, or whole where a test looks at how figures come about.

    It is forked from a process that has loaded the suite, or started where its environment must be seen from outside
    (`leftovers`) or by Python as it starts. After `patience_s` it is killed.
    """
    results = tmp_path / "results"
    line = command(results, *(() if whole else BRIEF), *arguments)
    if not any(name.startswith(("TMPDIR", "PYTHON", "LC_", "LANG")) for name in variables or ()):
        output = tmp_path / "output.txt"
        status = fork_run(line[3:], environment(variables), os.sched_getaffinity(0), output, patience_s)
        return Ran(status, output.read_text(), results)
    done = subprocess.run(
        line,
        cwd=ROOT,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience_s,
        check=False,
    )
    return Ran(done.returncode, done.stdout, results)


def to_the_end(row: Row, launches: int) -> bool:
    """Whether a brief run has a number of every launch, and none is invalid but by the machine's fault.

    Of so few searches one interruption between two of them is more than Little's law leaves room for.
    """
    numbers = len(row.values) + len(row.invalid_values)
    sound = all(of_the_machine(one) for one in row.findings if one.severity is Severity.INVALID)
    return row.outcome is not Outcome.FAILED and numbers == launches and sound


def leftovers(temporary: Path) -> list[str]:
    """Folders, mounts and processes of runs that had this temporary folder: no other run's."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found = [line.split()[4] for line in mounts if str(temporary) in line]
    found += [str(path) for path in temporary.glob("vexfs-bench-*")]
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(temporary):
                found.append(f"{process.pid}: {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    return found
