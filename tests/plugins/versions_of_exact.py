"""Our own server under three other names: the same, with 10 % more real work in each search, and doing all twice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import exact
from fixtures.drivers.base import Ids, Matrix, Process, Store, Tier, Vector

__all__ = ["Doubled", "Heavier", "pytest_vector_stores"]

_SHARE = 0.10


class Heavier(exact.ExactHttp):
    """As ExactHttp, but each search computes on for a tenth of the time that it took."""

    def search(self, query: Vector, k: int) -> Ids:
        """Search, then work."""
        began = time.perf_counter()
        found = super().search(query, k)
        end = began + (time.perf_counter() - began) * (1 + _SHARE)
        while time.perf_counter() < end:
            float(query @ query)
        return found


class Doubled(exact.ExactHttp):
    """As ExactHttp, but every insert and search is sent twice."""

    def insert(self, ids: Ids, vectors: Matrix) -> None:
        """The same vectors again: an upsert."""
        super().insert(ids, vectors)
        super().insert(ids, vectors)

    def search(self, query: Vector, k: int) -> Ids:
        """The last answer counts."""
        super().search(query, k)
        return super().search(query, k)


def pytest_vector_stores() -> Sequence[Store]:
    """`twin`, `heavier` and `doubled`, each at the process tier."""
    spec = exact.STORE.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    heavier, doubled = (replace(spec, driver=f"{__name__}:{name}") for name in ("Heavier", "Doubled"))
    return [
        Store(name, {Tier.PROCESS: one}) for name, one in (("twin", spec), ("heavier", heavier), ("doubled", doubled))
    ]
