"""Where client and server may run: decided, inherited, read back, and refused where it cannot be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.errors import StartFailed
from fixtures.placement import (
    FREE,
    Cores,
    Placement,
    cores_for,
    cores_of_processes,
    placed_on,
    require_placed,
    usable_cores,
)
from fixtures.processes import clean_environment, spawn
from fixtures.worker.client import WorkerClient
from tests.suite import run_suite

THREADS = "import os, threading; print(len(os.sched_getaffinity(0)), flush=True); threading.Event().wait()"


@pytest.fixture
def one_core() -> Iterator[int]:
    """This process on the last of its processors, as under `taskset`."""
    before = os.sched_getaffinity(0)
    core = max(before)
    os.sched_setaffinity(0, {core})
    yield core
    os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("placement", "usable", "expected"),
    [
        (Placement.FREE, [[0], [1]], FREE),
        (Placement.SHARED, [[0], [1]], Cores(Placement.SHARED, *[frozenset({1})] * 3)),
        (Placement.SHARED, [[4]], Cores(Placement.SHARED, *[frozenset({4})] * 3)),
        (Placement.SPLIT, [[0], [1]], Cores(Placement.SPLIT, frozenset({0}), frozenset({1}))),
        (Placement.SPLIT, [[2], [3], [5]], Cores(Placement.SPLIT, frozenset({2}), frozenset({3, 5}))),
        # Two threads of a physical core stay together, however the kernel numbers them.
        (Placement.SPLIT, [[0, 2], [1, 3]], Cores(Placement.SPLIT, frozenset({0, 2}), frozenset({1, 3}))),
        (Placement.SPLIT, [[0, 1]], Cores(Placement.SPLIT, frozenset({0}), frozenset({1}))),
    ],
)
def test_the_cores_of_a_placement(placement: Placement, usable: list[list[int]], expected: Cores) -> None:
    """Client and server share one, or have a half each; nobody is bound where it is free."""
    assert cores_for(placement, usable) == expected


def test_splitting_a_single_core_is_refused(one_core: int, tmp_path: Path) -> None:
    """Before anything is started; sharing it is fine."""
    assert usable_cores() == [[one_core]]
    ran = run_suite(tmp_path, "--placement=split", "--scale=small", "--target=exact@embedded")
    assert ran.status == 4, ran.output
    assert "--placement split needs two processor cores" in ran.output
    assert f"the suite may use {one_core} only." in ran.output
    assert not list(tmp_path.glob("results/*"))
    assert cores_for(Placement.SHARED, usable_cores()).server == {one_core}


def test_the_usable_cores_are_those_of_this_process() -> None:
    """Each once."""
    flat = [processor for core in usable_cores() for processor in core]
    assert sorted(flat) == sorted(os.sched_getaffinity(0))


def test_what_is_started_inside_inherits_the_cores_and_the_suite_gets_its_own_back(tmp_path: Path) -> None:
    """Read from the kernel, over all threads of the child."""
    before = os.sched_getaffinity(0)
    core = frozenset({max(before)})
    with placed_on(core):
        child = spawn(
            [sys.executable, "-c", THREADS], environment=clean_environment(), log=tmp_path / "log", pipes=True
        )
    try:
        assert os.sched_getaffinity(0) == before
        assert child.stdout.readline() == b"1\n"
        assert cores_of_processes([child.pid]) == core
    finally:
        child.kill()
    assert cores_of_processes([child.pid]) == frozenset()


def test_a_worker_s_threads_and_children_are_placed_too(tmp_path: Path) -> None:
    """numpy starts threads at its import: they must not run elsewhere."""
    core = frozenset({min(os.sched_getaffinity(0))})
    with placed_on(core):
        worker = WorkerClient("exact@embedded", tmp_path / "worker.log")
    try:
        assert cores_of_processes([worker.pid]) == core
    finally:
        worker.close()


def test_a_process_beyond_its_cores_is_refused() -> None:
    """With both sets; so is one that cannot be seen. One that uses fewer is within them, and free binds nobody."""
    with pytest.raises(StartFailed, match="the server may run on processors 0, 1, and was to run on 1 only"):
        require_placed("x@process: the server", frozenset({1}), frozenset({0, 1}))
    with pytest.raises(StartFailed, match="Which processors x@remote: the server runs on cannot be read here"):
        require_placed("x@remote: the server", frozenset({1}), frozenset())
    require_placed("x@process: the server", frozenset({0, 1}), frozenset({1}))
    require_placed("x@process: the server", frozenset(), frozenset({0, 1}))
