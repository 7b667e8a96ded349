"""A mount comes up, goes away, and lets go of whoever hangs in it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from fixtures.drivers.base import Command, Mount, Place, Tier
from fixtures.drivers.exact import STORE
from fixtures.errors import StartFailed
from fixtures.processes import clean_environment, spawn
from fixtures.targets import Skipped, Target, resolve
from fixtures.tiers.mount import start

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


def test_a_writer_that_hangs_in_the_mount_is_freed_by_abort(tmp_path: Path) -> None:
    """It waits in the kernel, beyond any signal, until the connection ends; then the mount is gone too."""
    running = start("hung@mount", spec(), [sys.executable, "-m", "tests.tiers.hung_filesystem"])
    try:
        running.wait_ready(30)
        script = "import sys; print('writing', flush=True); open(sys.argv[1], 'w').write('1,2')"
        path = str(running.endpoint.folder / "a.vec")
        writer = spawn(
            [sys.executable, "-c", script, path], environment=clean_environment(), log=tmp_path / "writer.log"
        )
        deadline = time.monotonic() + 20
        while Path(f"/proc/{writer.pid}/wchan").read_text() == "0" or "writing" not in writer.log_tail():
            assert time.monotonic() < deadline, "the writer never got stuck"
        assert writer.wait(1.0) is None, "the writer was to hang"
        began = time.monotonic()
        running.abort()
        assert writer.wait(5.0) is not None
        assert time.monotonic() - began < 5
        assert not mounted(running.endpoint.folder)
    finally:
        running.stop()
