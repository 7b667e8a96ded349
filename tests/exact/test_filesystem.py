"""VexFS's file contract on a real mount of our own store."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.drivers.base import Command, Mount, Place, Tier
from fixtures.drivers.exact import STORE
from fixtures.targets import Runnable, Target, resolve
from fixtures.tiers import start


@pytest.fixture(scope="module", params=["fuse", "fuse3"])
def mount(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A mounted file system, over each of the two libraries: they ask for different things."""
    found = resolve(Target(STORE, Tier.MOUNT))
    if not isinstance(found, Runnable):
        pytest.skip(f"{found.reason} {found.remedy}")
    if find_library(request.param) is None:
        pytest.skip(f"lib{request.param} is not installed")
    spec = found.target.spec
    assert isinstance(spec, Mount)

    def command(place: Place) -> Command:
        return replace(spec.command(place), environment={"FUSE_LIBRARY_NAME": request.param})

    running = start("exact@mount", replace(spec, command=command), found.program)
    try:
        running.wait_ready(30)
        yield running.endpoint.folder
    finally:
        running.stop()


@pytest.fixture
def documents(mount: Path, request: pytest.FixtureRequest) -> Path:
    """A fresh collection with two vectors."""
    folder = mount / request.node.name.replace("/", "-")
    folder.mkdir()
    (folder / "one.vec").write_text("1,0,0")
    (folder / "two.vec").write_text("0,1,0\n")
    return folder


def test_a_vector_is_a_file_that_can_be_read_back(documents: Path) -> None:
    """And listed."""
    assert (documents / "one.vec").read_text() == "1.0,0.0,0.0\n"
    assert sorted(path.name for path in documents.iterdir()) == ["one.vec", "two.vec"]


def test_what_is_written_over_is_gone(documents: Path) -> None:
    """A shorter text replaces a longer one as a whole."""
    (documents / "one.vec").write_text("0.12345,0.23456,0.34567")
    (documents / "one.vec").write_text("0,0,1")
    assert (documents / "one.vec").read_text() == "0.0,0.0,1.0\n"
    (documents / "notes.txt").write_text("long")
    (documents / "notes.txt").write_text("")
    assert (documents / "notes.txt").read_text() == ""


def test_a_shell_can_write_vectors_and_read_answers(documents: Path) -> None:
    """It closes a copy of the file before it writes; the documented way to use the contract."""
    script = "echo 0,0,1 > a.vec && echo 0,0.5,1 > a.vec && echo 0,0,1 > q.search && cat a.vec q.search.results"
    done = subprocess.run(["sh", "-c", script], cwd=documents, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("0.0,")
    assert "/a.vec" in done.stdout.splitlines()[1]


def test_a_file_that_was_never_written_is_no_vector(mount: Path, documents: Path) -> None:
    """It is counted as little as one that was refused."""
    before = (mount / "_vexfs" / "stats").read_text()
    (documents / "empty.vec").touch()
    assert (mount / "_vexfs" / "stats").read_text() == before
    with pytest.raises(OSError, match="Invalid"):
        (documents / "bad.vec").write_text("one,two,three")
    assert not (documents / "bad.vec").exists()


def test_a_vector_that_is_refused_sets_no_dimensions(mount: Path) -> None:
    """And leaves the vector that was there."""
    folder = mount / "refused"
    folder.mkdir()
    with pytest.raises(OSError, match="Invalid"):
        (folder / "zero.vec").write_text("0,0")
    (folder / "one.vec").write_text("1,0,0")
    with pytest.raises(OSError, match="Invalid"):
        (folder / "one.vec").write_text("1,0")
    assert (folder / "one.vec").read_text() == "1.0,0.0,0.0\n"


def test_a_search_that_is_refused_leaves_no_earlier_answer(mount: Path, documents: Path) -> None:
    """Which would be taken for its own."""
    (documents / "q.search").write_text("vector: 1,0,0\nk: 1\n")
    with pytest.raises(OSError, match="Invalid"):
        (documents / "q.search").write_text("vector: 1,0\nk: 1\n")
    with pytest.raises(FileNotFoundError):
        (documents / "q.search.results").read_text()
    (mount / "_vexfs" / "search").write_text("0,1,0")
    with pytest.raises(OSError, match="Invalid"):
        (mount / "_vexfs" / "search").write_text("0,1,0,0,0,0,0")
    assert (mount / "_vexfs" / "search").read_text() == ""


def test_a_search_file_is_answered_in_its_results(documents: Path) -> None:
    """Written twice, it answers the second question."""
    for text, best in (("vector: 1,0.1,0\nk: 1\n", "one.vec"), ("vector: 0,1,0\nk: 2\n", "two.vec")):
        (documents / "q.search").write_text(text)
        lines = (documents / "q.search.results").read_text().splitlines()
        assert best in lines[0]
    assert len(lines) == 2


def test_the_global_search_answers_over_all_collections(mount: Path, documents: Path) -> None:
    """Write a vector, read the answer."""
    (mount / "_vexfs" / "search").write_text("0,1,0")
    assert "two.vec (distance: 0.000000)" in (mount / "_vexfs" / "search").read_text()
    other = documents.with_name(documents.name + "-other")
    other.mkdir()
    (other / "flat.vec").write_text("1,0")
    (mount / "_vexfs" / "search").write_text("0,1,0")
    assert "flat.vec" not in (mount / "_vexfs" / "search").read_text()


def test_statistics_and_settings_are_files(mount: Path, documents: Path) -> None:
    """Counters are read, settings are written."""
    stats = (mount / "_vexfs" / "stats").read_text()
    assert "vectors_stored: " in stats
    assert "dimensions: " in stats
    with (mount / "_vexfs" / "control").open("a") as control:
        control.write("index.auto_rebuild=true\n")
    assert "index.auto_rebuild=true" in (mount / "_vexfs" / "control").read_text()
    assert {path.name for path in (mount / "_vexfs").iterdir()} == {"search", "stats", "control"}
    assert "_vexfs" in {path.name for path in mount.iterdir()}


def test_user_attributes_belong_to_a_file(documents: Path) -> None:
    """Set, listed, read; others are refused."""
    path = documents / "one.vec"
    os.setxattr(path, "user.model", b"minilm")
    assert os.getxattr(path, "user.model") == b"minilm"
    assert os.listxattr(path) == ["user.model"]
    with pytest.raises(OSError, match="No data"):
        os.getxattr(path, "user.none")
    with pytest.raises(OSError, match="not supported"):
        os.setxattr(path, "trusted.model", b"minilm")


@pytest.mark.parametrize(
    ("name", "text"), [("bad.vec", "one,two"), ("bad.vec", ""), ("wide.vec", "1,2"), ("q.search", "k: 1")]
)
def test_what_does_not_parse_is_refused_when_it_is_closed(documents: Path, name: str, text: str) -> None:
    """EINVAL, as an error of close(2)."""
    descriptor = os.open(documents / name, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, (text or " ").encode())
    with pytest.raises(OSError, match="Invalid") as caught:
        os.close(descriptor)
    assert caught.value.errno == errno.EINVAL


def test_a_removed_vector_is_not_found_any_more(documents: Path) -> None:
    """Nor is its file."""
    (documents / "one.vec").unlink()
    (documents / "q.search").write_text("vector: 1,0,0\nk: 5\n")
    assert "one.vec" not in (documents / "q.search.results").read_text()
    with pytest.raises(FileNotFoundError):
        (documents / "one.vec").unlink()


def test_plain_files_are_kept_as_they_are(documents: Path) -> None:
    """A collection may have its metadata beside it."""
    (documents / "metadata.json").write_text('{"model": "x"}')
    assert (documents / "metadata.json").read_text() == '{"model": "x"}'
    os.truncate(documents / "metadata.json", 2)
    assert (documents / "metadata.json").read_text() == '{"'


def test_what_is_not_there_is_not_found(documents: Path) -> None:
    """Files, folders, and settings that cannot be written."""
    for path in (documents / "none.vec", documents / "no" / "such.vec"):
        with pytest.raises(FileNotFoundError):
            path.read_text()
    with pytest.raises(PermissionError):
        (documents.parent / "_vexfs" / "stats").unlink()
    with pytest.raises(PermissionError):
        (documents.parent / "_vexfs" / "own").write_text("x")
    with pytest.raises(OSError, match="Invalid"):
        (documents.parent / "_vexfs" / "stats").write_text("x")
    with pytest.raises(OSError, match="Invalid"):
        (documents.parent / "_vexfs" / "control").write_text("no equals sign")
