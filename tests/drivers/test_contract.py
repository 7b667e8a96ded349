"""The driver contract, over every target that this machine can start. Passing it is what it takes to add a store.

VEXFS_BENCH_REQUIRE_TARGET (patterns, separated by commas) names targets that must run: not runnable is a failure then.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import numpy as np
import pytest

from fixtures.drivers.base import (
    Collecting,
    Deleting,
    Driver,
    Endpoint,
    Filtering,
    Matrix,
    Remote,
    SearchPathKind,
    Space,
    Store,
)
from fixtures.hooks import handed_in
from fixtures.targets import Runnable, Target, every_target, known_stores, resolve
from fixtures.tiers import start
from fixtures.tiers.base import Running

DIMENSIONS = 24
PATIENCE_S = 60.0


def clustered(count: int, seed: int) -> Matrix:
    """Unit vectors around eight centres, float32 (count, DIMENSIONS)."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((8, DIMENSIONS))
    points = centres[random.integers(0, 8, count)] + 0.7 * random.standard_normal((count, DIMENSIONS))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


TRAIN, QUERIES = clustered(600, 1), clustered(40, 2)
EXACT = np.argsort(-(QUERIES @ TRAIN.T), axis=1, kind="stable")


def required(target: Target) -> bool:
    """Whether the target must run here."""
    patterns = [part.strip() for part in os.environ.get("VEXFS_BENCH_REQUIRE_TARGET", "").split(",")]
    return any(fnmatchcase(target.name, pattern) for pattern in patterns if pattern)


def runnable(target: Target) -> Runnable:
    """The target resolved; skips, or fails where it is required, with the reason."""
    found = resolve(target)
    if isinstance(found, Runnable):
        return found
    told = f"{target.name}: {found.reason} {found.remedy}"
    if required(target):
        pytest.fail(f"required, and not runnable: {told}")
    pytest.skip(told)


def startable(stores: Mapping[str, Store]) -> list[Target]:
    """All targets that we could start, with every variant; where this machine cannot, the test is skipped."""
    return [target for target in every_target(stores) if not isinstance(target.spec, Remote)]


def connect(target: Target, endpoint: Endpoint) -> Driver:
    """The target's driver, in this process."""
    module, _, name = target.spec.driver.partition(":")
    driver: Driver = getattr(importlib.import_module(module), name)(endpoint)
    return driver


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every target there is, with those of plug-ins that are loaded by `-p`."""
    if "running" in metafunc.fixturenames:
        extra = list(handed_in(metafunc.config))
        targets = startable(known_stores(extra))
        names = [target.name for target in targets]
        metafunc.parametrize("running", targets, indirect=True, ids=names, scope="module")


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Target, Running]]:
    """Each target, started for real and stopped afterwards."""
    found = runnable(request.param)
    store = start(found.target.name, found.target.spec, found.program)
    try:
        store.wait_ready(60)
        yield found.target, store
    finally:
        store.stop()


@pytest.fixture(scope="module")
def driver(running: tuple[Target, Running]) -> Iterator[Driver]:
    """The target's driver with one collection that holds the data."""
    target, store = running
    made = connect(target, store.endpoint)
    # A write into a mount that hangs can be ended by nobody but the mount's own end.
    watchdog = threading.Timer(PATIENCE_S, store.abort)
    watchdog.start()
    try:
        made.create("contract", Space(DIMENSIONS))
        for first in range(0, len(TRAIN), 200):
            made.insert(range(first, first + 200), TRAIN[first : first + 200])
        made.settle(60)
    finally:
        watchdog.cancel()
        watchdog.join()
    yield made
    made.close()


def test_it_is_a_driver(driver: Driver) -> None:
    """Every method of the protocol is there."""
    assert isinstance(driver, Driver)


def test_it_counts_what_was_inserted(driver: Driver) -> None:
    """All of it, acknowledged and settled."""
    assert driver.count() == len(TRAIN)


def test_search_equals_exact_within_the_recall_floor(driver: Driver) -> None:
    """At least 0.8 of the exact ten; each answer has ten different known ids."""
    hits = 0
    for query, best in zip(QUERIES, EXACT, strict=True):
        found = list(driver.search(query, 10))
        assert len(found) == len(set(found)) == 10
        assert all(0 <= one < len(TRAIN) for one in found)
        hits += len(set(found) & set(best[:10].tolist()))
    assert hits / (10 * len(QUERIES)) >= 0.8


def test_answers_come_best_first(driver: Driver, running: tuple[Target, Running]) -> None:
    """By falling similarity, but for the last digit; a variant may compare fewer bits than it was given."""
    for query in QUERIES[:10]:
        similarity = TRAIN[list(driver.search(query, 10))] @ query
        assert np.all(np.diff(similarity) <= (0.02 if running[0].variant else 1e-4))


def test_a_vector_finds_itself(driver: Driver) -> None:
    """Ids are the ones that were given."""
    assert [list(driver.search(TRAIN[number], 1)) for number in (0, 299, 599)] == [[0], [299], [599]]


def test_fewer_are_found_where_k_is_small(driver: Driver) -> None:
    """k is obeyed."""
    assert len(driver.search(QUERIES[0], 3)) == 3


def test_an_upsert_of_known_ids_does_not_grow_the_count(driver: Driver) -> None:
    """The same ids with the same vectors."""
    driver.insert(range(20), TRAIN[:20])
    driver.settle(60)
    assert driver.count() == len(TRAIN)


def test_it_describes_itself_with_settings_read_back(driver: Driver) -> None:
    """Versions and settings are there, as text."""
    told = driver.describe()
    assert told.server_version
    assert told.client_version
    assert told.settings
    assert all(isinstance(value, str) for pair in told.settings.items() for value in pair)


def test_its_settings_are_settings(driver: Driver, running: tuple[Target, Running]) -> None:
    """The same whatever a collection holds; no folder and no port, which each start has of its own."""
    endpoint = running[1].endpoint
    driver.create("settings1", Space(DIMENSIONS))
    before = driver.describe().settings
    driver.insert(range(50), TRAIN[:50])
    driver.settle(60)
    assert driver.describe().settings == before
    driver.create("settings2", Space(DIMENSIONS))
    assert driver.describe().settings == before
    driver.use("contract")
    own = [str(endpoint.folder), *(str(port) for port in endpoint.ports.values())]
    assert [text for text in own for value in before.values() if text in value] == []


def test_index_parameters_are_the_same_wherever_there_is_an_index(driver: Driver) -> None:
    """M 16, ef_construction 128, ef 64, cosine: read back, under the names that each store has for them."""
    settings = driver.describe().settings
    if settings.get("index") != "hnsw":
        pytest.skip("this store has no HNSW index")
    values = " ".join(f"{name}={value}" for name, value in settings.items())
    for wanted in ("=16", "=128", "=64", "osine"):
        assert wanted in values or wanted.upper() in values.upper()


def test_it_tells_how_it_searches(driver: Driver) -> None:
    """With evidence; unknown is an answer too."""
    path = driver.evidence()
    assert path.kind in SearchPathKind
    assert path.evidence


def test_another_dimension_is_an_error(driver: Driver) -> None:
    """It is raised, by the client or the store; and the collection still answers."""
    if isinstance(driver.describe().settings.get("contract"), str):
        wrong = np.full((1, DIMENSIONS // 2), 0.5, dtype=np.float32)
    else:
        wrong = np.ones((1, DIMENSIONS + 1), dtype=np.float32)
    with pytest.raises(Exception, match=r"(?s)."):
        driver.insert([9_999], wrong)
    assert driver.search(QUERIES[0], 1)


def test_a_second_collection_is_fresh(driver: Driver) -> None:
    """It becomes current, is empty, and takes vectors; the first one can be used again and is as it was."""
    driver.create("second", Space(DIMENSIONS))
    driver.insert(range(50), TRAIN[:50])
    driver.settle(60)
    assert driver.count() == 50
    assert len(driver.search(QUERIES[0], 10)) == 10
    # More than there are is no error: all that the store finds, each once, and none of the first collection's.
    found = list(driver.search(QUERIES[0], 80))
    assert len(found) == len(set(found))
    assert len(found) >= 0.8 * 50
    assert set(found) <= set(range(50))
    driver.use("contract")
    assert driver.count() == len(TRAIN)
    assert list(driver.search(TRAIN[599], 1)) == [599]


def test_what_is_deleted_is_not_found_and_not_counted(driver: Driver) -> None:
    """Neither by its own vector nor by the count."""
    if not isinstance(driver, Deleting):
        pytest.skip("this store cannot delete")
    driver.create("deleting", Space(DIMENSIONS))
    driver.insert(range(60), TRAIN[:60])
    driver.delete([7, 8])
    driver.settle(60)
    assert driver.count() == 58
    assert not {7, 8} & set(driver.search(TRAIN[7], 10))
    driver.use("contract")


def test_a_filtered_search_finds_the_nearest_of_those_that_pass(driver: Driver) -> None:
    """Only those, and within the recall floor all of the nearest."""
    if not isinstance(driver, Filtering):
        pytest.skip("this store has no filtered search")
    driver.create_labelled("labelled", Space(DIMENSIONS))
    labels = [number % 4 for number in range(len(TRAIN))]
    driver.insert_labelled(range(len(TRAIN)), TRAIN, labels)
    driver.settle(60)
    hits = 0
    for query in QUERIES[:20]:
        found = list(driver.search_below(query, 10, 1))
        passing = [number for number in np.argsort(-(TRAIN @ query), kind="stable").tolist() if number % 4 == 0]
        assert all(number % 4 == 0 for number in found)
        hits += len(set(found) & set(passing[:10]))
    assert hits / (10 * 20) >= 0.8
    driver.use("contract")


def test_a_collector_tells_how_it_is_known(driver: Driver) -> None:
    """A time that never falls, and its source; a driver that cannot tell lacks the method."""
    if not isinstance(driver, Collecting):
        pytest.skip("this driver does not tell")
    first, second = driver.collector(), driver.collector()
    assert second.ns >= first.ns >= 0
    assert first.source


def test_closing_twice_is_fine(running: tuple[Target, Running]) -> None:
    """Whoever cleans up need not know who was first."""
    target, store = running
    if not store.pids():
        pytest.skip("an embedded engine has one user at a time")
    made = connect(target, store.endpoint)
    made.close()
    made.close()


def test_a_new_launch_is_empty(running: tuple[Target, Running]) -> None:
    """A fresh server and a fresh folder know nothing of the last one's data, and can be stopped twice."""
    found = runnable(running[0])
    store = start(found.target.name, found.target.spec, found.program)
    try:
        store.wait_ready(60)
        made = connect(found.target, store.endpoint)
        made.create("contract", Space(DIMENSIONS))
        assert made.count() == 0
        made.close()
        assert store.alive()
    finally:
        store.stop()
        store.stop()
    assert not store.endpoint.folder.exists()
