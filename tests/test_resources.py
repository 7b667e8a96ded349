"""Memory and processor time of real processes: peaks between two readings, and nothing outside them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from analysis.launch import LaunchObservations
from analysis.metrics import metric_named
from analysis.observations import MemoryDenied, Phase
from analysis.reductions import NotApplicable
from fixtures.resources import MemoryMeter, descendants, process_cpu_ns, read_cpu_ns, tree_of
from tests.suite import ROOT

MB = 1_000_000
# Does what a line of its input says, and answers when it is done.
ACTOR = """
import mmap, subprocess, sys, time
kept = []
def touch(size):
    block = mmap.mmap(-1, size)
    for at in range(0, size, 4096):
        block[at] = 1
    return block
for line in sys.stdin:
    what, _, size = line.strip().partition(" ")
    if what == "spike":
        touch(int(size)).close()
    elif what == "keep":
        kept.append(touch(int(size)))
    elif what == "release":
        kept.pop().close()
    elif what == "map":
        with open(size, "rb") as source:
            file = mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ)
        kept.append((file, sum(file[at] for at in range(0, len(file), 4096))))
    elif what == "burn":
        until = time.process_time() + float(size)
        while time.process_time() < until:
            pass
    elif what == "child":
        kept.append(subprocess.Popen(["sleep", "60"]))
    print("done", flush=True)
"""


class Actor:
    """A process of ours that uses what it is told to."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ACTOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self.process.pid

    def do(self, what: str) -> None:
        """Return once it has done that."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def end(self) -> None:
        """And its children."""
        for pid in tree_of([self.pid])[1:]:
            os.kill(pid, 9)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def actor() -> Iterator[Actor]:
    """One that is ready."""
    one = Actor()
    one.do("nothing")
    yield one
    one.end()


def test_a_spike_between_two_readings_is_in_the_peak_of_that_interval_alone(actor: Actor) -> None:
    """100 MB before the first reading, 200 MB between it and the second, 50 MB after: each where it belongs."""
    meter = MemoryMeter([actor.pid])
    actor.do(f"spike {100 * MB}")
    start = meter.read()
    actor.do(f"spike {200 * MB}")
    settled = meter.read()
    actor.do(f"spike {50 * MB}")
    after = meter.read()
    quiet = meter.read()
    assert 95 * MB < start.peak - start.used < 110 * MB
    assert 195 * MB < settled.peak - start.used < 210 * MB
    assert abs(settled.used - start.used) < 5 * MB
    assert 45 * MB < after.peak - start.used < 60 * MB
    assert quiet.peak - quiet.used < 2 * MB


def test_what_is_held_at_a_reading_counts_in_the_next_interval_too(actor: Actor) -> None:
    """It was in use at its beginning, though it is gone at its end."""
    meter = MemoryMeter([actor.pid])
    actor.do(f"keep {80 * MB}")
    first = meter.read()
    actor.do("release")
    second = meter.read()
    assert first.used - second.used > 75 * MB
    assert second.peak > first.used - 5 * MB


def test_processor_time_is_finer_than_a_tick(actor: Actor) -> None:
    """Three milliseconds are seen, which a counter of ten would round to nothing or to ten."""
    before = process_cpu_ns(actor.pid)
    actor.do("burn 0.003")
    spent = process_cpu_ns(actor.pid) - before
    assert spent >= 3_000_000
    assert spent % 10_000_000 != 0


def test_processor_time_of_a_process_that_is_gone_is_none_and_no_zero(actor: Actor) -> None:
    """And so is that of a tree of which one is gone."""
    actor.end()
    with pytest.raises(ProcessLookupError):
        process_cpu_ns(actor.pid)
    assert read_cpu_ns([os.getpid(), actor.pid]) is None


def test_descendants_are_those_that_the_process_table_gives(actor: Actor) -> None:
    """Found by asking each thread for its children."""
    assert descendants([actor.pid]) == [actor.pid]
    actor.do("child")
    assert sorted(descendants([actor.pid])) == sorted(tree_of([actor.pid]))
    assert len(descendants([actor.pid])) == 2


# A lane as the campaign makes it, weighed by a user who may not look into the process.
WEIGHED = """
import sys
from fixtures.lane import Lane, Patience
from fixtures.resources import MemoryMeter
from fixtures.targets import known_stores, resolve, select
from fixtures.workloads import scale_named
(target,) = select(known_stores(()), ("exact@embedded",))
lane = Lane(resolve(target), scale_named("small"), None, 0, print, Patience())
lane._meter = MemoryMeter([int(sys.argv[1])])
lane.weigh()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_memory_that_may_not_be_read_is_told_and_ends_nothing(actor: Actor) -> None:
    """By `nobody`, of a process of root's."""
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", WEIGHED]
    done = subprocess.run([*command, str(actor.pid)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "MemoryDenied" in done.stdout
    assert f"its memory cannot be read: /proc/{actor.pid}/smaps_rollup: Permission denied" in done.stdout


def test_memory_rows_of_a_target_that_may_not_be_read_are_not_applicable_with_the_reason() -> None:
    """Never a zero."""
    denied = MemoryDenied(scale="small", launch=0, target="a@container", phase=Phase.START, reason="it is another's")
    launch = LaunchObservations("small", 0, "a@container", (denied,))
    for name in ("memory_usage_during_insertion", "peak_memory_usage_mb", "memory_per_vector_bytes"):
        assert metric_named(name).reduce(launch) == NotApplicable("it is another's")
