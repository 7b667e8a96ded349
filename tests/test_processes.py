"""Processes are ours: started, heard, stopped with all they started, and never outliving the suite."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fixtures.ledger import ledger, still_running
from fixtures.processes import Child, clean_environment, ending, spawn

ROOT = Path(__file__).resolve().parents[1]


def child(script: str, log: Path, *, pipes: bool = False) -> Child:
    """A Python of ours."""
    return spawn([sys.executable, "-c", script], environment=clean_environment(), log=log, pipes=pipes)


def heard(started: Child, word: str) -> None:
    """Returns once the child has written the word."""
    deadline = time.monotonic() + 20
    while word not in started.log_tail():
        assert time.monotonic() < deadline, f"it never said {word!r}"


def test_a_stopped_child_is_gone_with_all_that_it_started(tmp_path: Path) -> None:
    """And so is its line in the ledger."""
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '99']); print('up', flush=True); time.sleep(99)"
    started = child(script, tmp_path / "log")
    heard(started, "up")
    (below,) = psutil.Process(started.pid).children()
    started.stop()
    assert not started.alive()
    assert started.exit_status == -signal.SIGTERM
    assert still_running([below], 0.0) == []
    assert f'"pid":{started.pid},"gone":true' in ledger().path.read_text()


def test_what_outlived_the_child_is_stopped_with_it(tmp_path: Path) -> None:
    """A server that crashed, or a wrapper that ended, has left its own children to nobody."""
    started = spawn(["sh", "-c", "sleep 99 & echo $!"], environment=clean_environment(), log=tmp_path / "log")
    assert started.wait(20) == 0
    left = psutil.Process(int(started.log_tail()))
    assert left.is_running()
    started.stop()
    assert still_running([left], 0.0) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("raise SystemExit(3)", "ended with status 3"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9 (SIGKILL): memory ran out, or somebody did it"),
        ("import os; os.kill(os.getpid(), 11)", "was killed by signal 11 (SIGSEGV): it crashed"),
        ("import os; os.kill(os.getpid(), 40)", "was killed by signal 40"),
    ],
)
def test_how_a_child_ended_is_told_in_words(tmp_path: Path, script: str, words: str) -> None:
    """By itself, or by whom."""
    status = child(script, tmp_path / "log").wait(20)
    assert status is not None
    assert ending(status) == words


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """After the grace."""
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
    started = child(script, tmp_path / "log")
    heard(started, "up")
    started.stop(grace_s=0.2)
    assert started.exit_status == -signal.SIGKILL


def test_pipes_are_ours_and_stderr_goes_to_the_log(tmp_path: Path) -> None:
    """As the worker needs it."""
    started = child("import sys; print(input()); print('x', file=sys.stderr)", tmp_path / "log", pipes=True)
    started.stdin.write(b"hello\n")
    started.stdin.flush()
    assert started.stdout.readline() == b"hello\n"
    assert started.wait(20) == 0
    assert started.log_tail() == "x"
    started.stop()


def test_without_pipes_there_are_none(tmp_path: Path) -> None:
    """Asking for them is a mistake of ours."""
    started = child("pass", tmp_path / "log")
    for name in ("stdin", "stdout"):
        with pytest.raises(ValueError, match="without pipes"):
            getattr(started, name)
    started.stop()


def test_no_secret_of_ours_reaches_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only paths and locale do; telemetry is off."""
    monkeypatch.setenv("MY_API_KEY", "s3cret")
    started = child("import os; print(dict(os.environ), flush=True)", tmp_path / "log")
    started.wait(20)
    assert "s3cret" not in started.log_tail()
    assert "'ANONYMIZED_TELEMETRY': 'False'" in started.log_tail()


SPAWNS = """
import sys, time
from pathlib import Path
from fixtures.processes import spawn, clean_environment
started = spawn(["sleep", "99"], environment=clean_environment(), log=Path(sys.argv[1]))
print(started.pid, flush=True)
time.sleep(99)
"""
WAITS = """
import subprocess, sys
from fixtures.processes import leashed
said = "import os, time; print(os.getpid(), flush=True); time.sleep(99)"
subprocess.run(leashed([sys.executable, "-c", said]), check=True)
"""


@pytest.mark.parametrize("script", [SPAWNS, WAITS], ids=["spawned", "waited for"])
def test_children_die_with_the_suite_even_by_kill_9(script: str, tmp_path: Path) -> None:
    """The kernel sees to it."""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as suite:
        assert suite.stdout is not None
        pid = int(suite.stdout.readline())
        process = psutil.Process(pid)
        suite.kill()
        suite.wait()
    psutil.wait_procs([process], timeout=10)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_whatever_is_started_is_on_the_leash_or_over_in_a_moment() -> None:
    """Every call of subprocess in the suite, but for those of commands that take a moment, and two others."""
    loose = set()
    for path in (ROOT / "fixtures").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen"):
                first = node.args[0]
                if not (isinstance(first, ast.Call) and ast.unparse(first.func) == "leashed"):
                    loose.add(path.relative_to(ROOT / "fixtures").as_posix())
    moments = {"errands.py", "ledger.py", "localimages.py", "provenance.py", "reference.py", "tiers/health.py"}
    # `with_dockerd` runs the caller's own command; a hog ties itself.
    assert loose == moments | {"dockerd.py", "experiments/harvest.py"}


def test_an_ended_process_that_nobody_reaps_is_not_waited_for(tmp_path: Path) -> None:
    """Its parent does not, and process 1 of a container may never do it."""
    # Kept by its name: a dropped Popen looks once whether its process has ended, and that reaps it.
    script = "import subprocess, time; kept = subprocess.Popen(['true']); print('up', flush=True); time.sleep(99)"
    parent = child(script, tmp_path / "log")
    try:
        heard(parent, "up")
        (unreaped,) = psutil.Process(parent.pid).children()
        assert still_running([unreaped], 20.0) == []
        assert unreaped.status() == psutil.STATUS_ZOMBIE
        assert still_running([psutil.Process(parent.pid)], 0.0) != []
    finally:
        parent.kill()
