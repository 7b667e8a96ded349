"""What a killed suite left is removed at the next start, and nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fixtures.ledger import Ledger, ledger, sweep
from fixtures.scratch import scratch

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


def test_a_folder_for_one_piece_of_work_is_gone_after_it_and_at_the_next_start_if_it_was_killed(state: Path) -> None:
    """As `--self` and an install have one."""
    used = []

    def fail() -> None:
        with scratch("self") as folder:
            used.append(folder)
            (folder / "record").write_text("")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [folder.exists() for folder in used] == [False]
    script = "import os; from fixtures.scratch import scratch\nwith scratch('self') as folder:\n"
    folder = killed_suite(state, script + "    print(folder, flush=True)\n    os._exit(9)")
    assert Path(folder).is_dir()
    assert sweep() == [f"folder {folder}"]
    assert not Path(folder).exists()


def test_no_folder_of_ours_is_made_past_the_ledger() -> None:
    """A temporary folder of Python's own stays for good when its process is killed."""
    found = set()
    for path in (path for folder in ("analysis", "fixtures", "benchmarks") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if "tempfile" in names or (isinstance(node, ast.ImportFrom) and node.module == "tempfile"):
                found.add(path.relative_to(ROOT).as_posix())
    # A root file system is made beside the cache's own, whose next maker removes what is left, under the lock.
    assert found == {"fixtures/ledger.py", "fixtures/rootfs.py"}


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
        "import subprocess; from fixtures.ledger import ledger\n"
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


def test_what_a_leashed_process_started_is_ended_though_its_root_is_gone(state: Path, tmp_path: Path) -> None:
    """A wrapper script dies with the suite, the server that it started does not."""
    script = (
        "import time; from pathlib import Path\n"
        "from fixtures.processes import clean_environment, spawn\n"
        f"log = Path({str(tmp_path)!r}) / 'log'\n"
        "c = spawn(['sh', '-c', 'sleep 99 & echo $!; wait'], environment=clean_environment(), log=log)\n"
        "end = time.monotonic() + 20\n"
        "while not c.log_tail() and time.monotonic() < end: time.sleep(0.01)\n"
        "print(c.pid, c.log_tail(), flush=True)"
    )
    root, server = (psutil.Process(int(pid)) for pid in killed_suite(state, script).split())
    psutil.wait_procs([root], timeout=10)
    assert server.is_running()
    assert f"process {server.pid}" in sweep()
    psutil.wait_procs([server], timeout=5)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


def test_a_stranger_in_a_session_of_that_number_is_left_alone(state: Path) -> None:
    """It does not bear the mark."""
    with subprocess.Popen(
        ["sh", "-c", "sleep 99 & echo $!; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as root:
        assert root.stdout is not None
        stranger = psutil.Process(int(root.stdout.readline()))
        root.kill()
        root.wait()
        killed_suite(
            state,
            f'from fixtures.ledger import ledger\nledger().path.write_text(\'{{"pid":{root.pid},"created":1}}\\n\')',
        )
        assert sweep() == []
        assert stranger.is_running()
        stranger.kill()


def test_a_mount_of_a_dead_suite_is_taken_away_and_then_its_folder(state: Path) -> None:
    """A real mount."""
    folder = Path(
        killed_suite(
            state,
            "from fixtures.ledger import ledger\nf = ledger().new_folder('x@mount'); p = f / 'mnt'; p.mkdir()\n"
            "ledger().record_mount(p); print(f, flush=True)",
        )
    )
    made = subprocess.run(["mount", "-t", "tmpfs", "none", folder / "mnt"], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {made.stderr!r}")
    assert sweep() == [f"mount {folder / 'mnt'}", f"folder {folder}"]
    assert not folder.exists()


def test_a_folder_with_a_mount_that_is_not_ours_is_not_gone_through(state: Path) -> None:
    """It is told, what is in the mount stays, and the ledger waits for the next start."""
    folder = Path(
        killed_suite(state, "from fixtures.ledger import ledger; print(ledger().new_folder('x@y'), flush=True)")
    )
    other = folder / "other"
    other.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "none", other], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {made.stderr!r}")
    try:
        (other / "precious").touch()
        assert sweep() == [f"folder {folder} in part (still mounted; the rest at the next start)"]
        assert (other / "precious").exists()
    finally:
        subprocess.run(["umount", other], check=True)
    assert sweep() == [f"folder {folder}"]


def test_a_damaged_line_and_a_foreign_file_do_not_stop_a_session(state: Path, tmp_path: Path) -> None:
    """The other lines are still good; a file that is no ledger is not ours."""
    folder = killed_suite(
        state,
        'from fixtures.ledger import ledger\nledger().path.write_bytes(b\'{"pid":1{"fol\\n\')\n'
        "print(ledger().new_folder('x@y'), flush=True)",
    )
    foreign = state / "notes.jsonl"
    foreign.write_text("mine\n")
    assert sweep() == [f"folder {folder}"]
    assert foreign.exists()
    assert [path.name for path in state.glob("*.jsonl")] == ["notes.jsonl"]
