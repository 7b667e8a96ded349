"""Environments of their own: made once, by either installer, held at given versions where those fit."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures import environments
from fixtures.environments import Environment, environment_with
from fixtures.errors import NotRunnable
from fixtures.provenance import installed_versions

INSTALLED = installed_versions()
# Small and without dependencies; other versions of it than ours.
OTHER = "iniconfig==2.0.0"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment is left in the user's; what pip has downloaded once is there, as it is for a user."""
    users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    monkeypatch.setenv("PIP_CACHE_DIR", str(Path(users) / "pip"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def version_in(environment: Environment, name: str) -> str:
    """The version that this environment's own Python finds."""
    script = f"import importlib.metadata as m; print(m.version({name!r}))"
    done = subprocess.run([environment.python, "-I", "-c", script], env={}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_an_environment_has_what_was_asked_for_and_the_rest_as_it_is_here(
    installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made once: the second time nothing is installed."""
    if installer == "pip":
        found = shutil.which
        monkeypatch.setattr(shutil, "which", lambda name: None if name == "uv" else found(name))
    elif shutil.which("uv") is None:
        pytest.skip("uv is not here; pip is tried by the other case")
    said: list[str] = []
    pins = {name: INSTALLED[name] for name in ("numpy", "msgspec", "iniconfig")}
    environment = environment_with([OTHER], pins, said.append)
    assert version_in(environment, "iniconfig") == "2.0.0"
    assert version_in(environment, "numpy") == INSTALLED["numpy"]
    assert environment.as_pinned
    assert environment_with([OTHER], pins, said.append) == environment
    assert len(said) == 1
    assert said[0].startswith(f"installing {OTHER} ")


def test_versions_that_do_not_fit_are_let_go_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old release needs older packages than ours: it gets what it wants."""
    monkeypatch.setattr(environments, "WORKER_NEEDS", ("pluggy",))
    environment = environment_with([OTHER], {"pluggy": "0.0.1"}, lambda _: None)
    assert not environment.as_pinned
    assert version_in(environment, "iniconfig") == "2.0.0"


def test_a_version_that_does_not_install_is_told_with_the_installers_words(tmp_path: Path) -> None:
    """And leaves no environment behind that could be taken for whole."""
    with pytest.raises(
        NotRunnable, match=r"iniconfig==0.0.99, hdrhistogram, msgspec, numpy cannot be installed together"
    ) as raised:
        environment_with(["iniconfig==0.0.99"], {}, lambda _: None)
    assert "iniconfig" in raised.value.reason.split(":", 1)[1]
    assert not list((tmp_path / "cache").rglob("environment.json"))


def test_a_half_made_environment_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its marker is written last."""
    monkeypatch.setattr(environments, "WORKER_NEEDS", ())
    environment = environment_with([OTHER], {}, lambda _: None)
    folder = environment.python.parents[1]
    (folder / "environment.json").unlink()
    environment.python.unlink()
    assert version_in(environment_with([OTHER], {}, lambda _: None), "iniconfig") == "2.0.0"


def test_a_program_is_its_script_or_its_module() -> None:
    """As in our own Python."""
    environment = Environment(Path("/no/such/bin/python"), as_pinned=True)
    assert environment.program("chroma") == ("/no/such/bin/python", "-m", "chroma")
