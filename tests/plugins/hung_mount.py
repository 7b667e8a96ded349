"""A store whose mount hangs in every write: `pytest -p tests.plugins.hung_mount` adds `hung@mount`."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.drivers.base import Command, Mount, Place, Store, Tier

__all__ = ["pytest_vector_stores"]


def _command(place: Place) -> Command:
    return Command([str(place.folder / "mnt"), "-f"])


def pytest_vector_stores() -> Sequence[Store]:
    """`hung@mount`, through VexFS's file contract."""
    spec = Mount("fixtures.drivers.vexfs:FileDriver", program="tests.tiers.hung_filesystem", command=_command)
    return [Store("hung", {Tier.MOUNT: spec})]
