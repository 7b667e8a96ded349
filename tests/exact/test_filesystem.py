"""VexFS's file contract on a real mount of our own store."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.drivers.base import Tier
from fixtures.drivers.exact import STORE
from fixtures.targets import Runnable, Target, resolve
from fixtures.tiers import start


@pytest.fixture(scope="module")
def mount() -> Iterator[Path]:
    """A mounted file system."""
    found = resolve(Target(STORE, Tier.MOUNT))
    if not isinstance(found, Runnable):
        pytest.skip(f"{found.reason} {found.remedy}")
    running = start("exact@mount", found.target.spec, found.program)
    try:
        running.wait_ready(30)
        yield running.endpoint.folder
    finally:
        running.stop()


@pytest.fixture
def documents(mount: Path, request: pytest.FixtureRequest) -> Path:
    """A fresh collection with two vectors."""
    folder = mount / request.node.name
    folder.mkdir()
    (folder / "one.vec").write_text("1,0,0")
    (folder / "two.vec").write_text("0,1,0\n")
    return folder


def test_a_vector_is_a_file_that_can_be_read_back(documents: Path) -> None:
    """And listed."""
    assert (documents / "one.vec").read_text() == "1.0,0.0,0.0\n"
    assert sorted(path.name for path in documents.iterdir()) == ["one.vec", "two.vec"]


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


def test_statistics_and_settings_are_files(mount: Path, documents: Path) -> None:
    """Counters are read, settings are written."""
    stats = (mount / "_vexfs" / "stats").read_text()
    assert "vectors_stored: " in stats
    assert "dimensions: 3" in stats
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
    with pytest.raises(OSError, match="Invalid"):
        (documents.parent / "_vexfs" / "stats").write_text("x")
    with pytest.raises(OSError, match="Invalid"):
        (documents.parent / "_vexfs" / "control").write_text("no equals sign")
