"""Stores whose figures are not what they seem: `pytest -p tests.plugins.untrue` adds them.

`hollow` counts what it acknowledged and loses one in ten; `backwards` answers worst first; `mute` does not tell what
its collector spends; `restless` reports a setting that changes with each start; `evicting` and `evicted` drive each
other out of a cache that they share; `burning@process` computes in the client; `unbuilt` is Qdrant's engine that builds
no index in its first launch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fixtures.drivers import exact
from fixtures.drivers.base import (
    CollectorTime,
    Description,
    Embedded,
    Endpoint,
    Ids,
    Matrix,
    Process,
    Space,
    Store,
    Tier,
    Vector,
)
from fixtures.drivers.exact import ExactEmbedded, ExactHttp
from fixtures.drivers.qdrant_edge import QdrantEdge

__all__ = ["Backwards", "Burning", "Evicting", "Hollow", "Mute", "Restless", "Unbuilt", "pytest_vector_stores"]

_SLICE = 50
_BURN_NS = 1_000_000


class Hollow(ExactEmbedded):
    """Acknowledges, counts and forgets."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._acknowledged: dict[str, set[int]] = {}
        self._name = ""

    def create(self, collection: str, space: Space) -> None:
        """With a count of its own."""
        super().create(collection, space)
        self._name = collection
        self._acknowledged[collection] = set()

    def use(self, collection: str) -> None:
        """With its count."""
        super().use(collection)
        self._name = collection

    def insert(self, ids: Ids, vectors: Matrix) -> None:
        """Keeps nine of ten."""
        self._acknowledged[self._name].update(ids)
        keep = [place for place, number in enumerate(ids) if number % 10]
        super().insert([ids[place] for place in keep], vectors[keep])

    def count(self) -> int:
        """All that it ever said yes to."""
        return len(self._acknowledged[self._name])


class Backwards(ExactEmbedded):
    """The right ten, the farthest first."""

    def search(self, query: Vector, k: int) -> Ids:
        """Turned round."""
        return list(reversed(super().search(query, k)))


class Mute(ExactEmbedded):
    """Its metrics page is gone."""

    def collector(self) -> CollectorTime:
        """Nobody answers."""
        raise ConnectionError("the metrics page did not answer")


class Restless(ExactEmbedded):
    """Takes its folder for a setting."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._folder = endpoint.folder

    def describe(self) -> Description:
        """With the folder, which is another one in each launch."""
        told = super().describe()
        return Description(told.server_version, told.client_version, {**told.settings, "folder": str(self._folder)})


class Evicting(ExactEmbedded):
    """After another one of its kind it works five times as long for a slice, as with a cache that was emptied."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._me = str(endpoint.folder)
        self._cache = endpoint.folder.parent / "the-cache-of-evicting-stores"
        self._cold = 0

    def search(self, query: Vector, k: int) -> Ids:
        """Warm where it was the last to use the cache."""
        if not self._cache.exists() or self._cache.read_text() != self._me:
            self._cold = _SLICE
            self._cache.write_text(self._me)
        if self._cold:
            self._cold -= 1
            for _ in range(20):
                super().search(query, k)
        return super().search(query, k)


class Burning(ExactHttp):
    """A client that keeps the server's answers and computes instead of asking again."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._kept: dict[bytes, Ids] = {}

    def search(self, query: Vector, k: int) -> Ids:
        """A millisecond of the worker's own processor time; the server is asked once for each query."""
        end = time.process_time_ns() + _BURN_NS
        while time.process_time_ns() < end:
            float(query @ query)
        if query.tobytes() not in self._kept:
            self._kept[query.tobytes()] = super().search(query, k)
        return self._kept[query.tobytes()][:k]


class Unbuilt(QdrantEdge):
    """Builds no index in the first launch, and one in those that follow."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        seen: Path = endpoint.folder.parent / "unbuilt-was-here"
        self._builds = seen.exists()
        seen.touch()

    def settle(self, timeout_s: float) -> None:
        """As it should, but not the first time."""
        if self._builds:
            super().settle(timeout_s)


def pytest_vector_stores() -> Sequence[Store]:
    """One store a fault; `evicting` has a twin."""
    own = {
        "hollow": Hollow,
        "backwards": Backwards,
        "mute": Mute,
        "restless": Restless,
        "evicting": Evicting,
        "evicted": Evicting,
    }
    server = exact.STORE.tiers[Tier.PROCESS]
    assert isinstance(server, Process)
    return [
        *(Store(name, {Tier.EMBEDDED: Embedded(f"{__name__}:{kind.__name__}")}) for name, kind in own.items()),
        Store("unbuilt", {Tier.EMBEDDED: Embedded(f"{__name__}:Unbuilt", requires=("qdrant_edge",))}),
        Store("burning", {Tier.PROCESS: replace(server, driver=f"{__name__}:Burning")}),
    ]
