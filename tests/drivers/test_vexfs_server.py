"""The driver of VexFS's server, against one that speaks as VexFS does (`tests.vexfs_standin`) and is not VexFS."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.drivers.base import Endpoint, Matrix, SearchPathKind, Space
from fixtures.drivers.vexfs_server import BODY_LIMIT, VexfsServer
from tests import vexfs_standin
from tests.suite import ROOT, environment

KEY = "open-sesame"


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[int]:
    """Its port, while it serves."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """The stand-in."""
    made = vexfs_standin.serve("127.0.0.1", 0, KEY)
    with served(made):
        yield made


def connected(server: ThreadingHTTPServer, key: str = KEY) -> VexfsServer:
    """A driver on it."""
    return VexfsServer(Endpoint(Path(), {"http": server.server_address[1]}, key=key))


def handler(server: ThreadingHTTPServer) -> Any:
    """What it serves with."""
    return server.RequestHandlerClass


def unit(count: int, dimensions: int) -> Matrix:
    """Random directions."""
    vectors = np.random.default_rng(0).standard_normal((count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_it_keeps_the_drivers_contract() -> None:
    """The whole suite of it, in a process of its own, on the target of a plug-in."""
    arguments = ["tests/drivers/test_contract.py", "-p", "tests.plugins.standin_vexfs", "-k", "standin", "-q", "-rs"]
    command = [sys.executable, "-m", "pytest", *arguments, "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "15 passed, 3 skipped" in done.stdout, done.stdout


def test_a_batch_goes_in_as_many_requests_as_the_body_limit_makes_of_it(server: ThreadingHTTPServer) -> None:
    """No body is longer, none could have taken a vector more, and all arrive."""
    driver, vectors = connected(server), unit(400, 1024)
    driver.create("big", Space(1024))
    handler(server).bodies.clear()
    driver.insert(range(400), vectors)
    bodies = list(handler(server).bodies)
    assert max(bodies) <= BODY_LIMIT == vexfs_standin.BODY_LIMIT
    a_vector = sum(bodies) / 400
    assert len(bodies) == 3
    assert all(BODY_LIMIT - body < 1.1 * a_vector for body in bodies[:-1])
    assert driver.count() == 400
    assert list(driver.search(vectors[399], 1)) == [399]
    driver.close()


@pytest.mark.parametrize("spare", [0, -1])
def test_a_body_that_just_fits_is_one_request(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    """And one byte less of room makes it two: commas and brackets are counted."""
    driver = connected(server)
    driver.create("small", Space(4))
    handler(server).bodies.clear()
    driver.insert([1, 2], np.eye(4, dtype=np.float32)[:2])
    (together,) = handler(server).bodies
    handler(server).bodies.clear()
    monkeypatch.setattr("fixtures.drivers.vexfs_server.BODY_LIMIT", together + spare)
    driver.insert([1, 2], np.eye(4, dtype=np.float32)[:2])
    assert len(handler(server).bodies) == (1 if spare == 0 else 2)
    driver.close()


def test_a_vector_that_is_too_long_by_itself_is_an_error(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be in no request."""
    driver = connected(server)
    driver.create("small", Space(4))
    monkeypatch.setattr("fixtures.drivers.vexfs_server.BODY_LIMIT", 30)
    with pytest.raises(ValueError, match="one vector is"):
        driver.insert([1], np.full((1, 4), 0.123456789, dtype=np.float32))
    driver.close()


def test_text_gives_every_float32_back(server: ThreadingHTTPServer) -> None:
    """Nine digits do."""
    driver, vectors = connected(server), unit(20, 64)
    driver.create("exactly", Space(64))
    driver.insert(range(20), vectors)
    kept = [vector for vector, _ in handler(server).store.collections["exactly"].values()]
    assert np.array_equal(np.array(kept, dtype=np.float32), vectors)
    driver.close()


def test_one_connection_serves_all_requests_and_is_made_anew_after_a_broken_one(server: ThreadingHTTPServer) -> None:
    """A failure is a failure; what comes after it is not its victim."""
    driver = connected(server)
    driver.create("kept", Space(4))
    before = driver._socket
    driver.insert([1], np.eye(4, dtype=np.float32)[:1])
    assert driver._socket is before
    assert before is not None
    before.shutdown(2)
    with pytest.raises(OSError, match=r"."):
        driver.search(np.eye(4, dtype=np.float32)[0], 1)
    assert list(driver.search(np.eye(4, dtype=np.float32)[0], 1)) == [1]
    driver.close()


def test_a_wrong_key_is_told_with_the_servers_words(server: ThreadingHTTPServer) -> None:
    """And not with the key."""
    driver = connected(server, "wrong-key")
    with pytest.raises(ValueError, match=r"status 401.*Invalid API key") as caught:
        driver.create("mine", Space(4))
    assert "wrong-key" not in str(caught.value)
    driver.close()


def test_a_server_that_is_not_vexfs_is_refused_at_once() -> None:
    """With what it said, and what to mend."""
    folders = ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    with served(folders) as port, pytest.raises(ValueError, match="status 404"):
        VexfsServer(Endpoint(Path(), {"http": port}))

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'"1.0.0"')

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    wanted = r"not VexFS's.*1\.0\.0.*VEXFS_SERVER_BIN"
    with served(ThreadingHTTPServer(("127.0.0.1", 0), Other)) as port, pytest.raises(ValueError, match=wanted):
        VexfsServer(Endpoint(Path(), {"http": port}))


def test_a_collection_of_another_client_is_searched_and_not_counted(server: ThreadingHTTPServer) -> None:
    """Counting takes a vector of its dimension, which only its maker knows."""
    maker, other = connected(server), connected(server)
    maker.create("shared", Space(4))
    maker.insert([3], np.eye(4, dtype=np.float32)[:1])
    other.use("shared")
    assert list(other.search(np.eye(4, dtype=np.float32)[0], 1)) == [3]
    with pytest.raises(ValueError, match="was not made by this client"):
        other.count()
    maker.close()
    other.close()


def test_it_says_that_it_is_brute_force_and_how_a_batch_goes(server: ThreadingHTTPServer) -> None:
    """What the record keeps of it."""
    driver = connected(server)
    assert driver.evidence().kind is SearchPathKind.BRUTE_FORCE
    settings = driver.describe().settings
    assert "2,097,152" in settings["insert"]
    assert settings["durability"] == "in memory"
    assert KEY not in str(settings)
    driver.close()
