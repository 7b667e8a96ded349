"""What is stored survives, and what cannot be stored is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.observations import LaunchEnded
from analysis.records import OBSERVATIONS_FILE, RunStatus, read_record
from fixtures.errors import RecordNotWritable
from fixtures.recorder import Recorder
from tests.strategies import a_run

ENDED = LaunchEnded(scale="small", launch=0, up_ns=1, measuring_ns=2, stop_ns=3)


def test_an_observation_is_readable_as_soon_as_append_returns(tmp_path: Path) -> None:
    """Nothing waits in a buffer of ours."""
    recorder = Recorder(tmp_path / "run", a_run(status=RunStatus.RUNNING))
    recorder.append(ENDED)
    assert read_record(tmp_path / "run").observations == (ENDED,)
    recorder.close()


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """A record belongs to one run."""
    Recorder(tmp_path / "run", a_run(status=RunStatus.RUNNING)).close()
    with pytest.raises(RecordNotWritable, match="Another run"):
        Recorder(tmp_path / "run", a_run(status=RunStatus.RUNNING))


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the folder and the option."""
    (tmp_path / "results").write_text("")
    with pytest.raises(RecordNotWritable, match="--results"):
        Recorder(tmp_path / "results" / "run", a_run(status=RunStatus.RUNNING))


def test_a_full_disk_is_named_and_what_was_written_stays(tmp_path: Path) -> None:
    """A file size limit stands for the full disk: the kernel refuses the write in the same call."""
    script = """
import resource, signal, sys
from pathlib import Path
from analysis.observations import LaunchEnded
from analysis.records import RunStatus
from fixtures.errors import RecordNotWritable
from fixtures.recorder import Recorder
from tests.strategies import a_run
recorder = Recorder(Path(sys.argv[1]), a_run(status=RunStatus.RUNNING))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
ended = LaunchEnded(scale="small", launch=0, up_ns=1, measuring_ns=2, stop_ns=3)
try:
    for _ in range(100):
        recorder.append(ended)
except RecordNotWritable as error:
    print(error)
"""
    folder = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    assert "cannot be written" in done.stdout
    record = read_record(folder)
    assert record.truncated
    assert len(record.observations) == (folder / OBSERVATIONS_FILE).read_bytes().count(b"\n") > 5
