"""Runs of the suite for tests, forked from a process that has imported it already: a start without its second.

`tests.suite` speaks with it. A request is a line of JSON; the answers are two lines, the run's pid and its exit status.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile


def become(request: dict[str, object]) -> None:
    """Let this process be as one that was started anew: variables, output, arguments, nothing that was worked out."""
    variables, arguments = request["variables"], request["arguments"]
    assert isinstance(variables, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(variables)
    output = os.open(str(request["output"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, own in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(theirs, own)
    tempfile.tempdir = None
    sys.argv = ["pytest", *arguments]


def main() -> int:
    """Fork a run for every request, until there are none. In a run: its exit status."""
    import pytest

    import fixtures.session  # noqa: F401 - what takes the time
    from fixtures import entry

    # Loads pytest's plug-ins as a run does, and ends.
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--version"])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become(json.loads(line))
            return entry.main()
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
