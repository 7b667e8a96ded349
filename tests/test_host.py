"""The machine and its counters, as the kernel tells them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from analysis.observations import Phase
from fixtures import host
from fixtures.host import read_host, read_machine
from fixtures.resources import MemoryMeter, read_pss

MIB = 1 << 20


def test_the_host_has_what_sets_its_speed() -> None:
    """Model, architecture, cores, memory, Python."""
    found = read_host()
    assert found.cpu_model not in ("", "unknown")
    assert found.cores == psutil.cpu_count()
    assert abs(found.memory_class_gib - found.memory_bytes / 2**30) <= 2
    assert found.python == ".".join(map(str, sys.version_info[:2]))
    assert found.kernel == os.uname().release


@pytest.mark.parametrize(("gib", "expected"), [(0.9, 1), (7.6, 8), (15.4, 16), (23.5, 24), (62.7, 64)])
def test_the_memory_class_is_what_was_bought(gib: float, expected: int) -> None:
    """Firmware and kernel keep a varying part."""
    assert host._memory_class(int(gib * 2**30)) == expected


def test_counters_grow_and_the_clock_does_not_step() -> None:
    """Between two readings with work in between."""
    first = read_machine("small", 0, Phase.START)
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass
    last = read_machine("small", 0, Phase.STOP)
    assert last.cpu_ns > first.cpu_ns
    assert abs(last.wall_minus_monotonic_ns - first.wall_minus_monotonic_ns) < 10_000_000
    assert last.swapped_pages >= first.swapped_pages
    assert first.runnable >= 0


def test_a_step_of_the_clock_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock is set forward by a second."""
    first = read_machine("small", 0, Phase.START)
    real = time.time_ns
    monkeypatch.setattr(host.time, "time_ns", lambda: real() + 1_000_000_000)
    last = read_machine("small", 0, Phase.STOP)
    assert last.wall_minus_monotonic_ns - first.wall_minus_monotonic_ns == pytest.approx(1e9, rel=0.01)


@pytest.mark.parametrize(("marker", "name"), [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")])
def test_a_container_is_known_by_its_marker(marker: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker's and Podman's."""
    monkeypatch.setattr(host.Path, "exists", lambda path: str(path) == marker)
    assert host._container() == name


def test_what_the_system_does_not_tell_is_unknown() -> None:
    """No governor file, no such field."""
    assert host._first_line("/no/such/file") == ""
    assert host._cpuinfo("no such field") == ""


GROW = """
import sys
held = []
for line in sys.stdin:
    size = int(line)
    if size: held.append(bytearray(b"x" * size))
    else: held.clear()
    print("done", flush=True)
"""


def test_memory_growth_and_its_peak_are_seen_over_a_tree_of_processes() -> None:
    """64 MiB in a child of the root: used now; after it is let go: in the peak of the interval only."""
    shell = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GROW!r}])"]
    with subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as root:
        assert root.stdin is not None
        assert root.stdout is not None

        def order(size: int) -> None:
            assert root.stdin is not None
            assert root.stdout is not None
            root.stdin.write(f"{size}\n")
            root.stdin.flush()
            assert root.stdout.readline() == "done\n"

        order(1)
        meter = MemoryMeter([root.pid])
        before = meter.read()
        order(64 * MIB)
        grown = meter.read()
        order(0)
        after = meter.read()
        quiet = meter.read()
        root.stdin.close()
    assert before.processes == 2
    assert 60 * MIB < grown.used - before.used < 70 * MIB
    assert after.used < before.used + 8 * MIB
    assert after.peak > before.used + 60 * MIB, "the peak since the last reading was missed"
    assert quiet.peak < before.used + 8 * MIB, "the peak is of the interval, not of all time"


def test_the_baseline_is_taken_off() -> None:
    """An embedded engine shares its process with the worker."""
    mine = MemoryMeter([os.getpid()], baseline=MIB).read()
    assert abs(mine.used + MIB - read_pss(os.getpid())) < 8 * MIB


def test_a_process_that_has_ended_counts_nothing() -> None:
    """Between the listing and the reading."""
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    found = MemoryMeter([gone.pid]).read()
    assert (found.used, found.processes) == (0, 0)
