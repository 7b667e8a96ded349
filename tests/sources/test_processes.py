"""Trees of real processes: what they use, what is denied, and processes that end while they are read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.sources import ProcessSource
from tests.suite import ROOT
from tests.test_resources import MB, Actor

ROOT_USER = os.geteuid() == 0
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
NEEDS_ROOT = pytest.mark.skipif(
    not ROOT_USER or shutil.which("setpriv") is None, reason="only root can become another user"
)


@pytest.fixture
def actor() -> Iterator[Actor]:
    """One that is ready."""
    one = Actor()
    one.do("nothing")
    yield one
    one.end()


@pytest.fixture
def source(actor: Actor) -> Iterator[ProcessSource]:
    """Its reader."""
    one = ProcessSource(lambda: [actor.pid])
    yield one
    one.close()


def test_memory_processor_time_and_writes_are_those_of_the_process(actor: Actor, source: ProcessSource) -> None:
    """30 MB and 50 ms more are seen."""
    before = source.read()
    actor.do(f"keep {30 * MB}")
    actor.do("burn 0.05")
    after, look = source.read(), source.look()
    assert before is not None
    assert after is not None
    assert look is not None
    assert 29 * MB < (after.memory or 0) - (before.memory or 0) < 35 * MB
    assert (after.cpu_ns or 0) - (before.cpu_ns or 0) >= 50_000_000
    assert after.processes == 1
    assert after.threads == 1
    assert after.read_bytes is not None
    assert look.proportional is not None
    assert (look.anonymous or 0) + (look.file or 0) == look.proportional
    assert look.open_files == len(list(Path(f"/proc/{actor.pid}/fd").iterdir()))


def test_a_child_is_found_at_the_next_look(actor: Actor, source: ProcessSource) -> None:
    """Not at every reading: a tree is dear to walk."""
    actor.do("child")
    source.look()
    reading = source.read()
    assert reading is not None
    assert reading.processes == 2


def test_what_an_ended_process_has_spent_stays_in_the_sum(actor: Actor) -> None:
    """A counter never falls, though one of the tree is gone."""
    other = Actor()
    source = ProcessSource(lambda: [actor.pid, other.pid])
    other.do("burn 0.1")
    before = source.read()
    other.end()
    after = source.read()
    assert before is not None
    assert after is not None
    assert after.processes == 1
    assert (after.cpu_ns or 0) >= (before.cpu_ns or 0) > 100_000_000
    source.close()


def test_a_server_that_is_started_again_is_followed(actor: Actor) -> None:
    """As the process tier does where another program took its port: the first one ends, the roots are another."""
    roots = [actor.pid]
    source = ProcessSource(lambda: roots)
    before = source.read()
    actor.end()
    second = Actor()
    second.do(f"keep {30 * MB}")
    roots[:] = [second.pid]
    after = source.read()
    assert before is not None
    assert after is not None
    assert after.processes == 1
    assert (after.memory or 0) > 30 * MB
    second.end()
    assert source.read() is None


def test_a_target_that_has_ended_is_told_and_no_error(actor: Actor, source: ProcessSource) -> None:
    """Killed between two readings, as a store that crashes; waited for or not."""
    assert source.read() is not None
    actor.end()
    assert source.read() is None
    assert source.look() is None


def test_processes_that_end_while_they_are_read_do_no_harm(actor: Actor) -> None:
    """Many short ones, found by a look and gone at the next."""
    source = ProcessSource(lambda: [os.getpid()])
    for _ in range(30):
        short = subprocess.Popen(["true"])
        source.look()
        short.wait()
        assert source.read() is not None
    source.close()
    assert open_in_proc() == []


def open_in_proc() -> list[str]:
    """The files of other processes in /proc that this one has open."""
    links = [os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()]
    return [link for link in links if re.match(r"/proc/\d+/(stat|statm|io)$", link)]


SCRIPT = """
import sys
from fixtures.sources import ProcessSource
source = ProcessSource(lambda: [int(sys.argv[1])])
reading, look = source.read(), source.look()
print(reading.memory > 0, reading.cpu_ns > 0, reading.read_bytes, look.proportional)
print([(one.column, one.reason) for one in source.absent])
"""


@NEEDS_ROOT
def test_what_another_user_may_not_see_is_absent_with_its_reason_and_the_rest_is_there(actor: Actor) -> None:
    """Read by `nobody`: memory and processor time are anybody's to see, I/O and PSS are not."""
    command = [*NOBODY, sys.executable, "-c", SCRIPT, str(actor.pid)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "True True None None"
    assert f"('read_bytes', '/proc/{actor.pid}/io: Permission denied')" in second
    assert f"('proportional', '/proc/{actor.pid}/smaps_rollup: Permission denied')" in second


@NEEDS_ROOT
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare")
def test_a_proc_that_hides_the_process_is_a_named_error() -> None:
    """hidepid=2, in a mount namespace of its own: the process runs, and there is no folder of it."""
    mount = "mount -t proc -o hidepid=2 proc /proc"
    read = " ".join([*NOBODY, sys.executable, "-c", '"$0"', "1"])
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mount} && exec {read}", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Unreadable: process 1 runs, and /proc does not show it. See the mount option hidepid." in done.stderr
