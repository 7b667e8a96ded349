"""What `python -m analysis` can do with stored runs: show, compare, judge, accept, record, and tell their history.

Neighbour: `analysis.__main__`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console

from analysis.accept import accept
from analysis.baselines import find_baselines
from analysis.compare import compare, shown
from analysis.creep import creeps_of
from analysis.errors import AcceptRefused, MissingRecord, NoHistory, UnknownTarget
from analysis.gate import judge
from analysis.history import HISTORY_FILE, history_file, read_history, record_run
from analysis.historytable import creep_notes, history_table, noise_of
from analysis.records import RUN_FILE, Record, RunStatus, read_record
from analysis.review import review
from analysis.reviewtable import review_table
from analysis.rows import rows_of
from analysis.signs import writable
from analysis.sweep import sweeps_of
from analysis.sweeptable import sweep_tables
from analysis.table import closing_table
from analysis.trend import trends_of
from analysis.usagetable import resource_tables
from analysis.verdicts import GateMode, fails

__all__ = [
    "accept_run",
    "append_to_history",
    "compare_runs",
    "find_run",
    "load",
    "resources_of_run",
    "show_history",
    "show_run",
    "show_sweep",
    "verdicts_of_run",
]


_UNFINISHED = "The run did not come to its end, so it passes nothing. Measure again."
_NOTHING = "No row has a verdict, so nothing passes. Name targets that can run here, or accept a baseline."


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
    console.print(closing_table(record, rows, verdicts, console.width, creep_notes(record, rows, baselines)))
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


def verdicts_of_run(record: Record, baselines: Path, console: Console, gate: GateMode = GateMode.REPORT) -> int:
    """Print every verdict, and what the row's history says of its noise; 1 if one of them fails under the gate.

    Enforced, a run that did not come to its end fails as well, and one that has no row to judge.
    """
    verdicts = judge(record, rows_of(record), find_baselines(baselines, record.run))
    trends = {trend.key: trend for trend in trends_of(read_history(history_file(baselines, record.run.host)))}
    for verdict in verdicts:
        trend = trends.get(verdict.key)
        noise = (
            ""
            if trend is None or not trend.scatter
            else (f" One run of this row scatters by {noise_of(trend)} ({len(trend.points)} runs of its history).")
        )
        console.print(f"{verdict.judgement:13} {verdict.key}: {verdict.text}{noise}", highlight=False, markup=False)
    failed = any(fails(verdict, gate) for verdict in verdicts)
    if gate is GateMode.ENFORCE and (record.run.status is not RunStatus.COMPLETE or not verdicts):
        print(_UNFINISHED if verdicts else _NOTHING, file=sys.stderr)
        failed = True
    return int(failed)


def compare_runs(one: Record, other: Record, console: Console) -> int:
    """Print two runs side by side; 1 if they are so unlike that no row has a ratio."""
    comparison = compare(one, other)
    console.print(shown(one, other, comparison))
    return int(all(row.log_ratio is None for row in comparison.rows))


def accept_run(record: Record, baselines: Path, allow: Sequence[str], console: Console) -> int:
    """Show what changes against the present baseline, then accept the run. Why it may not be comes first."""
    reviewed = review(record, baselines)
    try:
        reviewed.require_acceptable(allow)
    except AcceptRefused as refusal:
        # Nothing on stdout looks like a success; what would change is what an override is decided by.
        print(refusal, file=sys.stderr)
        Console(file=writable(sys.stderr), width=console.width).print(review_table(reviewed))
        return 1
    console.print(review_table(reviewed))
    for path in accept(record, baselines, allow=allow):
        console.print(f"accepted: {path} ({len(reviewed.rows)} rows in all)", highlight=False, markup=False)
    console.print("Review the files and commit them: from now on runs on this machine are compared with them.")
    return 0


def append_to_history(record: Record, baselines: Path, allow: Sequence[str], console: Console) -> int:
    """Append a run to the history of its machine. It is no baseline by that."""
    count = record_run(record, baselines, allow=allow)
    path = history_file(baselines, record.run.host)
    console.print(f"recorded: {record.run.id}, {count} rows, in {path}", highlight=False, markup=False, soft_wrap=True)
    return 0


def show_history(baselines: Path, patterns: Sequence[str], console: Console) -> int:
    """Print the trend of every row that matches, or of all, by machine; change points and creep in words."""
    files = sorted(baselines.glob(f"*/{HISTORY_FILE}"))
    if not files:
        raise NoHistory(f"{baselines} holds no history yet. Append a run: python -m analysis record RUN.")
    shown = 0
    for path in files:
        creeps = [
            creep
            for creep in creeps_of(trends_of(read_history(path)))
            if not patterns or any(fnmatchcase(str(creep.trend.key), pattern) for pattern in patterns)
        ]
        shown += len(creeps)
        if creeps:
            console.print(history_table(path.parent.name, creeps))
    if not shown:
        raise NoHistory(
            f"No row of a history is named {' or '.join(patterns)}. A row is METRIC-SCALE-TARGET, and * stands for "
            "any part: 'p50_latency_ms-small-*'."
        )
    return 0
