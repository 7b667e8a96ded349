"""A store in one file: sorted lists of dot products, in process. The example of docs/adding-a-store.md."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.drivers.base import (
    Description,
    Embedded,
    Endpoint,
    Ids,
    Matrix,
    SearchPath,
    SearchPathKind,
    Space,
    Store,
    Tier,
    Vector,
)


class ExampleDriver:
    """Everything in a dictionary."""

    def __init__(self, endpoint: Endpoint) -> None:
        import numpy  # a real driver imports its client here

        self._numpy = numpy
        self._collections: dict[str, dict[int, Vector]] = {}
        self._vectors: dict[int, Vector] = {}
        self._dimensions = 1

    def describe(self) -> Description:
        """What the store says of itself."""
        return Description("1.0", self._numpy.__version__, {"index": "none", "distance": "cosine"})

    def create(self, collection: str, space: Space) -> None:
        """A fresh, empty collection."""
        self._vectors = self._collections[collection] = {}
        self._dimensions = space.dimensions

    def use(self, collection: str) -> None:
        """One that was made before."""
        self._vectors = self._collections[collection]

    def insert(self, ids: Ids, vectors: Matrix) -> None:
        """Upsert one batch."""
        if vectors.shape[1] != self._dimensions:
            raise ValueError(f"{vectors.shape[1]} dimensions, not {self._dimensions}")
        self._vectors.update(zip(ids, vectors.copy(), strict=True))

    def settle(self, timeout_s: float) -> None:
        """There is no index to wait for."""

    def count(self) -> int:
        """How many there are."""
        return len(self._vectors)

    def search(self, query: Vector, k: int) -> Ids:
        """The k nearest, best first."""
        vectors = dict(self._vectors)  # several clients may insert meanwhile
        return sorted(vectors, key=lambda number: -float(vectors[number] @ query))[:k]

    def evidence(self) -> SearchPath:
        """How it searches, and how that is known."""
        return SearchPath(SearchPathKind.BRUTE_FORCE, "it sorts everything")

    def close(self) -> None:
        """Nothing to release."""


STORE = Store("example", {Tier.EMBEDDED: Embedded(f"{__name__}:ExampleDriver")})


def pytest_vector_stores() -> Sequence[Store]:
    """Makes the store known to pytest."""
    return [STORE]
