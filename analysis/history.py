"""The history of a machine: one line a run and row, appended and never rewritten, in `MACHINE/history.jsonl`.

Lies beside the baselines of `analysis.baselines`. `accept` and `record` append; `analysis.trend` reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev

import msgspec

from analysis.anchoring import like_profile
from analysis.baselines import Artifact, artifacts_of
from analysis.errors import AlreadyRecorded, DamagedRecord, NewerSchema, RecordRefused
from analysis.fingerprint import folder_name
from analysis.likeness import quiet
from analysis.records import OF_RELEASES, Dataset, Host, Record, Run, RunStatus, release_of
from analysis.rows import Outcome, Row, RowKey, launches_measured, rows_of
from analysis.screen import residuals_of_launches

__all__ = [
    "HISTORY_FILE",
    "RECORD_OVERRIDES",
    "Line",
    "append_run",
    "history_file",
    "lines_of",
    "read_history",
    "record_run",
]

HISTORY_FILE = "history.jsonl"
RECORD_OVERRIDES = ("incomplete", "dirty", "few-launches")
_VERSION = 1
_DIGITS = 12


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row in one run.

    `log_mean` and `spread` are of the launches' log figures; `own_spread` is what is left of it when the other targets
    of like profile are taken off launch by launch. A spread is None where one launch tells none. `artifact` stands for
    what was measured of the target, `work` for what it was given to do: lines of another `work` are not comparable.
    """

    version: int
    run: str
    date: str
    commit: str
    accepted: bool
    metric: str
    scale: str
    target: str
    launches: int
    log_mean: float
    spread: float | None
    own_spread: float | None
    release: str
    artifact: str
    work: str
    quiet: bool

    @property
    def key(self) -> RowKey:
        """Which row."""
        return RowKey(self.metric, self.scale, self.target)


def history_file(baselines: Path, host: Host) -> Path:
    """Where the history of this machine is kept."""
    return baselines / folder_name(host) / HISTORY_FILE


def read_history(path: Path) -> tuple[Line, ...]:
    """Every line, in the order in which they were written; none where there is no file.

    A line that is cut off, damaged, there twice or from a newer suite is an error that names it: none is passed over.
    """
    if not path.is_file():
        return ()
    lines = path.read_bytes().split(b"\n")
    unfinished = lines.pop()
    found = [_decoded(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    if unfinished:
        raise DamagedRecord(
            f"{path}, line {len(lines) + 1} is cut off after {len(unfinished)} bytes: a writer was killed. "
            "Remove that line, or restore the file from version control."
        )
    seen: dict[tuple[str, RowKey], int] = {}
    for number, line in enumerate(found, start=1):
        first = seen.setdefault((line.run, line.key), number)
        if first != number:
            raise DamagedRecord(
                f"{path}, line {number}: {line.key} of {line.run} is in line {first} already. Remove one of them."
            )
    return tuple(found)


def _decoded(line: bytes, where: str) -> Line:
    try:
        version = msgspec.json.decode(line, type=_Versioned).version
        if version > _VERSION:
            raise NewerSchema(f"{where} has version {version}, this suite reads {_VERSION}. Update the suite.")
        return msgspec.json.decode(line, type=Line)
    except msgspec.MsgspecError as error:
        raise DamagedRecord(f"{where}: {error}. Remove that line, or restore the file from version control.") from error


class _Versioned(msgspec.Struct, frozen=True):
    version: int


def lines_of(record: Record, rows: Sequence[Row], *, accepted: bool) -> tuple[Line, ...]:
    """A run's measured rows as lines of the history."""
    run, artifacts = record.run, artifacts_of(record)
    datasets = {dataset.scale: dataset for dataset in run.datasets}
    figures = {row.key: _log_figures(row) for row in rows if row.outcome is Outcome.MEASURED}
    return tuple(
        _line(run, row, figures, artifacts[row.key.target], datasets[row.key.scale], accepted=accepted)
        for row in rows
        if row.key in figures and row.key.target in artifacts
    )


def _log_figures(row: Row) -> dict[int, float]:
    return {launch: row.metric.logarithm(value) for launch, value in zip(row.launches, row.values, strict=True)}


def _line(
    run: Run,
    row: Row,
    figures: Mapping[RowKey, Mapping[int, float]],
    artifact: Artifact,
    dataset: Dataset,
    *,
    accepted: bool,
) -> Line:
    mine = figures[row.key]
    anchors = (
        [figures[key] for key in figures if like_profile(row.key, key)] if row.metric.follows_machine_speed else []
    )
    enough = len(mine) > 1
    return Line(
        version=_VERSION,
        run=run.id,
        date=run.started,
        commit=run.suite_commit,
        accepted=accepted,
        metric=row.key.metric,
        scale=row.key.scale,
        target=row.key.target,
        launches=len(mine),
        log_mean=round(fmean(mine.values()), 6),
        spread=round(stdev(mine.values()), 6) if enough else None,
        own_spread=round(stdev(residuals_of_launches(mine, anchors)), 6) if enough else None,
        release=release_of(artifact.server_version, artifact.client_version),
        artifact=_digest(artifact),
        work=_digest(
            [
                dataset,
                sorted(artifact.settings.items()),
                [run.options.get(one, "") for one in row.metric.options],
                run.isolated,
            ]
        ),
        quiet=quiet(row),
    )


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:_DIGITS]


def append_run(record: Record, rows: Sequence[Row], baselines: Path, *, accepted: bool) -> int:
    """Append the run to the history of its machine; gives the number of lines. AlreadyRecorded where it is there."""
    path = history_file(baselines, record.run.host)
    known = {line.run for line in read_history(path)}
    if record.run.id in known:
        raise AlreadyRecorded(f"{record.run.id} is in {path} already. A run counts once: nothing was appended.")
    lines = lines_of(record, rows, accepted=accepted)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return len(lines)


def record_run(record: Record, baselines: Path, *, allow: Collection[str] = ()) -> int:
    """Append a run that is no baseline; gives the number of lines.

    Raises RecordRefused, naming every objection that `allow` does not cover, or AlreadyRecorded. A regression and a
    target that failed are no objection: they are what a history is for, and what failed has no row.
    """
    unknown = sorted(set(allow) - set(RECORD_OVERRIDES))
    if unknown:
        raise RecordRefused(f"There is no override {', '.join(unknown)}. There are: {', '.join(RECORD_OVERRIDES)}.")
    if record.run.of_releases:
        raise RecordRefused(f"{record.run.id} is not recorded. {OF_RELEASES}")
    rows = rows_of(record)
    standing = [(name, text) for name, text in _objections(record, rows) if name not in allow]
    if standing:
        told = " ".join(f"{text} (override: --allow {name})" for name, text in standing)
        raise RecordRefused(f"{record.run.id} is not recorded. {told}")
    if not any(row.outcome is Outcome.MEASURED for row in rows):
        raise RecordRefused(f"{record.run.id} is not recorded. It has no measured row.")
    return append_run(record, rows, baselines, accepted=False)


def _objections(record: Record, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    if record.run.status is not RunStatus.COMPLETE or record.truncated:
        yield "incomplete", "The run was interrupted, killed or cut off, or still runs."
    if record.run.suite_dirty:
        yield "dirty", "The suite had changes that are in no commit."
    if launches_measured(rows) < 2:
        yield "few-launches", "One launch tells no spread."
