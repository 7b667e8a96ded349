"""The probe: real Chroma is whole, a server that has a part of its API is shown with what it lacks, call by call."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from analysis.capabilities import Capabilities, Compliance, Probed, read_capabilities, share
from analysis.capabilitytable import markdown
from fixtures.drivers.base import Endpoint, Store, Tier
from fixtures.drivers.vexfs_server import VexfsServer
from fixtures.errors import StoreError, UsageError
from fixtures.probe import __main__ as command
from fixtures.probe.__main__ import main, probe
from fixtures.probe.room import Api, find_api
from fixtures.probe.run import PROBES, probe_server
from fixtures.probe.talk import Talk
from fixtures.targets import Runnable, Target, known_stores, resolve
from tests.plugins import standin_vexfs
from tests.suite import ROOT

STANDIN = Store("standin", {Tier.PROCESS: standin_vexfs.PROCESS})


def standin() -> Runnable:
    """The dialect of VexFS's server, without VexFS."""
    found = resolve(Target(STANDIN, Tier.PROCESS))
    assert isinstance(found, Runnable)
    return found


@pytest.fixture(scope="module")
def told() -> Capabilities:
    """What the probe finds there."""
    return probe(standin())


def outcome(told: Capabilities, call: str, argument: str) -> Probed:
    """Of one probe."""
    (one,) = [each for each in told.probed if (each.call, each.argument) == (call, argument)]
    return one


def test_real_chroma_passes_every_probe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As today's client asks, without a detour; status 0, the table, and the report in a file."""
    report = tmp_path / "report.json"
    assert main(["chroma@process", "--json", str(report)]) == 0
    told = read_capabilities(report)
    assert [one for one in told.probed if one.verdict is not Compliance.PASS] == []
    assert share(told.probed) == share(told.probed, usual=True) == 100
    assert len(told.probed) == len(PROBES)
    assert (told.target, told.paths) == ("chroma@process", "v2")
    assert told.server_version[0].isdigit()
    shown = capsys.readouterr().out
    assert f"100 % of {len(PROBES)} probes pass" in shown
    assert "Detour" not in shown


def test_the_page_shows_the_stored_report_of_the_real_vexfs() -> None:
    """Word for word, and all probes that there are."""
    told = read_capabilities(ROOT / "docs/experiments/vexfs-192e6cf-chroma.json")
    page = (ROOT / "docs/vexfs.md").read_text()
    shown = page.partition("<!-- probe: begin -->\n")[2].partition("\n<!-- probe: end -->")[0]
    assert shown == markdown(told)
    assert [(one.call, one.argument) for one in told.probed] == [(one.call, one.argument) for one in PROBES]
    assert (told.target, told.paths) == ("vexfs@process", "v1")


def test_each_probe_has_a_name_of_its_own() -> None:
    """A row is a call and an argument."""
    names = [(one.call, one.argument) for one in PROBES]
    assert len(set(names)) == len(names)
    for call in (
        "heartbeat",
        "version",
        "create_collection",
        "get_collection",
        "list_collections",
        "delete_collection",
    ):
        assert call in {name for name, _ in names}
    for call in ("add", "upsert", "update", "get", "query", "count", "peek", "delete"):
        assert call in {name for name, _ in names}


@pytest.mark.parametrize(
    ("call", "argument", "verdict", "status", "seen"),
    [
        ("query", "one embedding", Compliance.PASS, 200, '[["9","0","3"]]'),
        ("query", "distance cosine", Compliance.PASS, 200, '["9",0.128]'),
        ("query", "several embeddings", Compliance.WRONG, 200, '[["9","0","3"]]'),
        ("query", "where $eq", Compliance.WRONG, 200, '[["9","0","3"]]'),
        ("query", "distance l2", Compliance.WRONG, 200, '["9",0.128]'),
        ("query", "another dimension", Compliance.WRONG, 200, "distances"),
        ("query", "an unknown collection", Compliance.FAIL, 500, "(an empty body)"),
        ("create_collection", "name alone", Compliance.FAIL, 500, "(an empty body)"),
        ("create_collection", "get_or_create", Compliance.WRONG, 200, "-"),
        ("list_collections", "", Compliance.WRONG, 200, '{"collections"'),
        ("get_collection", "an unknown name", Compliance.FAIL, 405, "(an empty body)"),
        ("delete_collection", "an unknown name", Compliance.FAIL, 500, "(an empty body)"),
        ("a collection's calls", "by the id of create", Compliance.FAIL, 500, "(an empty body)"),
        ("add", "ids, embeddings", Compliance.PASS, 200, '"20"'),
        ("add", "an id that is there", Compliance.WRONG, 200, '["4"]'),
        ("add", "documents", Compliance.WRONG, 200, "null"),
        ("upsert", "a new id", Compliance.FAIL, 404, "Not Found"),
        ("count", "", Compliance.FAIL, 404, "Not Found"),
        ("heartbeat", "", Compliance.FAIL, 404, "Not Found"),
        ("version", "", Compliance.WRONG, 200, "VexFS Unified Server"),
    ],
)
def test_a_partial_server_is_told_call_by_call_with_evidence(
    told: Capabilities, call: str, argument: str, verdict: Compliance, status: int, seen: str
) -> None:
    """What is refused or absent fails; what is answered otherwise than Chroma answers is a wrong answer."""
    one = outcome(told, call, argument)
    assert (one.verdict, one.status) == (verdict, status)
    assert seen in one.seen
    assert one.expected
    assert one.request


def test_what_had_to_be_asked_otherwise_is_no_compatibility_for_a_client(told: Capabilities) -> None:
    """Made with metadata, called by its name, at paths that no client asks any more: each is said, and counted."""
    assert told.paths == "v1"
    assert 0 < share(told.probed) < 50
    assert share(told.probed, usual=True) == 0
    detours = outcome(told, "query", "one embedding").detours
    assert len(detours) == 3
    assert any("by its name" in detour for detour in detours)
    assert any("with metadata" in detour for detour in detours)


def test_where_chromas_own_calls_make_nothing_the_stores_driver_does() -> None:
    """So that what can be asked is asked; a space that only Chroma's call could set is not invented."""

    class NoChroma(Talk):
        def ask(self, method, path, body=None):  # type: ignore[no-untyped-def]
            made = method == "POST" and (path.endswith("/add") or path.endswith("/collections"))
            return super().ask(method, f"{path}/none" if made else path, body)

    from tests import vexfs_standin

    server = vexfs_standin.serve("127.0.0.1", 0, "key")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        port = server.server_address[1]
        driver = VexfsServer(Endpoint(Path(), {"http": port}, key="key"))
        probed = list(probe_server(NoChroma("127.0.0.1", port, {"X-API-Key": "key"}), Api("v1"), driver))
        driver.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    found = {(one.call, one.argument): one for one in probed}
    assert found["query", "one embedding"].verdict is Compliance.PASS
    assert any("store's own driver" in detour for detour in found["query", "one embedding"].detours)
    assert found["query", "include metadatas"].verdict is Compliance.WRONG
    assert found["query", "distance l2"].verdict is Compliance.FAIL


def test_a_server_that_gives_no_answer_is_not_asked_for_ever() -> None:
    """Three times; then every probe fails, and says that it was not made."""
    asked = 0

    class Counting(Talk):
        def ask(self, method, path, body=None):  # type: ignore[no-untyped-def]
            nonlocal asked
            asked += 1
            return super().ask(method, path, body)

    with socket.socket() as taken:
        # Bound, and nobody listens: refused at once.
        taken.bind(("127.0.0.1", 0))
        talk = Counting("127.0.0.1", taken.getsockname()[1], {})
        probed = list(probe_server(talk, Api("v2"), None))  # type: ignore[arg-type]
    assert len(probed) == len(PROBES)
    assert {one.verdict for one in probed} == {Compliance.FAIL}
    assert {one.status for one in probed} == {None}
    assert "no answer" in probed[0].seen
    assert "not asked" in probed[-1].seen
    assert asked == 3


def test_the_version_of_the_paths_is_found(told: Capabilities) -> None:
    """v2 where nothing answers: that is what today's client would ask."""
    from tests import vexfs_standin

    class Nothing(vexfs_standin.Handler):
        def _answer(self, content: bytes) -> tuple[int, str]:
            return 404, ""

    from http.server import ThreadingHTTPServer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert find_api(Talk("127.0.0.1", server.server_address[1], {})) == Api("v2")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert told.paths == "v1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chrom@process"], "Did you mean chroma@process"),
        (["chroma@embedded"], "no server that the suite starts"),
        (["vexfs@kernel"], "not available"),
        (["chroma@process", "--json", "/no/such/folder/report.json"], "/no/such/folder"),
    ],
)
def test_what_cannot_be_probed_is_told_with_status_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything starts."""
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_server_that_lacks_something_ends_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the table names it."""
    monkeypatch.setattr(command, "known_stores", lambda extra: known_stores([STANDIN]))
    assert main(["standin@process"]) == 1
    shown = capsys.readouterr().out
    assert "wrong answer" in shown
    assert "Detour" in shown
    assert "as today's Chroma client asks, 0 %" in shown


def test_a_server_that_is_another_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than probed as if it were the one that was named."""
    from dataclasses import replace

    exact = known_stores(())["exact"].tiers[Tier.PROCESS]
    wrong = replace(exact, driver="fixtures.drivers.vexfs_server:VexfsServer")  # type: ignore[arg-type]
    found = resolve(Target(Store("wrong", {Tier.PROCESS: wrong}), Tier.PROCESS))
    assert isinstance(found, Runnable)
    with pytest.raises(StoreError, match="wrong@process: ValueError: GET /api/v1/version: status 404"):
        probe(found)
    with pytest.raises(UsageError):
        probe(replace(found, target=Target(known_stores(())["exact"], Tier.EMBEDDED)))
