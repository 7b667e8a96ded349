"""Runs of the suite in forks of one process that has loaded it: a start is most of what a brief run takes.

`fork_run` is for `tests.suite`; the other end, which forks, is `python -m tests.forked`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from analysis.special import special

ROOT = Path(__file__).resolve().parents[1]

__all__ = ["ROOT", "fork_run"]


def fork_run(
    arguments: Sequence[str], environment: Mapping[str, str], cores: set[int], output: Path, patience_s: float
) -> int:
    """The exit status of pytest with these arguments, which prints into `output`; negative is the signal that ended it.

    It is killed if the wait for it ends before: TimeoutExpired where it took longer. What Python itself reads from its
    environment when it starts is not read again.
    """
    loaded = _loaded()
    assert loaded.stdin is not None
    case = (list(arguments), dict(environment), sorted(cores), str(output))
    loaded.stdin.write(json.dumps(case).encode() + b"\n")
    pid = _number(loaded)
    ended: Sequence[object] = ()
    try:
        ended = select.select([loaded.stdout], [], [], patience_s)[0]
    finally:
        if not ended:
            os.kill(pid, signal.SIGKILL)
        status = _number(loaded)
    if not ended:
        raise subprocess.TimeoutExpired([*arguments], patience_s)
    return status


@cache
def _loaded() -> subprocess.Popen[bytes]:
    """This process's own one, and no child of it: tests count theirs. It ends with its standard input."""
    command = [sys.executable, "-m", __name__]
    loaded = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    loaded.wait()
    atexit.register(loaded.communicate)
    return loaded


def _number(loaded: subprocess.Popen[bytes]) -> int:
    assert loaded.stdout is not None
    line = loaded.stdout.readline()
    if not line:
        _loaded.cache_clear()
        raise EOFError(f"`python -m {__name__}` has ended: see what it said on the standard error")
    return int(line)


def main() -> None:
    """Fork for each case on the standard input, one after another; print its process, and its status when it ended."""
    if os.fork():
        os._exit(0)
    # Most of what a start loads, and what judging does; no collection of garbage needs to look through it again.
    import fixtures.session  # noqa: F401

    special()
    gc.freeze()
    # Ctrl-C at a terminal reaches this process too: it is the run that ends, and says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        arguments, environment, cores, output = json.loads(line)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.sched_setaffinity(0, cores)
            os.environ.clear()
            os.environ.update(environment)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            place = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(place, 1)
            os.dup2(place, 2)
            raise SystemExit(pytest.main(arguments))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    # What coverage saw of it is in its children's files; another one could come while those are put together.
    os._exit(0)


if __name__ == "__main__":
    main()
