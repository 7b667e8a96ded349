"""A driver that breaks the contract is named with the clause that it breaks, by a real worker, before any figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.errors import StoreError
from fixtures.worker import messages as say
from fixtures.worker.client import WorkerClient
from tests.plugins.broken import DRIVERS


def drive(worker: WorkerClient, driver: str, folder: Path) -> None:
    """What every target is asked for at least."""
    files = [str(folder / f"{name}.npy") for name in ("train", "queries", "neighbors")]
    worker.ask(say.Load(*files), say.Done, 30)
    worker.ask(say.Connect(driver, "/", {}, "127.0.0.1"), say.Connected, 30)
    worker.ask(say.Create("a", 4, "cosine", 16, 128, 64), say.Done, 30)
    worker.ask(say.Describe(), say.Described, 30)
    worker.ask(say.Insert(0, 4), say.Done, 30)
    worker.ask(say.Count(), say.Counted, 30)
    worker.ask(say.Search(0, 2, 2), say.Searched, 30)
    worker.ask(say.Evidence(), say.Path, 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A little data."""
    rows = np.eye(4, dtype=np.float32)
    np.save(tmp_path / "train.npy", rows)
    np.save(tmp_path / "queries.npy", rows[:2])
    np.save(tmp_path / "neighbors.npy", np.array([[0, 1], [1, 0]], dtype=np.int32))
    return tmp_path


@pytest.mark.parametrize(("name", "told"), DRIVERS.items(), ids=DRIVERS)
def test_the_clause_that_a_driver_breaks_is_named(name: str, told: str, folder: Path) -> None:
    """With what was seen, and the target."""
    worker = WorkerClient("mine@embedded", folder / "worker.log")
    try:
        with pytest.raises(StoreError, match=rf"mine@embedded: .*breaks the contract: .*{told}"):
            drive(worker, f"tests.plugins.broken:{name}", folder)
    finally:
        worker.close()


@pytest.mark.parametrize(
    ("driver", "told"),
    [
        ("tests.plugins.no_such_driver:Mine", "ModuleNotFoundError: No module named 'tests.plugins.no_such_driver'"),
        ("tests.plugins.broken:Missing", "AttributeError: .*has no attribute 'Missing'"),
    ],
)
def test_a_driver_that_cannot_be_loaded_is_named(driver: str, told: str, folder: Path) -> None:
    """By its module or its class."""
    worker = WorkerClient("mine@embedded", folder / "worker.log")
    try:
        with pytest.raises(StoreError, match=f"mine@embedded: connect raised {told}"):
            drive(worker, driver, folder)
    finally:
        worker.close()


def test_a_driver_that_keeps_it_is_let_through(folder: Path) -> None:
    """The same calls."""
    worker = WorkerClient("exact@embedded", folder / "worker.log")
    try:
        drive(worker, "fixtures.drivers.exact:ExactEmbedded", folder)
    finally:
        worker.close()
