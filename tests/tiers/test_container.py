"""A container comes up with its limits and on loopback alone, and is gone afterwards; or it is said why not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from fixtures.cgroups import CgroupMeter
from fixtures.containers import LABEL, connect, daemon_address, main, remove
from fixtures.drivers.base import Container, Limits, Space, Tier
from fixtures.drivers.exact import ExactHttp
from fixtures.errors import StartFailed
from fixtures.ledger import ledger, sweep
from fixtures.targets import Skipped, Target, known_stores, resolve
from fixtures.tiers.base import Apart
from fixtures.tiers.container import ContainerRunning, start
from tests.docker import container_of, needs, one_program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def spec() -> Container:
    """Our own store's, since it is up in a blink."""
    return needs(known_stores(())["exact"])


@pytest.fixture
def running(spec: Container) -> Iterator[ContainerRunning]:
    """Started, ready, and stopped at the end."""
    made = start("exact@container", spec)
    try:
        made.wait_ready(60)
        yield made
    finally:
        made.stop()


def filled(running: ContainerRunning, vectors: int) -> None:
    """Put in so many vectors of 1,024 dimensions (4 KB each)."""
    driver = ExactHttp(running.endpoint)
    driver.create("bench0", Space(1024))
    batch = np.ones((200, 1024), dtype=np.float32) / 32
    for first in range(0, vectors, 200):
        driver.insert(range(first, first + 200), batch)
    driver.close()


def test_it_has_the_limits_and_a_volume_and_listens_on_loopback_alone(running: ContainerRunning) -> None:
    """As Docker and the kernel tell it."""
    assert isinstance(running, Apart)
    with connect(daemon_address(), timeout_s=30) as client:
        (attributes,) = [one.attrs for one in client.containers.list() if one.name == running._called]
    host = attributes["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (1 << 30, 1 << 30, 10**9)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert [(one["Type"], one["Destination"]) for one in attributes["Mounts"]] == [("volume", "/data")]
    assert attributes["Config"]["Labels"][LABEL] == ledger().mark
    port = running.endpoint.ports["http"]
    listening = [one for one in psutil.net_connections("inet") if one.laddr and one.laddr.port == port]
    assert {one.laddr.ip for one in listening if one.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_what_it_is_stands_in_its_settings(running: ContainerRunning) -> None:
    """Image, id, limits, volume."""
    told = running.settings()
    assert told["container.image_id"].startswith("sha256:")
    assert told["container.cpus"] == "1"
    assert told["container.memory_bytes"] == str(1 << 30)
    assert "volume" in told["container.volume"]
    assert told["container.image_digest"]


def test_its_memory_and_processor_time_are_its_control_groups(running: ContainerRunning) -> None:
    """They grow by what is put in; a peak is of the time since the last reading."""
    meter = running.meter()
    assert isinstance(meter, CgroupMeter)
    before, cpu = meter.read(), meter.cpu_ns()
    assert 0 < before.used <= before.peak
    assert before.processes == len(running.pids()) >= 1
    filled(running, 8000)
    after = meter.read()
    assert after.used - before.used > 8000 * 1024 * 4 * 0.9
    assert after.peak >= after.used
    assert meter.cpu_ns() > cpu
    # Nothing happens any more: the peak of a doubling array is not told twice.
    assert meter.read().peak < after.peak


def test_it_and_its_volume_are_gone_once_it_is_stopped(spec: Container) -> None:
    """Folder and ledger too; a second stop is fine."""
    made = start("exact@container", spec)
    made.wait_ready(60)
    with connect(daemon_address(), timeout_s=30) as client:
        (volume,) = client.containers.get(made._called).attrs["Mounts"]
        made.stop()
        made.stop()
        assert volume["Name"] not in [one.name for one in client.volumes.list()]
    assert container_of(made._called) is None
    assert not made.endpoint.folder.exists()
    assert not made.alive()
    assert "No such container" in made.log_tail()


def test_one_that_is_killed_for_memory_is_named_so(spec: Container) -> None:
    """With the limit, and the option that raises it."""
    made = start("exact@container", replace(spec, limits=Limits(1, 96 << 20)))
    try:
        made.wait_ready(60)
        with pytest.raises((OSError, ValueError, EOFError)):
            filled(made, 60_000)
        # Docker hears of it a moment after the kernel did it.
        made._container.wait(timeout=30)
        assert not made.alive()
        assert "killed for memory: its limit is 100,663,296 bytes" in made.log_tail()
        assert "killed for memory" in made.whole_log()
    finally:
        made.stop()


def test_one_that_ends_at_once_is_named_with_its_last_words() -> None:
    """And its status."""
    with one_program("ls", ("/no/such/folder",)) as spec:
        made = start("some@container", spec)
        try:
            with pytest.raises(StartFailed, match=r"(?s)ended with status 2.*No such file"):
                made.wait_ready(30)
        finally:
            made.stop()


def test_one_that_never_becomes_ready_is_told_with_what_it_answered() -> None:
    """After the time-out; then it is gone like any other."""
    with one_program("sleep", ("60",)) as spec:
        made = start("some@container", spec)
        try:
            with pytest.raises(StartFailed, match=r"not ready within 1 s: /ready gave"):
                made.wait_ready(1)
        finally:
            made.stop()
        assert container_of(made._called) is None


def test_an_image_that_is_gone_since_fails_the_start_and_leaves_nothing(
    spec: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named, with the variable that named it."""
    monkeypatch.setenv(spec.image.environment, "vexfs-bench-test/none:1")
    with pytest.raises(StartFailed, match=r"vexfs-bench-test/none:1 is not here. VEXFS_BENCH_EXACT_IMAGE names it"):
        start("exact@container", spec)


def test_what_a_dead_suite_left_running_is_removed(
    spec: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The container that its ledger names, and told."""
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    script = (
        "import os; from fixtures.targets import known_stores; from fixtures.tiers.container import start\n"
        "made = start('exact@container', known_stores(())['exact'].tiers['container'])\n"
        "print(made._called, flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 9, done.stderr
    called = done.stdout.strip()
    assert container_of(called) is not None
    assert f"container {called}" in sweep()
    assert container_of(called) is None
    assert sweep() == []


def test_a_strangers_container_is_left_alone(running: ContainerRunning) -> None:
    """One that does not bear the mark, though it has the name."""
    assert not remove(daemon_address(), running._called, "another-suite")
    assert running.alive()


def test_a_daemon_that_is_away_is_asked_again_at_the_next_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its containers may come back with it. One whose own folder is gone took them along."""
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    (tmp_path / "run").mkdir()
    address = f"unix://{tmp_path}/run/docker.sock"
    script = (
        "import os; from fixtures.ledger import ledger\n"
        f"ledger().record_errand(('fixtures.containers', {address!r}, 'a', 'b')); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    for _ in range(2):
        (told,) = sweep()
        assert "container a could not be asked for" in told
        assert "again at the next start" in told
    (tmp_path / "run").rmdir()
    assert sweep() == []
    assert not list((tmp_path / "state").glob("*.jsonl"))
    assert main(address, "a", "b") == 0


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("unix:///no/such/docker.sock", "The Docker daemon at unix:///no/such/docker.sock does not answer"),
        ("tcp://127.0.0.1:1", "is not on this machine"),
    ],
)
def test_no_daemon_skips_with_reason_and_remedy(address: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An absent one, and one that is elsewhere."""
    monkeypatch.setenv("DOCKER_HOST", address)
    found = resolve(Target(known_stores(())["exact"], Tier.CONTAINER))
    assert isinstance(found, Skipped)
    assert told in found.reason
    assert "DOCKER_HOST" in found.remedy


def test_a_daemon_that_hangs_skips_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It takes the call and says nothing."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "s"))
        mute.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
        found = resolve(Target(known_stores(())["exact"], Tier.CONTAINER))
    assert isinstance(found, Skipped)
    assert "does not answer" in found.reason
    assert "timed out" in found.reason


def test_an_image_that_is_not_here_skips_with_the_way_to_get_it(
    spec: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is pulled while rows are collected or measured."""
    monkeypatch.delenv(spec.image.environment)
    found = resolve(Target(known_stores(())["exact"], Tier.CONTAINER))
    assert isinstance(found, Skipped)
    assert "The image vexfs-bench/exact:1 is not here" in found.reason
    assert "scripts/with_dockerd" in found.remedy
    assert "VEXFS_BENCH_EXACT_IMAGE" in found.remedy
