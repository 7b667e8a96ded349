"""What the gate says of a row: the eight judgements, and a verdict with its numbers and its sentence.

Made by `analysis.gate` (the screen) and `analysis.duet`; shown by `analysis.notes`, `analysis.duettable` and
`analysis.summary`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from analysis.metrics import Direction, metric_named
from analysis.rows import RowKey

__all__ = ["ALPHA", "GateMode", "Judgement", "Verdict", "fails"]

ALPHA = 0.05
"""The chance of any false change over all rows that are judged together."""


class Judgement(enum.StrEnum):
    """What the gate says of a row."""

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    PASS = "pass"  # noqa: S105 - not a secret
    INCONCLUSIVE = "inconclusive"
    NO_BASELINE = "no baseline"
    NOT_RUN = "not run"
    INCOMPARABLE = "incomparable"
    INVALID = "invalid"


class GateMode(enum.StrEnum):
    """What a verdict does to its row's test."""

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a row. `change`, `low` and `high` are relative (+0.12: a number 12 % higher), adjusted.

    A duet's verdict has its `p` (corrected for looks and rows) and the `launches` that it rests on.
    """

    key: RowKey
    judgement: Judgement
    text: str
    change: float | None = None
    low: float | None = None
    high: float | None = None
    decidable: bool = False
    by_duet: bool = False
    p: float = 1.0
    launches: int = 0

    @property
    def better(self) -> bool:
        """Whether the estimate is on the better side of no change."""
        if self.change is None:
            return False
        return (self.change > 0) == (metric_named(self.key.metric).direction is Direction.UP)


_HARMLESS = (Judgement.PASS, Judgement.IMPROVEMENT)


def fails(verdict: Verdict, gate: GateMode) -> bool:
    """Whether this verdict fails its row under this gate."""
    match gate:
        case GateMode.OFF:
            return False
        case GateMode.REPORT:
            # A duet that was asked for and did not run is no pass.
            unpaired = verdict.by_duet and verdict.judgement is Judgement.NOT_RUN
            return unpaired or verdict.judgement is Judgement.REGRESSION
        case GateMode.ENFORCE:
            return verdict.judgement not in _HARMLESS
