"""HDF5 in the ann-benchmarks form: what is read, and what each fault is told as. The files are real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from fixtures.errors import BadDataset
from fixtures.workloads import Workload, scale_named, workload_for

SMALL = scale_named("small")
Arrays = Mapping[str, npt.NDArray[np.generic]]
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of these arrays."""

    def write_file(distance: str | bytes | None = "angular", **arrays: npt.NDArray[np.generic]) -> Path:
        path = tmp_path / "data.hdf5"
        with h5py.File(path, "w") as file:
            if distance is not None:
                file.attrs["distance"] = distance
            for name, array in arrays.items():
                file[name] = array
        return path

    return write_file


def points(count: int, dimensions: int = 6, seed: int = 0) -> npt.NDArray[np.float32]:
    """Vectors of any length."""
    return 3 * np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)


def changed(array: npt.NDArray[np.generic], row: int, value: float) -> npt.NDArray[np.generic]:
    """The array with one row set to a value."""
    copy = array.copy()
    copy[row] = value
    return copy


def arrays_of(workload: Workload) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Train, queries and neighbors."""
    return np.load(workload.train), np.load(workload.queries), np.load(workload.neighbors)


@pytest.mark.parametrize("distance", ["angular", b"angular", "cosine", None])
def test_a_file_gives_vectors_queries_and_answers(write: Write, distance: str | bytes | None) -> None:
    """All of its vectors, normalised, over more than one block; its own answers, the first ten of them."""
    train, test = points(2_100), points(7, seed=1)
    own = np.arange(7 * 12, dtype=np.int64).reshape(7, 12)
    workload = workload_for(SMALL, 0, write(distance, train=train, test=test, neighbors=own))
    vectors, queries, neighbors = arrays_of(workload)
    assert np.allclose(vectors, train / np.linalg.norm(train, axis=1, keepdims=True), atol=1e-6)
    assert np.allclose(queries, test / np.linalg.norm(test, axis=1, keepdims=True), atol=1e-6)
    assert np.array_equal(neighbors, own[:, :10])
    assert (neighbors.dtype, vectors.dtype) == (np.int32, np.float32)
    described = workload.dataset
    assert (described.vectors, described.dimensions, described.queries) == (2_100, 6, 7)
    assert (described.scale, described.batch, described.source) == ("small", 100, "HDF5 data.hdf5")


def test_answers_that_are_not_there_are_computed(write: Write) -> None:
    """By cosine, whatever the vectors' lengths."""
    train, test = points(1_500), points(4, seed=1)
    vectors, queries, neighbors = arrays_of(workload_for(SMALL, 0, write(train=train, test=test)))
    exact = np.argsort(-(queries.astype(float) @ vectors.T.astype(float)), axis=1)[:, :10]
    assert np.array_equal(neighbors, exact)


@pytest.mark.parametrize("length", [1e-30, 1.0, 1e30])
def test_very_long_and_very_short_vectors_keep_their_direction(write: Write, length: float) -> None:
    """Their squares are no float32 numbers."""
    train, test = points(20), points(2, seed=1)
    vectors, _, _ = arrays_of(workload_for(SMALL, 0, write(train=(train * length).astype(np.float32), test=test)))
    assert np.allclose(vectors, train / np.linalg.norm(train, axis=1, keepdims=True), atol=1e-5)


def test_whole_numbers_are_vectors_too(write: Write) -> None:
    """Some published files hold bytes."""
    train = np.random.default_rng(0).integers(1, 255, (30, 5)).astype(np.uint8)
    vectors, _, _ = arrays_of(workload_for(SMALL, 0, write(train=train, test=train[:3])))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_relative_path_is_meant_from_here(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the suite itself lies."""
    path = write(train=points(20), test=points(2))
    monkeypatch.chdir(path.parent)
    assert workload_for(SMALL, 0, Path(path.name)).dataset.vectors == 20


def test_a_changed_file_is_another_workload(write: Write) -> None:
    """The cache goes by content, not by name."""
    first = workload_for(SMALL, 0, write(train=points(20), test=points(2)))
    second = workload_for(SMALL, 0, write(train=points(20, seed=9), test=points(2)))
    assert first.dataset.sha256 != second.dataset.sha256


GOOD = {"train": points(20), "test": points(3, seed=1)}
ANSWERS = np.tile(np.arange(10), (3, 1))

FAULTS: Mapping[str, tuple[Arrays, str]] = {
    "no train": ({"test": GOOD["test"]}, r"has no array 'train'; it has \['test'\]"),
    "no test": ({"train": GOOD["train"]}, r"has no array 'test'; it has \['train'\]"),
    "dimensions differ": ({**GOOD, "test": points(3, 5)}, "train has 6 dimensions, test has 5"),
    "NaN": ({**GOOD, "train": changed(points(2_000), 1_500, np.nan)}, "train has NaN or infinity in row 1500"),
    "infinity": ({**GOOD, "test": changed(GOOD["test"], 2, np.inf)}, "test has NaN or infinity in row 2"),
    "zero vector": ({**GOOD, "train": changed(GOOD["train"], 4, 0)}, "train has a zero vector in row 4"),
    "fewer than k": ({**GOOD, "train": points(9)}, "train has 9 vectors; the exact 10 need at least 10"),
    "one dimension": ({**GOOD, "train": np.ones(20)}, r"train has shape \(20,\), type float64"),
    "empty": ({**GOOD, "test": np.ones((0, 6))}, r"test has shape \(0, 6\)"),
    "text": ({**GOOD, "train": np.array([[b"a"] * 6] * 20)}, "train has shape .*It must be numbers"),
    "too few answers": ({**GOOD, "neighbors": ANSWERS[:, :9]}, r"neighbors has shape \(3, 9\).*at least 10"),
    "answers of other queries": ({**GOOD, "neighbors": ANSWERS[:2]}, r"neighbors has shape \(2, 10\).*3 queries"),
    "answers that are no ids": ({**GOOD, "neighbors": ANSWERS + 0.5}, "neighbors has .* type float64"),
    "answers outside": ({**GOOD, "neighbors": ANSWERS + 11}, "neighbors names row 20; train has rows 0 to 19"),
    "answers below zero": ({**GOOD, "neighbors": ANSWERS - 1}, "neighbors names row -1; train has rows 0 to 19"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_measured_with_is_told_why(write: Write, fault: str) -> None:
    """What was wrong, where, and what was seen."""
    arrays, message = FAULTS[fault]
    path = write(**arrays)
    with pytest.raises(BadDataset, match=f"{path}.*{message}") as caught:
        workload_for(SMALL, 0, path)
    assert caught.value.remedy


def test_another_distance_is_refused(write: Write) -> None:
    """Answers by Euclidean distance would make every recall wrong."""
    with pytest.raises(BadDataset, match="for distance 'euclidean'; cosine is measured"):
        workload_for(SMALL, 0, write("euclidean", **GOOD))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name and the option's."""
    with pytest.raises(BadDataset, match=r"none\.hdf5 cannot be read: No such file.*--dataset"):
        workload_for(SMALL, 0, tmp_path / "none.hdf5")


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    """A text is no HDF5."""
    path = tmp_path / "data.hdf5"
    path.write_text("not at all")
    with pytest.raises(BadDataset, match="cannot be read as HDF5"):
        workload_for(SMALL, 0, path)


def test_a_file_that_is_cut_off_is_told(write: Write) -> None:
    """As a download that broke leaves it."""
    path = write(train=points(3_000), test=points(3))
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(BadDataset, match="cannot be read as HDF5"):
        workload_for(SMALL, 0, path)


def test_a_group_in_place_of_an_array_is_told(tmp_path: Path) -> None:
    """Sparse data sets have one."""
    path = tmp_path / "data.hdf5"
    with h5py.File(path, "w") as file:
        file.create_group("train")
        file["test"] = GOOD["test"]
    with pytest.raises(BadDataset, match="has no array 'train'"):
        workload_for(SMALL, 0, path)
