"""A worker over its real pipes: it answers, and each way of failing is named."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fixtures.errors import StartFailed, StoreError, WorkerDied, WorkerHung
from fixtures.exact.engine import VERSION
from fixtures.worker import messages as say
from fixtures.worker.client import WorkerClient

DRIVER = "fixtures.drivers.exact:ExactEmbedded"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerClient]:
    """A started worker with a little data."""
    rows = np.eye(4, dtype=np.float32)
    np.save(tmp_path / "train.npy", rows)
    np.save(tmp_path / "queries.npy", rows[:2])
    np.save(tmp_path / "neighbors.npy", np.array([[0, 1], [1, 0]], dtype=np.int32))
    made = WorkerClient("exact@embedded", tmp_path / "worker.log")
    files = [str(tmp_path / f"{name}.npy") for name in ("train", "queries", "neighbors")]
    made.ask(say.Load(*files), say.Done, 30)
    yield made
    made.close()
    made.close()


def connect(worker: WorkerClient, driver: str = DRIVER) -> None:
    """Connect it, with a collection."""
    worker.ask(say.Connect(driver, "/", {}, "127.0.0.1"), say.Connected, 30)
    worker.ask(say.Create("a", 4, "cosine", 16, 128, 64), say.Done, 30)


def test_it_inserts_counts_searches_and_tells(worker: WorkerClient) -> None:
    """Queries are cycled; hits are counted against the exact answers."""
    connect(worker)
    assert worker.ask(say.Insert(0, 4), say.Done, 30).duration_ns > 0
    assert worker.ask(say.Count(), say.Counted, 30).count == 4
    assert worker.ask(say.Settle(1), say.Done, 30).duration_ns >= 0
    found = worker.ask(say.Search(1, 5, 2), say.Searched, 30)
    assert len(found.latencies_ns) == len(found.hits) == 5
    assert all(hits >= 1 for hits in found.hits)
    assert found.wall_ns >= sum(found.latencies_ns)
    assert worker.ask(say.Evidence(), say.Path, 30).kind == "brute force"
    assert worker.ask(say.Describe(), say.Described, 30).server_version == VERSION


def test_what_the_driver_raises_is_named_and_the_worker_goes_on(worker: WorkerClient) -> None:
    """The error's type, its message and where it was raised; the traceback is in the log."""
    connect(worker)
    worker.ask(say.Create("b", 3, "cosine", 16, 128, 64), say.Done, 30)
    with pytest.raises(StoreError, match=r"insert raised ValueError: .*fit.*engine.py"):
        worker.ask(say.Insert(0, 4), say.Done, 30)
    assert "Traceback" in worker.log.read_text()
    worker.ask(say.Create("c", 4, "cosine", 16, 128, 64), say.Done, 30)
    assert worker.ask(say.Count(), say.Counted, 30).count == 0


def test_a_driver_that_cannot_be_imported_is_named(worker: WorkerClient) -> None:
    """By Python's own error."""
    with pytest.raises(StoreError, match="No module named 'no_such_driver'"):
        worker.ask(say.Connect("no_such_driver:X", "/", {}, ""), say.Connected, 30)


def test_asking_before_connecting_is_an_error_not_a_crash(worker: WorkerClient) -> None:
    """A fault of the suite would show as this."""
    with pytest.raises(StoreError, match="send Connect first"):
        worker.ask(say.Count(), say.Counted, 30)


def test_an_answer_of_another_kind_is_an_error(worker: WorkerClient) -> None:
    """Suite and worker of different versions."""
    connect(worker)
    with pytest.raises(StartFailed, match="answered Counted to count"):
        worker.ask(say.Count(), say.Done, 30)


def test_a_worker_that_is_killed_is_named_with_its_last_words(worker: WorkerClient) -> None:
    """Whether it dies while idle or under a request; closing it afterwards is fine."""
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied, match=r"ended during count"):
        worker.ask(say.Count(), say.Counted, 30)
    with pytest.raises(WorkerDied, match=r"ended during count"):
        worker.ask(say.Count(), say.Counted, 30)


def test_a_worker_that_does_not_answer_is_hung_after_the_time_out(worker: WorkerClient) -> None:
    """And it can still be ended."""
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerHung, match=r"no answer to count within 0\.2? ?s|within 0 s"):
        worker.ask(say.Count(), say.Counted, 0.2)
