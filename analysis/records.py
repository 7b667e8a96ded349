"""A run's record on disk: `run.json` (provenance) beside `observations.jsonl`. Read and checked here only.

Observations themselves are in `analysis.observations`; `fixtures.recorder` writes what this module reads.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from analysis.errors import DamagedRecord, MissingRecord, NewerSchema, OlderSchema, UnversionedRecord
from analysis.observations import LaunchEnded, Observation, TargetFailed

__all__ = [
    "OBSERVATIONS_FILE",
    "OF_RELEASES",
    "RUN_FILE",
    "SCHEMA",
    "Dataset",
    "Duet",
    "Host",
    "Record",
    "Reported",
    "Resolution",
    "Run",
    "RunStatus",
    "decode_versioned",
    "read_record",
    "release_of",
]

SCHEMA = 2
RUN_FILE = "run.json"
OBSERVATIONS_FILE = "observations.jsonl"
OF_RELEASES = "It is of two releases that were named (--duet TARGET=OLDER..NEWER), and not of what is installed here."


class RunStatus(enum.StrEnum):
    """How far a run came. `RUNNING` in a file that nobody writes any more means that it was killed."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The machine. The first group sets speed by design and is the fingerprint's key; the rest is noted.

    `placement` is of the key too: which cores client and server may use makes another machine of it.
    """

    cpu_model: str
    architecture: str
    cores: int
    memory_class_gib: int
    python: str

    kernel: str
    governor: str
    containerised: str
    memory_bytes: int
    microcode: str
    hypervisor: bool

    placement: str = "free"


class Dataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The workload of one scale. `sha256` is over train, queries and exact answers, in that order."""

    scale: str
    vectors: int
    dimensions: int
    queries: int
    batch: int
    k: int
    source: str
    sha256: str


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a target could run here. `reason` and `remedy` are empty where it could."""

    target: str
    runnable: bool
    driver: str = ""
    driver_sha256: str = ""
    program_sha256: str = ""
    reason: str = ""
    remedy: str = ""


class Reported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a target said of itself at its first start: versions and effective settings."""

    server_version: str
    client_version: str
    settings: dict[str, str]


def release_of(server: str, client: str) -> str:
    """Which release two reported versions are of: the client's beside the server's where they are not the same.

    >>> release_of("1.35.2", "4.20.1")
    '1.35.2, client 4.20.1'
    """
    return f"{server}, client {client}" if server and client and server != client else server or client


class Duet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Two versions of a target side by side at one scale: which, why, and which launches are theirs.

    The candidate's observations stand under `target`, the other side's under `reference`, both in the launches from
    `first_launch` on. `looks` are the numbers of launches after which it may decide. `made` says how the reference was
    made. Where it could not be made, `reason` and `remedy` say why, and there are no launches. `candidate` is the
    version that was judged, where it is not the one that was installed.
    """

    target: str
    reference: str
    scale: str
    why: str
    metrics: list[str]
    first_launch: int
    looks: list[int]
    made: str = ""
    stopped: str = ""
    reason: str = ""
    remedy: str = ""
    candidate: str = ""

    @property
    def launches(self) -> range:
        """The numbers of the launches that are its own."""
        return range(self.first_launch, self.first_launch + max(self.looks, default=0))


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Provenance of one run. `options` are the effective ones, by their long name without dashes.

    `asked` are the metrics that a partial run measured; empty for all.
    """

    schema: int
    id: str
    suite_version: str
    suite_commit: str
    suite_dirty: bool
    command: list[str]
    options: dict[str, str]
    started: str
    ended: str | None
    status: RunStatus
    launches: int
    host: Host
    datasets: list[Dataset]
    targets: list[Resolution]
    versions: dict[str, str]
    partial: bool = False
    reported: dict[str, Reported] = {}
    asked: list[str] = []
    duets: list[Duet] = []

    @property
    def of_releases(self) -> bool:
        """Its target was a release that was named, and not what is installed here."""
        return any(duet.candidate for duet in self.duets)

    @property
    def isolated(self) -> bool:
        """One target was up at a time, so launches of one number were not at one time."""
        return self.options.get("isolate", "no") == "yes"

    @property
    def studies(self) -> tuple[str, ...]:
        """The studies that the run was asked for, beside what every run measures."""
        return tuple(name for name in self.options.get("studies", "").split(",") if name)


@dataclass(frozen=True, slots=True)
class Record:
    """A run and all that was observed. `truncated` tells that the last line was cut off by a kill."""

    folder: Path
    run: Run
    observations: tuple[Observation, ...]
    truncated: bool


_T = TypeVar("_T")


def decode_versioned(data: bytes, kind: type[_T], where: Path) -> _T:
    """Decode a versioned JSON document.

    Raises UnversionedRecord, OlderSchema, NewerSchema or DamagedRecord; `where` is named in the message.
    """
    try:
        raw = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise DamagedRecord(f"{where} is not JSON: {error}. Restore it from version control or a copy.") from error
    version = raw.get("schema") if isinstance(raw, dict) else None
    if not isinstance(version, int):
        raise UnversionedRecord(
            f"{where} has no schema number, so it was not written by this suite. Give a run's own folder; among the "
            "baselines, restore the file from version control or remove it."
        )
    if version < SCHEMA:
        raise OlderSchema(
            f"{where} has schema {version}, this suite reads {SCHEMA}. Read it with the suite that wrote it, "
            "or run again."
        )
    if version > SCHEMA:
        raise NewerSchema(f"{where} has schema {version}, this suite reads {SCHEMA}. Update the suite.")
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise DamagedRecord(f"{where} does not fit its schema {SCHEMA}: {error}.") from error


def read_record(folder: Path) -> Record:
    """Read a run's folder. A cut-off last line is dropped and told; any other bad line is DamagedRecord.

    So is a run that ended complete and lacks launches here: what a kill leaves is marked as such.
    """
    run_file = folder / RUN_FILE
    if not run_file.is_file():
        raise MissingRecord(f"{folder} holds no {RUN_FILE}. Give the folder of one run, such as results/RUN.")
    run = decode_versioned(run_file.read_bytes(), Run, run_file)
    path = folder / OBSERVATIONS_FILE
    observations, truncated = _read_observations(path)
    if run.status is RunStatus.COMPLETE:
        _require_whole(path, run, observations, truncated=truncated)
    return Record(folder, run, tuple(observations), truncated)


def _require_whole(path: Path, run: Run, observations: Sequence[Observation], *, truncated: bool) -> None:
    """DamagedRecord where the observations of a complete run are missing, or end before it did."""
    for dataset in run.datasets:
        whole, wanted = _launches(run, [one for one in observations if one.scale == dataset.scale])
        if truncated or whole < wanted:
            what = "is missing" if not path.is_file() else "is cut off" if observations or truncated else "is empty"
            raise DamagedRecord(
                f"{path} {what}: {RUN_FILE} tells of a complete run of {run.launches} launches, and at {dataset.scale} "
                f"{whole} of them are here to their end. Restore it from a copy, or measure again."
            )


def _launches(run: Run, seen: Sequence[Observation]) -> tuple[int, int]:
    """How many launches came to their end, and how many must have: of the target that lacks the most.

    A target that failed has none after that one. One that is alone in its launches (`--isolate`) has ends of its own,
    and may lack that of the launch in which it failed. The launches of duets have higher numbers.
    """
    ended = {(one.launch, one.target) for one in seen if isinstance(one, LaunchEnded)}
    faults = [one for one in seen if isinstance(one, TargetFailed) and one.launch < run.launches]
    failed = {one.target: one.launch for one in faults}
    found = [(0, 0)]
    for target in (one.target for one in run.targets if one.runnable):
        wanted = range(failed[target] + (not run.isolated) if target in failed else run.launches)
        whole = sum(not ended.isdisjoint({(launch, ""), (launch, target)}) for launch in wanted)
        found.append((whole, len(wanted)))
    return min(found, key=lambda one: one[0] - one[1])


def _read_observations(path: Path) -> tuple[list[Observation], bool]:
    if not path.is_file():
        return [], False
    decoder = msgspec.json.Decoder(Observation)
    lines = path.read_bytes().split(b"\n")
    unfinished = lines.pop()
    observations: list[Observation] = []
    for number, line in enumerate(lines, start=1):
        try:
            observations.append(decoder.decode(line))
        except msgspec.MsgspecError as error:
            raise DamagedRecord(f"{path}, line {number}: {error}. The run must be measured again.") from error
    return observations, bool(unfinished)
