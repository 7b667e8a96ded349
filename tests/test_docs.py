"""The documents keep their word: commands are run somewhere, links lead somewhere, tables equal the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from analysis.gate import Judgement
from analysis.metrics import METRICS, metrics_of
from analysis.review import OVERRIDES
from fixtures import targets
from fixtures.drivers.base import Binary, Container, Mount, Place, Process, Remote, Space, Store
from fixtures.ports import free_ports
from fixtures.stores import ENTRY_POINTS
from fixtures.workloads import SCALES
from tests.suite import ROOT, environment, run_suite

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLE = "-p tests.plugins.example_store"

# Every command that a page shows, the file that runs it, and the line there that does.
RUN_BY = {
    "scripts/bench": (".ci/run", "scripts/bench --scale small"),
    "scripts/test": (".ci/run", "\nscripts/test\n"),
    "scripts/lint": (".ci/run", "\nscripts/lint\n"),
    "scripts/bench --scale small --launches 2": (".ci/run", "scripts/bench --scale small --launches 2"),
    # With two launches, and the targets by name.
    "scripts/bench --scale small --launches 3 --target '*'": (".ci/run", "scripts/bench --scale small --launches 2"),
    # Everything that it runs is run so.
    "scripts/with_dockerd scripts/bench --target '*@container' --scale small --launches 2": (
        ".ci/run",
        "exec scripts/with_dockerd .ci/run inside",
    ),
    "scripts/add_store faiss lancedb milvus pgvector usearch": (
        ".ci/run",
        "scripts/add_store faiss lancedb milvus pgvector usearch",
    ),
    "python -m analysis resources latest": ("tests/analysis/test_usage.py", '"resources", "latest"'),
    # On two targets, by the test.
    "scripts/bench --scale small --launches 2 --open-loop 50% --p99-limit 10": (
        "tests/test_load.py",
        '"--open-loop=10%", "--arrivals=constant", "--p99-limit=200"',
    ),
    # At another scale, with one launch and two targets.
    "scripts/bench --scale medium --launches 3 --sweep": (".ci/run", "--dataset embeddings --sweep"),
    "scripts/bench --scale medium --launches 3 --dataset embeddings --sweep": (
        ".ci/run",
        "--dataset embeddings --sweep",
    ),
    "python -m analysis sweep latest": ("tests/analysis/test_sweep.py", '"sweep", "latest"'),
    "python -m analysis show latest": ("tests/analysis/test_table.py", '"show", "latest"'),
    "python -m analysis accept latest": ("tests/analysis/test_table.py", '"accept", "latest"'),
    "python -m analysis record latest": ("tests/analysis/test_historytable.py", '"record", "latest"'),
    "python -m analysis history --row 'p50_latency_ms-*'": (
        "tests/analysis/test_historytable.py",
        '"history", "--row", "p50_latency_ms-*"',
    ),
    "python -m analysis verdicts latest": ("tests/test_suite_runs.py", '"verdicts", "latest"'),
    # With the runs by their names.
    "python -m analysis compare RUN latest": ("tests/analysis/test_compare.py", '"compare", "one", "latest"'),
    # On two targets, in two rounds.
    "python -m fixtures.experiments isolation": ("tests/test_experiments.py", 'main(["isolation", "--rounds", "2"'),
    # On real Chroma, and on a server of the same dialect.
    "python -m fixtures.probe vexfs@process": ("tests/probe/test_probe.py", 'main(["chroma@process", "--json"'),
    "python -m fixtures.configuration --write": ("tests/test_configuration.py", 'main(["--write"])'),
    # Bounded to its first look.
    "pytest benchmarks/ --duet chroma@process=1.5.8 --scale small": (
        "tests/test_duet_of_releases.py",
        '"--scale=small", "--duet=chroma@process=1.5.8"',
    ),
    f"pytest benchmarks {EXAMPLE} --target example@embedded --scale small --launches 1": (
        "tests/test_docs.py",
        "def test_the_example_store_is_measured",
    ),
    # Without the set-up.
    f"scripts/test tests/drivers {EXAMPLE} -k example": (
        "tests/test_docs.py",
        "def test_the_example_store_keeps_the_contract",
    ),
}
# Options that pages name and that are not pytest's: of the scripts, of `python -m analysis`, and of servers.
OTHER_OPTIONS = {
    "--iptables",
    "--quick",
    "--self",
    "--releases",
    "--row",
    "--allow",
    "--write",
    "--path",
    "--host",
    "--port",
    "--scheme",
    "--json",
}


TARGETS = [targets.Target(store, tier) for store in targets.known_stores(()).values() for tier in store.tiers]


def fences(language: str) -> Iterator[str]:
    """The text of every block of that language."""
    for page in PAGES:
        yield from (text for kind, text in FENCE.findall(page.read_text()) if kind == language)


def test_every_command_that_is_shown_is_run_somewhere() -> None:
    """A new command needs a place that runs it; one that is gone leaves the list."""
    assert {line for text in fences("bash") for line in text.splitlines() if line} == set(RUN_BY)
    for shown, (place, line) in RUN_BY.items():
        assert line in (ROOT / place).read_text(), shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_holds(page: Path) -> None:
    """So that no command hides in one that nothing checks."""
    text = page.read_text()
    assert {kind for kind, _ in FENCE.findall(text)} <= {"bash", "python", "toml", "text"}
    assert text.count("```") == 2 * len(FENCE.findall(text))
    shown = "".join(body for kind, body in FENCE.findall(text) if kind == "text")
    assert not re.search(r"^\s*(\$ |pytest |scripts/|python )", shown, re.MULTILINE)


def test_python_that_is_shown_stands_in_a_file_that_is_run() -> None:
    """Word for word."""
    sources = [path.read_text() for folder in ("fixtures", "tests") for path in (ROOT / folder).rglob("*.py")]
    shown = list(fences("python"))
    assert (ROOT / "tests/plugins/example_store.py").read_text() in shown
    for text in shown:
        assert any(text in source for source in sources), text


def test_the_entry_point_that_is_shown_gives_a_store() -> None:
    """In the group that is looked at."""
    (text,) = fences("toml")
    (group,) = tomllib.loads(text)["project"]["entry-points"].items()
    assert group[0] == ENTRY_POINTS
    for name, value in group[1].items():
        assert isinstance(EntryPoint(name, value, group[0]).load(), Store)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Relative to the page."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_page_is_linked_from_the_readme_and_the_picture_can_be_drawn() -> None:
    """A page that nobody finds answers no question."""
    text = (ROOT / "README.md").read_text()
    for page in [*DOCS.glob("*.md"), DOCS / "architecture.svg"]:
        assert f"](docs/{page.name})" in text
    assert ET.parse(DOCS / "architecture.svg").getroot().tag.endswith("svg")


def test_the_readmes_table_is_whole() -> None:
    """Every metric has its line in each part, and no line is cut."""
    (shown,) = (text for text in fences("text") if "┏" in text)
    tables = re.findall(r"^┏.*?^└[^\n]*$", shown, re.DOTALL | re.MULTILINE)
    assert tables
    for table in tables:
        lines = table.splitlines()
        assert {len(line) for line in lines} == {len(lines[0])}
        assert re.findall(r"^│ [↑↓] (\w+)", table, re.MULTILINE) == [metric.name for metric in metrics_of(())]


def test_the_metrics_table_is_the_registrys() -> None:
    """One row a metric, in its order, word for word."""
    rows = re.findall(r"^\| `.*$", (DOCS / "metrics.md").read_text(), re.MULTILINE)
    studies = {False: "", True: " {0.study} |"}
    form = "| `{0.name}` | {0.unit} | {0.direction} | {0.definition} |"
    assert rows == [(form + studies[bool(one.study)]).format(one) for one in METRICS]


def finding_rules() -> set[str]:
    """The first argument of every Finding that `analysis` makes, where it is not a name given above."""
    found = set()
    for path in (ROOT / "analysis").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                first = node.args[0]
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("(rule,"):
                assert isinstance(node.value, ast.Tuple)
                first = node.value.elts[0]
            else:
                continue
            if isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_every_finding_is_explained() -> None:
    """One row a rule, and none of a rule that is gone."""
    table = (DOCS / "metrics.md").read_text().partition("| finding | severity | when |\n|---|---|---|\n")[2]
    rules = finding_rules()
    assert len(rules) >= 24
    assert {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")} == rules


def test_every_option_is_documented_with_its_variable() -> None:
    """As fixtures/declared.py declares them."""
    options = set(re.findall(r'"(--[a-z0-9-]+)"', (ROOT / "fixtures/declared.py").read_text()))
    text = (DOCS / "configuration.md").read_text()
    assert options
    for option in options:
        variable = "VEXFS_BENCH_" + option[2:].replace("-", "_").upper()
        assert re.search(rf"^\| `{option}\b.*\| `{variable}` \|", text, re.MULTILINE), option


def test_every_option_that_a_page_names_exists() -> None:
    """Of pytest with the suite's own, or in the list above."""
    command = [sys.executable, "-m", "pytest", "--help"]
    told = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--[a-z][a-z0-9-]+", told)) | OTHER_OPTIONS
    for page in PAGES:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", page.read_text())) <= known, page.name


def test_the_scales_are_documented() -> None:
    """With all their numbers, and the index parameters that go with them."""
    text = (DOCS / "configuration.md").read_text()
    for one in SCALES:
        sizes = f"{one.vectors:,} | {one.dimensions:,} | {one.queries} | {one.batch:,} | {one.intrinsic}"
        assert f"| {one.name} | {sizes} |" in text
    assert f"fills {', '.join(str(one.repeats) for one in SCALES[:-1])} or {SCALES[-1].repeats} further" in text
    space = Space(1)
    assert f"**M {space.m}, ef_construction {space.ef_construction}, ef {space.ef}**" in text


@pytest.mark.parametrize("target", [*TARGETS], ids=lambda target: target.name)
def test_every_target_is_documented_with_what_it_needs(target: targets.Target, tmp_path: Path) -> None:
    """Its row, its own terms, its ready path, its program's name and variable, and its environment."""
    page, spec = (DOCS / "targets.md").read_text(), target.spec
    wanted = [f"| `{target.name}` | "]
    if isinstance(spec, Process):
        wanted.append(f"`GET {spec.ready_path}`" if spec.ready_path else "`pg_isready`")
    if isinstance(spec, (Process, Mount)):
        if isinstance(spec.program, Binary):
            wanted += [f"`{spec.program.environment}`", f"`{spec.program.name}`"]
        ports = free_ports(spec.ports) if isinstance(spec, Process) else {}
        wanted += [f"`{name}" for name in spec.command(Place(tmp_path, ports, tmp_path)).environment]
    if isinstance(spec, Container):
        wanted += [f"`GET {spec.ready_path}`", f"`{spec.image.name}:{spec.image.tag}`", f"`{spec.image.environment}`"]
        wanted += [f"`{' '.join(spec.arguments)}`"] if spec.arguments else []
    if isinstance(spec, Remote):
        wanted += [f"`GET {spec.ready_path}`", f"`{spec.key}`", f"`--target {target.store.name}@url=URL`"]
    assert [text for text in wanted if text not in page] == []
    assert re.search(rf"^\| {target.name} \|", (DOCS / "configuration.md").read_text(), re.MULTILINE)


def test_every_variant_is_documented() -> None:
    """In the generated table."""
    page = (DOCS / "configuration.md").read_text()
    variants = [target.name for target in targets.every_target(targets.known_stores(())) if target.variant]
    assert len(variants) >= 9
    assert [name for name in variants if f"| `{name}` |" not in page] == []


def test_verdicts_and_overrides_are_documented() -> None:
    """Every one that there is."""
    text = (DOCS / "getting-started.md").read_text()
    assert [str(one) for one in Judgement if str(one) not in text] == []
    assert re.findall(r"`--allow ([a-z-]+)`", text) == list(OVERRIDES)


def test_the_example_store_is_measured(tmp_path: Path) -> None:
    """By the command that the page shows."""
    plugin = ("-p", "tests.plugins.example_store", "--target", "example@embedded")
    ran = run_suite(tmp_path, *plugin, "--scale", "small", "--launches", "1")
    assert ran.status == 0, ran.output
    assert {key.metric for key in ran.rows if key.target == "example@embedded"} == {one.name for one in metrics_of(())}


def test_the_example_store_keeps_the_contract() -> None:
    """By the command that the page shows, without the set-up."""
    command = ["tests/drivers", "-p", "tests.plugins.example_store", "-k", "example", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_no_tracked_file_names_a_package_host() -> None:
    """The lock file least of all."""
    hosts = ["pypi" + ".org", "python" + "hosted.org", "crates" + ".io", "proxy.golang" + ".org", "registry.npm" + "js"]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in (ROOT / name for name in tracked.splitlines()):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(host.encode() in content for host in hosts), path
