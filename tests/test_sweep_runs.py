"""Whole runs of --sweep on a data file in the ann-benchmarks form: what is measured, stored, printed and drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import groupby
from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.observations import EfSetting, SweepBegan, SweepSearched
from analysis.rows import RowKey
from analysis.sweep import sweeps_of
from fixtures.parts.sweep import EF_VALUES
from tests.suite import Ran, run_suite

VECTORS, QUERIES, DIMENSIONS = 1_500, 60, 48


def data_file(path: Path, *, answers: bool) -> Path:
    """As ann-benchmarks publishes them: vectors of any length, a hundred neighbors with their distances; or bare.

    Of no structure, so that a low ef misses much.
    """
    random = np.random.default_rng(0)
    train = 3 * random.standard_normal((VECTORS, DIMENSIONS)).astype(np.float32)
    test = 2 * random.standard_normal((QUERIES, DIMENSIONS)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = "angular"
        file.attrs["dimension"] = DIMENSIONS
        file.attrs["point_type"] = "float"
        file["train"], file["test"] = train, test
        if answers:
            lengths = np.linalg.norm(train, axis=1) * np.linalg.norm(test, axis=1)[:, None]
            distances = 1 - (test @ train.T) / lengths
            best = np.argsort(distances, axis=1)[:, :100]
            file["neighbors"] = best.astype(np.int32)
            file["distances"] = np.take_along_axis(distances, best, axis=1).astype(np.float32)
    return path


@pytest.fixture(scope="module", params=[True, False], ids=["with answers", "without answers"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One launch of an index and of our own store."""
    folder = tmp_path_factory.mktemp("swept")
    path = data_file(folder / "noise-48-angular.hdf5", answers=request.param)
    return run_suite(
        folder,
        "--scale=small",
        "--launches=1",
        "--target=qdrant@embedded",
        "--target=exact@embedded",
        f"--dataset={path}",
        "--sweep",
        # Once with all rows, once with those that the tests here look at.
        *(() if request.param else ("-k", "recall")),
        variables={"XDG_CACHE_HOME": str(folder / "cache")},
    )


def test_a_data_file_is_measured_with_its_own_sizes_and_true_answers(ran: Ran) -> None:
    """Given or computed: the store that compares with every vector finds them all."""
    assert ran.status == 0, ran.output
    (dataset,) = ran.record.run.datasets
    assert (dataset.vectors, dataset.dimensions, dataset.queries) == (VECTORS, DIMENSIONS, QUERIES)
    assert dataset.source == "HDF5 noise-48-angular.hdf5"
    assert ran.rows[RowKey("recall_at_10", "small", "exact@embedded")].values == (1.0,)
    assert 0.8 < ran.rows[RowKey("recall_at_10", "small", "qdrant@embedded")].values[0] < 1.0


def test_every_ef_is_searched_in_turns_with_the_same_queries(ran: Ran) -> None:
    """Forwards, then backwards; what has no ef once a round."""
    seen = [one for one in ran.record.observations if isinstance(one, SweepSearched)]
    mine = [one for one in seen if one.target == "qdrant@embedded"]
    rounds = [[one.ef for one in group] for _, group in groupby(mine, key=lambda one: one.slice)]
    assert rounds[:2] == [list(EF_VALUES), list(reversed(EF_VALUES))]
    for number in range(len(rounds)):
        assert len({one.first_query for one in seen if one.slice == number}) == 1
    other = [one for one in seen if one.target == "exact@embedded"]
    assert [(one.ef, one.slice) for one in other] == [(None, number) for number in range(len(rounds))]
    # Not one target after the other.
    assert len([target for target, _ in groupby(one.target for one in seen)]) > len(rounds)


def test_a_higher_ef_finds_more(ran: Ran) -> None:
    """From a half or so to all."""
    (sweep,) = sweeps_of(ran.record)
    (index,) = [curve for tier in sweep.tiers for curve in tier.curves if curve.target == "qdrant@embedded"]
    recalls = [point.recall.estimate for point in index.points]
    assert [point.ef for point in index.points] == list(EF_VALUES)
    assert recalls == sorted(recalls)
    assert recalls[0] < 0.8
    assert recalls[-1] > 0.99
    assert all(one.p50_ms for one in index.equal)


def test_the_record_says_that_it_was_asked_for_and_how_ef_was_set(ran: Ran) -> None:
    """By name, with the reasons."""
    assert "sweep" in ran.record.run.options["studies"].split(",")
    began = {one.target: one for one in ran.record.observations if isinstance(one, SweepBegan)}
    assert began["qdrant@embedded"].setting is EfSetting.SEARCH
    assert (began["exact@embedded"].setting, began["exact@embedded"].reason) == (
        EfSetting.NONE,
        "the driver knows of no ef",
    )


def test_the_picture_lies_in_the_record_and_the_tables_are_printed(ran: Ran) -> None:
    """At the end of the run, with no further command."""
    texts = {"".join(node.itertext()).strip() for node in ET.parse(ran.folder / "sweep-small.svg").getroot().iter()}
    told = " ".join(ran.output.split())
    (sweep,) = sweeps_of(ran.record)
    drawn = {curve.target for tier in sweep.tiers for curve in tier.curves}
    # A launch on a busy machine can be invalid (Little's law); then the target is left out, and that is told.
    assert drawn | set(sweep.left_out) == {"qdrant@embedded", "exact@embedded"}
    assert drawn
    assert drawn <= texts
    assert all(target in told for target in sweep.left_out)
    assert "Speed against recall, small: 1,500 vectors of 48 dimensions" in told
    assert "p50 (ms) at equal recall" in told
    assert f"Drawn:{ran.folder / 'sweep-small.svg'}" in ran.output.replace("\n", "").replace(" ", "")


def test_a_run_that_was_not_asked_has_no_sweep(tmp_path: Path) -> None:
    """Neither measured nor shown; and the switch is a switch, wherever it comes from."""
    plain = run_suite(tmp_path, "--scale=small", "--launches=1", "--target=exact@embedded", "-k", "p50")
    assert plain.record.run.options["studies"] == ""
    assert not [one for one in plain.record.observations if isinstance(one, SweepSearched | SweepBegan)]
    assert not list(plain.folder.glob("*.svg"))
    refused = run_suite(tmp_path / "refused", variables={"VEXFS_BENCH_SWEEP": "maybe"})
    assert refused.status == 4
    assert "VEXFS_BENCH_SWEEP is on or off, not 'maybe'. Say 1 or 0." in refused.output
