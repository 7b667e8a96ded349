"""What can be wrong with a stored record or baseline.

AnalysisError
├── RecordError
│   ├── MissingRecord        there is no such file or folder
│   ├── UnversionedRecord    a JSON file without our schema number: not ours
│   ├── OlderSchema          written by an older suite
│   ├── NewerSchema          written by a newer suite
│   └── DamagedRecord        ours, and not readable
├── NotMeasured              the run was not asked for that study
├── NotWritable              a file beside a record cannot be written
├── UnknownMetric            no metric has that name (the nearest is given)
├── UnknownTarget            no target of the run has that name
├── AcceptRefused            a run that must not become a baseline
├── RecordRefused            a run that must not enter the history
├── AlreadyRecorded          a run that the history has
└── NoHistory                no run was recorded, or no row of it was meant
"""

from __future__ import annotations

__all__ = [
    "AcceptRefused",
    "AlreadyRecorded",
    "AnalysisError",
    "DamagedRecord",
    "MissingRecord",
    "NewerSchema",
    "NoHistory",
    "NotMeasured",
    "NotWritable",
    "OlderSchema",
    "RecordError",
    "RecordRefused",
    "UnknownMetric",
    "UnknownTarget",
    "UnversionedRecord",
]


class AnalysisError(Exception):
    """What was wrong, what was seen, what to do next: in one sentence each."""


class RecordError(AnalysisError):
    """A stored file cannot be used."""


class MissingRecord(RecordError):
    """There is no such file or folder."""


class UnversionedRecord(RecordError):
    """A JSON file without our schema number."""


class OlderSchema(RecordError):
    """Written by an older suite."""


class NewerSchema(RecordError):
    """Written by a newer suite."""


class DamagedRecord(RecordError):
    """Ours, and not readable."""


class AcceptRefused(AnalysisError):
    """A run that must not become a baseline."""


class RecordRefused(AnalysisError):
    """A run that must not enter the history."""


class AlreadyRecorded(AnalysisError):
    """A run that the history has."""


class NoHistory(AnalysisError):
    """No run was recorded, or no row of it was meant."""


class NotMeasured(AnalysisError):
    """The run was not asked for that study."""


class NotWritable(AnalysisError):
    """A file beside a record cannot be written."""


class UnknownMetric(AnalysisError):
    """No metric has that name."""


class UnknownTarget(AnalysisError):
    """No target of the run has that name."""
