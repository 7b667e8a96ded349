"""Data and exact answers: repeatable, checked, and refused where they cannot be measured with."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import makedata
from fixtures.datafile import read_hdf5
from fixtures.errors import BadDataset, UnknownName
from fixtures.workloads import (
    SCALES,
    Scale,
    exact_neighbors,
    gaussian_mixture,
    scale_named,
    workload_for,
)

TINY = Scale("small", 60, 8, 5, 20, 1, 4)
EXPECTED_TRAIN = [0.4882863461971283, -0.05199732258915901, -0.357949435710907]
EXPECTED_QUERY = [-0.12363535165786743, 0.4602435529232025, -0.6750215291976929]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_scales_are_the_designs() -> None:
    """Vectors, dimensions, queries, batch."""
    table = {scale.name: (scale.vectors, scale.dimensions, scale.queries, scale.batch) for scale in SCALES}
    assert table == {
        "small": (1_000, 128, 100, 100),
        "medium": (5_000, 256, 100, 500),
        "large": (10_000, 512, 100, 1_000),
        "enterprise": (50_000, 1_024, 500, 2_000),
    }


@pytest.mark.parametrize(("name", "told"), [("smal", "small"), ("zzz", "There are")])
def test_an_unknown_scale_is_told_with_the_nearest(name: str, told: str) -> None:
    """Or with all of them."""
    with pytest.raises(UnknownName, match=told):
        scale_named(name)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    """Rows of unit length, float32."""
    first, again, other = (gaussian_mixture(TINY, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)


def test_the_made_data_are_these_and_no_others() -> None:
    """A change of the generator is a change of every baseline: it must be meant, and get a new recipe name."""
    train, queries = gaussian_mixture(TINY, 0)
    assert train[0, :3].tolist() == pytest.approx(EXPECTED_TRAIN, abs=1e-7)
    assert queries[-1, -3:].tolist() == pytest.approx(EXPECTED_QUERY, abs=1e-7)


@given(st.integers(0, 1000), st.integers(1, 10))
def test_exact_neighbours_are_those_of_a_plain_sort(seed: int, k: int) -> None:
    """Best first; equals by their id."""
    random = np.random.default_rng(seed)
    train = random.choice([-1.0, 1.0], (30, 4)).astype(np.float32) / 2
    queries = random.choice([-1.0, 1.0], (3, 4)).astype(np.float32) / 2
    for query, found in zip(queries, exact_neighbors(train, queries, k), strict=True):
        plain = sorted(range(30), key=lambda row: (-float(train[row] @ query), row))[:k]
        assert found.tolist() == plain


def test_a_workload_is_made_once_and_then_read(own_cache: Path) -> None:
    """In a process of its own; the second time from the cache, with the same digest."""
    first = workload_for(TINY, 3, None)
    made = first.train.stat().st_mtime_ns
    again = workload_for(TINY, 3, None)
    assert again == first
    assert again.train.stat().st_mtime_ns == made
    assert np.load(first.neighbors).shape == (100, 10)
    assert (first.dataset.vectors, first.dataset.k, first.dataset.batch) == (1000, 10, 100)


def test_a_damaged_cache_is_made_anew(own_cache: Path) -> None:
    """Checked on every load."""
    first = workload_for(TINY, 3, None)
    content = bytearray(first.train.read_bytes())
    content[-1] ^= 1
    first.train.write_bytes(content)
    again = workload_for(TINY, 3, None)
    assert again.dataset == first.dataset
    assert again.train.read_bytes() != bytes(content)


def hdf5(path: Path, **arrays: np.ndarray | str) -> Path:
    """An ann-benchmarks file; a string becomes the attribute `distance`."""
    with h5py.File(path, "w") as file:
        for name, value in arrays.items():
            if isinstance(value, str):
                file.attrs[name] = value
            else:
                file[name] = value
    return path


def rows(count: int, dimensions: int = 6, seed: int = 0) -> np.ndarray:
    """Numbers."""
    return np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)


def test_an_hdf5_file_is_a_workload_normalised_and_with_its_own_neighbours(tmp_path: Path) -> None:
    """In the ann-benchmarks form."""
    train, test = rows(40), rows(4, seed=1)
    neighbors = np.argsort(-(train / np.linalg.norm(train, axis=1, keepdims=True)) @ test.T, axis=0)[:20].T
    path = hdf5(tmp_path / "d.hdf5", train=train, test=test, neighbors=neighbors, distance="angular")
    found = workload_for(TINY, 0, path)
    assert (found.dataset.vectors, found.dataset.dimensions, found.dataset.queries) == (40, 6, 4)
    assert found.dataset.source == "HDF5 d.hdf5"
    np.testing.assert_array_equal(np.load(found.neighbors), neighbors[:, :10])


def test_neighbours_that_are_absent_are_computed(tmp_path: Path) -> None:
    """Exactly."""
    found = workload_for(TINY, 0, hdf5(tmp_path / "d.hdf5", train=rows(40), test=rows(4, seed=1)))
    train, queries = np.load(found.train), np.load(found.queries)
    np.testing.assert_array_equal(np.load(found.neighbors), exact_neighbors(train, queries, 10))


NAN, ZERO = rows(40), rows(40)
NAN[7, 1] = np.nan
ZERO[5] = 0


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"train": rows(40)}, "no 'test'"),
        ({"test": rows(40)}, "no 'train'"),
        ({"train": rows(40), "test": rows(4, 7)}, "train has 6 dimensions, test has 7"),
        ({"train": NAN, "test": rows(4)}, "NaN or infinity in 1 rows, first in 7"),
        ({"train": ZERO, "test": rows(4)}, "1 zero vectors, first in row 5"),
        ({"train": rows(9), "test": rows(4)}, "9 vectors, the exact 10"),
        ({"train": rows(40)[0], "test": rows(4)}, "shape"),
        ({"train": rows(40), "test": rows(4), "distance": "euclidean"}, "euclidean"),
        ({"train": rows(40), "test": rows(4), "neighbors": np.zeros((4, 3), int)}, "neighbors has shape"),
        ({"train": rows(40), "test": rows(4), "neighbors": np.full((4, 10), 99)}, "row 99 of 40"),
    ],
)
def test_a_file_that_cannot_be_measured_with_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray | str], told: str
) -> None:
    """With the file's name, what was seen and what to do."""
    path = hdf5(tmp_path / "bad.hdf5", **arrays)
    with pytest.raises(BadDataset, match=told) as caught:
        read_hdf5(path, 10)
    assert "bad.hdf5" in str(caught.value)


def test_a_file_that_is_no_hdf5_or_not_there_is_refused(tmp_path: Path) -> None:
    """Also from the process that reads it."""
    (tmp_path / "x.hdf5").write_text("no")
    with pytest.raises(BadDataset, match="not an HDF5 file"):
        workload_for(TINY, 0, tmp_path / "x.hdf5")
    with pytest.raises(BadDataset, match="cannot be read"):
        workload_for(TINY, 0, tmp_path / "y.hdf5")


def test_the_process_that_makes_data_can_be_called_here_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Made data, a file, and a bad file."""
    assert makedata.main("small", "1", str(tmp_path / "made")) == 0
    path = hdf5(tmp_path / "d.hdf5", train=rows(40), test=rows(4, seed=1))
    assert makedata.main("small", "0", str(tmp_path / "file"), str(path)) == 0
    assert makedata.main("small", "0", str(tmp_path / "none"), str(tmp_path / "none.hdf5")) == 1
    assert "BadDataset" in capsys.readouterr().out
