"""The page cache before a run: what is in it of a target's files does not depend on how they came there."""

from __future__ import annotations

import ctypes
import mmap
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fixtures.drivers.base import Tier
from fixtures.pagecache import files_of, read_anew
from fixtures.targets import Runnable, Target, known_stores, resolve

LIBC = ctypes.CDLL(None, use_errno=True)
SIZE = 2 << 20


def cached(path: Path) -> float:
    """The share of a file's pages that is in the page cache, by mincore(2)."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
        there = (ctypes.c_ubyte * -(-len(pages) // mmap.PAGESIZE))()
        at = np.frombuffer(pages, dtype=np.uint8)
        status = LIBC.mincore(ctypes.c_void_p(at.ctypes.data), ctypes.c_size_t(len(pages)), there)
        del at
        assert status == 0, os.strerror(ctypes.get_errno())
        return sum(one & 1 for one in there) / len(there)


def drop(path: Path) -> None:
    """Out of the page cache with it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_from_disk() -> int:
    """Bytes that this process had read from storage until now."""
    path = Path("/proc/self/io")
    if not path.exists():
        pytest.skip("this kernel does not count what is read")
    return int(path.read_text().partition("read_bytes: ")[2].split()[0])


def runnable(name: str) -> Runnable:
    """The target, where it can run."""
    store, _, tier = name.partition("@")
    found = resolve(Target(known_stores(())[store], Tier(tier)))
    if not isinstance(found, Runnable):
        pytest.skip(found.reason)
    return found


def test_all_of_an_environment_and_of_a_program_is_in_it(tmp_path: Path) -> None:
    """Whether nothing of it was there, or all, as its writer left it; what is gone is passed over."""
    python = tmp_path / "environment" / "bin" / "python"
    cold, warm, program = (tmp_path / "environment" / name for name in ("cold.so", "warm.so.1", "server"))
    python.parent.mkdir(parents=True)
    for path in (cold, warm, program):
        path.write_bytes(os.urandom(SIZE))
    drop(cold)
    if cached(cold) > 0:
        pytest.skip("this file system keeps its files in memory")
    drop(program)
    target = replace(runnable("exact@process"), python=str(python), program=(str(program), "run"))
    assert set(files_of(target)) == {cold, warm, program}
    gone = replace(target, program=("/no/such/program",))
    before = read_from_disk()
    read_anew([target, gone])
    # The warm one too was dropped.
    assert read_from_disk() - before >= 3 * SIZE
    assert [cached(path) for path in (cold, warm, program)] == [1.0, 1.0, 1.0]


def test_the_libraries_of_a_package_are_those_that_it_stands_on() -> None:
    """Not all that the suite's environment has; our own store has none."""
    files = list(files_of(runnable("chroma@embedded")))
    assert any("chromadb_rust_bindings" in path.name for path in files)
    assert all(path.is_file() and ".so" in path.name for path in files)
    assert not [path for path in files if path.name.startswith("qdrant") or path.parent.name.startswith("qdrant")]
    assert list(files_of(runnable("exact@embedded"))) == []
