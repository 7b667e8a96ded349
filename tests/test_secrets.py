"""Secrets: an API key that is given by the environment is in nothing that a run prints, writes or leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from analysis.rows import Outcome, RowKey
from fixtures.drivers.base import Endpoint, Process, Remote, Tier
from fixtures.errors import StartFailed, WorkerDied
from fixtures.redact import redact, sendable
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process, remote
from fixtures.tiers.process import ProcessRunning
from fixtures.worker import messages as say
from fixtures.worker.client import WorkerClient
from tests.suite import ROOT, environment, run_suite
from tests.tiers.test_remote import CHROMA_KEY, collections, guard, theirs

CHROMA = known_stores(())["chroma"]
# With all that JSON, Python, XML and URLs write in another way.
KEY = "k7f3a\"b\\c'd%e&f<g/9"
FORMS = {KEY, json.dumps(KEY)[1:-1], repr(KEY)[1:-1], quote(KEY, safe="")}
P50 = RowKey("p50_latency_ms", "small", "chroma@remote")


@pytest.fixture(scope="module")
def server() -> Iterator[ProcessRunning]:
    """A Chroma; a guard before it wants the key."""
    found = resolve(Target(CHROMA, Tier.PROCESS))
    assert isinstance(found, Runnable)
    assert isinstance(found.target.spec, Process)
    running = process.start("somebody@process", found.target.spec, found.program)
    running.wait_ready(60)
    yield running
    running.stop()


def own_places(tmp_path: Path) -> Mapping[str, str]:
    """All places in which a run could write are below `tmp_path`."""
    for name in ("home", "tmp", "state"):
        (tmp_path / name).mkdir()
    return {
        CHROMA_KEY: KEY,
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "TMPDIR": str(tmp_path / "tmp"),
        "VEXFS_BENCH_STATE": str(tmp_path / "state" / "ledger"),
    }


def telling(folder: Path) -> list[str]:
    """The files below a folder in which the key stands in any form."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if any(form.encode() in path.read_bytes() for form in FORMS)]


@contextmanager
def arguments_seen() -> Iterator[set[str]]:
    """The arguments of every process that is seen in the meantime."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            for one in psutil.process_iter(["cmdline"]):
                seen.update(one.info["cmdline"] or [])

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def loud(tmp_path: Path) -> list[str]:
    """Options by which pytest tells as much as it can, on the terminal and in files."""
    files = [f"--junit-xml={tmp_path / 'junit.xml'}", f"--summary={tmp_path / 'summary.md'}"]
    return ["-vv", "-rA", "--showlocals", "--tb=long", "-o", "junit_logging=all", *files]


def test_the_key_is_in_nothing_that_a_run_and_its_baseline_leave(server: ProcessRunning, tmp_path: Path) -> None:
    """Terminal, record, logs, JUnit, summary, pytest-benchmark's JSON, baseline, cache, ledger, temporary folder.

    Nor in the arguments of a process; and the server is as it was.
    """
    variables = own_places(tmp_path)
    before = theirs(server)
    with guard(server.endpoint.ports["http"], KEY) as url, arguments_seen() as seen:
        target = f"--target=chroma@url={url}"
        # Few rows: the other parts of a launch would say the same of the key.
        rows = ("-k", "p50_latency or peak_memory")
        ran = run_suite(tmp_path, target, *rows, "--scale=small", "--launches=1", *loud(tmp_path), variables=variables)
    assert ran.status == 0, ran.output
    assert ran.rows[P50].values or ran.rows[P50].invalid_values
    assert ran.record.run.reported["chroma@remote"].settings["remote.api_key"] == f"from {CHROMA_KEY}"
    memory = ran.rows[RowKey("peak_memory_usage_mb", "small", "chroma@remote")]
    assert memory.outcome is Outcome.NOT_APPLICABLE
    assert "somebody else's" in memory.reason
    assert collections(server) == before
    assert any("fixtures.worker" in one for one in seen)
    assert [one for one in seen if any(form in one for form in FORMS)] == []
    folders = [f"--results={ran.results}", f"--baselines={tmp_path / 'baselines'}"]
    allowed = [f"--allow={name}" for name in ("dirty", "invalid", "few-launches", "partial")]
    accepted = subprocess.run(
        [sys.executable, "-m", "analysis", "accept", "latest", *folders, *allowed],
        cwd=ROOT,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert accepted.returncode == 0, accepted.stderr
    assert list((tmp_path / "baselines").rglob("*.json"))
    printed = ran.output + accepted.stdout + accepted.stderr
    assert [form for form in FORMS if form in printed] == []
    assert telling(tmp_path) == []


def test_the_key_is_in_no_word_of_a_run_that_fails(server: ProcessRunning, tmp_path: Path) -> None:
    """The server takes it no more in the middle of the run, and says it back with each refusal."""
    variables = own_places(tmp_path)
    with guard(server.endpoint.ports["http"], KEY, requests=60) as url:
        target = f"--target=chroma@url={url}"
        required = ("--require-target=chroma@remote",)
        ran = run_suite(
            tmp_path, target, *required, "--scale=small", "--launches=1", *loud(tmp_path), variables=variables
        )
    assert ran.status == 1, ran.output
    failed = ran.rows[P50]
    assert failed.outcome is Outcome.FAILED
    # What the server said was told, with something else in the key's place.
    assert "no such key: Bearer (the API key)" in failed.reason
    assert "no such key" in (tmp_path / "junit.xml").read_text()
    assert [form for form in FORMS if form in ran.output] == []
    assert telling(tmp_path) == []


def test_last_words_of_a_worker_that_dies_are_told_without_the_key(tmp_path: Path) -> None:
    """A client library may have logged what it sends."""
    (tmp_path / "telltale.py").write_text(
        "import os, sys\n"
        "class Driver:\n"
        "    def __init__(self, endpoint):\n"
        "        print(f'sent X-Key: {endpoint.key!r}', file=sys.stderr, flush=True)\n"
        "        os._exit(3)\n"
    )
    worker = WorkerClient(
        "x@remote", tmp_path / "worker.log", environment={CHROMA_KEY: KEY}, search_first=(str(tmp_path),)
    )
    try:
        with pytest.raises(WorkerDied, match=r"sent X-Key: .\(the API key\)") as caught:
            worker.ask(
                say.Connect("telltale:Driver", str(tmp_path), {}, "127.0.0.1", key=CHROMA_KEY), say.Connected, 30
            )
    finally:
        worker.close()
    assert [form for form in FORMS if form in str(caught.value)] == []


@pytest.mark.parametrize("key", ["two words", "with-its-end-of-line\n", "with-\u20ac"])
def test_a_key_that_no_header_takes_is_told_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Libraries would say it in their errors."""
    monkeypatch.setenv(CHROMA_KEY, key)
    spec = CHROMA.tiers[Tier.REMOTE]
    assert isinstance(spec, Remote)
    running = remote.start("chroma@remote", replace(spec, url="http://127.0.0.1:1"))
    try:
        with pytest.raises(StartFailed, match=f"the API key in {CHROMA_KEY} has a character") as caught:
            running.wait_ready(5)
    finally:
        running.stop()
    assert key.strip() not in str(caught.value)
    assert not sendable(key)
    assert sendable(KEY)


@pytest.mark.parametrize(
    "text", [KEY, json.dumps({"a": KEY}), repr({"a": KEY}), repr(KEY.encode()), quote(KEY, safe=""), f"Bearer {KEY}\n"]
)
def test_no_way_of_writing_it_gets_through(text: str) -> None:
    """As it is, in JSON, in Python, in a URL; without one, nothing changes."""
    told = redact(KEY, f"before {text} after")
    assert [form for form in FORMS if form in told] == []
    assert "k7f3a" not in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert redact("", text) == text


def test_an_endpoint_does_not_show_its_key() -> None:
    """Tracebacks show values."""
    assert KEY not in repr(Endpoint(Path(), key=KEY))
