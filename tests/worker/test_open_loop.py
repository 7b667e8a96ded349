"""One client of an open loop, on searches that are plain functions: what counts from when."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

import numpy as np
import pytest

from analysis.histograms import percentile_ns
from analysis.observed_load import Arrivals
from fixtures.drivers.base import Ids, Vector
from fixtures.worker import messages as say
from fixtures.worker.load import _added_up
from fixtures.worker.open_loop import Arriving, Served, serve

QUERIES = [np.full(2, number, dtype=np.float32) for number in range(3)]
MS = 1_000_000


def served(search: Callable[[Vector, int], Ids], due: list[int], begin_ns: int | None = None) -> Served:
    """By one client."""
    begin = time.perf_counter_ns() if begin_ns is None else begin_ns
    return serve(search, QUERIES, 1, due, itertools.count().__next__, begin, os.sched_yield)


def test_a_client_never_begins_before_an_operation_is_due() -> None:
    """Neither by its sleep nor by its spinning; queries are cycled by the arrivals' numbers."""
    asked: list[float] = []
    due = [MS * number for number in range(1, 8)]
    done = served(lambda query, k: asked.append(float(query[0])) or [0], due)
    assert done.due_ns == due
    assert all(began >= moment for began, moment in zip(done.began_ns, due, strict=True))
    assert all(late >= 0 for late in done.late_ns)
    assert asked == [0, 1, 2, 0, 1, 2, 0]


def test_a_stall_is_in_the_response_times_of_those_who_waited_for_it_and_in_one_service_time() -> None:
    """One search of 60 ms; twenty others are due meanwhile."""
    stalls = iter([0.06])

    def search(query: Vector, k: int) -> Ids:
        time.sleep(next(stalls, 0))
        return [0]

    due = [MS * number for number in range(1, 22)]
    done = served(search, due)
    response = [ended - moment for moment, ended in zip(done.due_ns, done.ended_ns, strict=True)]
    service = [ended - began for began, ended in zip(done.began_ns, done.ended_ns, strict=True)]
    assert sum(ns > 30 * MS for ns in service) == 1
    assert sum(ns > 30 * MS for ns in response) >= 20
    assert done.waited >= 20


def test_waiting_for_the_store_is_not_the_generators_lateness() -> None:
    """All are long due: whatever begins late does so because of the searches before it."""
    done = served(lambda query, k: time.sleep(0.005) or [0], [0] * 6, time.perf_counter_ns() - 1000 * MS)
    assert done.waited == 6
    # What the client itself took between its search before and this one.
    assert sum(done.late_ns) < sum(done.ended_ns[i] - done.began_ns[i] for i in range(6))


def test_a_search_that_raises_is_a_failure_with_its_reason_and_the_client_goes_on() -> None:
    """And has no response time."""
    answers = iter([[0], [0]])

    def search(query: Vector, k: int) -> Ids:
        if query[0] == 1:
            raise TimeoutError("busy")
        return next(answers)

    done = served(search, [0, 0, 0])
    assert (done.failures, done.first_failure, len(done.ended_ns)) == (1, "TimeoutError: busy", 2)


def test_several_clients_serve_each_arrival_once() -> None:
    """Whoever is free takes the next one."""
    take = itertools.count().__next__
    due = [0] * 10
    begin = time.perf_counter_ns()
    first = serve(lambda query, k: [0], QUERIES, 1, due[:4], take, begin, os.sched_yield)
    rest = serve(lambda query, k: [0], QUERIES, 1, due, take, begin, os.sched_yield)
    # The first client has taken number 4 as well, to find that there was no more for it.
    assert (len(first.due_ns), len(rest.due_ns)) == (4, 5)


def test_a_window_is_added_up_by_hand() -> None:
    """Two clients; three searches of 2, 4 and 6 ms; the last one ends after the span of 10 ms."""
    request = say.OpenLoop("c", Arrivals.CONSTANT, 300.0, 3, 7, 10)
    one = Served([1 * MS, 6 * MS], [1 * MS, 7 * MS], [3 * MS, 12 * MS], [0, 0], waited=1, call_cpu_ns=5)
    two = Served([2 * MS], [2 * MS + 100], [6 * MS], [100], call_cpu_ns=6)
    load = _added_up(request, [one, two], 10 * MS, 1e5)
    assert (load.completed, load.clients, load.waited, load.call_cpu_ns) == (3, 2, 1, 11)
    assert load.in_flight == pytest.approx((2 + 4 + 4) / 10)
    assert load.mean_response_ns == pytest.approx(4 * MS)
    assert load.mean_late_ns == pytest.approx(100 / 3)
    assert load.wall_ns == 12 * MS
    assert percentile_ns((load.response,), 100) == pytest.approx(6 * MS, rel=1e-3)
    assert percentile_ns((load.service,), 100) == pytest.approx(5 * MS, rel=1e-3)


def test_a_window_in_which_nothing_is_answered_has_no_division_by_zero() -> None:
    """Every search failed."""
    request = say.OpenLoop("c", Arrivals.CONSTANT, 300.0, 3, 7, 10)
    load = _added_up(request, [Served(failures=3, first_failure="X")], 10 * MS, 1e5)
    assert (load.completed, load.failures, load.mean_response_ns) == (0, 3, 0.0)


def test_what_a_client_is_told_survives_the_way_to_its_process() -> None:
    """Pickled by the pipe."""
    import pickle

    from fixtures.worker.open_loop import EmptyArriving

    for kind in (Arriving, EmptyArriving):
        job = kind("c", 10, Arrivals.POISSON, 100.0, 5, 3)
        again = pickle.loads(pickle.dumps(job))
        assert type(again) is kind
        assert again.due() == job.due()
