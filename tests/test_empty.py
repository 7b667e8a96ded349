"""Empty answers, over real servers and a real mount: what they cost is timed by the searches' own loop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.observations import Calibrated, SliceSearched
from fixtures.drivers.base import Endpoint, Tier, Wire
from fixtures.drivers.exact import STORE
from fixtures.empty import empty_sources
from fixtures.errors import SuiteError
from fixtures.network import OPEN
from fixtures.parts import Plan
from fixtures.parts.calibration import calibrated_after
from fixtures.targets import Skipped, Target, resolve
from fixtures.worker.empty import connect
from fixtures.worker.loop import search_slice
from tests.suite import run_suite
from tests.worker.test_loop import VECTORS

MOUNTS = resolve(Target(STORE, Tier.MOUNT))
PROTOCOLS = [
    pytest.param(
        wire,
        marks=pytest.mark.skipif(
            wire is Wire.FILES and isinstance(MOUNTS, Skipped), reason=getattr(MOUNTS, "reason", "")
        ),
    )
    for wire in Wire
    if wire is not Wire.SQL
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_empty_answer_comes_over_every_protocol(protocol: Wire) -> None:
    """And takes more time than a call."""
    with empty_sources([(protocol, OPEN)], 60) as sources:
        source = sources[protocol, OPEN]
        assert not isinstance(source, SuiteError), source
        client = connect(protocol, source or Endpoint(Path()))
        try:
            found = search_slice(client, VECTORS, 10)
            call = search_slice(connect(Wire.CALL, Endpoint(Path())), VECTORS, 10)
        finally:
            client.close()
    assert found.answers == [()] * len(VECTORS)
    assert all(found.latencies_ns)
    if protocol is not Wire.CALL:
        assert min(found.latencies_ns) > min(call.latencies_ns)


def test_a_protocol_without_an_empty_server_is_told() -> None:
    """There is no server of PostgreSQL's protocol but PostgreSQL."""
    with pytest.raises(NotImplementedError, match="no empty server of this protocol"):
        connect(Wire.SQL, Endpoint(Path()))


def test_what_cannot_be_started_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reason in the place of an endpoint."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with empty_sources([(Wire.CALL, OPEN), (Wire.HTTP, OPEN)], 5) as sources:
        assert sources[Wire.CALL, OPEN] is None
        assert isinstance(sources[Wire.HTTP, OPEN], SuiteError)


def test_slices_of_empty_answers_are_spread_over_the_searches() -> None:
    """The last one after the last slice; never more than there are slices."""
    assert list(calibrated_after(Plan(slices=20, warmup=2, calibrations=4))) == [6, 11, 16, 21]
    assert calibrated_after(Plan(slices=2, warmup=0, calibrations=4)) == {0: 1, 1: 2}


def test_every_launch_is_calibrated_between_its_searches_and_the_table_tells_the_share(tmp_path: Path) -> None:
    """For each target over its own protocol."""
    options = ("--scale=small", "--launches=1", "--target=exact@embedded", "--target=exact@process")
    ran = run_suite(tmp_path, *options, "-k", "test_search", whole=True)
    assert ran.status == 0, ran.output
    seen = [one for one in ran.record.observations if isinstance(one, (Calibrated, SliceSearched))]
    for target, protocol in (("exact@embedded", "call"), ("exact@process", "http")):
        mine = [one for one in seen if one.target == target]
        kinds = ["empty" if isinstance(one, Calibrated) else "search" for one in mine]
        assert kinds == ["search"] * 2 + ["empty"] + (["search"] * 5 + ["empty"]) * 4
        empties = [one for one in mine if isinstance(one, Calibrated)]
        assert {(one.protocol, one.reason, len(one.latencies_ns)) for one in empties} == {(protocol, "", 50)}
        assert f"An empty answer over {protocol}, client and transport alone:" in ran.output
