"""A run becomes the baseline of its machine: refused where it must be, written whole or not at all, and remembered.

Writes what `analysis.baselines` reads and a line a row of `analysis.history`. `analysis.review` says what speaks
against it. Called by `python -m analysis accept`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from analysis.baselinefile import document
from analysis.baselines import present_files
from analysis.errors import AcceptRefused
from analysis.fingerprint import folder_name
from analysis.history import append_run, history_file, read_history
from analysis.records import Record
from analysis.review import Acceptance, review

__all__ = ["accept"]


def accept(record: Record, baselines: Path, *, allow: Collection[str] = (), accepted: str = "") -> list[Path]:
    """Write the run's measured rows as the present baseline of each of its scales; gives the files.

    Rows that are invalid are left out. The run enters the history, unless it is there already. Raises AcceptRefused,
    naming every objection that `allow` does not cover, and for a run that is the present baseline, and a RecordError
    for a damaged baseline or history: then nothing is written.
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
    known = {line.run for line in read_history(history_file(baselines, record.run.host))}
    folder = baselines / folder_name(record.run.host)
    folder.mkdir(parents=True, exist_ok=True)
    present = present_files(baselines, record.run.host)
    written = []
    for dataset in record.run.datasets:
        rows = [row for row in reviewed.rows if row.key.scale == dataset.scale]
        if rows:
            number = int(present[dataset.scale].name[:4]) + 1 if dataset.scale in present else 1
            path = folder / f"{number:04}_{dataset.scale}.json"
            _write(path, document(record, rows, accepted or record.run.ended or ""))
            written.append(path)
    # A nightly run that is accepted afterwards counts once.
    if record.run.id not in known:
        append_run(record, reviewed.rows, baselines, accepted=True)
    return written


def _write(path: Path, content: dict[str, object]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
    draft.replace(path)
