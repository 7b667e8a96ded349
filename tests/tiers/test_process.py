"""A server comes up, or it is said why not."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fixtures.drivers.base import Command, Endpoint, Place, Process, Tier
from fixtures.errors import StartFailed
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process
from fixtures.tiers.process import start
from fixtures.tiers.unprivileged import within_reach

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


def test_one_that_cannot_even_be_started_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has it then, who could stop it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def command(place: Place) -> Command:
        raise StartFailed("no licence.")

    with pytest.raises(StartFailed, match="no licence"):
        start("web@process", replace(spec(), command=command), [sys.executable])
    assert list(tmp_path.iterdir()) == []


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


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def an_unusual_server(prepare: str = "touch prepared") -> Process:
    """One that lays out its folder first, refuses root, and is ready once it has written down who it is."""

    def prepared(place: Place) -> list[str]:
        return ["/bin/sh", "-c", f"cd {place.folder} && {prepare}"]

    def command(place: Place) -> Command:
        return Command(["-c", f"cd {place.folder} && test -e prepared && id -u > who && exec sleep 600"])

    def ready(place: Place) -> list[str]:
        return ["/usr/bin/test", "-s", str(place.folder / "who")]

    return Process(
        "none:None",
        program="",
        ports=("sql",),
        command=command,
        ready_path="",
        prepare=prepared,
        ready_command=ready,
        refuses_root=True,
    )


@AS_ROOT
def test_a_server_that_refuses_root_runs_as_nobody_in_a_folder_that_it_owns() -> None:
    """Laid out by a command before, ready by a command of its own, and gone with its folder when stopped."""
    running = start("odd@process", an_unusual_server(), ["/bin/sh"])
    try:
        running.wait_ready(30)
        folder = running.endpoint.folder
        who = int((folder / "who").read_text())
        assert who == pwd.getpwnam("nobody").pw_uid
        assert folder.stat().st_uid == (folder / "prepared").stat().st_uid == who
        assert folder.stat().st_mode & 0o77 == 0
        (pid,) = running.pids()
        assert psutil.Process(pid).uids().real == who
    finally:
        running.stop()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()


def test_a_folder_that_cannot_be_laid_out_is_named_with_the_words_of_the_program_that_tried() -> None:
    """And nothing of it is left."""
    before = set(Path(tempfile.gettempdir()).glob("vexfs-bench-odd-*"))
    with pytest.raises(StartFailed, match=r"(?s)lays out its folder, ended with status 3.*no such locale"):
        start("odd@process", an_unusual_server("echo no such locale; exit 3"), ["/bin/sh"])
    assert set(Path(tempfile.gettempdir()).glob("vexfs-bench-odd-*")) == before


def test_a_server_that_is_never_ready_by_its_own_client_is_told_with_that_command() -> None:
    """After the time-out."""
    running = start(
        "odd@process", replace(an_unusual_server(), ready_command=lambda place: ["/bin/false"]), ["/bin/sh"]
    )
    try:
        with pytest.raises(StartFailed, match="/bin/false gave status 1"):
            running.wait_ready(0.5)
    finally:
        running.stop()


@AS_ROOT
def test_a_program_in_a_folder_of_roots_is_run_from_a_copy(tmp_path: Path) -> None:
    """With what it is installed with; one that everybody can reach is run where it is."""
    installed = tmp_path / "private" / "bin"
    installed.mkdir(parents=True)
    (tmp_path / "private/lib").mkdir()
    tmp_path.chmod(0o700)
    program = Path(shutil.copy("/bin/sh", installed / "sh"))
    copied = within_reach(program, tmp_path / "launch")
    assert copied == tmp_path / "launch/program/bin/sh"
    assert (tmp_path / "launch/program/lib").is_dir()
    assert within_reach(Path("/bin/sh"), tmp_path) == Path("/bin/sh").resolve()


@AS_ROOT
def test_a_process_of_another_user_dies_with_the_suite_too(tmp_path: Path) -> None:
    """The kernel unties a process that changes its user, so it is tied after that."""
    suite = (
        "import os, sys, time; from pathlib import Path; from fixtures.processes import User, spawn; "
        "child = spawn(['/bin/sleep', '600'], environment={}, log=Path(sys.argv[1]), user=User(65534, 65534)); "
        "print(child.pid, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "VEXFS_BENCH_STATE": str(tmp_path / "state")}
    with subprocess.Popen(
        [sys.executable, "-c", suite, str(tmp_path / "log")], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.name() == "sleep")
        parent.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def wait_until(true: Callable[[], bool]) -> None:
    """Poll a condition; the test's own time-out bounds it."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
