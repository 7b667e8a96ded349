"""Listeners: all that we start listens on loopback or in a network of the suite's own, by the kernel's word."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analysis.observations import Observation, TargetStarted
from fixtures.drivers.base import Embedded, Mount, Process
from fixtures.lane import Lane, Patience
from fixtures.listeners import Listener, listeners_of
from fixtures.network import OPEN, Network, Open, Private, joined, private_network
from fixtures.processes import clean_environment, spawn
from fixtures.targets import Runnable, known_stores, resolve, select
from fixtures.tiers.base import Running
from fixtures.worker.client import WorkerClient
from fixtures.workloads import scale_named, workload_for
from tests.suite import ROOT

SPECS = {f"{one.name}@{tier}": spec for one in known_stores(()).values() for tier, spec in one.tiers.items()}
SERVERS = [name for name, spec in SPECS.items() if isinstance(spec, Process)]
OTHERS = [name for name, spec in SPECS.items() if isinstance(spec, (Embedded, Mount))]
# What a server listens on beyond loopback, where it has no network to itself.
EXCEPTIONS = {"weaviate@process": {"data", "grpc", "metrics"}}


@contextmanager
def up(name: str, network: Network | None = None) -> Iterator[tuple[Running, WorkerClient, TargetStarted]]:
    """A target as a run starts it: its server, its worker, and what stands in the record."""
    (target,) = select(known_stores(()), (name,))
    found = resolve(target)
    if not isinstance(found, Runnable):
        pytest.skip(f"{found.reason} {found.remedy}")
    scale = scale_named("small")
    seen: list[Observation] = []
    lane = Lane(found, scale, workload_for(scale, 0, None), 0, seen.append, Patience())
    if network is not None:
        lane.network = network
    try:
        lane.come_up()
        running, worker = lane._started()
        (told,) = [one for one in seen if isinstance(one, TargetStarted)]
        yield running, worker, told
    finally:
        lane.stop()


def told(listeners: list[Listener]) -> str:
    """For the words of a failure."""
    return ", ".join(f"{one.protocol} {one.address}:{one.port} of {one.pid}" for one in listeners)


@pytest.mark.parametrize("name", [*SERVERS, *OTHERS])
def test_every_listener_that_a_run_starts_is_out_of_others_reach(name: str) -> None:
    """Server, worker and all that they start; TCP and UDP, both versions of IP."""
    with up(name) as (running, worker, started):
        found = listeners_of([*running.pids(), worker.pid])
        exposed = [one for one in found if one.exposed]
        allowed = EXCEPTIONS.get(name, set()) if isinstance(private_network(), Open) else set()
        assert {one.port for one in exposed} <= {running.endpoint.ports[port] for port in allowed}, told(exposed)
        # Where nothing was seen, nothing was checked.
        assert {one.port for one in found} >= {port for key, port in running.endpoint.ports.items() if key == "http"}
        # An engine that lives in the worker may talk to itself; a client has no reason to listen.
        assert name in OTHERS or told(listeners_of([worker.pid])) == ""
        if running.endpoint.ports and isinstance(private_network(), Private):
            assert started.settings["network"] == "a private namespace"


def network_of(pid: int) -> int:
    """The network that a process is in."""
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


@pytest.fixture
def ours() -> Private:
    """The suite's own network."""
    network = private_network()
    if isinstance(network, Open):
        pytest.skip(network.reason)
    return network


@pytest.mark.parametrize("name", ["chroma@process", "exact@process"])
def test_a_server_shares_a_network_of_its_own_with_its_worker_alone(name: str, ours: Private) -> None:
    """Nothing but loopback is in it, and who stands outside finds nobody at its port."""
    with up(name) as (running, worker, started):
        (pid,) = running.pids()
        assert network_of(pid) == network_of(worker.pid) != network_of(psutil.Process().pid)
        devices = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in devices] == ["lo"]
        assert started.settings["network"] == "a private namespace"
        http = ("127.0.0.1", running.endpoint.ports["http"])
        with pytest.raises(ConnectionRefusedError), socket.create_connection(http, timeout=5):
            pass
        with joined(ours), socket.create_connection(http, timeout=5):
            pass


@pytest.mark.parametrize("name", SERVERS)
def test_without_a_network_of_its_own_a_server_listens_on_loopback_or_is_a_listed_exception(name: str) -> None:
    """As for whoever is not root; the record and a warning say so, and the page lists it."""
    wanted = EXCEPTIONS.get(name, set())
    (target,) = select(known_stores(()), (name,))
    assert isinstance(target.spec, Process)
    if not wanted:
        with up(name, OPEN) as (running, _, started):
            assert told([one for one in listeners_of(running.pids()) if one.exposed]) == ""
            assert started.settings["network"] == "loopback"
        return
    with pytest.warns(UserWarning, match=f"{name} listens on every interface .*data, grpc, metrics"):  # noqa: SIM117
        with up(name, OPEN) as (running, _, started):
            exposed = {one.port for one in listeners_of(running.pids()) if one.exposed}
    assert exposed == {running.endpoint.ports[port] for port in wanted}
    assert started.settings["network"] == f"loopback, and every interface: {', '.join(sorted(wanted))}"
    assert f"| `{name}` | {', '.join(sorted(wanted))} |" in (ROOT / "docs/security.md").read_text()


@pytest.mark.parametrize(
    ("family", "kind", "address", "protocol", "exposed"),
    [
        ("AF_INET", "SOCK_STREAM", "127.0.0.1", "tcp", False),
        ("AF_INET", "SOCK_STREAM", "127.1.2.3", "tcp", False),
        ("AF_INET", "SOCK_STREAM", "0.0.0.0", "tcp", True),
        ("AF_INET6", "SOCK_STREAM", "::1", "tcp6", False),
        ("AF_INET6", "SOCK_STREAM", "::", "tcp6", True),
        ("AF_INET6", "SOCK_STREAM", "::ffff:127.0.0.1", "tcp6", False),
        ("AF_INET", "SOCK_DGRAM", "0.0.0.0", "udp", True),
        ("AF_INET", "SOCK_DGRAM", "127.0.0.1", "udp", False),
        ("AF_INET6", "SOCK_DGRAM", "::", "udp6", True),
    ],
)
def test_a_listener_is_seen_where_it_is(
    tmp_path: Path, family: str, kind: str, address: str, protocol: str, exposed: bool
) -> None:
    """Of a real process; else the tests above could not fail."""
    if "6" in family and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    script = (
        f"import socket, sys; s = socket.socket(socket.{family}, socket.{kind}); s.bind(({address!r}, 0))\n"
        f"if {kind == 'SOCK_STREAM'}: s.listen()\n"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    child = spawn([sys.executable, "-c", script], environment=clean_environment(), log=tmp_path / "log", pipes=True)
    try:
        port = int(child.stdout.readline())
        (found,) = listeners_of([child.pid])
        assert (found.protocol, found.port, found.exposed) == (protocol, port, exposed)
        assert found.address == address
    finally:
        child.kill()


def test_a_connection_is_no_listener(tmp_path: Path) -> None:
    """Of a client, nobody can be let in."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"import socket, sys; s = socket.create_connection(('127.0.0.1', {server.getsockname()[1]})); input()"
        child = spawn([sys.executable, "-c", script], environment=clean_environment(), log=tmp_path / "log", pipes=True)
        try:
            server.accept()
            assert listeners_of([child.pid]) == []
        finally:
            child.kill()


def test_only_the_thread_that_enters_is_in_the_network_and_it_comes_back(ours: Private) -> None:
    """Also after an error; the sampler and others read on where they were."""
    own = Path("/proc/thread-self/ns/net")
    before = own.stat().st_ino
    with ThreadPoolExecutor(1) as other:
        # Now its thread is there.
        assert other.submit(lambda: own.stat().st_ino).result() == before
        with joined(ours):
            assert own.stat().st_ino != before
            assert other.submit(lambda: own.stat().st_ino).result() == before
    assert own.stat().st_ino == before
    with pytest.raises(FileNotFoundError), joined(ours):
        Path("/nowhere").stat()
    assert own.stat().st_ino == before
    assert private_network() == ours


def test_where_no_network_may_be_made_the_reason_is_kept(tmp_path: Path) -> None:
    """As for a user who is not root."""
    script = "import os; from fixtures.network import private_network; "
    drop = f"{script} os.setgid(65534); os.setuid(65534); print(private_network())"
    environment = {**clean_environment(), "PYTHONPATH": str(ROOT)}
    if psutil.Process().uids().effective != 0:
        pytest.skip("only root can become somebody else")
    child = spawn([sys.executable, "-c", drop], environment=environment, log=tmp_path / "log")
    assert child.wait(60) == 0, child.log_tail()
    # The whole log: where coverage is counted, that user cannot write it down, and says so last.
    assert "no network namespace can be made: Operation not permitted" in (tmp_path / "log").read_text()
