"""Our server over a real socket: its answers and its errors."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest

from fixtures.drivers.base import Endpoint, Tier
from fixtures.drivers.exact import STORE, ExactHttp
from fixtures.targets import Runnable, Target, resolve
from fixtures.tiers import start


@pytest.fixture(scope="module")
def connection() -> Iterator[HTTPConnection]:
    """A kept-alive connection to a started server."""
    found = resolve(Target(STORE, Tier.PROCESS))
    assert isinstance(found, Runnable)
    running = start("exact@process", found.target.spec, found.program)
    try:
        running.wait_ready(30)
        made = HTTPConnection("127.0.0.1", running.endpoint.ports["http"])
        yield made
        made.close()
    finally:
        running.stop()


def ask(connection: HTTPConnection, method: str, path: str, document: object = None) -> tuple[int, bytes]:
    """Status and body."""
    connection.request(method, path, None if document is None else json.dumps(document))
    response = connection.getresponse()
    return response.status, response.read()


def test_the_empty_answer_is_empty(connection: HTTPConnection) -> None:
    """What client and transport alone cost is measured with it."""
    assert ask(connection, "GET", "/empty") == (200, b"")
    assert ask(connection, "GET", "/version")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "document", "status"),
    [
        ("GET", "/collections/none", None, 404),
        ("POST", "/collections/none/search", {"vector": "AACAPw==", "k": 1}, 404),
        ("GET", "/nowhere", None, 404),
        ("PUT", "/nowhere", {"dimensions": 2}, 404),
        ("POST", "/collections/one/delete", {"ids": [99]}, 404),
        ("POST", "/collections/one/forget", {"ids": [1]}, 404),
        ("PUT", "/collections/a", {"dimensions": 0}, 400),
        ("PUT", "/collections/a", {"dims": 1}, 400),
        ("POST", "/collections/one/points", {"ids": [1], "vectors": "AACAPw=="}, 400),
        ("POST", "/collections/one/search", {"vector": "AACAPw==", "k": 1}, 400),
    ],
)
def test_errors_say_what_is_wrong_and_the_connection_lives_on(
    connection: HTTPConnection, method: str, path: str, document: object, status: int
) -> None:
    """A status and a sentence."""
    assert ask(connection, "PUT", "/collections/one", {"dimensions": 2})[0] == 204
    found, body = ask(connection, method, path, document)
    assert found == status
    assert json.loads(body)["error"]
    assert ask(connection, "GET", "/ready")[0] == 204


def test_a_request_leaves_the_client_in_one_write() -> None:
    """Header and body arrive together; by themselves each would wake the server."""
    received: list[bytes] = []

    def answer_once(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            received.append(peer.recv(1 << 20))
            peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"ids": [4]}')

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer_once, args=(listener,))
        server.start()
        driver = ExactHttp(Endpoint(Path(), {"http": listener.getsockname()[1]}))
        assert driver.search(np.ones(8, dtype=np.float32), 1) == [4]
        server.join()
        driver.close()
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["k"] == 1
