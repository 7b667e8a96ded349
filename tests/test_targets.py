"""Which targets there are, and why not the others."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest

from fixtures import stores as stores_module
from fixtures import targets
from fixtures.drivers.base import Binary, Command, Embedded, Mount, Process, Space, Store, Tier, Variant
from fixtures.errors import NotRunnable, StoreError, SuiteError, UnknownName, UsageError
from fixtures.programs import build, cache_folder, find, find_python_program
from fixtures.targets import Runnable, Skipped, Target, known_stores, not_added, resolve, select
from tests.suite import ROOT, run_suite

BINARY = Binary("SOME_BIN", "some-server-that-nobody-has", "Get it.")


def a_process(program: Binary | str = BINARY) -> Process:
    """A server that is not there."""
    return Process("fixtures.drivers.exact:ExactHttp", program, ("http",), lambda place: Command([]), "/ready")


FURTHER = ("faiss", "lancedb", "milvus", "pgvector", "usearch")


@pytest.fixture
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no further store was added, whatever is installed here."""
    theirs = {
        name for store in known_stores(()).values() if store.extra for name in next(iter(store.tiers.values())).requires
    }
    real = targets.find_module
    monkeypatch.setattr(targets, "find_module", lambda name: None if name in theirs else real(name))


@pytest.fixture
def extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which all were."""
    real = targets.find_module
    monkeypatch.setattr(targets, "find_module", lambda name: real(name) or real("numpy"))


@pytest.mark.usefixtures("no_extras")
def test_patterns_choose_targets_in_the_stores_order() -> None:
    """A glob on store@tier."""
    names = [target.name for target in select(known_stores(()), ("*@embedded", "exact@mount"))]
    assert names == ["chroma@embedded", "qdrant@embedded", "exact@embedded", "exact@mount"]


@pytest.mark.usefixtures("no_extras")
def test_a_further_store_is_chosen_by_name_and_then_says_how_to_add_it() -> None:
    """Globs leave it out while its extra is not installed, unless they mean nothing else; it is told what there is."""
    stores = known_stores(())
    assert not {target.store.name for target in select(stores, ("*",))} & set(FURTHER)
    assert not_added(stores) == ["pgvector", "lancedb", "milvus", "faiss", "usearch"]
    for pattern in ("lancedb@embedded", "lance*"):
        (target,) = select(stores, (pattern,))
        found = resolve(target)
        assert isinstance(found, Skipped)
        assert (found.reason, found.remedy) == (
            "The Python package lancedb is not installed.",
            "Add it: scripts/add_store lancedb.",
        )


@pytest.mark.usefixtures("extras")
def test_a_further_store_joins_the_others_once_it_is_added() -> None:
    """In the default choice and in globs, without its variants."""
    stores = known_stores(())
    assert not_added(stores) == []
    names = [target.name for target in select(stores, ())]
    assert {"pgvector@process", "lancedb@embedded", "milvus@embedded", "faiss@embedded", "usearch@embedded"} <= {*names}
    assert not [name for name in names + [target.name for target in select(stores, ("*",))] if ":" in name]


def test_a_variant_is_chosen_by_its_name_alone() -> None:
    """Or by a pattern with a colon; it is another target of the same store and tier, with a driver of its own."""
    stores = known_stores(())
    (plain,), (variant,) = select(stores, ("qdrant@embedded",)), select(stores, ("qdrant@embedded:int8",))
    assert (variant.name, variant.place, variant.tier) == ("qdrant@embedded:int8", "embedded:int8", Tier.EMBEDDED)
    assert (plain.spec.driver, variant.spec.driver) == (
        "fixtures.drivers.qdrant_edge:QdrantEdge",
        "fixtures.drivers.qdrant_edge:QdrantEdgeInt8",
    )
    assert [target.name for target in select(stores, ("qdrant@*:*",))] == [
        "qdrant@embedded:int8",
        "qdrant@embedded:flat",
    ]
    assert isinstance(resolve(variant), Runnable)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("qdrant@embedded:int4", r"no variant 'int4'. Did you mean qdrant@embedded:int8\? It has: int8, flat"),
        ("qdrant@embedded:zzz", r"no variant 'zzz'. It has: int8, flat"),
        ("chroma@embedded:int8", "no variant 'int8'. It has: none"),
        ("qdrant@embeded:int8", "has no tier 'embeded'"),
    ],
)
def test_an_unknown_variant_is_told_with_what_there_is(pattern: str, told: str) -> None:
    """The nearest one, and all of them."""
    with pytest.raises(UnknownName, match=told):
        select(known_stores(()), (pattern,))


def test_a_variant_can_be_driven_by_another_driver() -> None:
    """As a duet with a baseline's driver needs it: the name stays, and the store's other targets as they were."""
    (variant,) = select(known_stores(()), ("qdrant@embedded:int8",))
    changed = variant.driven_by("some.module:Driver")
    assert (changed.name, changed.spec.driver) == (variant.name, "some.module:Driver")
    assert Target(changed.store, Tier.EMBEDDED).spec.driver == Target(variant.store, Tier.EMBEDDED).spec.driver
    (plain,) = select(known_stores(()), ("qdrant@embedded",))
    assert plain.driven_by("some.module:Driver").spec.driver == "some.module:Driver"


@pytest.mark.usefixtures("no_extras")
def test_the_default_choice_is_each_store_once_and_our_own_at_every_tier_in_use() -> None:
    """And at the mount, so that no machine is without one."""
    chosen = [target.name for target in select(known_stores(()), ())]
    assert chosen.count("vexfs@kernel") == 1
    chosen.remove("vexfs@kernel")
    stores = [name.partition("@")[0] for name in chosen if not name.startswith("exact@")]
    assert sorted(stores) == sorted(set(stores)) == ["chroma", "qdrant", "vexfs", "weaviate"]
    tiers = {name.partition("@")[2] for name in chosen if not name.startswith("exact@")} | {"mount"}
    assert {name for name in chosen if name.startswith("exact@")} == {f"exact@{tier}" for tier in tiers}


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("chrom@process", "chroma@process"), ("chroma@mount", "embedded, process"), ("zzz", "There are")],
)
def test_an_unknown_target_is_told_with_what_there_is(pattern: str, told: str) -> None:
    """The nearest name, or the tiers that the store has."""
    with pytest.raises(UnknownName, match=told):
        select(known_stores(()), (pattern,))


def test_a_store_of_the_same_name_replaces_tier_by_tier() -> None:
    """The other tiers stay."""
    mine = Store("chroma", {Tier.PROCESS: a_process()})
    stores = known_stores((mine,))
    assert stores["chroma"].tiers[Tier.PROCESS] is mine.tiers[Tier.PROCESS]
    assert Tier.EMBEDDED in stores["chroma"].tiers


def test_a_program_that_is_missing_skips_with_reason_and_remedy() -> None:
    """Where it was looked for, and what to do."""
    found = resolve(Target(Store("some", {Tier.PROCESS: a_process()}), Tier.PROCESS))
    assert isinstance(found, Skipped)
    assert "SOME_BIN" in found.reason
    assert found.remedy == "Get it."


@pytest.mark.parametrize("module", ["no_such_module", "no_such_package.module"])
def test_a_module_that_is_missing_skips(module: str) -> None:
    """Without importing anything, and whether or not it is inside a package."""
    spec = Embedded("fixtures.drivers.exact:ExactEmbedded", requires=(module,))
    found = resolve(Target(Store("some", {Tier.EMBEDDED: spec}), Tier.EMBEDDED))
    assert isinstance(found, Skipped)
    assert module in found.reason


def test_a_program_given_by_option_makes_its_target_runnable() -> None:
    """By the program's name, for a choice and for a resolution."""
    stores = {"some": Store("some", {Tier.PROCESS: a_process()})}
    given = {BINARY.name: sys.executable}
    (target,) = select(stores, (), given)
    found = resolve(target, given)
    assert isinstance(found, Runnable)
    assert found.program == (str(Path(sys.executable).resolve()),)


def test_an_option_for_a_program_that_no_store_has_is_told_with_the_nearest() -> None:
    """Before anything is resolved."""
    with pytest.raises(UnknownName, match=r"No store has a program called 'qdrnt'\. Did you mean qdrant\?"):
        select(known_stores(()), (), {"qdrnt": "/bin/true"})


def test_an_option_that_names_no_program_is_an_error(tmp_path: Path) -> None:
    """Not a silent skip: the user meant it."""
    with pytest.raises(UsageError, match="the option names"):
        resolve(Target(Store("some", {Tier.PROCESS: a_process()}), Tier.PROCESS), {BINARY.name: str(tmp_path)})


def test_a_variable_that_names_no_program_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a silent skip: the user meant it."""
    monkeypatch.setenv("SOME_BIN", str(tmp_path))
    with pytest.raises(UsageError, match="SOME_BIN"):
        resolve(Target(Store("some", {Tier.PROCESS: a_process()}), Tier.PROCESS))


def test_programs_are_found_by_variable_path_and_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this order; what was given by option comes before them all."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = Binary("SOME_BIN", "some-server", "Get it.", go_module="example.org/some-server@v1")
    in_cache = cache_folder() / "bin" / "some-server-v1"
    in_cache.parent.mkdir(parents=True)
    on_path, named = tmp_path / "some-server", tmp_path / "named"
    for path in (in_cache, on_path, named):
        path.write_text("#!/bin/sh\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert find(built) == in_cache
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find(built) == on_path
    monkeypatch.setenv("SOME_BIN", str(named))
    assert find(built) == named
    assert build(built, print) == named
    assert find(built, {"some-server": str(in_cache)}) == in_cache
    assert find(built, {"another": str(in_cache)}) == named


def test_a_program_is_looked_for_where_packages_put_it_and_only_if_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of several that have beside them what they are of no use without; one that is named must have it."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    binary = Binary(
        "SOME_BIN", "some-server", "Get it.", folders=("some_package/v*/bin",), beside=("../lib/extension.so",)
    )
    for version in ("v1", "v2", "v3"):
        program = tmp_path / "some_package" / version / "bin" / "some-server"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
    with pytest.raises(NotRunnable, match=r"extension\.so beside it.*some_package/v\*/bin"):
        find(binary)
    for version in ("v1", "v2"):
        (tmp_path / "some_package" / version / "lib").mkdir()
        (tmp_path / "some_package" / version / "lib" / "extension.so").touch()
    assert find(binary) == tmp_path / "some_package/v2/bin/some-server"
    with pytest.raises(UsageError, match="none of"):
        find(binary, {"some-server": str(tmp_path / "some_package/v3/bin/some-server")})


def test_what_go_cannot_build_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a module to build, without Go, and with a Go that fails."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(NotRunnable, match="was not found"):
        build(BINARY, print)
    module = Binary("SOME_BIN", "some-server", "Get it.", go_module="example.invalid/some-server@v1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRunnable, match="Go, which would build it, is not installed"):
        build(module, print)
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho no network\nexit 3\n")
    go.chmod(0o700)
    with pytest.raises(NotRunnable, match=r"(?s)ended 3.*no network"):
        build(module, print)


def test_a_cache_that_cannot_be_written_is_told_with_another_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Go is asked for anything."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    module = Binary("SOME_BIN", "some-server", "Get it.", go_module="example.invalid/some-server@v1")
    with pytest.raises(NotRunnable, match=r"file/\S+ cannot be written: Not a directory. Name another place"):
        build(module, print)


def test_a_program_that_go_builds_is_kept_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: the second time it is only found. The stand-in for go writes the file that go would."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    go = tmp_path / "go"
    go.write_text(
        "#!/bin/sh\n/bin/mkdir -p $GOBIN\nprintf x > $GOBIN/some-server\nfor i in `/usr/bin/seq 300`; do echo p; done\n"
    )
    go.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    module = Binary("SOME_BIN", "some-server", "Get it.", go_module="example.org/some-server@v1")
    said: list[str] = []
    assert build(module, said.append).name == "some-server-v1"
    assert any("building" in line for line in said)
    assert any("200 packages" in line for line in said)
    go.unlink()
    assert build(module, said.append).is_file()


def test_python_programs_are_scripts_or_modules() -> None:
    """Beside this Python."""
    assert find_python_program("chroma") == [str(Path(sys.executable).with_name("chroma"))]
    assert find_python_program("fixtures.exact.server") == [sys.executable, "-m", "fixtures.exact.server"]
    for missing in ("no_such_program", "no_such_package.module"):
        with pytest.raises(NotRunnable, match="not installed"):
            find_python_program(missing)


def test_the_drivers_digest_is_of_its_source() -> None:
    """Another driver is another artifact."""
    first = resolve(Target(known_stores(())["exact"], Tier.EMBEDDED))
    assert isinstance(first, Runnable)
    assert len(first.driver_sha256) == 64
    lost = Store("some", {Tier.EMBEDDED: Embedded("no_such_driver:X")})
    with pytest.raises(SuiteError, match="cannot be found"):
        resolve(Target(lost, Tier.EMBEDDED))


@pytest.mark.parametrize("missing", ["/dev/fuse", "fusermount", "libfuse"])
def test_a_machine_without_fuse_skips_mounts_with_the_remedy(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Device, helper and library."""
    monkeypatch.setattr(targets, "which", lambda name: None if missing == "fusermount" else "/bin/" + name)
    monkeypatch.setattr(targets, "find_library", lambda name: None if missing == "libfuse" else name)
    monkeypatch.setattr(targets, "_FUSE_DEVICE", Path("/no/such" if missing == "/dev/fuse" else "/dev/null"))
    spec = Mount("fixtures.drivers.vexfs:FileDriver", "fixtures.exact.filesystem", lambda place: Command([]))
    found = resolve(Target(Store("some", {Tier.MOUNT: spec}), Tier.MOUNT))
    assert isinstance(found, Skipped)
    assert missing in found.reason


@pytest.mark.parametrize(
    ("value", "told"),
    [(lambda: 1 / 0, "failed at import"), (lambda: "a string", "not a Store")],
)
def test_an_installed_plug_in_that_is_broken_is_named(
    value: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its entry point."""

    class Point:
        name, value = "mine", "mine:STORE"

        def load(self) -> object:
            return load()

    load = value
    monkeypatch.setattr(stores_module.importlib.metadata, "entry_points", lambda group: [Point()])
    with pytest.raises(StoreError, match=f"mine.*{told}"):
        known_stores(())


def test_a_hook_that_gives_what_is_no_store_is_named() -> None:
    """Before anything is chosen."""
    with pytest.raises(StoreError, match="pytest_vector_stores gave a str, not a Store"):
        known_stores(["chroma"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("return 5", "TypeError: .*int"),
        ("return ['chroma']", "gave a str, not a Store"),
    ],
)
def test_a_plug_in_whose_hook_fails_is_named_before_anything_starts(tmp_path: Path, body: str, told: str) -> None:
    """Exit code 4, and no traceback of pytest's own."""
    (tmp_path / "my_store.py").write_text(f"def pytest_vector_stores():\n    {body}\n")
    ran = run_suite(tmp_path, "--scale=small", "-p", "my_store", variables={"PYTHONPATH": f"{ROOT}:{tmp_path}"})
    assert ran.status == 4, ran.output
    assert re.search(told, ran.output), ran.output
    assert "INTERNALERROR" not in ran.output
    if "gave" not in told:
        assert "The plug-in my_store" in ran.output


@pytest.mark.parametrize("name", ["Int8", "int-8", "int8:flat"])
def test_a_variants_name_is_an_identifier(name: str) -> None:
    """It is part of test ids and of names that are taken apart at colons."""
    with pytest.raises(ValueError, match="variant's name"):
        Store("some", {Tier.EMBEDDED: Embedded("m:C", variants={name: Variant("m:D", "what")})})


@pytest.mark.parametrize("name", ["My-Store", "a b", "UPPER"])
def test_a_stores_name_is_an_identifier(name: str) -> None:
    """It is part of test ids."""
    with pytest.raises(ValueError, match="lower-case"):
        Store(name, {})


@pytest.mark.parametrize("changes", [{"dimensions": 0}, {"dimensions": 3, "distance": "euclid"}])
def test_a_space_that_cannot_be_measured_is_refused(changes: dict[str, object]) -> None:
    """When it is made."""
    with pytest.raises(ValueError, match=r"dimensions|cosine"):
        Space(**changes)
