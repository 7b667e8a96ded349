"""Several clients at once: as threads of an embedded engine's worker, and as processes of a server's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from fixtures.drivers.base import Tier
from fixtures.drivers.exact import STORE
from fixtures.errors import StoreError
from fixtures.targets import Runnable, Target, resolve
from fixtures.tiers import start
from fixtures.worker import messages as say
from fixtures.worker.client import WorkerClient
from fixtures.worker.crowd import CROWD

ROWS, HALF, K = 240, 120, 5


@pytest.fixture(params=[Tier.EMBEDDED, Tier.PROCESS])
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WorkerClient]:
    """A worker whose current collection holds the first half of the rows."""
    found = resolve(Target(STORE, request.param))
    assert isinstance(found, Runnable)
    rows = np.random.default_rng(0).standard_normal((ROWS, 16)).astype(np.float32)
    np.save(tmp_path / "train.npy", rows)
    np.save(tmp_path / "queries.npy", rows[:20])
    np.save(tmp_path / "neighbors.npy", np.argsort(-(rows[:20] @ rows.T), axis=1)[:, :K].astype(np.int32))
    running = start(found.target.name, found.target.spec, found.program)
    made = WorkerClient(found.target.name, tmp_path / "worker.log")
    try:
        running.wait_ready(30)
        made.ask(say.Load(*(str(tmp_path / f"{name}.npy") for name in ("train", "queries", "neighbors"))), say.Done, 30)
        at = running.endpoint
        crowd = say.Preload((), CROWD) if running.pids() else None
        connect = say.Connect(found.target.spec.driver, str(at.folder), dict(at.ports), at.host, crowd)
        made.ask(connect, say.Connected, 30)
        made.ask(say.Create("half", 16, "cosine", 16, 128, 64), say.Done, 30)
        made.ask(say.Insert(0, HALF), say.Done, 30)
        yield made
    finally:
        made.close()
        running.stop()


def rung(worker: WorkerClient, clients: int, *, k: int = K) -> say.Crowded:
    """One rung of the ladder."""
    wanted = say.Crowd("half", clients, operations=200, insert_every=10, first_row=HALF, rows=ROWS - HALF, k=k)
    return worker.ask(wanted, say.Crowded, 60)


@pytest.mark.parametrize("clients", [1, 8])
def test_nine_of_ten_operations_are_searches_and_what_was_inserted_is_there(worker: WorkerClient, clients: int) -> None:
    """Each client inserts rows of its own, so what is there can be told to the vector."""
    told = rung(worker, clients)
    assert told.failures == 0, told.first_failure
    assert told.inserts / (told.searches + told.inserts) == pytest.approx(0.1, abs=0.03)
    assert told.rate > 0
    inserted = worker.ask(say.CrowdRows(), say.Counted, 30).count
    assert 0 < inserted <= ROWS - HALF
    assert worker.ask(say.Count(), say.Counted, 30).count == HALF + inserted


def test_no_more_are_in_flight_than_there_are_clients(worker: WorkerClient) -> None:
    """Each client's latencies fit into the time. The rest is between operations, where threads wait for each other."""
    told = rung(worker, 4)
    in_flight_ns = (told.searches + told.inserts) * told.mean_latency_ns
    assert 0.5 * told.wall_ns < in_flight_ns <= 4 * told.wall_ns


def test_operations_that_fail_are_counted_with_the_first_reason(worker: WorkerClient) -> None:
    """The worker and the other clients go on."""
    told = rung(worker, 2, k=0)
    assert told.searches == 0
    assert told.inserts > 0
    assert told.failures > 0
    assert "k must be at least 1" in told.first_failure
    assert rung(worker, 2).failures == 0


def test_more_clients_than_there_are_is_an_error(worker: WorkerClient) -> None:
    """It is said before anything runs."""
    with pytest.raises(StoreError, match="9 clients; there are 1 to 8"):
        rung(worker, 9)


def test_the_clients_end_with_their_worker(worker: WorkerClient) -> None:
    """Also when it is killed, as by the kernel when the suite is: nobody else is there to end them."""
    rung(worker, 8)
    clients = psutil.Process(worker.pid).children(recursive=True)
    os.kill(worker.pid, 9)
    _, alive = psutil.wait_procs(clients, timeout=10)
    worker.close()
    assert alive == []
