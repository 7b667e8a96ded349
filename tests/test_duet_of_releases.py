"""Real duets of Chroma's releases: the one before ours beside ours, and drivers that speak to old ones."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analysis.duet import duet_verdicts
from analysis.observations import MemoryRead, Phase
from fixtures.drivers.base import Tier
from fixtures.duets import parse, the_other_side
from fixtures.errors import NotRunnable
from fixtures.lane import Lane, Patience
from fixtures.parts.insertion import fill, finish
from fixtures.parts.search import search_slice_of
from fixtures.targets import known_stores
from fixtures.workloads import scale_named, workload_for
from tests.suite import run_suite

pytestmark = [pytest.mark.releases, pytest.mark.timeout(600)]
RELEASES = ("0.5.23", "1.0.15")


def test_the_release_before_ours_is_judged_row_by_row(tmp_path: Path) -> None:
    """`pytest benchmarks/ --duet chroma@process=1.5.8 --scale small`, two launches and three of its rows."""
    rows = ("-k", "p50 or recall or peak_memory")
    ran = run_suite(tmp_path, "--scale=small", "--duet=chroma@process=1.5.8", "--duet-launches=2", *rows)
    assert ran.status in (0, 1), ran.output
    (standing,) = duet_verdicts(ran.record)
    reported = ran.record.run.reported
    assert reported["chroma~1.5.8@process"].client_version == "1.5.8"
    assert reported["chroma@process"].client_version != "1.5.8"
    assert len(standing.verdicts) == 3
    assert standing.done == 2
    for verdict in standing.verdicts:
        assert verdict.by_duet
        assert "of chroma~1.5.8@process (chromadb 1.5.8" in verdict.text or "In the duet" in verdict.text
    assert all(one.low is not None and one.high is not None for one in standing.verdicts if one.change is not None)
    # Both in an environment of their own, with a page cache that is alike: these two versions begin within 1 % of each
    # other; either of the two left out made that 3 %.
    (duet,) = ran.record.run.duets
    assert "suite's own environment" not in duet.made
    begun = [one for one in ran.record.observations if isinstance(one, MemoryRead) and one.phase is Phase.START]
    for launch in (0, 1):
        used = {one.target: one.used for one in begun if one.launch == launch}
        assert used["chroma@process"] == pytest.approx(used["chroma~1.5.8@process"], rel=0.02)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("tier", [Tier.EMBEDDED, Tier.PROCESS], ids=str)
def test_the_driver_speaks_to_old_releases(release: str, tier: Tier) -> None:
    """In an environment and a server of their own: insert, count, settle and search at small scale, correctly."""
    asked = parse(f"chroma@{tier}={release}", known_stores(()))
    try:
        _, reference = the_other_side(asked, print)
    except NotRunnable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"chromadb {release} cannot be installed here: {error.reason}")
    seen: list[object] = []
    scale = scale_named("small")
    lane = Lane(reference.runnable, scale, workload_for(scale, 0, None), 0, seen.append, Patience())
    try:
        lane.come_up()
        for batch in range(10):
            fill(lane, 0, batch, batch * 100, 100)
        finish(lane, 0, 1_000)
        searched, _ = search_slice_of(lane, 0, 50, 10)
    finally:
        lane.stop()
    told = {type(one).__name__: one for one in seen}
    started, collected = told["TargetStarted"], told["Collected"]
    assert (started.target, started.client_version) == (f"chroma~{release}@{tier}", release)
    assert {name: started.settings[f"hnsw.{name}"] for name in ("space", "max_neighbors", "ef_search")} == {
        "space": "cosine",
        "max_neighbors": "16",
        "ef_search": "64",
    }
    assert collected.counted == 1_000
    assert np.mean(searched.hits) > 9
