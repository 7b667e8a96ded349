"""A mount comes up, goes away, and lets go of whoever hangs in it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.drivers.base import Command, Mount, Place, Tier
from fixtures.drivers.exact import STORE
from fixtures.errors import StartFailed
from fixtures.processes import Child, clean_environment, spawn
from fixtures.targets import Skipped, Target, resolve
from fixtures.tiers.mount import MountRunning, start

NEEDED = resolve(Target(STORE, Tier.MOUNT))
pytestmark = pytest.mark.skipif(isinstance(NEEDED, Skipped), reason=getattr(NEEDED, "reason", ""))


def spec(*arguments: str) -> Mount:
    """A mount whose daemon gets these arguments, or the mount point."""

    def command(place: Place) -> Command:
        return Command(list(arguments) or [str(place.folder / "mnt"), "-f"])

    return Mount("fixtures.drivers.vexfs:FileDriver", program="", command=command)


def mounted(point: Path) -> bool:
    """By the kernel's table."""
    return any(line.split()[4] == str(point) for line in Path("/proc/self/mountinfo").read_text().splitlines())


def test_a_mount_is_ready_when_it_can_be_read_and_gone_when_stopped() -> None:
    """Twice stopped is stopped."""
    running = start("exact@mount", spec(), [sys.executable, "-m", "fixtures.exact.filesystem"])
    running.wait_ready(30)
    point = running.endpoint.folder
    assert mounted(point)
    assert running.alive()
    assert len(running.pids()) == 1
    running.stop()
    running.stop()
    assert not mounted(point)
    assert not point.exists()


def test_a_daemon_that_ends_is_named_with_its_last_words() -> None:
    """Before the time-out."""
    running = start("broken@mount", spec(), [sys.executable, "-c", "raise SystemExit('no such device')"])
    try:
        with pytest.raises(StartFailed, match="no such device"):
            running.wait_ready(30)
    finally:
        running.stop()


def test_a_daemon_that_mounts_nothing_is_told_after_the_time_out() -> None:
    """It runs, and there is no mount."""
    running = start("idle@mount", spec(), [sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with pytest.raises(StartFailed, match="nothing was mounted within"):
            running.wait_ready(0.5)
    finally:
        running.stop()


@pytest.fixture
def hung() -> Iterator[MountRunning]:
    """A ready mount on which every write of a vector hangs."""
    running = start("hung@mount", spec(), [sys.executable, "-m", "tests.tiers.hung_filesystem"])
    try:
        running.wait_ready(30)
        yield running
    finally:
        running.stop()


def stuck_writer(running: MountRunning, log: Path) -> Child:
    """A process that waits in the kernel for its write, and that SIGKILL does not end."""
    script = "import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), b'1,2')"
    writer = spawn(
        [sys.executable, "-c", script, str(running.endpoint.folder / "a.vec")], environment=clean_environment(), log=log
    )
    # Before the daemon has taken the request, SIGKILL would still end the writer.
    until(lambda: "a write is not answered" in running.log_tail())
    os.kill(writer.pid, signal.SIGKILL)
    until(lambda: "State:\tD" in Path(f"/proc/{writer.pid}/status").read_text())
    assert writer.wait(0.5) is None, "the writer was to be beyond SIGKILL"
    return writer


def until(true: Callable[[], bool]) -> None:
    """Poll for something that is to happen soon."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_a_writer_beyond_sigkill_is_freed_by_abort(hung: MountRunning, tmp_path: Path) -> None:
    """Within 5 s; then the mount is gone too, and to abort once more does no harm."""
    writer = stuck_writer(hung, tmp_path / "writer.log")
    began = time.monotonic()
    hung.abort()
    assert writer.wait(5.0) == -signal.SIGKILL
    assert time.monotonic() - began < 5
    assert not mounted(hung.endpoint.folder)
    assert not hung.alive()
    hung.abort()


def test_a_hung_mount_can_be_stopped_without_an_abort(hung: MountRunning, tmp_path: Path) -> None:
    """To unmount asks the file system that does not answer; that must not hang the suite."""
    writer = stuck_writer(hung, tmp_path / "writer.log")
    hung.stop()
    assert writer.wait(5.0) == -signal.SIGKILL
    assert not mounted(hung.endpoint.folder)
    assert not hung.endpoint.folder.exists()


def test_a_mount_that_cannot_be_read_is_told_after_the_time_out(tmp_path: Path) -> None:
    """It is in the kernel's table and answers nothing: the helper hangs, the suite does not."""
    running = start("deaf@mount", spec(), [sys.executable, "-m", "tests.tiers.hung_filesystem", "--deaf"])
    try:
        with pytest.raises(StartFailed, match="the file system hangs"):
            running.wait_ready(3)
        assert not mounted(running.endpoint.folder)
    finally:
        running.stop()


def test_a_folder_with_a_space_in_its_name_can_be_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's table writes it in its own way."""
    (tmp_path / "a b").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a b"))
    running = start("exact@mount", spec(), [sys.executable, "-m", "fixtures.exact.filesystem"])
    try:
        running.wait_ready(30)
        assert running.endpoint.folder.is_relative_to(tmp_path / "a b")
    finally:
        running.stop()
    assert not any((tmp_path / "a b").iterdir())
