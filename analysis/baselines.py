"""Accepted baselines on disk: one file a machine fingerprint and scale, in pytest-benchmark's JSON form and more.

`baselines/FINGERPRINT/NNNN_SCALE.json`: the highest number is the present one, the others are its history. Written
by `analysis.accept`, read by `analysis.gate` and, as it stands, by pytest-benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analysis.fingerprint import folder_name
from analysis.observations import TargetStarted
from analysis.records import Dataset, Host, Record, Resolution, Run, decode_versioned
from analysis.rows import RowKey
from analysis.sides import of_rows

__all__ = [
    "Artifact",
    "Baseline",
    "BaselineFile",
    "BaselineRow",
    "artifacts_of",
    "find_baselines",
    "find_baselines_of",
    "present_files",
]

_NAME = re.compile(r"^(\d{4})_(.+)\.json$")


class Artifact(msgspec.Struct, frozen=True):
    """What exactly was measured of a target: versions, effective settings, and the driver's own digest."""

    server_version: str
    client_version: str
    settings: dict[str, str]
    driver_sha256: str
    program_sha256: str = ""
    driver: str = ""

    def differences(self, other: Artifact) -> list[str]:
        """The fields that differ, each with both values."""
        return [*self.noted(other), *self.unlike(other)]

    def noted(self, other: Artifact) -> list[str]:
        """Versions and driver, where they differ: what a comparison is there for."""
        found = [
            f"{name}: {getattr(self, name)} against {getattr(other, name)}"
            for name in ("server_version", "client_version")
            if getattr(self, name) != getattr(other, name)
        ]
        if self.driver_sha256 != other.driver_sha256:
            found.append("driver: another source")
        # Empty for what has no program of its own, and in files from before it was recorded.
        if self.program_sha256 and other.program_sha256 and self.program_sha256 != other.program_sha256:
            found.append(f"program: sha256 {self.program_sha256[:12]} against {other.program_sha256[:12]}")
        return found

    def unlike(self, other: Artifact) -> list[str]:
        """The settings that differ: with them it is another thing that is measured."""
        names = sorted({*self.settings, *other.settings})
        pairs = {name: (self.settings.get(name, "(none)"), other.settings.get(name, "(none)")) for name in names}
        return [f"{name}: {mine} against {theirs}" for name, (mine, theirs) in pairs.items() if mine != theirs]


class ExtraInfo(msgspec.Struct, frozen=True):
    """What the gate needs of a row, where pytest-benchmark keeps extra information.

    `quiet` tells that others did not fill the machine meanwhile.
    """

    metric: str
    scale: str
    target: str
    unit: str
    direction: str
    launches: list[int]
    findings: list[str]
    quiet: bool = True


class Stats(msgspec.Struct, frozen=True):
    """The launch numbers; pytest-benchmark's other statistics follow from them."""

    data: list[float]


class BaselineRow(msgspec.Struct, frozen=True):
    """One row as it was accepted."""

    fullname: str
    extra_info: ExtraInfo
    stats: Stats

    @property
    def key(self) -> RowKey:
        """Which row."""
        return RowKey(self.extra_info.metric, self.extra_info.scale, self.extra_info.target)


class BaselineFile(msgspec.Struct, frozen=True):
    """The part of the file that the suite reads; pytest-benchmark reads the rest."""

    schema: int
    accepted: str
    run: Run
    artifacts: dict[str, Artifact]
    benchmarks: list[BaselineRow]


@dataclass(frozen=True)
class Baseline:
    """An accepted baseline of one scale."""

    path: Path
    file: BaselineFile
    scale: str

    @property
    def dataset(self) -> Dataset:
        """The workload that it was measured on."""
        (dataset,) = [one for one in self.file.run.datasets if one.scale == self.scale]
        return dataset

    @property
    def rows(self) -> Mapping[RowKey, BaselineRow]:
        """Its rows by their key."""
        return {row.key: row for row in self.file.benchmarks}


def artifacts_of(record: Record) -> dict[str, Artifact]:
    """What was measured of each target that has rows, as of its last start; a duet's other side has none."""
    targets = {target.target: target for target in record.run.targets}
    unknown = Resolution("", runnable=True)
    return {
        seen.target: Artifact(
            seen.server_version,
            seen.client_version,
            dict(seen.settings),
            targets.get(seen.target, unknown).driver_sha256,
            targets.get(seen.target, unknown).program_sha256,
            targets.get(seen.target, unknown).driver,
        )
        for seen in of_rows(record)
        if isinstance(seen, TargetStarted)
    }


def present_files(folder: Path, host: Host) -> dict[str, Path]:
    """The present baseline file of each scale for this machine."""
    newest: dict[str, Path] = {}
    for path in sorted((folder / folder_name(host)).glob("[0-9][0-9][0-9][0-9]_*.json")):
        matched = _NAME.match(path.name)
        if matched:
            newest[matched[2]] = path
    return newest


def find_baselines(folder: Path, run: Run) -> Sequence[Baseline]:
    """The present baselines of the run's machine and scales.

    Raises a RecordError (damaged, foreign, older, newer) naming the file: a bad baseline is never passed over.
    """
    return find_baselines_of(folder, run.host, [dataset.scale for dataset in run.datasets])


def find_baselines_of(folder: Path, host: Host, scales: Sequence[str]) -> Sequence[Baseline]:
    """The present baselines of a machine at these scales; raises as `find_baselines`."""
    files = present_files(folder, host)
    return [read_baseline(files[scale], scale) for scale in scales if scale in files]


def read_baseline(path: Path, scale: str) -> Baseline:
    """Read one baseline file."""
    return Baseline(path, decode_versioned(path.read_bytes(), BaselineFile, path), scale)
