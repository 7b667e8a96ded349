"""Bytes that a folder takes up on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.disk import Allocated, Unstored, allocated, place_of
from fixtures.drivers.base import Embedded, Endpoint, Mount
from fixtures.drivers.vexfs import STORE
from tests.suite import ROOT


def test_blocks_count_and_holes_do_not(tmp_path: Path) -> None:
    """A file of a gigabyte with nothing in it beside one of 64 KiB, a folder deeper."""
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(1 << 30)
    (tmp_path / "deep").mkdir()
    with (tmp_path / "deep" / "full").open("wb") as file:
        file.write(os.urandom(1 << 16))
        os.fsync(file.fileno())
    found = allocated(tmp_path)
    assert isinstance(found, Allocated)
    assert found.files == 2
    assert 1 << 16 <= found.bytes < 1 << 20


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    """Stores link their snapshots."""
    (tmp_path / "one").write_bytes(os.urandom(1 << 16))
    once = allocated(tmp_path)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert allocated(tmp_path) == once


def test_an_empty_folder_holds_nothing_and_one_that_is_gone_is_no_zero(tmp_path: Path) -> None:
    """Different things."""
    assert allocated(tmp_path) == Allocated(0, 0)
    gone = allocated(tmp_path / "gone")
    assert isinstance(gone, Unstored)
    assert "is not there" in gone.reason


def test_a_mount_and_another_machine_are_not_looked_into(tmp_path: Path) -> None:
    """The first must not be touched, the second cannot be."""
    (mount,) = [spec for spec in STORE.tiers.values() if isinstance(spec, Mount)]
    behind = place_of(mount, Endpoint(tmp_path))
    assert isinstance(behind, Unstored)
    assert "memory of its daemon" in behind.reason
    away = place_of(Embedded("a:B"), Endpoint(tmp_path, host="10.0.0.7"))
    assert isinstance(away, Unstored)
    assert "10.0.0.7" in away.reason
    assert place_of(Embedded("a:B"), Endpoint(tmp_path)) == tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not look")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """As a container's, whose files are another user's."""
    script = "from pathlib import Path; from fixtures.disk import allocated; print(allocated(Path('/root')))"
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Unstored(reason='/root: Permission denied')" in done.stdout
