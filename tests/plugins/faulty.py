"""Stores with faults on purpose: `pytest -p tests.plugins.faulty` adds them, each at the embedded tier.

`losing` acknowledges vectors and forgets one in ten; `wrong` answers at once and wrongly; `dying` ends its process in
the third search; `raising` raises in the second insert; `slow` never answers a search.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from fixtures.drivers.base import Embedded, Endpoint, Ids, Matrix, Store, Tier, Vector
from fixtures.drivers.exact import ExactEmbedded

__all__ = ["Dying", "Losing", "Raising", "Slow", "Wrong", "pytest_vector_stores"]


class Losing(ExactEmbedded):
    """Acknowledges and forgets."""

    def insert(self, ids: Ids, vectors: Matrix) -> None:
        """Keeps nine of ten."""
        keep = [place for place, number in enumerate(ids) if number % 10]
        super().insert([ids[place] for place in keep], vectors[keep])


class Wrong(ExactEmbedded):
    """Fast and wrong."""

    def search(self, query: Vector, k: int) -> Ids:
        """The first ids, whatever was asked."""
        return list(range(k))


class Dying(ExactEmbedded):
    """Crashes, as a native library does."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._searches = 0

    def search(self, query: Vector, k: int) -> Ids:
        """Ends the process the third time."""
        self._searches += 1
        if self._searches == 3:
            os.abort()
        return super().search(query, k)


class Raising(ExactEmbedded):
    """Refuses the second batch."""

    def insert(self, ids: Ids, vectors: Matrix) -> None:
        """Raises where the collection is not empty."""
        if self.count():
            raise ConnectionError("the disk of the server is full")
        super().insert(ids, vectors)


class Slow(ExactEmbedded):
    """Hangs."""

    def search(self, query: Vector, k: int) -> Ids:
        """Does not come back."""
        while True:
            time.sleep(3600)


def pytest_vector_stores() -> Sequence[Store]:
    """One store a fault."""
    return [
        Store(kind.__name__.lower(), {Tier.EMBEDDED: Embedded(f"{__name__}:{kind.__name__}")})
        for kind in (Losing, Wrong, Dying, Raising, Slow)
    ]
