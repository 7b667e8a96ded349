"""Real pressure on this machine, for tests: every core busy, memory swapped, the wall clock set. Undone in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which

__all__ = ["NoPressure", "busy_cores", "stepped_clock", "swapped_memory"]

_MIB = 1 << 20
_CGROUPS = Path("/sys/fs/cgroup")
_EAT = """
import sys
room = bytearray(int(sys.argv[1]) << 20)
for _ in range(3):
    for place in range(0, len(room), 4096):
        room[place] = 1
"""


class NoPressure(Exception):
    """It cannot be had here, and why: a reason to skip."""


@contextmanager
def busy_cores() -> Iterator[None]:
    """One endless computation a core."""
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            hog = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(hog.wait)
            stack.callback(hog.kill)
        yield


@contextmanager
def stepped_clock(by_ns: int) -> Iterator[None]:
    """CLOCK_REALTIME set by so much, and set back by the monotonic clock, which no step moves."""
    offset = time.time_ns() - time.monotonic_ns()
    try:
        time.clock_settime_ns(time.CLOCK_REALTIME, time.monotonic_ns() + offset + by_ns)
    except PermissionError as error:
        raise NoPressure("the clock may not be set here (CAP_SYS_TIME)") from error
    try:
        yield
    finally:
        time.clock_settime_ns(time.CLOCK_REALTIME, time.monotonic_ns() + offset)


def swapped_memory(folder: Path) -> None:
    """Have the kernel swap: a process that touches 48 MB in a memory group of 16 MB, with a swap file of its own."""
    if os.geteuid() != 0 or which("mkswap") is None:
        raise NoPressure("a swap file needs root and mkswap")
    with ExitStack() as stack:
        group = _memory_group(16 * _MIB)
        stack.callback(group.rmdir)
        _swap_on(folder / "swap", stack)
        eater = [sys.executable, "-c", _EAT, "48"]
        # It joins its group before it becomes the program: nobody else is ever in it.
        join = f'echo $$ > {group / "cgroup.procs"} && exec "$@"'
        done = subprocess.run(["sh", "-c", join, "sh", *eater], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise NoPressure(f"the process in the memory group ended {done.returncode}: {done.stderr.strip()}")


def _memory_group(limit: int) -> Path:
    for parent, name in ((_CGROUPS / "memory", "memory.limit_in_bytes"), (_CGROUPS, "memory.max")):
        if (parent / "cgroup.procs").exists():
            group = parent / f"vexfs-bench-test-{os.getpid()}"
            try:
                group.mkdir()
                (group / name).write_text(str(limit))
            except OSError as error:
                if group.is_dir():
                    group.rmdir()
                raise NoPressure(f"no memory group can be made: {error}") from error
            return group
    raise NoPressure("there are no memory groups here")


def _swap_on(file: Path, stack: ExitStack) -> None:
    file.touch(0o600)
    file.write_bytes(bytes(64 * _MIB))
    for command in (["mkswap", str(file)], ["swapon", str(file)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoPressure(f"{command[0]} failed: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["swapoff", str(file)], check=True, timeout=60)
