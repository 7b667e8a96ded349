"""Outputs that cannot show our signs: every command degrades to ASCII and says the same."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from analysis.notes import MARKS
from analysis.records import OBSERVATIONS_FILE, RUN_FILE
from analysis.signs import ASCII, writable
from tests.strategies import a_record
from tests.suite import ROOT, environment, run_suite

POSIX = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PLAIN = {"PYTHONIOENCODING": "ascii"}


def test_marks_stay_apart_from_each_other() -> None:
    """A question mark in the place of all of them would call everything inconclusive."""
    signs = [mark.partition("]")[2].removesuffix("[/]") for mark in MARKS.values() if mark]
    plain = [ASCII.get(sign, sign) for sign in signs]
    assert all(one.isascii() and len(one) == 1 for one in [*plain, *ASCII.values()])
    assert len(set(plain)) == len(signs)


def test_what_the_encoding_has_is_left_and_what_nobody_knows_is_a_question_mark() -> None:
    """Latin-1 has a plus-minus; no Latin alphabet has the other."""
    out = io.BytesIO()
    stream = writable(io.TextIOWrapper(out, encoding="latin-1"))
    stream.write("↓ 1.0 ±9% ✗ 家")
    stream.flush()
    assert out.getvalue().decode("latin-1") == "v 1.0 ±9% X ?"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A record on disk."""
    record = a_record()
    folder = tmp_path / "results" / record.run.id
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(record.run))
    lines = [msgspec.json.encode(one) for one in record.observations]
    (folder / OBSERVATIONS_FILE).write_bytes(b"\n".join(lines) + b"\n")
    return folder


@pytest.mark.parametrize("variables", [POSIX, PLAIN], ids=["POSIX", "ascii"])
def test_a_record_is_shown_in_ascii(stored: Path, variables: dict[str, str]) -> None:
    """With the table's lines too."""
    command = [sys.executable, "-m", "analysis", "show", str(stored)]
    done = subprocess.run(command, cwd=ROOT, env=environment(variables), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout.decode("ascii")
    assert "| v p50_latency_ms (ms) " in shown
    assert "~0%" in shown


@pytest.mark.parametrize("variables", [POSIX, PLAIN], ids=["POSIX", "ascii"])
def test_a_run_ends_in_ascii(tmp_path: Path, variables: dict[str, str]) -> None:
    """Live progress, pytest-benchmark's tables and the closing table."""
    one = ("--scale=small", "--launches=1", "--target=exact@embedded", "-k", "p50")
    ran = run_suite(tmp_path, "--benchmark-compare", *one, variables=variables)
    assert ran.status == 0, ran.output
    assert ran.output.isascii()
    assert "v p50_latency_ms (ms)" in ran.output
    assert "Traceback" not in ran.output
