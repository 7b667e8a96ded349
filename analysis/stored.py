"""Results of experiments as they are stored, one JSON file each. Used by `analysis.isolation`, `analysis.releases`."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from analysis.errors import DamagedRecord, MissingRecord

__all__ = ["read_stored"]

_T = TypeVar("_T")


def read_stored(path: Path, kind: type[_T], experiment: str) -> _T:
    """Read it. MissingRecord or DamagedRecord, with the path, where that cannot be."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingRecord(f"There is no {path}. Measure it: python -m fixtures.experiments {experiment}.") from None
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise DamagedRecord(f"{path} cannot be read: {error}. Measure it again.") from error
