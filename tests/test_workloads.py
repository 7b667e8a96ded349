"""Scales, made data, and the cache. Data files are in `test_datafile`, exact answers in `test_neighbors`."""

from __future__ import annotations

import dataclasses
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.drivers.base import Endpoint, Space
from fixtures.drivers.chroma import ChromaEmbedded
from fixtures.errors import SuiteError, UnknownName, UsageError
from fixtures.mixture import mixture_blocks
from fixtures.worker.loop import count_hits
from fixtures.workloads import SCALES, Scale, digest_of, scale_named, workload_for

ROOT = Path(__file__).resolve().parents[1]
SMALL = scale_named("small")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vexfs-benchmarks" / "workloads"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the workload of small, made once."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        workload_for(SMALL, 0, None)
    return folder


@pytest.fixture
def filled(made: Path, cache: Path) -> None:
    """That workload is in the test's own cache."""
    shutil.copytree(made, cache.parents[1])


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """No file may grow past 400 KiB, as on a disk that is full; the vectors of small are 512 KB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_scales_are_those_of_the_design() -> None:
    """Name, vectors, dimensions, queries, batch, and how often insertion is repeated."""
    assert [dataclasses.astuple(scale)[:6] for scale in SCALES] == [
        ("small", 1_000, 128, 100, 100, 4),
        ("medium", 5_000, 256, 100, 500, 3),
        ("large", 10_000, 512, 100, 1_000, 2),
        ("enterprise", 50_000, 1_024, 500, 2_000, 1),
    ]


def test_an_unknown_scale_is_told_the_nearest_name() -> None:
    """And, where none is near, all of them."""
    with pytest.raises(UnknownName, match=r"'meduim'.*Did you mean medium\?"):
        scale_named("meduim")
    with pytest.raises(UnknownName, match="There are: small, medium, large, enterprise"):
        scale_named("zzz")


@pytest.mark.usefixtures("filled")
def test_a_workload_is_what_its_scale_says() -> None:
    """Shapes, types, unit length, and a description that agrees."""
    workload = workload_for(SMALL, 0, None)
    train, queries, neighbors = (np.load(path) for path in (workload.train, workload.queries, workload.neighbors))
    assert (train.shape, train.dtype) == ((1_000, 128), np.float32)
    assert (queries.shape, queries.dtype) == ((100, 128), np.float32)
    assert (neighbors.shape, neighbors.dtype) == ((100, 10), np.int32)
    assert np.allclose(np.linalg.norm(np.concatenate((train, queries)), axis=1), 1, atol=1e-6)
    assert np.array_equal(neighbors, np.argsort(-(queries.astype(float) @ train.T), axis=1, kind="stable")[:, :10])
    described = workload.dataset
    assert (described.scale, described.vectors, described.dimensions) == ("small", 1_000, 128)
    assert (described.queries, described.batch, described.k) == (100, 100, 10)
    assert described.source == "gaussian mixture, seed 0"
    assert described.sha256 == digest_of(workload.train, workload.queries, workload.neighbors)


@pytest.mark.usefixtures("filled")
def test_no_query_is_among_the_vectors() -> None:
    """A query that is in the data is found by every index."""
    workload = workload_for(SMALL, 0, None)
    assert (np.load(workload.queries) @ np.load(workload.train).T).max() < 0.999


def test_a_seed_gives_the_same_data_for_ever() -> None:
    """Baselines stand on it: these are the figures of the recipe, rounded past what a processor could change."""
    (block,) = mixture_blocks(3, 4, 2, (7, 3, 4))
    expected = [
        [0.0055, -0.4006, 0.8609, -0.3135],
        [-0.6470, -0.5960, -0.4399, -0.1806],
        [0.5279, 0.4433, 0.7203, 0.0772],
    ]
    assert np.allclose(block, expected, atol=1e-4)


@given(count=st.integers(1, 3_000), dimensions=st.integers(2, 40), seed=st.integers(0, 2**32))
def test_blocks_are_whole_and_of_unit_length(count: int, dimensions: int, seed: int) -> None:
    """For any size: as many rows as asked for, none of them zero or not a number."""
    blocks = list(mixture_blocks(count, dimensions, 2, (seed,)))
    assert sum(map(len, blocks)) == count
    assert all(np.allclose(np.linalg.norm(block, axis=1), 1, atol=1e-5) for block in blocks)


@pytest.mark.usefixtures("filled")
def test_another_seed_gives_other_data() -> None:
    """Or a seed would be no choice."""
    assert workload_for(SMALL, 0, None).dataset.sha256 != workload_for(SMALL, 1, None).dataset.sha256


def test_an_hnsw_does_not_find_everything(tmp_path: Path) -> None:
    """At medium, M 16 and ef 64 find 0.90 to 0.98 of the exact ten: data on which indexes can differ."""
    workload = workload_for(scale_named("medium"), 0, None)
    train, queries, exact = (np.load(path) for path in (workload.train, workload.queries, workload.neighbors))
    driver = ChromaEmbedded(Endpoint(tmp_path))
    try:
        driver.create("recall", Space(train.shape[1]))
        for first in range(0, len(train), 500):
            driver.insert(range(first, first + 500), train[first : first + 500])
        driver.settle(60)
        hits = count_hits([driver.search(query, 10) for query in queries], list(exact), 10)
    finally:
        driver.close()
    assert 0.90 <= np.mean(hits) / 10 <= 0.98


def test_a_cached_workload_is_not_made_again(cache: Path) -> None:
    """The second time the files are the very same."""
    first = workload_for(SMALL, 0, None)
    made = first.train.stat()
    assert workload_for(SMALL, 0, None) == first
    assert (first.train.stat().st_ino, first.train.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_the_cache_is_private_and_holds_no_drafts(cache: Path) -> None:
    """Nobody else reads it, and what made it is gone."""
    folder = workload_for(SMALL, 0, None).train.parent
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in cache.iterdir() if path.is_dir()) == [folder.name]


@pytest.mark.parametrize("name", ["train.npy", "queries.npy", "neighbors.npy", "dataset.json"])
@pytest.mark.parametrize("damage", ["cut off", "changed", "removed"])
@pytest.mark.usefixtures("filled")
def test_a_damaged_cache_is_told_and_made_again(name: str, damage: str) -> None:
    """Whichever file it is, and however it came about."""
    sound = workload_for(SMALL, 0, None)
    path = sound.train.with_name(name)
    data = path.read_bytes()
    match damage:
        case "cut off":
            path.write_bytes(data[: len(data) // 2])
        case "changed":
            path.write_bytes(data[:-40] + bytes(byte ^ 1 for byte in data[-40:]))
        case _:
            path.unlink()
    with pytest.warns(UserWarning, match="damaged: made again"):
        assert workload_for(SMALL, 0, None) == sound
    assert path.read_bytes() == data


@pytest.mark.usefixtures("filled")
def test_a_draft_that_a_kill_left_is_no_workload() -> None:
    """It is swept, not used."""
    folder = workload_for(SMALL, 0, None).train.parent
    draft = folder.with_name(f".{folder.name}.draft")
    folder.rename(draft)
    (draft / "rubbish").write_text("from before")
    made = workload_for(SMALL, 0, None)
    assert made.train.parent == folder
    assert not draft.exists()
    assert not (folder / "rubbish").exists()


def test_two_suites_that_start_together_make_it_once(cache: Path) -> None:
    """The second one waits and finds it: its files are those of the first."""
    script = (
        "from fixtures.workloads import scale_named, workload_for; "
        "print(workload_for(scale_named('medium'), 0, None).train.stat().st_ino)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1] != ""


@pytest.mark.usefixtures("small_files_only")
def test_a_full_disk_is_told_and_leaves_nothing(cache: Path) -> None:
    """The place, the reason, and what to do."""
    with pytest.raises(UsageError, match=r"workloads cannot be written: File too large.*XDG_CACHE_HOME"):
        workload_for(SMALL, 0, None)
    assert [path for path in cache.iterdir() if path.is_dir()] == []


def test_a_cache_that_is_no_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with a traceback."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        workload_for(SMALL, 0, None)


def test_a_maker_that_dies_is_told_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that nobody planned is no UsageError: its last lines are given."""
    unknown = Scale("no-such-scale", 10, 4, 1, 1, 1, 2)
    with pytest.raises(SuiteError, match=r"(?s)no-such-scale ended 1.*UnknownName") as caught:
        workload_for(unknown, 0, None)
    assert not isinstance(caught.value, UsageError)


def test_a_negative_seed_is_refused() -> None:
    """numpy has none."""
    with pytest.raises(UsageError, match="--seed must be 0 or more, not -1"):
        workload_for(SMALL, -1, None)


def test_making_enterprise_data_stays_small(tmp_path: Path) -> None:
    """The vectors are 205 MB; making them, and their exact answers, takes less than 150 MB."""
    folder = tmp_path / "cache" / "enterprise"
    # VmHWM, since ru_maxrss of a child begins with what its parent had.
    script = (
        "from pathlib import Path; from fixtures.makedata import main; "
        f"code = main('enterprise', '0', {str(folder)!r}); "
        "(peak,) = [line.split()[1] for line in Path('/proc/self/status').open() if line.startswith('VmHWM')]; "
        "print(code, peak)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    code, peak_kib = map(int, done.stdout.split())
    assert code == 0
    assert (folder / "train.npy").stat().st_size > 200e6
    assert peak_kib * 1024 < 150e6
