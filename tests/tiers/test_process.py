"""A server comes up, or it is said why not."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import psutil
import pytest

from fixtures.drivers.base import Command, Endpoint, Place, Process, Tier
from fixtures.errors import StartFailed
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process
from fixtures.tiers.process import start

SERVER = """
import http.server, sys
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""


def spec(path: str = "/") -> Process:
    """A server that gets its port as its argument."""

    def command(place: Place) -> Command:
        return Command([str(place.ports["http"])], {"SEEN": "yes"})

    return Process("none:None", program="", ports=("http",), command=command, ready_path=path)


def test_a_server_is_ready_when_its_health_path_answers_and_gone_when_stopped() -> None:
    """Process, port and folder."""
    running = start("web@process", spec(), [sys.executable, "-c", SERVER])
    running.wait_ready(30)
    (pid,) = running.pids()
    assert running.alive()
    assert running.endpoint.http.startswith("http://127.0.0.1:")
    assert running.endpoint.folder.stat().st_mode & 0o77 == 0
    running.stop()
    running.stop()
    assert not psutil.pid_exists(pid)
    assert not running.endpoint.folder.exists()


def test_a_server_that_dies_at_start_is_named_with_its_last_log_lines() -> None:
    """And its status."""
    running = start("web@process", spec(), [sys.executable, "-c", "raise SystemExit('no licence')"])
    try:
        with pytest.raises(StartFailed, match=r"(?s)status 1.*no licence"):
            running.wait_ready(30)
    finally:
        running.stop()


def test_a_server_that_never_becomes_healthy_is_told_with_what_it_answered() -> None:
    """After the time-out."""
    running = start("web@process", spec("/no/such/page"), [sys.executable, "-c", SERVER])
    try:
        with pytest.raises(StartFailed, match="gave status 404"):
            running.wait_ready(2)
    finally:
        running.stop()


def test_a_taken_port_is_tried_again_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program took it between choosing and binding."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        real = process.free_ports
        answers = iter([{"http": taken}])
        monkeypatch.setattr(process, "free_ports", lambda names: next(answers, None) or real(names))
        running = start("web@process", spec(), [sys.executable, "-c", SERVER])
        try:
            running.wait_ready(30)
            assert running.endpoint.ports["http"] != taken
        finally:
            running.stop()


def test_chroma_says_in_words_of_its_own_that_a_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """And ends with status 0. It is tried again all the same."""
    target = Target(known_stores(())["chroma"], Tier.PROCESS)
    found = resolve(target)
    assert isinstance(found, Runnable)
    assert isinstance(target.spec, Process)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        real = process.free_ports
        answers = iter([{"http": taken}])
        monkeypatch.setattr(process, "free_ports", lambda names: next(answers, None) or real(names))
        running = start(target.name, target.spec, found.program)
        try:
            running.wait_ready(60)
            assert running.endpoint.ports["http"] != taken
        finally:
            running.stop()


def test_a_port_that_stays_taken_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """After three tries."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        monkeypatch.setattr(process, "free_ports", lambda names: {"http": taken})
        running = start("web@process", spec(), [sys.executable, "-c", SERVER])
        try:
            with pytest.raises(StartFailed, match=f"taken each of 3 times.*http {taken}"):
                running.wait_ready(30)
        finally:
            running.stop()


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By the leash, in the log."""
    running = start("web@process", spec(), [str(tmp_path / "nothing")])
    try:
        with pytest.raises(StartFailed, match="nothing"):
            running.wait_ready(30)
    finally:
        running.stop()


def test_an_endpoint_has_its_base_url() -> None:
    """Of the port named http."""
    assert Endpoint(Path("/x"), {"http": 80}).http == "http://127.0.0.1:80"
