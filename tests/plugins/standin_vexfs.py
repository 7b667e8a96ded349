"""The dialect of VexFS's server without VexFS: `pytest -p tests.plugins.standin_vexfs` adds `standin@process`.

It has the driver and the key of `vexfs@process`, and the server of `tests.vexfs_standin`. `telling@process` is the
same, but its server says its key wherever it can. Where STANDIN_KEYS names a file, every key is written there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fixtures.drivers import vexfs
from fixtures.drivers.base import Command, Place, Process, Store, Tier

__all__ = ["PROCESS", "pytest_vector_stores"]

_REAL = vexfs.STORE.tiers[Tier.PROCESS]
assert isinstance(_REAL, Process)


def _noted(key: str) -> Mapping[str, str]:
    if "STANDIN_KEYS" in os.environ:
        with Path(os.environ["STANDIN_KEYS"]).open("a") as file:
            file.write(f"{key}\n")
    return vexfs.GUARD.server(key)


def _telling(place: Place) -> Command:
    command = PROCESS.command(place)
    return replace(command, environment={**command.environment, "STANDIN_TELLS": "yes"})


PROCESS = replace(_REAL, program="tests.vexfs_standin", guard=replace(vexfs.GUARD, server=_noted))


def pytest_vector_stores() -> Sequence[Store]:
    """Both."""
    return [
        Store("standin", {Tier.PROCESS: PROCESS}),
        Store("telling", {Tier.PROCESS: replace(PROCESS, command=_telling)}),
    ]
