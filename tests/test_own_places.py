"""Both sides of a duet of versions in environments of their own: what is installed here is put into one anew."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures import reference as references
from fixtures.drivers.base import Tier
from fixtures.environments import Environment, altered
from fixtures.errors import NotRunnable
from fixtures.provenance import installed_versions
from fixtures.reference import Reference, in_its_own_place
from fixtures.targets import Runnable, Target, known_stores, resolve

OTHER = "/elsewhere/bin/python"
THEIRS = Path("/another/bin/python")


def silently(_: str) -> None:
    """Nobody listens."""


@pytest.fixture
def chroma() -> Runnable:
    """Its server is a program of its own package."""
    found = resolve(Target(known_stores(())["chroma"], Tier.PROCESS))
    if not isinstance(found, Runnable):
        pytest.skip(found.reason)
    return found


def beside(candidate: Runnable) -> Reference:
    """Another version of it, in an environment."""
    return Reference(replace(candidate, python=OTHER, label="chroma~1.0@process"), "chromadb 1.0")


def making(monkeypatch: pytest.MonkeyPatch, made: Callable[[], Environment]) -> list[str]:
    """What is asked of the installer, which gives this."""
    asked: list[str] = []

    def environment_with(requirements: list[str], pins: dict[str, str], say: object) -> Environment:
        asked.extend(requirements)
        assert pins == installed_versions()
        return made()

    monkeypatch.setattr(references, "environment_with", environment_with)
    return asked


def test_the_candidate_is_installed_anew_at_the_version_that_is_here(
    chroma: Runnable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under its own name, with its worker and server there; the other side stays what it is."""
    asked = making(monkeypatch, lambda: Environment(THEIRS, as_pinned=True))
    other = beside(chroma)
    candidate, same = in_its_own_place(chroma, other, silently)
    assert asked[0] == f"chromadb=={installed_versions()['chromadb']}"
    assert (candidate.name, candidate.python) == ("chroma@process", str(THEIRS))
    assert candidate.program[0] == str(THEIRS)
    assert same == other


def test_where_the_other_side_has_no_environment_nothing_is_made(
    chroma: Runnable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are where the suite is."""
    asked = making(monkeypatch, lambda: pytest.fail("asked for"))
    both = (chroma, Reference(replace(chroma, label="chroma~baseline@process"), "the same"))
    assert in_its_own_place(*both, silently) == both
    assert asked == []


def test_a_server_that_is_no_package_stays_and_its_client_is_installed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the other side has another client."""
    weaviate = Runnable(Target(known_stores(())["weaviate"], Tier.PROCESS), ("/some/server",), "sha")
    making(monkeypatch, lambda: Environment(THEIRS, as_pinned=True))
    candidate, _ = in_its_own_place(weaviate, beside(weaviate), silently)
    assert (candidate.python, candidate.program) == (str(THEIRS), ("/some/server",))


@pytest.mark.parametrize(("store", "tier"), [("exact", Tier.MOUNT), ("chroma", Tier.CONTAINER)])
def test_what_needs_more_than_can_be_installed_runs_where_it_is(
    monkeypatch: pytest.MonkeyPatch, store: str, tier: Tier
) -> None:
    """An environment without its client would fail the whole target."""
    asked = making(monkeypatch, lambda: pytest.fail("asked for"))
    target = Runnable(Target(known_stores(())[store], tier), (), "sha")
    candidate, other = in_its_own_place(target, beside(target), silently)
    assert candidate == target
    assert "names no package that an environment could be made of" in other.made
    assert asked == []


def refused() -> Environment:
    """As without a registry."""
    raise NotRunnable("chromadb==9 cannot be installed:\nno such version", "Give another.")


@pytest.mark.parametrize(
    ("made", "change", "told"),
    [
        (refused, "", "chromadb==9 cannot be installed: no such version"),
        (lambda: Environment(THEIRS, as_pinned=False), "", "the packages that are installed here do not fit together"),
        (lambda: Environment(THEIRS, as_pinned=True), "chromadb/x.py was changed", "chromadb/x.py was changed"),
    ],
)
def test_what_cannot_be_installed_as_it_is_here_runs_where_it_is_and_that_is_told(
    chroma: Runnable, monkeypatch: pytest.MonkeyPatch, made: Callable[[], Environment], change: str, told: str
) -> None:
    """It must not be judged as something that it is not."""
    making(monkeypatch, made)
    monkeypatch.setattr(references, "altered", lambda _: change)
    candidate, other = in_its_own_place(chroma, beside(chroma), silently)
    assert candidate == chroma
    shared = "chroma@process runs in the suite's own environment, which its memory may show"
    assert other.made == f"chromadb 1.0; {shared}: {told}"


def test_a_package_that_is_not_what_was_published_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a file that was changed, one that is gone, and where it came from; a script at its place is not looked at."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    about = tmp_path / "some_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-package\nVersion: 1.0\n")
    code = tmp_path / "some_package.py"
    code.write_text("one = 1\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(code.read_bytes()).digest()).rstrip(b"=").decode()
    (about / "RECORD").write_text(
        f"some_package.py,sha256={digest},8\n../../bin/some,sha256=abc,3\nsome_package-1.0.dist-info/RECORD,,\n"
    )
    assert altered("some-package") == ""
    assert altered("no-such-package") == ""
    code.write_text("one = 2\n")
    assert altered("some-package") == "some_package.py of some-package was changed"
    code.unlink()
    assert altered("some-package") == "some_package.py of some-package is gone"
    (about / "direct_url.json").write_text('{"url": "file:///src", "dir_info": {"editable": true}}')
    assert altered("some-package") == "some-package was not installed from a registry"
