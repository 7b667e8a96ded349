"""Bad days, for real: one target's fault is its own, what was measured is kept, and nothing of ours is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analysis.records import RunStatus, read_record
from analysis.rows import Outcome, RowKey
from fixtures.drivers.base import Tier
from fixtures.drivers.exact import STORE
from fixtures.targets import Skipped, Target, resolve
from tests.suite import MAIN_ROWS, ROOT, Ran, command, environment, leftovers, run_suite, to_the_end

MOUNTS = resolve(Target(STORE, Tier.MOUNT))
NEEDS_MOUNT = pytest.mark.skipif(isinstance(MOUNTS, Skipped), reason=getattr(MOUNTS, "reason", ""))


def p50(target: str) -> RowKey:
    """The row that these tests look at."""
    return RowKey("p50_latency_ms", "small", target)


OWN = ("--target=exact@process", "--target=exact@embedded")
PACE_S = 0.02
"""Between two looks, which would take the processor from what they wait for."""
PATIENCE_S = 10
"""Until a store that hangs is given up; a sound one beside it answers sooner also where others fill the machine."""


@contextmanager
def under_way(
    tmp_path: Path, *arguments: str, variables: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A run that has begun to search; it is killed if the test does not end it."""
    results = tmp_path / "results"
    with subprocess.Popen(
        command(results, "--scale=small", *arguments),
        cwd=ROOT,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as suite:
        try:
            deadline = time.monotonic() + 60
            while not any("slice-searched" in path.read_text() for path in results.glob("*/observations.jsonl")):
                assert time.monotonic() < deadline, "it never searched"
                assert suite.poll() is None, suite.stdout and suite.stdout.read()
                time.sleep(PACE_S)
            yield suite
        finally:
            suite.kill()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of every faulty store beside a healthy one."""
    return run_suite(
        tmp_path_factory.mktemp("faulty"),
        "--scale=small",
        "--launches=2",
        "-p",
        "tests.plugins.faulty",
        f"--request-timeout={PATIENCE_S}",
        *MAIN_ROWS,
        *(f"--target={name}@embedded" for name in ("exact", "losing", "wrong", "dying", "raising", "slow")),
    )


def test_the_healthy_targets_rows_are_complete(faulty: Ran) -> None:
    """Whatever happened beside it."""
    assert faulty.status == 1
    assert faulty.record.run.status is RunStatus.COMPLETE
    row = faulty.rows[p50("exact@embedded")]
    assert to_the_end(row, 2), row


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("dying@embedded", "the worker ended during search"),
        ("raising@embedded", "insert raised ConnectionError: the disk of the server is full"),
        ("slow@embedded", f"no answer to search within {PATIENCE_S} s"),
    ],
)
def test_a_crash_an_error_and_a_hang_lose_their_own_rows_and_say_why(faulty: Ran, target: str, told: str) -> None:
    """All of the target's rows, with the part of the launch; in the table and in the test's message."""
    row = faulty.rows[p50(target)]
    assert row.outcome is Outcome.FAILED
    assert told in row.reason
    assert row.remedy
    assert f"failed: {target}" in faulty.output
    assert f"FAILED benchmarks/test_search.py::test_search[p50_latency_ms-small-{target}]" in faulty.output


def test_what_a_target_that_failed_has_said_stays_with_the_record(faulty: Ran) -> None:
    """Its folders are removed: the row names the log that is left."""
    kept = faulty.folder / "logs" / "raising@embedded-small-0-worker.log"
    assert str(kept) in faulty.rows[p50("raising@embedded")].remedy
    assert "Traceback" in kept.read_text()


def test_a_store_that_loses_vectors_has_no_valid_figure(faulty: Ran) -> None:
    """It acknowledged a thousand and counts nine hundred."""
    for metric in ("p50_latency_ms", "throughput_vectors_per_second", "memory_efficiency_ratio"):
        row = faulty.rows[RowKey(metric, "small", "losing@embedded")]
        assert row.outcome is Outcome.INVALID
        assert "1,000 vectors were acknowledged, the store counts 900" in row.reason


def test_fast_and_wrong_is_not_fast(faulty: Ran) -> None:
    """Latency is invalid; recall itself is a figure."""
    assert faulty.rows[p50("wrong@embedded")].outcome is Outcome.INVALID
    recall = faulty.rows[RowKey("recall_at_10", "small", "wrong@embedded")]
    assert recall.outcome is Outcome.MEASURED
    assert max(recall.values) < 0.5


@NEEDS_MOUNT
def test_a_hung_mount_write_ends_as_a_named_failure_and_the_others_are_complete(
    tmp_path: Path, temporary: Path
) -> None:
    """The writer waits in the kernel, where no signal reaches it, until the mount's connection is ended."""
    began = time.monotonic()
    ran = run_suite(
        tmp_path,
        "--scale=small",
        "--launches=2",
        "-p",
        "tests.plugins.hung_mount",
        f"--request-timeout={PATIENCE_S}",
        *MAIN_ROWS,
        "--target=hung@mount",
        "--target=exact@embedded",
        variables={"TMPDIR": str(temporary)},
    )
    assert time.monotonic() - began < 54 + 2 * PATIENCE_S
    row = ran.rows[p50("hung@mount")]
    assert row.outcome is Outcome.FAILED
    assert f"no answer to insert within {PATIENCE_S} s" in row.reason
    whole = ran.rows[p50("exact@embedded")]
    assert to_the_end(whole, 2), whole
    assert leftovers(temporary) == []


def test_a_server_killed_in_mid_campaign_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """Its last words are given."""
    with under_way(tmp_path, *MAIN_ROWS, "--launches=2", *OWN) as suite:
        (server,) = [
            child
            for child in psutil.Process(suite.pid).children(recursive=True)
            if "fixtures.exact.server" in " ".join(child.cmdline())
        ]
        server.kill()
        output, _ = suite.communicate(timeout=120)
    (folder,) = (tmp_path / "results").iterdir()
    rows = Ran(suite.returncode, output, tmp_path / "results").rows
    assert suite.returncode == 1
    assert rows[p50("exact@process")].outcome is Outcome.FAILED
    assert "the server was killed by signal 9 (SIGKILL): memory ran out, or" in rows[p50("exact@process")].reason
    assert rows[p50("exact@embedded")].outcome is Outcome.MEASURED
    assert read_record(folder).run.status is RunStatus.COMPLETE


def test_a_full_disk_ends_the_run_with_a_reason_and_keeps_the_record(tmp_path: Path) -> None:
    """A file size limit of the suite's own process stands for the disk."""
    script = (
        "import resource, signal, sys, pytest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))\n"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    results = tmp_path / "results"
    arguments = command(results, "--scale=small", "--launches=5", "--target=exact@embedded")[3:]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment({"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Results cannot be written" in done.stdout
    (folder,) = results.iterdir()
    assert read_record(folder).observations


def test_a_worker_killed_from_outside_loses_its_target_only(tmp_path: Path) -> None:
    """As the kernel does when memory is short."""
    with under_way(tmp_path, *MAIN_ROWS, "--launches=2", *OWN) as suite:
        workers = [
            child for child in psutil.Process(suite.pid).children() if "fixtures.worker" in " ".join(child.cmdline())
        ]
        os.kill(workers[0].pid, signal.SIGKILL)
        output, _ = suite.communicate(timeout=120)
    rows = Ran(suite.returncode, output, tmp_path / "results").rows
    failed, other = sorted(
        (rows[p50(name)] for name in ("exact@process", "exact@embedded")), key=lambda row: row.outcome
    )
    assert failed.outcome is Outcome.FAILED
    # A busy machine can make a figure of the other one invalid; that it was measured to the end is what counts.
    assert other.outcome in (Outcome.MEASURED, Outcome.INVALID)
    assert len(other.values) + len(other.invalid_values) == 2
    assert re.search(r"the worker ended during \w+:\s+it\s+was\s+killed\s+by\s+signal\s+9", output)
