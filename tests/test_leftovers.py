"""Leftovers: however a run ends, nothing of ours stays past the next start, and nothing of others is touched.

Containers and daemons of our own are in `test_container_runs`, collections on servers of others in `tiers/test_remote`,
the ledger line by line in `test_ledger`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from analysis.__main__ import main as analysis
from analysis.observations import ResourceSeries, SliceSearched
from analysis.records import RunStatus, read_record
from fixtures.drivers.base import Tier
from fixtures.drivers.exact import STORE
from fixtures.ledger import MARK, sweep
from fixtures.targets import Skipped, Target, resolve
from tests.suite import MAIN_ROWS, ROOT, command, environment, leftovers, run_suite
from tests.test_faults import PACE_S, under_way

MOUNTS = resolve(Target(STORE, Tier.MOUNT))
OURS = "--target=exact@process" if isinstance(MOUNTS, Skipped) else "--target=exact@*"


@dataclass(frozen=True, slots=True)
class Strangers:
    """What looks like ours and is not: a server of the same kind, a mount, a file in a folder of such a name."""

    server: psutil.Process
    mount: Path | None
    file: Path

    @property
    def untouched(self) -> bool:
        """Whether all of it is there."""
        mounted = self.mount is None or self.mount.is_mount()
        return self.server.is_running() and mounted and self.file.read_text() == "precious"


@pytest.fixture
def strangers(temporary: Path) -> Iterator[Strangers]:
    """They are there all the time, and are so at the end of the test."""
    folder = temporary.with_name("theirs") / "vexfs-bench-exact-process-abc"
    mount = folder / "mnt"
    mount.mkdir(parents=True)
    (folder / "file").write_text("precious")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", mount], capture_output=True, check=False).returncode == 0
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.exact.server", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, MARK: "1-1-another"},
        start_new_session=True,
    ) as server:
        made = Strangers(psutil.Process(server.pid), mount if mounted else None, folder / "file")
        try:
            yield made
            assert made.untouched
        finally:
            server.kill()
            if mounted:
                subprocess.run(["umount", mount], check=True)


def places(tmp_path: Path, temporary: Path) -> dict[str, str]:
    """A ledger and a temporary folder of the run's own."""
    return {"VEXFS_BENCH_STATE": str(tmp_path / "state"), "TMPDIR": str(temporary)}


def server_of(suite: subprocess.Popen[str]) -> psutil.Process | None:
    """The server that the run has started, once it has."""
    for child in psutil.Process(suite.pid).children():
        try:
            if "fixtures.exact.server" in " ".join(child.cmdline()):
                return child
        except psutil.NoSuchProcess:
            continue
    return None


def test_after_success_nothing_is_left(tmp_path: Path, temporary: Path, strangers: Strangers) -> None:
    """No process, mount or folder, with no next start; of clients that search together neither."""
    rows = ("--scale=small", "--launches=1", OURS, "-k", "p50_latency or concurrent")
    ran = run_suite(tmp_path, *rows, variables=places(tmp_path, temporary), whole=True)
    assert ran.status == 0, ran.output
    assert leftovers(temporary) == []


def test_after_failure_nothing_is_left(tmp_path: Path, temporary: Path, strangers: Strangers) -> None:
    """A crash, an error and a hang, each in the middle of a launch."""
    faulty = [f"--target={name}@embedded" for name in ("dying", "raising", "slow")]
    plugin = ("-p", "tests.plugins.faulty", "--request-timeout=3")
    one = ("--scale=small", "--launches=1", OURS, *MAIN_ROWS, *plugin, *faulty)
    ran = run_suite(tmp_path, *one, variables=places(tmp_path, temporary), whole=True)
    assert ran.status == 1, ran.output
    assert leftovers(temporary) == []


def test_ctrl_c_while_servers_start_leaves_nothing(tmp_path: Path, temporary: Path, strangers: Strangers) -> None:
    """Before there is anything to measure."""
    with subprocess.Popen(
        command(tmp_path / "results", "--scale=small", "--launches=1", OURS),
        cwd=ROOT,
        env=environment(places(tmp_path, temporary)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as suite:
        deadline = time.monotonic() + 60
        while server_of(suite) is None:
            assert time.monotonic() < deadline, "it never started a server"
            assert suite.poll() is None, suite.stdout and suite.stdout.read()
            time.sleep(PACE_S)
        suite.send_signal(signal.SIGINT)
        output, _ = suite.communicate(timeout=60)
    assert suite.returncode == 2, output
    assert leftovers(temporary) == []


def test_ctrl_c_leaves_nothing_behind_and_keeps_what_was_measured(
    tmp_path: Path, temporary: Path, strangers: Strangers
) -> None:
    """The run is marked, its table is printed."""
    with under_way(tmp_path, "--launches=50", OURS, variables=places(tmp_path, temporary)) as suite:
        suite.send_signal(signal.SIGINT)
        output, _ = suite.communicate(timeout=60)
    assert suite.returncode == 2
    assert leftovers(temporary) == []
    (folder,) = (tmp_path / "results").iterdir()
    record = read_record(folder)
    assert record.run.status is RunStatus.INTERRUPTED
    assert any(isinstance(one, SliceSearched) for one in record.observations)
    assert "INCOMPLETE" in output


def test_after_kill_9_the_record_shows_what_was_measured_and_the_next_run_cleans_up(
    tmp_path: Path, temporary: Path, strangers: Strangers, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most the slice under way is lost; no server, mount or folder of ours is left once the next run begins."""
    state = places(tmp_path, temporary)
    with under_way(tmp_path, "--launches=50", OURS, variables=state) as suite:
        suite.kill()
        suite.wait()
    (folder,) = (tmp_path / "results").iterdir()
    assert analysis(["show", str(folder), "--baselines", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "INCOMPLETE" in shown
    assert "p50_latency_ms" in shown
    assert any(isinstance(one, ResourceSeries) for one in read_record(folder).observations)
    left = re.findall(r'"folder":"([^"]+)"}', next((tmp_path / "state").glob("*.jsonl")).read_text())
    assert left
    one = ("--scale=small", "--launches=1", "--target=exact@embedded", "-k", "p50_latency")
    again = run_suite(tmp_path / "again", *one, variables=state)
    assert again.status == 0, again.output
    assert "left by an earlier run, removed: folder" in again.output
    assert not any(Path(one).exists() for one in left)
    assert leftovers(temporary) == []


@pytest.fixture
def hangup_ends() -> Iterator[None]:
    """Where it is ignored, as under nohup, a run that is started here would ignore it too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangup_ends")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: signal.Signals(number).name)
def test_a_run_that_is_ended_from_outside_is_cleaned_up_by_the_next_start(
    tmp_path: Path,
    temporary: Path,
    strangers: Strangers,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    """As by a service manager, or with the terminal."""
    with under_way(tmp_path, "--launches=50", OURS, variables=places(tmp_path, temporary)) as suite:
        suite.send_signal(number)
        suite.communicate(timeout=60)
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    sweep()
    assert leftovers(temporary) == []
    assert sweep() == []


def test_after_a_reboot_the_next_start_removes_folders_and_touches_no_process_and_no_mount(
    tmp_path: Path, temporary: Path, strangers: Strangers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger of another boot: its pids and mount points are others' now; its folders and errands are still ours."""
    with under_way(tmp_path, "--launches=50", OURS, variables=places(tmp_path, temporary)) as suite:
        suite.kill()
        suite.wait()
    (ledger,) = (tmp_path / "state").glob("*.jsonl")
    # What a reboot ends.
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(temporary):
                process.kill()
                process.wait(10)
        except psutil.Error:
            continue
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if str(temporary) in line:
            subprocess.run(["umount", "-l", line.split()[4]], check=True)
    folders = [Path(one) for one in leftovers(temporary)]
    assert folders
    assert all(folder.is_dir() for folder in folders)
    with ledger.open("a") as file:
        created = Path(f"/proc/{strangers.server.pid}/stat").read_text().rpartition(")")[2].split()[19]
        file.write(f'{{"pid":{strangers.server.pid},"created":{created}}}\n')
        file.write(f'{{"mount":"{strangers.mount}"}}\n')
        file.write('{"errand":["fixtures.containers","unix:///nowhere.sock","vexfs-bench-gone","mark"]}\n')
    ledger.rename(ledger.with_name(f"{ledger.stem.rpartition('-')[0]}-0therb00t.jsonl"))
    monkeypatch.setenv("VEXFS_BENCH_STATE", str(tmp_path / "state"))
    removed = sweep()
    assert {f"folder {folder}" for folder in folders} <= set(removed)
    assert [one for one in removed if one.startswith(("process", "mount"))] == []
    # A daemon that is not up again yet is asked once more at the next start.
    assert [one for one in removed if one.startswith("nothing yet: ")]
    assert leftovers(temporary) == []
    assert [path.stem.rpartition("-")[2] for path in (tmp_path / "state").glob("*.jsonl")] == ["0therb00t"]
