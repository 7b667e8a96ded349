"""API keys of servers that we start: new at each start, known to server and worker, told to nobody else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fixtures.drivers.base import Binary, Command, Endpoint, Guard, Mount, Process, Tier
from fixtures.errors import StartFailed
from fixtures.targets import known_stores
from fixtures.tiers import mount, process
from fixtures.tiers.base import Guarded
from fixtures.tiers.keys import Key, key_variable
from tests.suite import run_suite

GUARD = Guard("X-Key", "THE_KEY", lambda key: {"SERVER_KEY": key})
BINARY = Binary("SOME_BIN", "some-server", "Get it.")
SAYS_IT = "import os; print('key', os.environ['SERVER_KEY']); raise SystemExit('no licence')"


def spec(program: Binary | str = "") -> Process:
    """A server that takes a key."""
    return Process("none:None", program, ("http",), lambda place: Command([]), "/", guard=GUARD)


def test_a_key_is_another_one_at_each_start_and_long_enough() -> None:
    """To server and worker by their variables; a server without keys has none."""
    one, other = Key(GUARD), Key(GUARD)
    assert one.secret != other.secret
    assert len(one.secret) >= 32
    assert one.server() == {"SERVER_KEY": one.secret}
    assert one.worker() == {"THE_KEY": one.secret}
    assert one.hide(f"x {one.secret} y") == "x (the API key) y"
    none = Key(None)
    assert (none.secret, none.server(), none.worker(), none.hide("x")) == ("", {}, {}, "x")


def test_the_variable_of_a_workers_key_is_known_by_the_spec() -> None:
    """Of those that take one, and of no other."""
    stores = known_stores(())
    variables = {
        f"{store.name}@{tier}": key_variable(one) for store in stores.values() for tier, one in store.tiers.items()
    }
    assert {name: variable for name, variable in variables.items() if variable} == {
        "vexfs@process": "VEXFS_BENCH_VEXFS_API_KEY",
        "vexfs@container": "VEXFS_BENCH_VEXFS_API_KEY",
        "chroma@remote": "VEXFS_BENCH_CHROMA_API_KEY",
        "qdrant@remote": "VEXFS_BENCH_QDRANT_API_KEY",
        "weaviate@remote": "VEXFS_BENCH_WEAVIATE_API_KEY",
    }


def test_a_server_that_says_its_key_and_dies_is_told_without_it() -> None:
    """Its last words are shown, the key is not; nor is it in how an endpoint is written."""
    running = process.start("some@process", spec(), [sys.executable, "-c", SAYS_IT])
    assert isinstance(running, Guarded)
    (key,) = running.worker_environment().values()
    try:
        with pytest.raises(StartFailed, match=r"(?s)key \(the API key\).*no licence") as caught:
            running.wait_ready(30)
        assert key not in str(caught.value)
        assert key not in running.log_tail()
        assert running.endpoint.key == key
        assert key not in repr(running.endpoint)
    finally:
        running.stop()


def test_a_program_of_the_users_that_is_another_one_is_doubted_by_name() -> None:
    """The server's and the daemon's; what is installed with us is not doubted."""
    running = process.start("some@process", spec(BINARY), ["/bin/true"])
    try:
        with pytest.raises(StartFailed, match=r"(?s)ended with status 0.*See that /bin/true is some-server"):
            running.wait_ready(30)
    finally:
        running.stop()
    mounting = mount.start("some@mount", Mount("none:None", BINARY, lambda place: Command([])), ["/bin/true"])
    try:
        with pytest.raises(StartFailed, match=r"(?s)ended with status 0.*See that /bin/true is some-server"):
            mounting.wait_ready(30)
    finally:
        mounting.stop()


def test_vexfs_servers_own_variables_keep_it_on_loopback_with_one_key(tmp_path: Path) -> None:
    """Its defaults are every interface and a key that everybody knows."""
    from fixtures.drivers.base import Place

    server = known_stores(())["vexfs"].tiers[Tier.PROCESS]
    assert isinstance(server, Process)
    assert server.guard is not None
    told = server.command(Place(tmp_path, {"http": 7}, tmp_path)).environment
    assert told["VEXFS_HOST"] == "127.0.0.1"
    assert told["PRODUCTION"] == "true"
    assert server.guard.server("k") == {"API_KEY_1": "k:admin::"}
    assert Endpoint(tmp_path, {"http": 7}, key="k").key == "k"


def test_a_run_leaves_no_key_in_record_log_or_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server is measured; another says its key in a refusal: a named row, without it."""
    keys = tmp_path / "keys"
    monkeypatch.setenv("STANDIN_KEYS", str(keys))
    ran = run_suite(
        tmp_path,
        *("-p", "tests.plugins.standin_vexfs", "--target=standin@process", "--target=telling@process"),
        *("--scale=small", "--launches=1", "--gate=off", "-k", "p50 or concurrent"),
    )
    secrets = set(keys.read_text().split())
    assert len(secrets) >= 2
    assert "telling@process: insert raised ValueError" in ran.output
    assert "(the API key) may not do this" in ran.output
    assert {row.outcome for key, row in ran.rows.items() if key.target == "standin@process"} != set()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != keys:
            assert not [key for key in secrets if key.encode() in path.read_bytes()], path
    assert not [key for key in secrets if key in ran.output]
