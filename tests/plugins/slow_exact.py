"""Our own server's driver with real extra work in every search, in the place of exact@process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import exact
from fixtures.drivers.base import Ids, Process, Store, Tier, Vector

__all__ = ["SlowExact", "pytest_vector_stores"]

_MORE = 4


class SlowExact(exact.ExactHttp):
    """As ExactHttp, but it searches five times."""

    def search(self, query: Vector, k: int) -> Ids:
        """The last answer counts."""
        for _ in range(_MORE):
            super().search(query, k)
        return super().search(query, k)


def pytest_vector_stores() -> Sequence[Store]:
    """Our own server, with the slow driver."""
    spec = exact.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    return [Store("exact", {Tier.PROCESS: replace(spec, driver=f"{__name__}:SlowExact")})]
