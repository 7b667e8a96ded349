"""Launches of one store beside itself and beside copies with real extra work: what an evaluation of gates is made of.

Stored by `fixtures.experiments.harvest`; every gate judges the same numbers of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from analysis.errors import DamagedRecord, MissingRecord
from analysis.records import Dataset, Host, Reported

__all__ = ["HOGGED", "MEMORY", "QUIET", "REFERENCE", "SAME", "TIMES", "Arm", "Harvest", "Launch", "read_harvest"]

REFERENCE = "reference"
"""The arm that every other one is held against."""
SAME = "same"
"""The arm that is the reference once more: its own server, folder, index and worker."""
QUIET, HOGGED = "quiet", "cpu hog"
TIMES = (
    "avg_latency_ms",
    "p50_latency_ms",
    "p95_latency_ms",
    "p99_latency_ms",
    "queries_per_second",
    "throughput_vectors_per_second",
    "batch_processing_time",
)
"""The rows that extra work in searching and inserting slows by its share."""
MEMORY = ("peak_memory_usage_mb", "memory_efficiency_ratio")
"""The rows that extra memory in the server raises by its share."""


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the things that ran side by side. `share` of extra work (0.1: a tenth); `anchor` for another store."""

    name: str
    target: str
    share: float = 0.0
    anchor: bool = False


class Launch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One launch of every arm at once.

    `values` are by arm and metric, in the metric's unit; `worse` the log ratios with the reference, as the duet makes
    them, above zero where the arm is worse; `slices` the same for each slice, where a row is made of slices. What a
    finding made invalid is not there, and told in `left_out`. `up_s`, `insert_s` and `slice_s` are what one arm and the
    reference took of it, in s: their part of coming up, inserting, and one slice of each. `stolen` is the share of the
    processors' time that the host took for others; None in launches from before it was written down.
    """

    number: int
    condition: str
    began: str
    load: float
    values: dict[str, dict[str, float]]
    worse: dict[str, dict[str, float]]
    slices: dict[str, dict[str, list[float]]]
    left_out: list[str]
    up_s: float
    insert_s: float
    slice_s: float
    stolen: float | None = None


class Harvest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All launches, where they come from, and how long real duets took from start to verdict."""

    schema: int
    command: list[str]
    started: str
    ended: str
    suite_commit: str
    suite_dirty: bool
    host: Host
    dataset: Dataset
    reported: dict[str, Reported]
    versions: dict[str, str]
    arms: list[Arm]
    launches: list[Launch]
    duet_s: list[float] = []
    duet_launches: list[int] = []

    def arms_of(self, share: float) -> Sequence[Arm]:
        """The arms with that much extra work."""
        return [arm for arm in self.arms if not arm.anchor and arm.name != REFERENCE and arm.share == share]

    @property
    def shares(self) -> Sequence[float]:
        """The shares of extra work that were measured, without none."""
        return sorted({arm.share for arm in self.arms if arm.share > 0})

    def under(self, condition: str) -> Sequence[Launch]:
        """The launches under a condition, in their order."""
        return [one for one in self.launches if one.condition == condition]

    def metrics(self) -> Sequence[str]:
        """The rows of the reference that have a number in every quiet launch."""
        found: Mapping[str, None] = {}
        for launch in self.under(QUIET):
            mine = dict.fromkeys(launch.values[REFERENCE])
            found = mine if not found else {name: None for name in found if name in mine}
        return list(found)


def read_harvest(path: Path) -> Harvest:
    """Read it. MissingRecord or DamagedRecord name the file and what to do."""
    if not path.is_file():
        raise MissingRecord(f"{path} is not there. Measure it: scripts/evaluate_gate.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Harvest)
    except msgspec.MsgspecError as error:
        raise DamagedRecord(f"{path}: {error}. Measure it again: scripts/evaluate_gate.") from error
