"""What all tests share: a ledger folder of the session's own, and a clean set of the suite's variables."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# How long an example takes says more of the machine than of the code.
settings.register_profile("suite", settings(), deadline=None)
settings.load_profile("suite")

# A shell starts what is in the background with SIGINT ignored, and programs that we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with whole runs come first: last, the longest of them would keep one core while the other has no work."""
    items.sort(key=lambda item: not hasattr(getattr(item, "module", None), "run_suite"))


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests never sweep, and never leave anything in, the user's own ledger."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["VEXFS_BENCH_STATE"] = str(folder)
    yield folder
    del os.environ["VEXFS_BENCH_STATE"]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A temporary folder for the run's own folders, by which its processes are known too."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder
