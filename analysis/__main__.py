"""`python -m analysis`: show, compare, judge, accept and record stored runs. Commands are in `analysis.commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.commands import (
    accept_run,
    append_to_history,
    compare_runs,
    load,
    resources_of_run,
    show_history,
    show_run,
    show_sweep,
    verdicts_of_run,
)
from analysis.errors import AnalysisError
from analysis.history import RECORD_OVERRIDES
from analysis.review import OVERRIDES
from analysis.table import wide_console
from analysis.verdicts import GateMode

__all__ = ["main"]

_BASELINES = "baselines"


def _folder(variable: str, default: str) -> Path:
    """Where a run would look, by the variable that it reads."""
    return Path(os.environ.get(variable) or default)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Read stored runs.")
    results, baselines = _folder("VEXFS_BENCH_RESULTS", "results"), _folder("VEXFS_BENCH_BASELINES", _BASELINES)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in (
        ("show", "print the closing table of a run"),
        ("compare", "two runs side by side, with every field in which they are unlike; 1 if no row can be compared"),
        ("resources", "print what each target used in each part of its launches"),
        ("verdicts", "judge a run against the present baselines; 1 if a row fails under --gate"),
        ("sweep", "print speed against recall, and draw it into the run's folder"),
        ("accept", "show what changes against the present baseline, and make a run the baseline of its machine"),
        ("record", "append a run to the history of its machine; it is no baseline by that"),
        ("history", "print each row's trend over the recorded and accepted runs, with its change points"),
    ):
        command = commands.add_parser(name, help=told, description=told)
        if name != "history":
            command.add_argument("run", metavar="RUN", help="a run's folder, its id, or latest")
            command.add_argument("--results", type=Path, default=results, metavar="DIR")
        if name == "compare":
            command.add_argument("other", metavar="OTHER", help="the run that is held against it")
        command.add_argument("--baselines", type=Path, default=baselines, metavar="DIR")
        if name == "verdicts":
            modes = [str(mode) for mode in GateMode]
            command.add_argument("--gate", choices=modes, default=str(GateMode.REPORT), help="as in a run")
        if name == "resources":
            command.add_argument("--target", action="append", default=[], metavar="PATTERN", help="glob on store@tier")
        if name == "history":
            command.add_argument("--row", action="append", default=[], metavar="PATTERN", help="glob on the row's name")
        for allowing, overrides in (("accept", OVERRIDES), ("record", RECORD_OVERRIDES)):
            if name == allowing:
                named = f"override: {', '.join(overrides)}"
                command.add_argument("--allow", action="append", default=[], metavar="NAME", help=named)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: refused, a regression was found, or the record cannot be read; 2 (argparse): usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    # Without the default one there are no baselines yet; one that is named is meant. `accept` and `record` make it.
    if not (
        options.baselines == Path(_BASELINES) or options.baselines.is_dir() or options.command in ("accept", "record")
    ):
        parser.error(f"--baselines {options.baselines} is not a folder. Give the one that holds accepted baselines.")
    console = wide_console()
    try:
        if options.command == "history":
            return show_history(options.baselines, options.row, console)
        record = load(options.run, options.results)
        match options.command:
            case "show":
                return show_run(record, options.baselines, console)
            case "compare":
                return compare_runs(record, load(options.other, options.results), console)
            case "resources":
                return resources_of_run(record, options.target, console)
            case "verdicts":
                return verdicts_of_run(record, options.baselines, console, GateMode(options.gate))
            case "record":
                return append_to_history(record, options.baselines, options.allow, console)
            case "sweep":
                return show_sweep(record, console)
            case _:
                return accept_run(record, options.baselines, options.allow, console)
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
