"""The workflows are valid, safe and bounded, and call what exists; actionlint judges them, where it can be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fixtures.programs import cache_folder
from tests.suite import ROOT, environment
from tests.test_docs import OTHER_OPTIONS

FOLDER = ROOT / ".github/workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
ACTIONLINT = "v1.7.7"


def parsed(path: Path) -> dict:
    """A workflow. YAML 1.1 reads the key `on` as true."""
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> Iterator[dict]:
    """Every step of every job."""
    for job in parsed(path)["jobs"].values():
        yield from job["steps"]


def scripts(path: Path) -> Iterator[str]:
    """What every step runs."""
    yield from (step["run"] for step in steps(path) if "run" in step)


def helped(words: list[str]) -> str:
    """What a module says of its options."""
    command = [sys.executable, "-m", *words, "--help"]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout


def test_there_is_one_for_the_change_the_store_the_night_and_the_suite_itself() -> None:
    """Each begins where it should."""
    begins = {path.stem: set(parsed(path)[True]) for path in WORKFLOWS}
    assert begins == {
        "ci": {"push", "pull_request"},
        "duet": {"workflow_dispatch", "workflow_call"},
        "gate": {"pull_request"},
        "nightly": {"schedule", "workflow_dispatch"},
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_ends_in_time(path: Path) -> None:
    """No permission but to read the contents, a time-out for every job, and one run at a time of one kind."""
    workflow = parsed(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"]
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 180, name


def test_only_the_job_that_commits_the_history_may_write() -> None:
    """And it runs no store."""
    writing = [
        (path.stem, name, job["permissions"])
        for path in WORKFLOWS
        for name, job in parsed(path)["jobs"].items()
        if "permissions" in job
    ]
    assert writing == [("nightly", "record", {"contents": "write"})]
    job = parsed(FOLDER / "nightly.yml")["jobs"]["record"]
    assert not any("scripts/bench" in step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_and_named_by_its_version(path: Path) -> None:
    """A tag can be moved."""
    used = re.findall(r"uses: (.*)$", path.read_text(), re.MULTILINE)
    assert used
    assert [one for one in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_script_has_an_expression_in_it(path: Path) -> None:
    """What others wrote, such as the name of a branch, would be run: it comes by the environment."""
    assert [text for text in scripts(path) if "${{" in text] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_scripts_are_sound_and_call_what_exists(path: Path) -> None:
    """Shell, programs of `scripts/`, commands of `python -m analysis`, and options."""
    told = "".join(
        subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
        ).stdout
        for words in (["pytest", "--help"], ["analysis", "--help"], ["analysis", "accept", "--help"])
    )
    known = set(re.findall(r"--[a-z][a-z0-9-]+", told)) | OTHER_OPTIONS
    for text in scripts(path):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        assert [name for name in re.findall(r"(?:scripts|\.ci)/[\w.]+", text) if not (ROOT / name).is_file()] == []
        assert [name for name in re.findall(r"-m analysis (\w+)", text) if f" {name} " not in told] == []
        ours = "\n".join(
            line for line in text.replace("\\\n", " ").splitlines() if "scripts/" in line or "analysis" in line
        )
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", ours)) <= known


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_was_measured_is_kept_whatever_the_verdict(path: Path) -> None:
    """JUnit and records are uploaded after a failure too."""
    text = path.read_text()
    assert "junit-xml" in text or "CI_REPORTS" in text
    kept = [step for step in steps(path) if "upload-artifact" in step.get("uses", "")]
    assert kept
    assert {step["if"] for step in kept} == {"${{ !cancelled() }}"}


@pytest.fixture(scope="module")
def actionlint() -> str:
    """The program: on PATH, in our cache, or built there once where Go can fetch it."""
    built = cache_folder() / f"bin/actionlint-{ACTIONLINT}"
    found = shutil.which("actionlint") or (str(built) if built.is_file() else None)
    if found is not None:
        return found
    go = shutil.which("go")
    if go is None:
        pytest.skip("neither actionlint nor Go is here: the tests above hold the workflows' structure")
    scratch = built.parent / f".actionlint.{os.getpid()}"
    module = f"github.com/rhysd/actionlint/cmd/actionlint@{ACTIONLINT}"
    done = subprocess.run(
        [go, "install", module], env={**os.environ, "GOBIN": str(scratch)}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"actionlint cannot be built here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    (scratch / "actionlint").replace(built)
    scratch.rmdir()
    return str(built)


def test_actionlint_finds_nothing(actionlint: str) -> None:
    """Syntax, expressions, contexts, inputs of actions, shell."""
    done = subprocess.run([actionlint, "-no-color"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_actionlint_would_find_a_fault(actionlint: str, tmp_path: Path) -> None:
    """It reads what it is given."""
    broken = tmp_path / "broken.yml"
    broken.write_text((FOLDER / "gate.yml").read_text().replace("github.event", "gihtub.event"))
    done = subprocess.run([actionlint, "-no-color", broken], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "gihtub" in done.stdout


def test_histories_of_two_branches_are_merged_line_by_line() -> None:
    """Both keep what they recorded."""
    name = "baselines/some-machine/history.jsonl"
    done = subprocess.run(["git", "check-attr", "merge", name], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{name}: merge: union"
