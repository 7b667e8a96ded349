"""Load over real clients and servers: a stall that hides in a closed loop and shows in an open one, and whole runs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from analysis.highest_rate import Found
from analysis.histograms import percentile_ns
from analysis.load import outcome_of, steady
from analysis.observed_load import Arrivals, ClosedLoopRan, OpenLoad, OpenLoopRan, RateProbed
from analysis.rows import Outcome
from fixtures.drivers.base import Tier
from fixtures.drivers.exact import STORE
from fixtures.errors import UsageError
from fixtures.load_plan import LoadPlan, OfferedRate, read_load_plan
from fixtures.targets import Runnable, Target, resolve
from fixtures.tiers import start
from fixtures.worker import messages as say
from fixtures.worker.client import WorkerClient
from fixtures.worker.crowd import CROWD
from tests.suite import ROOT, Ran, command, environment, run_suite

K, MS = 5, 1e6
STALL_S = 1.0
_Answer = TypeVar("_Answer")


@contextmanager
def connected(tier: Tier, folder: Path) -> Iterator[tuple[WorkerClient, list[int]]]:
    """A worker of our own store with a little data, and its server's processes."""
    found = resolve(Target(STORE, tier))
    assert isinstance(found, Runnable)
    rows = np.random.default_rng(0).standard_normal((200, 16)).astype(np.float32)
    np.save(folder / "train.npy", rows)
    np.save(folder / "queries.npy", rows[:20])
    np.save(folder / "neighbors.npy", np.argsort(-(rows[:20] @ rows.T), axis=1)[:, :K].astype(np.int32))
    running = start(found.target.name, found.target.spec, found.program)
    worker = WorkerClient(found.target.name, folder / "worker.log")
    try:
        running.wait_ready(60)
        files = (str(folder / f"{name}.npy") for name in ("train", "queries", "neighbors"))
        worker.ask(say.Load(*files), say.Done, 60)
        at, pids = running.endpoint, list(running.pids())
        crowd = say.Preload((), CROWD) if pids else None
        connect = say.Connect(found.target.spec.driver, str(at.folder), dict(at.ports), at.host, crowd)
        worker.ask(connect, say.Connected, 60)
        worker.ask(say.Create("a", 16, "cosine", 16, 128, 64), say.Done, 60)
        worker.ask(say.Insert(0, 200), say.Done, 60)
        yield worker, pids
    finally:
        worker.close()
        running.stop()


def closed(worker: WorkerClient, operations: int) -> say.ClosedLooped:
    """One client in a closed loop."""
    return worker.ask(say.ClosedLoop("a", operations, K), say.ClosedLooped, 120)


def opened(worker: WorkerClient, rate: float, operations: int, arrivals: Arrivals = Arrivals.POISSON) -> OpenLoad:
    """All clients in an open loop."""
    return worker.ask(say.OpenLoop("a", arrivals, rate, operations, 1, K), say.OpenLooped, 120).load


@pytest.mark.parametrize("tier", [Tier.EMBEDDED, Tier.PROCESS])
def test_every_arrival_is_served_once_whoever_the_clients_are(tier: Tier, tmp_path: Path) -> None:
    """Threads of an embedded engine, processes for a server."""
    with connected(tier, tmp_path) as (worker, _):
        rate = closed(worker, 100).rate
        for arrivals in Arrivals:
            load = opened(worker, rate / 4, 120, arrivals)
            assert (load.completed, load.failures, load.clients) == (120, 0, CROWD)
            assert load.mean_response_ns >= load.mean_service_ns > 0
            # Nothing is answered before it was due, so the last answer is after the last arrival.
            assert load.wall_ns >= load.span_ns - 1e9 / load.rate
            assert load.highest_rate > rate


def test_what_the_store_raises_is_counted_and_told(tmp_path: Path) -> None:
    """A search that fails has no response time."""
    with connected(Tier.PROCESS, tmp_path) as (worker, _):
        opened(worker, 100, 10)
        load = worker.ask(say.OpenLoop("a", Arrivals.POISSON, 500.0, 20, 1, 0), say.OpenLooped, 60).load
        assert (load.completed, load.failures) == (0, 20)
        assert "k must be at least 1" in load.first_failure


def stopped_for_a_second(pids: list[int], ask: Callable[[], _Answer]) -> _Answer:
    """Stop the server while this is asked, and let it go on a second later."""

    def signal_all(number: int) -> None:
        for pid in pids:
            os.kill(pid, number)

    stop = threading.Timer(0.3, signal_all, [signal.SIGSTOP])
    go_on = threading.Timer(0.3 + STALL_S, signal_all, [signal.SIGCONT])
    try:
        stop.start()
        go_on.start()
        return ask()
    finally:
        stop.join()
        go_on.join()


def test_a_server_stopped_for_a_second_hides_in_the_closed_loop_and_shows_in_the_open_one(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Coordinated omission: one search in a closed loop waits, and none is asked meanwhile. `-s` prints both."""
    with connected(Tier.PROCESS, tmp_path) as (worker, pids):
        # What either loop does in three seconds, so that a second of them is a good part.
        rate = closed(worker, 200).rate
        operations = max(400, round(3 * rate))
        opened(worker, rate / 2, 50)
        hidden = stopped_for_a_second(pids, lambda: closed(worker, operations))
        shown = stopped_for_a_second(pids, lambda: opened(worker, rate / 2, max(400, round(1.5 * rate))))
    figures = {
        "closed loop p99, ms": percentile_ns((hidden.service,), 99) / MS,
        "closed loop maximum, ms": percentile_ns((hidden.service,), 100) / MS,
        "open loop p99 from when a search was due, ms": percentile_ns((shown.response,), 99) / MS,
        "open loop p99 from when it began, ms": percentile_ns((shown.service,), 99) / MS,
    }
    for name, value in figures.items():
        record_property(name, value)
        print(f"{name}: {value:.3g}")
    stall_ms = 1000 * STALL_S
    assert figures["closed loop maximum, ms"] > 0.9 * stall_ms, figures
    assert figures["closed loop p99, ms"] < stall_ms / 2, figures
    assert figures["open loop p99 from when a search was due, ms"] > stall_ms / 2, figures


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run with both studies: at a tenth of the closed loop, and a limit that a search keeps easily when alone."""
    studies = ("--open-loop=10%", "--arrivals=constant", "--p99-limit=200")
    one = ("--scale=small", "--launches=1", "--target=exact@process", "--gate=off")
    return run_suite(tmp_path_factory.mktemp("load"), *one, *studies)


def test_a_run_that_asks_for_load_has_its_rows(ran: Ran) -> None:
    """And says in its record what was asked for. On a busy machine they may be invalid, with a reason."""
    assert ran.status == 0, ran.output
    rows = {row.metric.name: row for row in ran.rows.values() if row.metric.study}
    assert set(rows) == {
        "open_loop_p50_response_ms",
        "open_loop_p99_response_ms",
        "open_loop_p99_service_ms",
        "highest_rate_under_p99_limit",
    }
    for row in rows.values():
        assert row.outcome is Outcome.MEASURED or row.reason, row
    options = ran.record.run.options
    assert options["studies"] == "open-loop,p99-limit"
    assert (options["open-loop"], options["arrivals"], options["p99-limit"]) == ("10%", "constant", "200")
    assert "open_loop_p99_response_ms" in ran.output


def test_the_rate_is_the_share_of_the_closed_loop_of_the_same_launch(ran: Ran) -> None:
    """Four windows, of different seeds."""
    (alone,) = [one for one in ran.record.observations if isinstance(one, ClosedLoopRan)]
    loads = [one.load for one in ran.record.observations if isinstance(one, OpenLoopRan)]
    assert len(loads) == 4
    assert [load.rate for load in loads] == pytest.approx([alone.rate / 10] * 4)
    assert len({load.seed for load in loads}) == 4
    assert all(load.completed == LoadPlan().arrivals_in_window(load.rate) for load in loads)


def test_every_probe_of_the_highest_rate_is_in_the_record_with_its_verdict(ran: Ran) -> None:
    """Fresh arrivals each; what held kept within the limit and was steady."""
    probes = [one for one in ran.record.observations if isinstance(one, RateProbed)]
    assert len({probe.load.seed for probe in probes}) == len(probes) >= 3
    for probe in probes:
        within = percentile_ns((probe.load.response,), 99) <= probe.limit_ms * MS
        assert probe.held is (within and steady(probe.load)), probe.verdict
    outcome = outcome_of(probes)
    assert outcome is not None
    if isinstance(outcome, Found):
        assert outcome.holds < outcome.fails


def test_a_run_that_does_not_ask_has_no_such_rows(tmp_path: Path) -> None:
    """Not even skipped ones."""
    none = run_suite(tmp_path, "--scale=small", "--target=exact@embedded", "-k", "test_load")
    assert none.status == pytest.ExitCode.NO_TESTS_COLLECTED, none.output


def test_rows_that_were_named_without_their_study_are_a_usage_error(tmp_path: Path) -> None:
    """A green run of nothing would be one to trust."""
    arguments = command(tmp_path / "results", "--scale=small", "--target=exact@embedded")
    named = ["benchmarks/test_load.py" if argument == "benchmarks/" else argument for argument in arguments]
    done = subprocess.run(named, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "belongs to a study that was not asked for (open-loop, p99-limit)" in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("rate", "arrivals", "limit", "told"),
    [
        ("0", "", "", "--open-loop must be more than 0 operations a second, not 0. Try 50%."),
        ("-5", "", "", "--open-loop must be more than 0 operations a second, not -5."),
        ("0%", "", "", "--open-loop must be more than 0 per cent, not 0."),
        ("fast", "", "", "--open-loop must be a number of operations a second, not 'fast'."),
        ("nan", "", "", "--open-loop must be more than 0 operations a second, not nan."),
        ("inf", "", "", "--open-loop must be more than 0 operations a second, not inf."),
        ("50%", "uniform", "", "--arrivals must be one of poisson, constant, not 'uniform'."),
        ("", "", "0", "--p99-limit must be more than 0 milliseconds, not 0."),
        ("", "", "-1", "--p99-limit must be more than 0 milliseconds, not -1."),
        ("", "", "soon", "--p99-limit must be a number of milliseconds, not 'soon'."),
    ],
)
def test_a_load_that_cannot_be_is_a_usage_error(rate: str, arrivals: str, limit: str, told: str) -> None:
    """What was wrong, what was seen, what to do next."""
    with pytest.raises(UsageError) as error:
        read_load_plan(rate, arrivals, limit, 0)
    assert told in str(error.value)


def test_a_usage_error_of_a_load_ends_the_session_before_anything_is_measured(tmp_path: Path) -> None:
    """As with any option."""
    ran = run_suite(tmp_path, "--open-loop=0", "--scale=small", "--target=exact@embedded")
    assert ran.status == pytest.ExitCode.USAGE_ERROR
    assert "--open-loop must be more than 0" in ran.output


def test_a_rate_beyond_what_the_clients_send_is_told_in_the_row(tmp_path: Path) -> None:
    """A thousand million a second; the other rows are whole."""
    one = ("--scale=small", "--launches=1", "--target=exact@embedded", "--gate=off")
    ran = run_suite(tmp_path, *one, "--open-loop=1e9", "-k", "open_loop or p50")
    rows = {row.metric.name: row for row in ran.rows.values()}
    assert rows["open_loop_p99_response_ms"].outcome is Outcome.INVALID
    assert "1,000,000,000 operations/s were asked for, and the clients can send" in ran.output.replace("\n", " ")
    assert rows["p50_latency_ms"].invalid_values or rows["p50_latency_ms"].values


def test_a_limit_that_the_lowest_rate_breaks_is_told_in_the_row(tmp_path: Path) -> None:
    """A microsecond for a request over HTTP."""
    one = ("--scale=small", "--launches=1", "--target=exact@process", "--gate=off")
    ran = run_suite(tmp_path, *one, "--p99-limit=0.001", "-k", "test_load")
    (row,) = [row for row in ran.rows.values() if row.metric.study]
    assert row.outcome is Outcome.NOT_APPLICABLE
    assert "p99 under 0.001 ms: it does not hold even at" in row.reason


def test_windows_are_as_long_as_they_may_be() -> None:
    """A slow store gets fewer arrivals a window, but a p99 needs a hundred."""
    plan = LoadPlan(rate=OfferedRate(50, is_share=True))
    assert plan.studies == ("open-loop",)
    assert (plan.arrivals_in_window(1000), plan.arrivals_in_window(3), plan.arrivals_in_window(0.01)) == (250, 30, 1)
    assert (plan.arrivals_in_probe(1000), plan.arrivals_in_probe(20), plan.arrivals_in_probe(1)) == (500, 200, 100)
    assert plan.stored() == {"open-loop": "50%", "arrivals": "poisson", "p99-limit": ""}
    assert LoadPlan().stored() == {"open-loop": "", "arrivals": "", "p99-limit": ""}
