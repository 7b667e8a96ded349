"""Checks what a campaign stored: `check_record.py RESULTS TARGETS` ends 1, saying what lacks. `.ci/run` calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.findings import Severity, of_the_machine
from analysis.metrics import metrics_of
from analysis.records import Record, RunStatus, read_record
from analysis.rows import Outcome, RowKey, rows_of

__all__ = ["faults", "main"]

SCALE = "small"
# So that a metric which leaves the registry is missed here.
METRIC_COUNT = 17


def faults(record: Record, targets: Sequence[str]) -> Iterator[str]:
    """Everything that a whole run has and this one has not."""
    run = record.run
    if run.status is not RunStatus.COMPLETE or record.truncated:
        yield f"the run is {run.status}, truncated: {record.truncated}"
    if not run.suite_commit or not run.host.cpu_model or not run.ended:
        yield f"provenance lacks: commit {run.suite_commit!r}, CPU {run.host.cpu_model!r}, end {run.ended!r}"
    if len(metrics_of(())) < METRIC_COUNT:
        yield f"{len(metrics_of(()))} metrics are registered, not {METRIC_COUNT}"
    rows = {row.key: row for row in rows_of(record)}
    for key in wanted(targets):
        row = rows.get(key)
        if row is None:
            yield f"{key}: no row"
        elif row.outcome is Outcome.INVALID:
            # A busy machine can make a figure invalid; that it was taken, and found out, is what is checked here.
            theirs = [one for one in row.findings if one.severity is Severity.INVALID and not of_the_machine(one)]
            if theirs:
                yield f"{key}: {'; '.join(one.text for one in theirs)}"
            print(f"invalid: {key}: {'; '.join(finding.text for finding in row.findings)}")
        elif row.outcome is not Outcome.MEASURED or len(row.values) + len(row.invalid_values) != run.launches:
            yield f"{key}: {row.outcome}, {len(row.values)} of {run.launches} launches {row.reason}"


def wanted(targets: Sequence[str]) -> Iterator[RowKey]:
    """Every row of every target that a run without a study has."""
    for metric in metrics_of(()):
        for target in targets:
            yield RowKey(metric.name, SCALE, target)


def _unsaved(folder: Path, targets: Sequence[str]) -> Iterator[str]:
    saved = json.loads((folder / "benchmark.json").read_text())
    nodes = {benchmark["fullname"] for benchmark in saved["benchmarks"]}
    for key in wanted(targets):
        if key.node_id not in nodes:
            yield f"{key}: not in benchmark.json"


def main(results: str, names: str) -> int:
    """0 where the one run in `results` is whole."""
    targets = names.split(",")
    folders = [path.parent for path in Path(results).glob("*/run.json")]
    if len(folders) != 1:
        print(f"{results} has {len(folders)} runs, not one.")
        return 1
    (folder,) = folders
    found = [*faults(read_record(folder), targets), *_unsaved(folder, targets)]
    print("\n".join(found) or f"{folder.name}: {len(list(wanted(targets)))} rows, complete")
    shown = subprocess.run([sys.executable, "-m", "analysis", "show", str(folder)], check=False, capture_output=True)
    if shown.returncode != 0:
        found.append(f"analysis show ended {shown.returncode}: {shown.stderr.decode()}")
        print(found[-1])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
