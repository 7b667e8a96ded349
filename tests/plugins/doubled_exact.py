"""Our own server's driver asking everything twice, in the place of exact@process: a changed driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import exact
from fixtures.drivers.base import Process, Store, Tier

__all__ = ["pytest_vector_stores"]


def pytest_vector_stores() -> Sequence[Store]:
    """`exact@process` with the driver of `doubled`."""
    spec = exact.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    return [Store("exact", {Tier.PROCESS: replace(spec, driver="tests.plugins.versions_of_exact:Doubled")})]
