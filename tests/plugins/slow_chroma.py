"""Chroma with real extra work in every search: `pytest -p tests.plugins.slow_chroma` puts it in chroma@process's place.

VEXFS_BENCH_EXTRA_WORK is the share of a search's own time that is worked in addition (default 0.6).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import chroma
from fixtures.drivers.base import Endpoint, Ids, Process, Store, Tier, Vector

__all__ = ["SlowChroma", "pytest_vector_stores"]


class SlowChroma(chroma.ChromaHttp):
    """As ChromaHttp, but each search computes on for a share of the time that it took."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._share = float(os.environ.get("VEXFS_BENCH_EXTRA_WORK", "0.6"))

    def search(self, query: Vector, k: int) -> Ids:
        """Search, then work."""
        began = time.perf_counter()
        found = super().search(query, k)
        end = began + (time.perf_counter() - began) * (1 + self._share)
        while time.perf_counter() < end:
            float(query @ query)
        return found


def pytest_vector_stores() -> Sequence[Store]:
    """Chroma's server, with the slow driver."""
    spec = chroma.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    return [Store("chroma", {Tier.PROCESS: replace(spec, driver=f"{__name__}:SlowChroma")})]
