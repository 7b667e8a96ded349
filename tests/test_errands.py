"""What a dead suite left and takes a client to remove: asked for in a process of its own, and only of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import errands
from fixtures.errands import send


def test_what_was_removed_is_told() -> None:
    """One line each; nothing where there was nothing."""
    assert send(("fixtures.containers", "unix:///no/such/folder/docker.sock", "name", "mark")) == ([], True)


def test_what_could_not_be_done_is_told_and_stays(tmp_path: Path) -> None:
    """With the last word of the one who tried."""
    (said,), done = send(("fixtures.containers", f"unix://{tmp_path}/docker.sock", "name", "mark"))
    assert not done
    assert "container name could not be asked for" in said
    assert "again at the next start" in said


def test_a_module_that_is_not_ours_is_not_run(tmp_path: Path) -> None:
    """A ledger is a file: what stands in it is not obeyed blindly."""
    (said,), done = send(("json.tool", str(tmp_path / "made")))
    assert done
    assert "none of ours" in said


def test_one_that_takes_too_long_is_let_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is tried again at the next start."""
    import socket

    monkeypatch.setattr(errands, "_PATIENCE_S", 1)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "s"))
        mute.listen()
        (said,), done = send(("fixtures.containers", f"unix://{tmp_path}/s", "name", "mark"))
    assert not done
    assert "took more than 1 s" in said
