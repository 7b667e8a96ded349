"""What a server can do of another product's API, call by call: what is stored, and the shares that are read off it.

Measured by `fixtures.probe`, shown by `analysis.capabilitytable`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path

import msgspec

from analysis.errors import DamagedRecord, MissingRecord, NewerSchema, OlderSchema, UnversionedRecord

__all__ = ["CAPABILITIES_SCHEMA", "Capabilities", "Compliance", "Probed", "read_capabilities", "share"]

CAPABILITIES_SCHEMA = 1


class Compliance(enum.StrEnum):
    """How one call with one argument went: as in the API's own product, refused or absent, or answered otherwise."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    WRONG = "wrong answer"


class Probed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call with one argument, and the evidence.

    `request` and `status` are of the request that decided; there is no status where no answer came. `detours` says what
    was done otherwise than today's client does it, so that there was something to ask at all.
    """

    call: str
    argument: str
    verdict: Compliance
    request: str
    status: int | None
    expected: str
    seen: str
    detours: list[str]


class Capabilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that was probed of one target. `paths` is the version of the API's paths that the server answers at."""

    schema: int
    target: str
    server_version: str
    program_sha256: str
    suite_commit: str
    probed_at: str
    api: str
    paths: str
    probed: list[Probed]


class _Versioned(msgspec.Struct):
    schema: int


def share(probed: Sequence[Probed], *, usual: bool = False) -> float:
    """How many of these pass, in per cent; with `usual`, only those count that were asked as today's client asks."""
    if not probed:
        raise ValueError("nothing was probed")
    passed = [one for one in probed if one.verdict is Compliance.PASS and not (usual and one.detours)]
    return 100 * len(passed) / len(probed)


def read_capabilities(path: Path) -> Capabilities:
    """A stored report; RecordError where there is none or it cannot be used."""
    again = "Make it again: python -m fixtures.probe TARGET --json FILE."
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise MissingRecord(f"{path} is not there. {again}") from None
    try:
        version = msgspec.json.decode(text, type=_Versioned).schema
    except msgspec.DecodeError:
        raise UnversionedRecord(f"{path} is no report of capabilities: it has no schema number. {again}") from None
    if version != CAPABILITIES_SCHEMA:
        kind = OlderSchema if version < CAPABILITIES_SCHEMA else NewerSchema
        raise kind(f"{path} has schema {version}, and this suite reads {CAPABILITIES_SCHEMA}. {again}")
    try:
        return msgspec.json.decode(text, type=Capabilities)
    except msgspec.DecodeError as error:
        raise DamagedRecord(f"{path} cannot be read: {error}. {again}") from error
