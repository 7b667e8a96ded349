"""Runs that are refused before anything is measured, many at a time: a start is nearly all that they take."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.suite import ROOT, Ran, command, environment

__all__ = ["refusals"]


def refusals(folder: Path, asked: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> list[Ran]:
    """How a run with each of these arguments and variables ends, each with results of its own below `folder`.

    They are forked, one after another, from one process that has loaded the suite.
    """
    places = [folder / str(number) / "results" for number in range(len(asked))]
    cases = [
        (command(place, *arguments)[3:], dict(variables))
        for place, (arguments, variables) in zip(places, asked, strict=True)
    ]
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder)],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(cases),
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    ends = [int(line) for line in done.stdout.split()]
    return [
        Ran(status, place.with_name("output.txt").read_text(), place)
        for status, place in zip(ends, places, strict=True)
    ]


def main(folder: Path) -> None:
    """Read all cases from the standard input, and print the status of each."""
    # Most of what a start loads; no collection of garbage needs to look through it again.
    import fixtures.plugin  # noqa: F401

    gc.freeze()
    for number, (arguments, variables) in enumerate(json.load(sys.stdin)):
        child = os.fork()
        if not child:
            os.environ.update(variables)
            output = os.open(folder / str(number) / "output.txt", os.O_WRONLY | os.O_CREAT)
            os.dup2(output, 1)
            os.dup2(output, 2)
            raise SystemExit(pytest.main(arguments))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
