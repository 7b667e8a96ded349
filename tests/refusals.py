"""Runs that are refused before anything is measured, many at a time: a start is nearly all that they take."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.suite import BRIEF, ROOT, Ran, command, environment

__all__ = ["refusals"]

_PATIENCE_S = 60
_OUTPUT = "output.txt"


def refusals(folder: Path, asked: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> list[Ran]:
    """How a run with each of these arguments and variables of the suite ends, with results of its own below `folder`.

    They are forked, one after another, from one process that has loaded the suite: what Python itself reads from its
    environment when it starts is not read again. One that is not refused is brief, and is ended after a minute.
    """
    places = [folder / str(number) / "results" for number in range(len(asked))]
    cases = [
        (str(place.with_name(_OUTPUT)), command(place, *BRIEF, *arguments)[3:], dict(variables))
        for place, (arguments, variables) in zip(places, asked, strict=True)
    ]
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(cases),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    ends = map(int, done.stdout.split())
    return [
        Ran(status, place.with_name(_OUTPUT).read_text(), place) for status, place in zip(ends, places, strict=True)
    ]


def main() -> None:
    """Read all cases from the standard input, and print the status of each."""
    # Most of what a start loads; no collection of garbage needs to look through it again.
    import fixtures.session  # noqa: F401

    gc.freeze()
    for output, arguments, variables in json.load(sys.stdin):
        child = os.fork()
        if not child:
            signal.alarm(_PATIENCE_S)
            os.environ.update(variables)
            place = os.open(output, os.O_WRONLY | os.O_CREAT)
            os.dup2(place, 1)
            os.dup2(place, 2)
            raise SystemExit(pytest.main(arguments))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
