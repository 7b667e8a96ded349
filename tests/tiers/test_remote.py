"""A server of somebody else is used and left as it was: only collections of ours come and go, and no key is told."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.rows import Outcome, RowKey
from fixtures.cgroups import Unweighed
from fixtures.drivers.base import Command, Drops, Place, Process, Remote, Space, Store, Tier
from fixtures.drivers.chroma import ChromaHttp
from fixtures.drivers.weaviate import WeaviateServer
from fixtures.errors import StartFailed
from fixtures.ledger import sweep
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process
from fixtures.tiers.base import Apart
from fixtures.tiers.process import ProcessRunning
from fixtures.tiers.remote import main, start
from tests.drivers.test_contract import DIMENSIONS, TRAIN
from tests.suite import BRIEF, ROOT

CHROMA, WEAVIATE = known_stores(())["chroma"], known_stores(())["weaviate"]
KEY = "a-key-that-nobody-else-has-7f3a"
CHROMA_KEY = "VEXFS_BENCH_CHROMA_API_KEY"


def attached(store: Store, url: str) -> Remote:
    """The store's remote spec with this server."""
    spec = store.tiers[Tier.REMOTE]
    assert isinstance(spec, Remote)
    return replace(spec, url=url)


@pytest.fixture(scope="module")
def server() -> Iterator[ProcessRunning]:
    """A Chroma that somebody else runs, as far as the suite knows."""
    found = resolve(Target(CHROMA, Tier.PROCESS))
    assert isinstance(found, Runnable)
    spec = found.target.spec
    assert isinstance(spec, Process)
    running = process.start("somebody@process", spec, found.program)
    try:
        running.wait_ready(60)
        yield running
    finally:
        running.stop()


@contextmanager
def guard(upstream: int, key: str, requests: int = 1 << 30) -> Iterator[str]:
    """A proxy that wants a key before it hands a request on, as servers of others have: its URL.

    After so many requests it takes the key no more. It says the key that it was given, as servers of others may.
    """
    left = itertools.count(requests, -1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body in one write: two would wait for a delayed acknowledgement.
        wbufsize = 1 << 16

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            right = self.headers.get("Authorization") == f"Bearer {key}" and next(left) > 0
            if self.path != "/api/v2/heartbeat" and not right:
                told = f"no such key: {self.headers.get('Authorization')}".encode()
                self.send_response(401)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)
                return
            from http.client import HTTPConnection

            connection = HTTPConnection("127.0.0.1", upstream, timeout=60)
            own = ("host", "accept-encoding")
            kept = {name: value for name, value in self.headers.items() if name.lower() not in own}
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            text = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join()


def collections(server: ProcessRunning) -> set[str]:
    """What the server has, by its own word."""
    driver = ChromaHttp(server.endpoint)
    names = {one.name for one in driver._client.list_collections()}
    driver.close()
    return names


def theirs(server: ProcessRunning) -> set[str]:
    """A collection that is not ours, with a vector in it; what there is then."""
    driver = ChromaHttp(server.endpoint)
    if "precious" not in collections(server):
        driver.create("precious", Space(DIMENSIONS))
        driver.insert([1], TRAIN[:1])
    driver.close()
    return collections(server)


def test_only_collections_of_ours_come_and_go(server: ProcessRunning) -> None:
    """Each launch has names of its own; what was there stays."""
    before = theirs(server)
    running, other = (start("chroma@remote", attached(CHROMA, server.endpoint.http)) for _ in range(2))
    assert isinstance(running, Apart)
    running.wait_ready(30)
    names = [running.collection(0), running.collection(1), other.collection(0)]
    assert len(set(names)) == 3
    driver = ChromaHttp(running.endpoint)
    assert isinstance(driver, Drops)
    for name in names:
        driver.create(name, Space(DIMENSIONS))
    driver.close()
    assert collections(server) == before | set(names)
    running.stop()
    assert collections(server) == before | {names[2]}
    other.stop()
    running.stop()
    assert collections(server) == before
    assert server.alive()
    assert not running.endpoint.folder.exists()


def test_its_memory_is_not_ours_to_read_and_its_address_is_told(server: ProcessRunning) -> None:
    """With the reason, and without any key."""
    running = start("chroma@remote", attached(CHROMA, server.endpoint.http))
    meter = running.meter()
    assert isinstance(meter, Unweighed)
    assert "somebody else's" in meter.reason
    assert running.settings() == {"remote.url": server.endpoint.http, "remote.api_key": "none"}
    assert running.pids() == ()
    assert running.alive()
    running.stop()


def keyed(spec: Process) -> Process:
    """The same server, with an API key instead of anonymous access."""

    def command(place: Place) -> Command:
        plain = spec.command(place)
        keys = {
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
            "AUTHENTICATION_APIKEY_ENABLED": "true",
            "AUTHENTICATION_APIKEY_ALLOWED_KEYS": KEY,
            "AUTHENTICATION_APIKEY_USERS": "somebody",
        }
        return Command(plain.arguments, {**plain.environment, **keys})

    return replace(spec, command=command)


def test_a_weaviate_with_api_keys_is_attached_to_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP and gRPC; a wrong key is told; its names begin with a capital letter there."""
    found = resolve(Target(WEAVIATE, Tier.PROCESS))
    if not isinstance(found, Runnable) or not isinstance(found.target.spec, Process):
        pytest.skip("no Weaviate here")
    server = process.start("weaviate@process", keyed(found.target.spec), found.program)
    try:
        server.wait_ready(60)
        spec = attached(WEAVIATE, f"{server.endpoint.http}?grpc={server.endpoint.ports['grpc']}")
        monkeypatch.setenv(spec.key, "wrong")
        running = start("weaviate@remote", spec)
        with pytest.raises(StartFailed, match=f"(?s)refused the API key .*{spec.key}"):
            running.wait_ready(30)
        monkeypatch.setenv(spec.key, KEY)
        running.wait_ready(30)
        driver = WeaviateServer(replace(running.endpoint, key=KEY))
        driver.create("theirs", Space(DIMENSIONS))
        driver.create(running.collection(0), Space(DIMENSIONS))
        driver.insert(range(10), TRAIN[:10])
        assert driver.count() == 10
        assert list(driver.search(TRAIN[3], 1)) == [3]
        running.stop()
        assert list(driver._client.collections.list_all()) == ["Theirs"]
        driver.close()
    finally:
        server.stop()


@pytest.mark.parametrize(("key", "told"), [("", "wants an API key"), ("wrong", "refused the API key")])
def test_a_missing_or_wrong_key_is_told_with_its_variable(
    server: ProcessRunning, monkeypatch: pytest.MonkeyPatch, key: str, told: str
) -> None:
    """And not with the key."""
    monkeypatch.setenv(CHROMA_KEY, key)
    with guard(server.endpoint.ports["http"], KEY) as url:
        running = start("chroma@remote", attached(CHROMA, url))
        with pytest.raises(StartFailed, match=told) as caught:
            running.wait_ready(10)
        running.stop()
    assert CHROMA_KEY in str(caught.value)
    assert not key or key not in str(caught.value).replace("wrong one", "")


def test_a_server_that_cannot_be_reached_or_is_another_one_is_told(tmp_path: Path) -> None:
    """Without waiting as long as for a start of our own."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        running = start("chroma@remote", attached(CHROMA, f"http://127.0.0.1:{held.getsockname()[1]}"))
        with pytest.raises(StartFailed, match=r"gave .*refused.* for 1 s"):
            running.wait_ready(1)
        assert not running.alive()
        running.stop()


def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """TLS is not switched off for anybody."""
    import ssl

    wanted = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key -out certificate"
    command = f"openssl {wanted}".split(" ")
    made = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("openssl is not installed")
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running = start("chroma@remote", attached(CHROMA, f"https://localhost:{server.server_address[1]}"))
        try:
            with pytest.raises(StartFailed, match="CERTIFICATE_VERIFY_FAILED"):
                running.wait_ready(1)
        finally:
            running.stop()
            server.shutdown()
            thread.join()


def test_a_key_that_goes_without_tls_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it stays on this machine."""
    monkeypatch.setenv(CHROMA_KEY, KEY)
    with pytest.warns(UserWarning, match="without TLS") as caught:
        running = start("chroma@remote", attached(CHROMA, "http://db.example:8000"))
    running.stop()
    assert KEY not in str(caught[0].message)


def test_what_a_dead_suite_left_there_is_removed_and_nothing_else(
    server: ProcessRunning, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the names in its ledger."""
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    before = theirs(server)
    script = (
        "import os, sys; from dataclasses import replace\n"
        "from fixtures.drivers.chroma import ChromaHttp; from fixtures.drivers.base import Space\n"
        "from fixtures.targets import known_stores\n"
        "from fixtures.tiers.remote import start\n"
        "made = start('chroma@remote', replace(known_stores(())['chroma'].tiers['remote'], url=sys.argv[1]))\n"
        "name = made.collection(0); ChromaHttp(made.endpoint).create(name, Space(4))\n"
        "print(name, flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, server.endpoint.http],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 9, done.stderr
    name = done.stdout.strip()
    assert collections(server) == before | {name}
    assert f"collection {name} on {server.endpoint.http}" in sweep()
    assert collections(server) == before


def test_the_key_is_in_no_word_of_a_failed_removal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the server says it back."""
    monkeypatch.setenv(CHROMA_KEY, KEY)
    with guard(1, "another") as url:
        port = url.rpartition(":")[2]
        assert main("fixtures.drivers.chroma:ChromaHttp", url, CHROMA_KEY, f'{{"http": {port}}}', "some") == 1
    told = capsys.readouterr()
    assert KEY not in told.out + told.err
    assert "some on http://127.0.0.1" in told.err


def test_a_server_that_vanishes_in_mid_run_is_a_named_row_and_the_others_are_whole(tmp_path: Path) -> None:
    """It is killed once the run searches."""
    from tests.test_faults import under_way

    found = resolve(Target(CHROMA, Tier.PROCESS))
    assert isinstance(found, Runnable)
    assert isinstance(found.target.spec, Process)
    server = process.start("somebody@process", found.target.spec, found.program)
    try:
        server.wait_ready(60)
        (pid,) = server.pids()
        arguments = (
            f"--target=chroma@url={server.endpoint.http}",
            "--target=exact@process",
            "--launches=2",
            *("-k", "p50", *BRIEF),
        )
        with under_way(tmp_path, *arguments) as suite:
            os.kill(pid, signal.SIGKILL)
            output, _ = suite.communicate(timeout=200)
    finally:
        server.stop()
    from analysis.records import read_record
    from analysis.rows import rows_of

    (folder,) = [path.parent for path in (tmp_path / "results").glob("*/run.json")]
    rows = {row.key: row for row in rows_of(read_record(folder))}
    lost = rows[RowKey("p50_latency_ms", "small", "chroma@remote")]
    assert lost.outcome is Outcome.FAILED, output
    assert "a server of somebody else" in lost.reason
    whole = rows[RowKey("p50_latency_ms", "small", "exact@process")]
    assert len(whole.values) + len(whole.invalid_values) == 2
