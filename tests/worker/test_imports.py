"""What a worker loads before its store's client: it is started for every target of every launch."""

from __future__ import annotations

import subprocess
import sys

from tests.suite import ROOT

HEAVY = ("scipy", "rich", "psutil", "pytest", "http.server", "grpc", "chromadb")


def test_a_worker_loads_nothing_that_it_does_not_need() -> None:
    """scipy alone takes seconds on a busy machine, and its memory would count as the worker's."""
    told = "import sys, fixtures.worker.__main__; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    command = [sys.executable, "-c", told, *HEAVY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
