"""Whole runs with containers on bad days: what a container or its daemon does is that target's fault alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from analysis.records import Record, read_record
from analysis.rows import Outcome, Row, RowKey, rows_of
from fixtures.containers import LABEL, connect, daemon_address
from fixtures.dockerd import private_daemon
from fixtures.errors import NotRunnable
from fixtures.ledger import PREFIX, sweep
from fixtures.localimages import load, recipes
from fixtures.targets import known_stores
from tests.docker import needs, variables
from tests.suite import ROOT
from tests.test_faults import under_way


def record_of(tmp_path: Path) -> Record:
    """The one run's."""
    (folder,) = [path.parent for path in (tmp_path / "results").glob("*/run.json")]
    return read_record(folder)


def p50(record: Record, target: str) -> Row:
    """The row that these tests look at."""
    return {row.key: row for row in rows_of(record)}[RowKey("p50_latency_ms", "small", target)]


def daemon_of(folder: str) -> psutil.Process:
    """The daemon that keeps its things in that folder."""
    lines = [(one, one.info["cmdline"] or [""]) for one in psutil.process_iter(["cmdline"])]
    (found,) = [one for one, line in lines if line[0].endswith("dockerd") and f"--pidfile={folder}/pid" in line]
    return found


def test_a_container_that_is_killed_in_mid_run_loses_its_rows_alone_and_its_log_is_kept(tmp_path: Path) -> None:
    """Named with how it ended; nothing of ours is left in the daemon."""
    needs(known_stores(())["exact"])
    arguments = ("--target=exact@container", "--target=exact@process", "--launches=2")
    with under_way(tmp_path, *arguments, variables=variables()) as suite:
        with connect(daemon_address(), timeout_s=30) as client:
            mine = [
                one
                for one in client.containers.list(filters={"label": LABEL})
                if one.labels[LABEL].startswith(f"{suite.pid}-")
            ]
            (container,) = mine
            container.kill()
        output, _ = suite.communicate(timeout=200)
    record = record_of(tmp_path)
    lost, whole = p50(record, "exact@container"), p50(record, "exact@process")
    assert lost.outcome is Outcome.FAILED, output
    assert "ended with status 137" in lost.reason
    assert len(whole.values) + len(whole.invalid_values) == 2
    assert (record.folder / "logs/exact@container-small-0.log").is_file()
    with connect(daemon_address(), timeout_s=30) as client:
        assert container.name not in [one.name for one in client.containers.list(all=True)]


def test_a_daemon_that_dies_in_mid_run_takes_its_targets_alone(tmp_path: Path) -> None:
    """A daemon of the test's own, with one image; then it is killed with all that it runs."""
    needs(known_stores(())["exact"])
    (recipe,) = [
        one for one in recipes([known_stores(())["weaviate"]], lambda _: None) if "WEAVIATE" in one.environment
    ]
    with private_daemon() as address:
        with connect(address, timeout_s=300) as client:
            load(recipe, client)
        folder = address.removeprefix("unix://").removesuffix("/docker.sock")
        daemon = daemon_of(folder)
        arguments = ("--target=weaviate@container", "--target=exact@process", "--launches=2", "--request-timeout=20")
        changed = {"DOCKER_HOST": address, recipe.environment: recipe.tag}
        with under_way(tmp_path, *arguments, variables=changed) as suite:
            os.kill(daemon.pid, signal.SIGKILL)
            output, _ = suite.communicate(timeout=200)
    record = record_of(tmp_path)
    lost, whole = p50(record, "weaviate@container"), p50(record, "exact@process")
    assert lost.outcome is Outcome.FAILED, output
    assert "the Docker daemon at" in lost.reason
    assert "does not answer" in lost.reason
    assert len(whole.values) + len(whole.invalid_values) == 2
    assert "could not be removed" in output
    assert "Traceback" not in output


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder with a path that leaves room for the name of a socket."""
    folder = Path(tempfile.mkdtemp(prefix="vb-", dir="/tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    folder.rmdir()


def left(folder: Path) -> list[str]:
    """Processes, mounts, bridges, control groups and folders of this process's own daemons."""
    found = [str(path) for path in Path("/sys/class/net").glob(f"vxb{os.getpid()}")]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{os.getpid()}")]
    found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]
    lines = [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
    found += [line for line in lines if str(folder) in line]
    return [*found, *map(str, folder.iterdir())]


def test_a_daemon_of_our_own_leaves_nothing(short: Path) -> None:
    """No process, mount, bridge, control group or folder."""
    needs(known_stores(())["exact"])
    with private_daemon() as address, connect(address, timeout_s=30) as client:
        assert client.ping()
        assert len(left(short)) > 2
    assert left(short) == []


def test_what_a_killed_run_with_its_own_daemon_left_is_gone_at_the_next_start(
    short: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The kernel ends its processes and mounts at once; bridge, groups and folder are in its ledger."""
    needs(known_stores(())["exact"])
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    script = (
        "import os, signal; from fixtures.dockerd import private_daemon\n"
        "with private_daemon() as address:\n"
        "    print(os.getpid(), address, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(short)}
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid, address = done.stdout.split()
    bridge = Path("/sys/class/net", f"vxb{pid}")
    assert bridge.exists()
    told = sweep()
    assert f"bridge vxb{pid}" in told
    assert f"folder {Path(address.removeprefix('unix://')).parent}" in told
    assert not bridge.exists()
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{pid}"))
    assert left(short) == []


def test_a_path_that_is_too_long_for_a_socket_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a daemon waits for one in vain."""
    needs(known_stores(())["exact"])
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(NotRunnable, match="too long for a socket"), private_daemon():
        pass
    assert not list(folder.iterdir())
