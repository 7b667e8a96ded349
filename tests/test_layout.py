"""The shape of the project: what no tool checks."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import re
import subprocess
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fixtures.stores import built_in_stores

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("analysis", "benchmarks", "fixtures")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
DRIVERS = sorted(
    path for path in (ROOT / "fixtures/drivers").glob("*.py") if path.stem not in ("__init__", "base", "places")
)
SECOND_ROOMS = {
    "exact": {"fixtures.exact"},
    "pgvector": {"fixtures.drivers.postgres"},
    "weaviate_variants": {"fixtures.drivers.weaviate"},
}
FURTHER = ("faiss", "lancedb", "milvus", "pgvector", "usearch")
# Neither a module of tests nor one that is only ever run has public names.
LIBRARY = [path for path in MODULES if path.parent.name != "benchmarks" and path.stem not in ("__init__", "leash")]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def name_of(path: Path) -> str:
    """The path inside the project."""
    return str(path.relative_to(ROOT))


def tracked(*patterns: str) -> list[Path]:
    """The project's own text files, and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_every_file_is_a_room() -> None:
    """It says what lives there, and is no longer than 300 lines."""
    texts = {name_of(path): path.read_text() for path in MODULES}
    assert [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []
    assert {name: lines for name, text in texts.items() if (lines := len(text.splitlines())) > 300} == {}


def test_every_module_says_what_is_public_and_describes_it() -> None:
    """`__all__` is there once; each public function and class has a docstring."""
    assert {name_of(path): lacking for path in LIBRARY if (lacking := _lacking(path))} == {}


def _lacking(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    names = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    if len(names) != 1:
        return ["__all__"]
    public = [one for one in tree.body if isinstance(one, (ast.FunctionDef, ast.ClassDef)) and one.name in names[0]]
    return [one.name for one in public if not ast.get_docstring(one)]


@pytest.mark.parametrize("path", DRIVERS, ids=name_of)
def test_a_driver_imports_the_seam_and_nothing_else_of_ours(path: Path) -> None:
    """So that a store's driver can be read, and written, with one page in hand. Some have a second room."""
    allowed = {"fixtures.drivers.base"} | SECOND_ROOMS.get(path.stem, set())
    ours = [
        module
        for node in ast.walk(ast.parse(path.read_text()))
        for module in modules_of(node)
        if module.split(".")[0] in PACKAGES and not any(f"{module}.".startswith(f"{name}.") for name in allowed)
    ]
    assert ours == []


def modules_of(node: ast.AST) -> list[str]:
    """What an import names; of `from . import x`, that it is relative."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom() if node.level:
            return [f"fixtures.{'.' * node.level}{node.module or ''}"]
        case ast.ImportFrom(module="fixtures.drivers"):
            return [f"fixtures.drivers.{alias.name}" for alias in node.names]
        case ast.ImportFrom():
            return [str(node.module)]
        case _:
            return []


def test_nothing_swallows_every_exception() -> None:
    """No bare `except`, no `except ...: pass`."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}:{node.lineno}: bare except"
                caught = ast.unparse(node.type)
                empty = all(isinstance(line, ast.Pass) for line in node.body)
                assert not (empty and caught in ("Exception", "BaseException")), f"{path}:{node.lineno}: swallowed"


@pytest.mark.parametrize("name", FURTHER)
def test_a_further_stores_driver_is_short(name: str) -> None:
    """The seam is as good as what it takes to add a store: fewer than 150 lines."""
    assert len((ROOT / f"fixtures/drivers/{name}.py").read_text().splitlines()) < 150


def pins_of(lock_file: str) -> dict[str, set[str]]:
    """Each package with its versions (one for each range of Pythons). All have hashes, and no host is named."""
    lock = (ROOT / lock_file).read_text()
    assert "://" not in lock
    assert not re.search(r"^--(?!hash)", lock, flags=re.MULTILINE)
    pins = re.split(r"\n(?=\S)", "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#")))
    found: dict[str, set[str]] = {}
    for pin in (pin for pin in pins if pin.strip()):
        named = re.match(r"([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", pin)
        assert named, pin
        assert "--hash=sha256:" in pin
        found.setdefault(named[1], set()).add(named[2])
    return found


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_host() -> None:
    """It is the same wherever packages come from; an option in it would override the machine's own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=\[ ]", requirement)[0].lower() for requirement in wanted}
    assert names <= pins_of("requirements.lock").keys()


def test_the_lock_lacks_nothing_that_its_packages_require() -> None:
    """It is installed without looking for more."""
    pins = pins_of("requirements.lock")
    wanted = [(name, "") for name in pins]
    for name, extra in wanted:
        required: list[str] = []
        with suppress(importlib.metadata.PackageNotFoundError):
            required = importlib.metadata.requires(name) or []
        for one in map(Requirement, required):
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                found = canonicalize_name(one.name)
                assert any(map(one.specifier.contains, pins.get(found, ()))), f"{name} requires {one}"
                wanted += [pair for each in one.extras if (pair := (found, each)) not in wanted]


@pytest.mark.parametrize("name", FURTHER)
def test_an_extra_has_a_lock_that_fits_the_suites_own_and_the_others(name: str) -> None:
    """What it shares with any of them has the same versions, so it can be added to an environment that is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[<>=\[ ]", one)[0].lower() for one in project["project"]["optional-dependencies"][name]}
    own = pins_of(f"requirements-{name}.lock")
    assert wanted <= own.keys()
    for other in ("requirements.lock", *(f"requirements-{one}.lock" for one in FURTHER)):
        theirs = pins_of(other)
        assert {one: own[one] for one in own.keys() & theirs} == {one: theirs[one] for one in own.keys() & theirs}


def test_the_extras_are_the_same_wherever_they_are_listed() -> None:
    """In the scripts, and in the stores."""
    listed = f"({' '.join(FURTHER)})"
    assert f"known={listed}" in (ROOT / "scripts/add_store").read_text()
    assert f"stores={listed}" in (ROOT / "scripts/lock").read_text()
    assert sorted(store.extra for store in built_in_stores() if store.extra) == list(FURTHER)


def test_no_file_names_where_packages_are_fetched_from() -> None:
    """That is the machine's business."""
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("proxy", "golang", "org"))]
    texts = {
        name_of(path): path.read_text()
        for path in tracked("*.py", "*.md", "*.toml", "*.ini", "*.yml", "scripts", ".ci")
    }
    assert [(name, host) for name, text in texts.items() for host in hosts if host in text] == []


def test_the_readme_shows_both_commands() -> None:
    """A newcomer types them."""
    text = (ROOT / "README.md").read_text()
    assert "scripts/bench" in text
    assert "scripts/test" in text


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_and_page_that_the_documents_name_exists(path: Path) -> None:
    """Scripts, pages, and modules that are run."""
    text = path.read_text()
    scripts = set(re.findall(r"\bscripts/[a-z_]+(?:\.sh|\.py)?\b", text))
    pages = {link for link in re.findall(r"\]\(([^)#\s]+\.md)", text) if "://" not in link}
    modules = set(re.findall(r"python -m ((?:analysis|fixtures)[.a-z]*)", text))
    lacking = [name for name in scripts if not (ROOT / name).is_file()]
    lacking += [link for link in pages if not (path.parent / link).is_file()]
    lacking += [
        name
        for name in modules
        if not any((ROOT / f"{name.replace('.', '/')}{tail}").is_file() for tail in (".py", "/__main__.py"))
    ]
    assert lacking == []


def test_the_import_contract_of_drivers_knows_every_module() -> None:
    """A module that its list lacks could be imported by a driver through another one."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    listed = contract["importlinter:contract:drivers"]["forbidden_modules"].split()
    parts = {
        path.relative_to(ROOT / "fixtures").parts[0].removesuffix(".py") for path in MODULES if "fixtures" in path.parts
    }
    assert set(listed) == {f"fixtures.{part}" for part in parts - {"__init__", "drivers"}}
