"""The documents keep their word: commands are run somewhere, links lead somewhere, tables equal the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.metrics import METRICS
from tests.suite import ROOT, environment, run_suite

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"```bash\n(.*?)```", re.DOTALL)

EXAMPLE = "-p tests.plugins.example_store"

# Every command that a page shows, and what runs it.
RUN_BY = {
    "scripts/bench": ".ci/run (with a smaller scale)",
    "scripts/test": ".ci/run",
    "scripts/lint": ".ci/run",
    "scripts/bench --scale small --launches 2": ".ci/run",
    "scripts/bench --scale small --launches 3 --target '*'": ".ci/run (with two launches)",
    "python -m analysis show latest": "tests/test_suite_runs.py, tests/analysis/test_table.py",
    "python -m analysis accept latest": "tests/test_suite_runs.py, tests/analysis/test_table.py",
    f"pytest benchmarks {EXAMPLE} --target example@embedded --scale small --launches 1": "this file",
    f"scripts/test tests/drivers {EXAMPLE} -k example": "this file (without the set-up)",
}


def test_every_command_that_is_shown_is_run_somewhere() -> None:
    """A new command needs a place that runs it; one that is gone leaves the list."""
    shown = {line for page in PAGES for fence in FENCE.findall(page.read_text()) for line in fence.splitlines() if line}
    assert shown == set(RUN_BY)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Relative to the page."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_metrics_table_is_the_registrys() -> None:
    """Word for word."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    for metric in METRICS:
        assert f"| `{metric.name}` | {metric.unit} | {metric.direction} | {metric.definition} |" in text


def test_every_option_is_documented_with_its_variable() -> None:
    """As fixtures/options.py declares them."""
    options = re.findall(r'"(--[a-z-]+)"', (ROOT / "fixtures" / "options.py").read_text())
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert options
    for option in set(options):
        variable = "VEXFS_BENCH_" + option[2:].replace("-", "_").upper()
        assert f"| `{option}" in text
        assert f"`{variable}`" in text


def test_the_example_store_is_the_file_that_is_tested() -> None:
    """The page shows it as it stands."""
    page = (ROOT / "docs" / "adding-a-store.md").read_text()
    assert (ROOT / "tests" / "plugins" / "example_store.py").read_text() in page


def test_the_example_store_is_measured(tmp_path: Path) -> None:
    """By the command that the page shows."""
    plugin = ("-p", "tests.plugins.example_store", "--target", "example@embedded")
    ran = run_suite(tmp_path, *plugin, "--scale", "small", "--launches", "1")
    assert ran.status == 0, ran.output
    assert len(ran.rows) == 13


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
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in tracked:
        content = (ROOT / name).read_bytes()
        assert not any(host.encode() in content for host in hosts), name
