"""What accepting a run would change, row by row, and what speaks against it. Shown by `analysis.reviewtable`.

Holds the run against the present baselines through `analysis.gate`; `analysis.accept` refuses by the objections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from analysis.baselines import Baseline, artifacts_of, find_baselines
from analysis.errors import AcceptRefused
from analysis.findings import Severity, of_the_machine
from analysis.fingerprint import NOTED_FIELDS, differences
from analysis.gate import Judgement, Verdict, judge
from analysis.likeness import noted, unlike_runs, unlike_settings, unlike_workloads
from analysis.metrics import metric_named
from analysis.records import OF_RELEASES, Record, RunStatus
from analysis.rows import Outcome, Row, RowKey, launches_measured, rows_of

__all__ = ["OVERRIDES", "Acceptance", "RowChange", "review"]

OVERRIDES = ("incomplete", "partial", "dirty", "failing", "invalid", "lost-rows", "regression", "few-launches")
_LEAST_LAUNCHES = 2
# One figure in ten may be none: at a thousand vectors, the growth of memory is now and then not above zero.
_MOST_INVALID = 0.1
_NAMED = 5
_ENDED = {RunStatus.RUNNING: "The run was killed, or still runs.", RunStatus.INTERRUPTED: "The run was interrupted."}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row then and now, as log figures; None where it has none, and what the gate says of it."""

    key: RowKey
    then: float | None
    now: float | None
    outcome: Outcome | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What would be accepted, what that changes, and what speaks against it.

    `rows` are those that would enter, `left_out` those that are invalid, `lost` those that only the present baseline
    has. `differs` tells, by what it holds for, every setting, version and machine field that is another.
    """

    record: Record
    present: tuple[Baseline, ...]
    rows: tuple[Row, ...]
    changes: tuple[RowChange, ...]
    differs: Mapping[str, tuple[str, ...]]
    objections: Mapping[str, str]
    left_out: tuple[Row, ...]
    lost: tuple[RowKey, ...]

    def require_acceptable(self, allow: Collection[str]) -> None:
        """AcceptRefused, naming every objection that `allow` does not cover."""
        unknown = sorted(set(allow) - set(OVERRIDES))
        if unknown:
            raise AcceptRefused(f"There is no override {', '.join(unknown)}. There are: {', '.join(OVERRIDES)}.")
        run = self.record.run
        if run.of_releases:
            raise AcceptRefused(f"{run.id} is not accepted. {OF_RELEASES}")
        standing = {name: text for name, text in self.objections.items() if name not in allow}
        if standing:
            told = " ".join(f"{text} (override: --allow {name})" for name, text in standing.items())
            raise AcceptRefused(f"{run.id} is not accepted. {told}")
        if not self.rows:
            raise AcceptRefused(f"{run.id} is not accepted. It has no measured row.")
        same = [str(one.path) for one in self.present if one.file.run.id == run.id]
        # Of a run of several scales, one may have another baseline since.
        if same and len(same) == len({row.key.scale for row in self.rows}):
            raise AcceptRefused(
                f"{run.id} is not accepted again: it is the present baseline already ({', '.join(same)})."
            )


def review(record: Record, baselines: Path) -> Acceptance:
    """Hold a run against the present baselines, and find what speaks against accepting it."""
    rows = rows_of(record)
    present = tuple(find_baselines(baselines, record.run))
    verdicts = judge(record, rows, present)
    measured = tuple(row for row in rows if row.outcome is Outcome.MEASURED)
    invalid = tuple(row for row in rows if row.outcome is Outcome.INVALID)
    entering = {row.key for row in measured}
    lost = tuple(sorted(key for baseline in present for key in baseline.rows if key not in entering))
    return Acceptance(
        record,
        present,
        measured,
        tuple(_changes(rows, verdicts, present)),
        {where: fields for where, fields in _differs(record, present) if fields},
        dict(_objections(record, rows, verdicts, lost)),
        invalid,
        lost,
    )


def _changes(rows: Sequence[Row], verdicts: Sequence[Verdict], present: Sequence[Baseline]) -> Iterator[RowChange]:
    said = {verdict.key: verdict for verdict in verdicts}
    now = {row.key: row for row in rows}
    then = {key: row.stats.data for baseline in present for key, row in baseline.rows.items()}
    for key in dict.fromkeys([*now, *then]):
        row = now.get(key)
        values = row.values if row is not None and row.outcome is Outcome.MEASURED else ()
        if values or key in then or (row is not None and row.outcome is Outcome.INVALID):
            outcome = row.outcome if row is not None else None
            yield RowChange(key, _log(key, then.get(key, ())), _log(key, values), outcome, said.get(key))


def _log(key: RowKey, values: Sequence[float]) -> float | None:
    return fmean(metric_named(key.metric).logarithm(value) for value in values) if values else None


def _differs(record: Record, present: Sequence[Baseline]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is another than in the present baselines, now against then."""
    now = artifacts_of(record)
    datasets = {dataset.scale: dataset for dataset in record.run.datasets}
    for baseline in present:
        then = baseline.file.artifacts
        yield f"machine ({baseline.scale})", tuple(differences(record.run.host, baseline.file.run.host, NOTED_FIELDS))
        yield f"run ({baseline.scale})", tuple(unlike_runs(record.run, baseline.file.run))
        yield f"workload ({baseline.scale})", tuple(unlike_workloads(datasets[baseline.scale], baseline.dataset))
        for target in now:
            found = (*noted(target, now, then), *unlike_settings(target, now, then))
            yield f"{target} ({baseline.scale})", found


def _objections(
    record: Record, rows: Sequence[Row], verdicts: Sequence[Verdict], lost: Sequence[RowKey]
) -> Iterator[tuple[str, str]]:
    run = record.run
    if run.status is not RunStatus.COMPLETE:
        yield "incomplete", _ENDED[run.status]
    elif record.truncated:
        yield "incomplete", "Its last observation was cut off."
    if run.partial:
        yield "partial", "Rows were left out on purpose (-k, --lf or a single test)."
    if run.suite_dirty:
        yield "dirty", "The suite had changes that are in no commit."
    failed = sorted({row.key.target for row in rows if row.outcome is Outcome.FAILED})
    if failed:
        yield "failing", f"These targets failed: {', '.join(failed)}."
    invalid = [row.key for row in rows if row.outcome is Outcome.INVALID]
    figures = len(invalid) + sum(row.outcome is Outcome.MEASURED for row in rows)
    if len(invalid) > _MOST_INVALID * figures:
        yield "invalid", f"{len(invalid)} of {figures} rows are invalid, more than one in ten: {_some(invalid)}."
    wrong = [
        row.key
        for row in rows
        if any(one.severity is Severity.INVALID and not of_the_machine(one) for one in row.findings)
    ]
    if wrong and len(invalid) <= _MOST_INVALID * figures:
        yield "invalid", f"In some launches the store's answers make no figure: {_some(wrong)}."
    if lost:
        yield "lost-rows", f"{len(lost)} rows of the present baseline have no figure in this run: {_some(lost)}."
    worse = [verdict.key for verdict in verdicts if verdict.judgement is Judgement.REGRESSION]
    if worse:
        yield "regression", f"These rows are regressions: {', '.join(map(str, worse))}."
    if launches_measured(rows) < _LEAST_LAUNCHES:
        yield "few-launches", "One launch tells no spread: nothing could be judged against it."


def _some(keys: Sequence[RowKey]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(map(str, keys[:_NAMED])) + more
