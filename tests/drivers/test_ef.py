"""Whether ef is really set: judged by the recall, over every target that this machine can start.

What a store reads back is no proof; Chroma gives back an ef_search that no search of it uses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from fixtures.drivers.base import STANDARD_EF, Driver, EfFixed, Matrix, Space, Tunable
from fixtures.targets import Target, known_stores
from fixtures.tiers import start
from tests.drivers.test_contract import connect, runnable, startable

DIMENSIONS = 64


def noise(count: int, seed: int) -> Matrix:
    """Unit vectors of no structure: hard for any index."""
    points = np.random.default_rng(seed).standard_normal((count, DIMENSIONS))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


TRAIN, QUERIES = noise(2_000, 1), noise(50, 2)
EXACT = np.argsort(-(QUERIES @ TRAIN.T), axis=1, kind="stable")[:, :10]


@pytest.fixture(params=startable(known_stores(())), ids=lambda target: target.name)
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The driver of each target whose store has an ef, connected to a fresh one."""
    target: Target = request.param
    if target.name.startswith(("exact@", "vexfs@")) or target.variant == "flat":
        pytest.skip("it has no ef")
    found = runnable(target)
    store = start(found.target.name, found.target.spec, found.program)
    try:
        store.wait_ready(60)
        made = connect(target, store.endpoint)
        yield made
        made.close()
    finally:
        store.stop()


def fill(driver: Driver, collection: str, ef: int = STANDARD_EF) -> None:
    """A collection with the data."""
    driver.create(collection, Space(DIMENSIONS, ef=ef))
    for first in range(0, len(TRAIN), 500):
        driver.insert(range(first, first + 500), TRAIN[first : first + 500])
    driver.settle(60)


def recall(driver: Driver) -> float:
    """Of the current collection."""
    hits = sum(
        len(set(driver.search(query, 10)) & set(best.tolist())) for query, best in zip(QUERIES, EXACT, strict=True)
    )
    return hits / EXACT.size


def test_the_recall_follows_the_ef(driver: Driver, request: pytest.FixtureRequest) -> None:
    """Up and down again; where a collection keeps its ef, a collection of each. Fewer bits find less, at any ef."""
    target: Target = request.node.callspec.params["driver"]
    match driver:
        case Tunable():
            fill(driver, "bench0")
            found = []
            for ef in (10, 512, 10):
                driver.set_ef(ef)
                found.append(recall(driver))
            low, high, again = found
            assert again == pytest.approx(low, abs=0.05)
        case EfFixed():
            fill(driver, "bench10", 10)
            low = recall(driver)
            fill(driver, "bench512", 512)
            high = recall(driver)
            assert driver.why_ef_is_fixed()
        case _:
            pytest.fail("a store with an ef says how it is set")
    assert low < 0.8
    assert high > (0.9 if target.variant else 0.98)


def test_chroma_gives_back_an_ef_that_it_does_not_use(driver: Driver) -> None:
    """Once it does, its driver must become Tunable: then this fails."""
    if not isinstance(driver, EfFixed):
        pytest.skip("its ef is set for a search")
    fill(driver, "bench0", 10)
    before = recall(driver)
    driver.collection.modify(configuration={"hnsw": {"ef_search": 512}})
    assert driver.describe().settings["hnsw.ef_search"] == "512"
    driver.use("bench0")
    assert recall(driver) == pytest.approx(before, abs=0.05)
