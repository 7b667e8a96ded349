"""Private folders: what a run makes outside its results is for its user's eyes only, whatever the umask."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.ledger import PREFIX
from tests.test_faults import under_way


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_to_all")
def test_temporary_folders_ledger_and_cache_have_mode_0700(tmp_path: Path, temporary: Path) -> None:
    """Those of servers, workers, mounts and empty answers, while they are in use."""
    places = {
        "TMPDIR": str(temporary),
        "VEXFS_BENCH_STATE": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    targets = [f"--target=exact@{tier}" for tier in ("process", "embedded")]
    with under_way(tmp_path, "--launches=50", *targets, variables=places) as suite:
        made = [path for path in temporary.iterdir() if path.name.startswith(PREFIX)]
        assert {path.name.rpartition("-")[0] for path in made} >= {
            f"{PREFIX}exact-process",
            f"{PREFIX}exact-embedded",
            f"{PREFIX}worker-exact-process",
            f"{PREFIX}worker-exact-embedded",
            f"{PREFIX}empty-http",
        }
        workloads = tmp_path / "cache" / "vexfs-benchmarks" / "workloads"
        private = [*made, tmp_path / "state", workloads, *(one for one in workloads.iterdir() if one.is_dir())]
        assert {str(path): oct(path.stat().st_mode & 0o777) for path in private} == dict.fromkeys(
            map(str, private), "0o700"
        )
        # Nothing of a run lies in the temporary folder itself, where others could read it.
        assert [path for path in temporary.iterdir() if path not in made] == []
        suite.send_signal(signal.SIGINT)
        suite.communicate(timeout=60)
