"""Images without a registry hold what the other tiers run, and nothing that cannot be had is invented."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from shutil import which

import pytest

from fixtures import rootfs
from fixtures.drivers.base import Binary, Command, Container, Image, Process, Store, Tier
from fixtures.errors import NotRunnable
from fixtures.localimages import program_tar, recipes
from fixtures.rootfs import pins, python_rootfs
from tests.suite import ROOT

IMAGE = Image("VEXFS_BENCH_STANDIN_IMAGE", "vexfs-bench/standin", "1", "None.")


def store(variable: str) -> Store:
    """A store whose server is a program that the user brings, as VexFS's is: this one is a stand-in."""
    program = Binary(variable, "standin-server-that-nobody-has", "Bring it.")
    process = Process("none:None", program, ("http",), lambda place: Command([]), "/ready")
    return Store("standin", {Tier.PROCESS: process, Tier.CONTAINER: Container("none:None", IMAGE, {}, (), "/d", "/r")})


def test_a_program_is_packed_with_the_libraries_that_it_names() -> None:
    """And with nothing else but empty folders."""
    program = Path(which("ls") or "").resolve()
    with tarfile.open(fileobj=io.BytesIO(program_tar(program))) as tar:
        names = {entry.name: entry for entry in tar.getmembers()}
        packed = tar.extractfile("bin/server")
        assert packed is not None
        assert packed.read() == program.read_bytes()
    assert names["tmp"].mode == 0o1777
    files = [name for name, entry in names.items() if not entry.isdir()]
    assert any("libc.so" in name for name in files)
    assert any("ld-linux" in name for name in files)
    assert all(name == "bin/server" or ".so" in name for name in files)
    assert not any(entry.issym() for entry in names.values())


def test_a_program_that_the_user_gives_becomes_an_image_of_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program is another tag; without one it is said why there is no image."""
    said: list[str] = []
    assert recipes([store("STANDIN_BIN")], said.append) == []
    assert "standin-server-that-nobody-has was not found" in said[0]
    tags = []
    for name in ("ls", "cat"):
        monkeypatch.setenv("STANDIN_BIN", str(which(name)))
        (recipe,) = recipes([store("STANDIN_BIN")], said.append)
        assert recipe.environment == "VEXFS_BENCH_STANDIN_IMAGE"
        tags.append(recipe.tag)
    assert len(set(tags)) == 2
    assert all(tag.startswith("vexfs-bench/standin:1-") for tag in tags)


def test_constraints_are_the_locks_versions() -> None:
    """With their markers, without hashes; the version that this Python has is among them."""
    lines = pins((ROOT / "requirements.lock").read_text()).splitlines()
    assert len(lines) > 100
    assert not any("hash" in line or line.endswith("\\") for line in lines)
    import chromadb

    assert f"chromadb=={chromadb.__version__}" in lines
    assert any(line.startswith("numpy==") and "python_full_version" in line for line in lines)


def test_a_root_file_system_that_cannot_be_made_is_told_with_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of it stays in the cache."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("debootstrap", "unshare"):
        (programs / name).write_text("#!/bin/sh\necho 'no mirror answers' >&2\nexit 7\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(NotRunnable, match=r"(?s)ended 7.*no mirror answers"):
        python_rootfs(["chromadb"], print)
    assert [path.name for path in (tmp_path / "cache/vexfs-benchmarks/images").iterdir()] == ["make.lock"]
    monkeypatch.setattr("os.geteuid", lambda: 1)
    with pytest.raises(NotRunnable, match="only be made by root"):
        python_rootfs(["chromadb"], print)


def test_a_root_file_system_in_the_cache_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without root or any program. It is made anew when a version that concerns it changes, and only then."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.geteuid", lambda: 1)
    monkeypatch.setattr(rootfs, "ROOT", tmp_path)
    lock = (ROOT / "requirements.lock").read_text()
    (tmp_path / "requirements.lock").write_text(lock)
    folder = tmp_path / "cache/vexfs-benchmarks/images"
    folder.mkdir(parents=True)
    monkeypatch.setattr(rootfs, "_require_tools", lambda: None)
    monkeypatch.setattr(rootfs, "_make", lambda tar, packages, constraints: tar.touch())
    tar, key = python_rootfs(["chromadb"], lambda _: None)
    assert tar.is_file()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.geteuid", lambda: 1)
    monkeypatch.setattr(rootfs, "ROOT", tmp_path)
    (tmp_path / "requirements.lock").write_text(lock.replace("\nhypothesis==", "\nhypothesis==9"))
    assert python_rootfs(["chromadb"], lambda _: None) == (tar, key)
    (tmp_path / "requirements.lock").write_text(lock.replace("\nhttpx==", "\nhttpx==9"))
    with pytest.raises(NotRunnable):
        python_rootfs(["chromadb"], lambda _: None)
