"""Chroma with real extra work in every search: `-p tests.plugins.slow_chroma` puts it in chroma@process's place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import chroma
from fixtures.drivers.base import Ids, Process, Store, Tier, Vector

__all__ = ["SlowChroma", "pytest_vector_stores"]

_SHARE = 0.6


class SlowChroma(chroma.ChromaHttp):
    """As ChromaHttp, but each search computes on for 60 % of the time that it took."""

    def search(self, query: Vector, k: int) -> Ids:
        """Search, then work."""
        began = time.perf_counter()
        found = super().search(query, k)
        end = began + (time.perf_counter() - began) * (1 + _SHARE)
        while time.perf_counter() < end:
            float(query @ query)
        return found


def pytest_vector_stores() -> Sequence[Store]:
    """Chroma's server, with the slow driver."""
    spec = chroma.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    return [Store("chroma", {Tier.PROCESS: replace(spec, driver=f"{__name__}:SlowChroma")})]
