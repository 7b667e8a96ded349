"""What `python -m analysis` can do: show, compare, judge and accept stored runs. Neighbour: `analysis.__main__`."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console

from analysis.accept import accept, review
from analysis.baselines import find_baselines
from analysis.compare import compare, shown
from analysis.errors import MissingRecord, UnknownTarget
from analysis.gate import Judgement, judge
from analysis.records import RUN_FILE, Record, read_record
from analysis.rows import rows_of
from analysis.sweep import sweeps_of
from analysis.sweeptable import sweep_tables
from analysis.table import closing_table
from analysis.usagetable import resource_tables

__all__ = [
    "accept_run",
    "compare_runs",
    "find_run",
    "load",
    "resources_of_run",
    "show_run",
    "show_sweep",
    "verdicts_of_run",
]


def find_run(name: str, results: Path) -> Path:
    """The folder of a run: a path, an id below `results`, or `latest`. MissingRecord tells what there is."""
    # A run's id begins with the time at which it started.
    runs = sorted(path.parent for path in results.glob(f"*/{RUN_FILE}"))
    if name == "latest" and runs:
        return runs[-1]
    for folder in (Path(name), results / name):
        if (folder / RUN_FILE).is_file():
            return folder
    there = f"There are: {', '.join(run.name for run in runs[-5:])}." if runs else "No run is stored there yet."
    raise MissingRecord(f"No run {name!r} in {results}. {there}")


def load(name: str, results: Path) -> Record:
    """Find and read a run; RecordError where it is missing or cannot be used."""
    return read_record(find_run(name, results))


def show_run(record: Record, baselines: Path, console: Console) -> int:
    """Print the closing table of a run, with verdicts against the present baselines."""
    rows = rows_of(record)
    verdicts = judge(record, rows, find_baselines(baselines, record.run))
    console.print(closing_table(record, rows, verdicts, console.width))
    return 0


def resources_of_run(record: Record, patterns: Sequence[str], console: Console) -> int:
    """Print what each target used in each part of its launches; of the targets that match, or of all."""
    names = [resolution.target for resolution in record.run.targets]
    chosen = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UnknownTarget(f"No target of this run is named {pattern!r}. There are: {', '.join(names)}.")
    for part in resource_tables(record, chosen):
        console.print(part)
    return 0


def show_sweep(record: Record, console: Console) -> int:
    """Print what a sweep found, and draw it into the run's folder."""
    from analysis.sweepplot import write_pictures  # noqa: PLC0415 - matplotlib is heavy, and only here

    console.print(sweep_tables(sweeps_of(record)))
    for path in write_pictures(record):
        console.print(f"drawn: {path}", highlight=False, markup=False)
    return 0


def verdicts_of_run(record: Record, baselines: Path, console: Console) -> int:
    """Print every verdict; 1 if one of them is a regression."""
    verdicts = judge(record, rows_of(record), find_baselines(baselines, record.run))
    for verdict in verdicts:
        console.print(f"{verdict.judgement:13} {verdict.key}: {verdict.text}", highlight=False, markup=False)
    return int(any(verdict.judgement is Judgement.REGRESSION for verdict in verdicts))


def compare_runs(one: Record, other: Record, console: Console) -> int:
    """Print two runs side by side; 1 if they are so unlike that no row has a ratio."""
    comparison = compare(one, other)
    console.print(shown(one, other, comparison))
    return int(all(row.log_ratio is None for row in comparison.rows))


def accept_run(record: Record, baselines: Path, allow: Sequence[str], console: Console) -> int:
    """Show what changes against the present baseline, then accept the run. Why it may not be comes first."""
    reviewed = review(record, baselines)
    reviewed.require_acceptable(allow)
    for verdict in reviewed.verdicts:
        if verdict.judgement in (Judgement.REGRESSION, Judgement.IMPROVEMENT, Judgement.NOT_RUN):
            console.print(f"{verdict.judgement}: {verdict.text}", highlight=False, markup=False)
    for row in reviewed.left_out:
        console.print(f"left out, invalid: {row.key}: {row.reason}", highlight=False, markup=False)
    for path in accept(record, baselines, allow=allow):
        console.print(f"accepted: {path} ({len(reviewed.rows)} rows in all)", highlight=False, markup=False)
    console.print("Review the files and commit them: from now on runs on this machine are compared with them.")
    return 0
