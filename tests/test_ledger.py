"""What a killed suite left is removed at the next start, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fixtures.ledger import Ledger, ledger, sweep

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger folder of the test's own."""
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def killed_suite(state: Path, script: str) -> str:
    """Run a suite that ends without cleaning up; gives what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script + "\nimport os; os._exit(9)"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "VEXFS_BENCH_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    return done.stdout.strip()


def test_a_folder_that_a_dead_suite_left_is_removed(state: Path) -> None:
    """And told; a second sweep finds nothing."""
    folder = killed_suite(state, "from fixtures.ledger import ledger; print(ledger().new_folder('x@y'), flush=True)")
    assert Path(folder).is_dir()
    assert sweep() == [f"folder {folder}"]
    assert not Path(folder).exists()
    assert sweep() == []


def test_a_folder_of_a_living_suite_stays(state: Path) -> None:
    """Ours, now."""
    folder = ledger().new_folder("mine")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sweep() == []
    assert folder.is_dir()
    ledger().remove_folder(folder)
    ledger().remove_folder(folder)
    assert not folder.exists()


def test_a_process_that_outlived_its_suite_is_ended(state: Path) -> None:
    """One that was not on the leash, and what it started."""
    script = (
        "import subprocess, sys; from fixtures.ledger import ledger\n"
        "p = subprocess.Popen(['sleep', '99'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "ledger().record_process(p.pid); print(p.pid, flush=True)"
    )
    process = psutil.Process(int(killed_suite(state, script)))
    assert sweep() == [f"process {process.pid}"]
    psutil.wait_procs([process], timeout=5)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_only_has_the_pid_is_left_alone(state: Path) -> None:
    """Pids are used again: the creation time must be the one written down."""
    with subprocess.Popen(["sleep", "99"]) as stranger:
        killed_suite(
            state,
            "from fixtures.ledger import ledger\n"
            f'ledger().path.write_text(\'{{"pid":{stranger.pid},"created":1}}\\n\')',
        )
        assert sweep() == []
        assert stranger.poll() is None
        stranger.kill()


def test_after_a_reboot_only_folders_are_removed(state: Path, tmp_path: Path) -> None:
    """Pids mean nothing then."""
    folder = tmp_path / "left"
    folder.mkdir()
    path = state / f"{os.getpid()}-1-otherboot.jsonl"
    Ledger(path)
    path.write_text(f'{{"pid":{os.getpid()},"created":1}}\n{{"folder":"{folder}"}}\n')
    assert sweep() == [f"folder {folder}"]


def test_what_was_unmounted_is_not_unmounted_again(state: Path) -> None:
    """Mounts are written down before they are made, and struck out."""
    killed_suite(
        state,
        "from pathlib import Path; from fixtures.ledger import ledger\n"
        "ledger().record_mount(Path('/not/mounted')); ledger().record_mount(Path('/b'))\n"
        "ledger().forget_mount(Path('/b'))",
    )
    assert sweep() == []
