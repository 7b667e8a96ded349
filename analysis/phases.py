"""The parts of a launch, as they are stored. `analysis.observations` and `analysis.watched` name them."""

from __future__ import annotations

import enum

__all__ = ["Phase"]


class Phase(enum.StrEnum):
    """The parts of a launch, in their order."""

    START = "start"
    INSERT = "insert"
    SETTLE = "settle"
    IDLE = "idle"
    SEARCH = "search"
    CHECK = "check"
    REINSERT = "reinsert"
    GROWTH = "growth"
    CROWD = "concurrency"
    MIXED = "mixed"
    LOAD = "load"
    SWEEP = "sweep"
    SECURITY = "security"
    STOP = "stop"
