"""Control groups of version 2: a real one where this machine allows, its files as the kernel writes them elsewhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.errors import Unreadable
from fixtures.sources import CgroupSource
from fixtures.sources.cgroup import NoGroup, group_of

MOUNTED = "30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
FILES = {
    "cgroup.procs": f"{os.getpid()}\n",
    "memory.current": "52428800\n",
    "memory.peak": "73400320\n",
    "memory.stat": "anon 41943040\nfile 8388608\nkernel 2097152\n",
    "cpu.stat": "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 0\n",
    "io.stat": "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n254:16 rbytes=1 wbytes=2 rios=1 wios=1\n",
    "pids.current": "9\n",
}


def a_group(folder: Path, *without: str) -> CgroupSource:
    """A folder with a group's files."""
    for name, text in FILES.items():
        if name not in without:
            (folder / name).write_text(text)
    return CgroupSource(folder)


def test_every_column_comes_from_the_groups_own_counters(tmp_path: Path) -> None:
    """By hand; I/O is added up over devices, the high-water mark is the kernel's."""
    source = a_group(tmp_path)
    reading, look = source.read(), source.look()
    assert reading is not None
    assert look is not None
    assert (reading.memory, reading.cpu_ns, reading.user_ns, reading.system_ns) == (52428800, 1500000, 1000000, 500000)
    assert (reading.read_bytes, reading.written_bytes, reading.threads, reading.processes) == (4097, 8194, 9, 1)
    assert (look.anonymous, look.file, look.peak) == (41943040, 8388608, 73400320)
    assert look.open_files
    assert {one.column for one in source.absent} == {"shared", "proportional"}
    source.close()


def test_a_controller_that_is_not_there_leaves_its_columns_out_and_says_so(tmp_path: Path) -> None:
    """As where memory is still counted by version 1, or the kernel is older than the high-water mark."""
    source = a_group(tmp_path, "memory.current", "memory.stat", "memory.peak", "io.stat")
    reading, look = source.read(), source.look()
    assert reading is not None
    assert look is not None
    assert (reading.memory, reading.read_bytes, look.anonymous, look.peak) == (None, None, None, None)
    assert reading.cpu_ns == 1500000
    told = {one.column: one.reason for one in source.absent}
    assert told["memory"] == "this group lacks the memory controller"
    assert told["peak"] == "this group lacks memory.peak (Linux 5.19)"
    source.close()


def test_a_folder_that_is_no_group_is_a_named_error(tmp_path: Path) -> None:
    """A container that is gone."""
    with pytest.raises(Unreadable, match="is no cgroup v2"):
        CgroupSource(tmp_path / "gone")


@pytest.mark.parametrize(
    ("mounts", "group", "told"),
    [
        ("", "4:memory:/x\n", "no cgroup v2 is mounted here: version 1, or none"),
        ("31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "4:memory:/x\n", "version 1, or none"),
        (MOUNTED, "4:memory:/x\n", "process 7 is in no cgroup v2"),
    ],
)
def test_version_1_and_none_are_named(tmp_path: Path, mounts: str, group: str, told: str) -> None:
    """By the process's own tables."""
    found = group_of(7, a_proc(tmp_path, mounts, group))
    assert isinstance(found, NoGroup)
    assert told in found.reason


def test_a_processs_group_is_found_where_version_2_is_mounted(tmp_path: Path) -> None:
    """Beside those of version 1."""
    proc = a_proc(tmp_path, MOUNTED, "4:memory:/old\n0::/system.slice/store.service\n")
    assert group_of(7, proc) == Path("/sys/fs/cgroup/system.slice/store.service")


def a_proc(folder: Path, mounts: str, group: str) -> Path:
    """A /proc with two files."""
    for name, text in (("self/mountinfo", mounts), ("7/cgroup", group)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def real() -> Iterator[Path]:
    """A group of our own, of the kernel's making."""
    top = group_of(1)
    if isinstance(top, NoGroup):
        pytest.skip(top.reason)
    folder = top / f"vexfs-bench-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no group can be made here: {error}")
    yield folder
    if folder.exists():
        folder.rmdir()


def test_a_real_group_is_read_until_it_is_removed(real: Path) -> None:
    """A process that burns in it is seen; once the group is gone, the target has ended: that is no error."""
    source = CgroupSource(real)
    before = source.read()
    burn = "import os, time\nwhile time.process_time() < 0.1: pass\n"
    command = f"echo $$ > {real}/cgroup.procs && exec python3 -c '{burn}'"
    subprocess.run(["sh", "-c", command], check=True)
    after = source.read()
    assert before is not None
    assert after is not None
    assert before.cpu_ns is not None
    assert after.cpu_ns is not None
    assert 100_000_000 <= after.cpu_ns - before.cpu_ns < 1_000_000_000
    told = {one.column for one in source.absent}
    assert (after.memory is None) == ("memory" in told)
    real.rmdir()
    assert source.read() is None
    assert source.look() is None
    source.close()
