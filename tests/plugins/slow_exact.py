"""Our own server's driver with real extra work in every search, in the place of exact@process.

VEXFS_BENCH_EXTRA_WORK is how many more times each search is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import exact
from fixtures.drivers.base import Endpoint, Ids, Process, Store, Tier, Vector

__all__ = ["SlowExact", "pytest_vector_stores"]


class SlowExact(exact.ExactHttp):
    """As ExactHttp, but it searches again and again."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._more = int(os.environ.get("VEXFS_BENCH_EXTRA_WORK", "1"))

    def search(self, query: Vector, k: int) -> Ids:
        """The last answer counts."""
        for _ in range(self._more):
            super().search(query, k)
        return super().search(query, k)


def pytest_vector_stores() -> Sequence[Store]:
    """Our own server, with the slow driver."""
    spec = exact.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    return [Store("exact", {Tier.PROCESS: replace(spec, driver=f"{__name__}:SlowExact")})]
