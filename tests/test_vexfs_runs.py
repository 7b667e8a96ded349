"""The real VexFS, where its binaries are given (VEXFS_FUSE_BIN, VEXFS_SERVER_BIN): figures or named failures, no third.

Nothing here is VexFS's own: without the binaries these tests are skipped, and say what they need.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.records import RunStatus
from analysis.rows import Outcome
from fixtures.drivers.base import Tier
from fixtures.drivers.vexfs import STORE
from fixtures.probe.__main__ import probe
from fixtures.targets import Runnable, Skipped, Target, resolve
from tests.suite import run_suite

FUSE, SERVER = (resolve(Target(STORE, tier)) for tier in (Tier.MOUNT, Tier.PROCESS))


def needs(found: Runnable | Skipped) -> pytest.MarkDecorator:
    """Skipped with the reason and the remedy where the target cannot run."""
    told = f"{found.reason} {found.remedy}" if isinstance(found, Skipped) else ""
    return pytest.mark.skipif(isinstance(found, Skipped), reason=told)


@needs(FUSE)
@needs(SERVER)
def test_a_run_of_the_real_one_ends_with_figures_or_named_failures(tmp_path: Path) -> None:
    """A write that hangs is given up in time, its mount is gone, and its neighbours' rows are whole."""
    before = Path("/proc/self/mountinfo").read_text()
    targets = [f"--target={name}" for name in ("vexfs@mount", "vexfs@process", "vexfs@kernel", "exact@process")]
    ran = run_suite(tmp_path, *targets, "--scale=small", "--launches=1", "--request-timeout=10", "--gate=off")
    assert ran.record.run.status is RunStatus.COMPLETE
    for key, row in ran.rows.items():
        if row.outcome is Outcome.FAILED:
            assert key.target == "vexfs@mount", key
            assert "no answer to insert within 10 s" in row.reason
    kernel = [row for key, row in ran.rows.items() if key.target == "vexfs@kernel"]
    assert {(row.outcome, tuple(row.values)) for row in kernel} == {(Outcome.SKIPPED, ())}
    assert "skipped: vexfs@kernel: not available" in ran.output
    left = set(Path("/proc/self/mountinfo").read_text().splitlines()) - set(before.splitlines())
    assert not [line for line in left if "vexfs" in line and str(tmp_path) in line]


@needs(SERVER)
def test_the_probe_tells_of_the_real_one_with_evidence() -> None:
    """Whatever it finds: an outcome for every probe."""
    assert isinstance(SERVER, Runnable)
    told = probe(SERVER)
    assert told.program_sha256
    assert all(one.seen and one.expected for one in told.probed)
