"""A run becomes the baseline of its machine: reviewed, refused where it must be, written whole or not at all.

Writes what `analysis.baselines` reads. Called by `python -m analysis accept`.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analysis.baselines import Baseline, artifacts_of, find_baselines, present_files
from analysis.errors import AcceptRefused
from analysis.fingerprint import folder_name
from analysis.gate import Judgement, Verdict, judge
from analysis.likeness import quiet
from analysis.records import SCHEMA, Record, Run, RunStatus
from analysis.rows import Outcome, Row, rows_of

__all__ = ["OVERRIDES", "Acceptance", "accept", "review"]

OVERRIDES = ("incomplete", "partial", "dirty", "failing", "regression", "few-launches")
_LEAST_LAUNCHES = 2
_ENDED = {RunStatus.RUNNING: "The run was killed, or still runs.", RunStatus.INTERRUPTED: "The run was interrupted."}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What would be accepted: rows by scale, verdicts against the present baseline, and what speaks against it."""

    record: Record
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    objections: dict[str, str]
    left_out: tuple[Row, ...]
    present: tuple[Path, ...]

    def require_acceptable(self, allow: Collection[str]) -> None:
        """AcceptRefused, naming every objection that `allow` does not cover."""
        unknown = sorted(set(allow) - set(OVERRIDES))
        if unknown:
            raise AcceptRefused(f"There is no override {', '.join(unknown)}. There are: {', '.join(OVERRIDES)}.")
        run = self.record.run
        standing = {name: text for name, text in self.objections.items() if name not in allow}
        if standing:
            told = " ".join(f"{text} (override: --allow {name})" for name, text in standing.items())
            raise AcceptRefused(f"{run.id} is not accepted. {told}")
        if not self.rows:
            raise AcceptRefused(f"{run.id} is not accepted. It has no measured row.")
        if self.present:
            files = ", ".join(map(str, self.present))
            raise AcceptRefused(f"{run.id} is not accepted again: it is the present baseline already ({files}).")


def review(record: Record, baselines: Path) -> Acceptance:
    """Hold a run against the present baselines, and find what speaks against accepting it."""
    rows = rows_of(record)
    present: Sequence[Baseline] = find_baselines(baselines, record.run)
    verdicts = judge(record, rows, present)
    measured = tuple(row for row in rows if row.outcome is Outcome.MEASURED)
    invalid = tuple(row for row in rows if row.outcome is Outcome.INVALID)
    same = tuple(one.path for one in present if one.file.run.id == record.run.id)
    # Of a run of several scales, one may have another baseline since.
    same = same if len(same) == len({row.key.scale for row in measured}) else ()
    return Acceptance(record, measured, verdicts, _objections(record, rows, verdicts), invalid, same)


def _objections(record: Record, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> dict[str, str]:
    run, found = record.run, dict[str, str]()
    if run.status is not RunStatus.COMPLETE:
        found["incomplete"] = _ENDED[run.status]
    elif record.truncated:
        found["incomplete"] = "Its last observation was cut off."
    if run.partial:
        found["partial"] = "Rows were left out on purpose (-k, --lf or a single test)."
    if run.suite_dirty:
        found["dirty"] = "The suite had changes that are in no commit."
    failed = sorted({row.key.target for row in rows if row.outcome is Outcome.FAILED})
    if failed:
        found["failing"] = f"These targets failed: {', '.join(failed)}."
    worse = [str(verdict.key) for verdict in verdicts if verdict.judgement is Judgement.REGRESSION]
    if worse:
        found["regression"] = f"These rows are regressions: {', '.join(worse)}."
    if run.launches < _LEAST_LAUNCHES:
        found["few-launches"] = "One launch tells no spread: nothing could be judged against it."
    return found


def accept(record: Record, baselines: Path, *, allow: Collection[str] = (), accepted: str = "") -> list[Path]:
    """Write the run's measured rows as the present baseline of each of its scales; gives the files.

    Rows that are invalid are left out. Raises AcceptRefused, naming every objection that `allow` does not cover, and
    for a run that is the present baseline.
    """
    reviewed = review(record, baselines)
    reviewed.require_acceptable(allow)
    try:
        return _store(reviewed, baselines, accepted)
    except OSError as error:
        raise AcceptRefused(
            f"{error.filename or baselines} cannot be written: {error.strerror}. Give another folder with --baselines."
        ) from error


def _store(reviewed: Acceptance, baselines: Path, accepted: str) -> list[Path]:
    record = reviewed.record
    folder = baselines / folder_name(record.run.host)
    folder.mkdir(parents=True, exist_ok=True)
    present = present_files(baselines, record.run.host)
    written = []
    for dataset in record.run.datasets:
        rows = [row for row in reviewed.rows if row.key.scale == dataset.scale]
        if rows:
            number = int(present[dataset.scale].name[:4]) + 1 if dataset.scale in present else 1
            path = folder / f"{number:04}_{dataset.scale}.json"
            _write(path, _document(record, rows, accepted or record.run.ended or ""))
            written.append(path)
    return written


def _write(path: Path, document: dict[str, object]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    draft.replace(path)


def _document(record: Record, rows: Sequence[Row], accepted: str) -> dict[str, object]:
    """pytest-benchmark's document (its `generate_json`), with the schema, the run and the artifacts beside it."""
    run = record.run
    targets = {row.key.target for row in rows}
    return {
        "schema": SCHEMA,
        "accepted": accepted,
        "run": run,
        "artifacts": {name: one for name, one in artifacts_of(record).items() if name in targets},
        "machine_info": _machine_info(run),
        "commit_info": {
            "id": run.suite_commit,
            "dirty": run.suite_dirty,
            "time": run.started,
            "project": "vexfs-benchmarks",
        },
        "benchmarks": [_benchmark(row) for row in rows],
        "datetime": run.started,
        "version": run.versions.get("pytest-benchmark", ""),
    }


def _machine_info(run: Run) -> dict[str, object]:
    host = run.host
    return {
        "node": "",
        "processor": host.cpu_model,
        "machine": host.architecture,
        "python_implementation": "CPython",
        "python_version": host.python,
        "system": "Linux",
        "release": host.kernel,
        "cpu": {"brand_raw": host.cpu_model, "count": host.cores},
    }


def _benchmark(row: Row) -> dict[str, object]:
    metric = row.metric
    return {
        "group": f"{metric.name} {row.key.scale}",
        "name": row.key.node_id.rpartition("::")[2],
        "fullname": row.key.node_id,
        "params": {"metric": metric.name, "scale": row.key.scale, "target": row.key.target},
        "param": str(row.key),
        "extra_info": {
            "metric": metric.name,
            "unit": metric.unit,
            "direction": str(metric.direction),
            "scale": row.key.scale,
            "target": row.key.target,
            "launches": list(row.launches),
            "findings": [finding.text for finding in row.findings],
            "quiet": quiet(row),
        },
        "options": {
            "disable_gc": False,
            "timer": "launch numbers",
            "min_rounds": len(row.values),
            "warmup": False,
        },
        "stats": _stats(row.values),
    }


def _stats(values: Sequence[float]) -> dict[str, object]:
    """The fields of pytest-benchmark's `Stats.as_dict`, over launch numbers."""
    ordered = sorted(values)
    quartiles = statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else [ordered[0]] * 3
    mean = statistics.fmean(ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": statistics.stdev(ordered) if len(ordered) > 1 else 0,
        "rounds": len(ordered),
        "median": quartiles[1],
        "iqr": quartiles[2] - quartiles[0],
        "q1": quartiles[0],
        "q3": quartiles[2],
        "iqr_outliers": 0,
        "stddev_outliers": 0,
        "outliers": "0;0",
        "ld15iqr": ordered[0],
        "hd15iqr": ordered[-1],
        "ops": 1 / mean if mean else 0,
        "total": sum(ordered),
        "data": list(values),
        "iterations": 1,
    }
