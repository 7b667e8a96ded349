"""The commands of `scripts/` on machines that lack something. Environments are made for real, of no packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]


def program(path: Path, text: str) -> Path:
    """A shell program."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our scripts and a lock file of no packages."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "requirements.lock").write_text("# none\n")
    return folder


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Run a command there. uv is not on PATH, and no system package can be installed."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program(programs / "apt-get", "echo 'no network' >&2; exit 1")

    def run_there(*command: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "PYTHON": python, "HOME": str(tmp_path)}
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)

    return run_there


# Ends where an environment would be made; goes on as if one had been, with a Python that says yes to all.
STOP = "source scripts/_environment.sh; make_venv() { exit 3; }"
AS_IF = "source scripts/_environment.sh; make_venv() { mkdir -p .venv/bin; ln -s /bin/true .venv/bin/python; }"


@pytest.fixture(scope="module")
def stamp(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the scripts leave in a finished environment of this Python and a lock of no packages."""
    folder = tmp_path_factory.mktemp("stamp")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "requirements.lock").write_text("# none\n")
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    subprocess.run(["bash", "-c", f"{AS_IF}; make_environment"], cwd=folder, env=environment, check=True)
    return (folder / ".venv/.lock-digest").read_text()


@pytest.fixture
def ready(project: Path, stamp: str) -> None:
    """A finished environment, whose Python prints what it is started with."""
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/.lock-digest").write_text(stamp)
    program(project / ".venv/bin/python", '[ "$1" = -c ] || printf "%s\\n" "$@"')


def make(run: Run, **changes: str) -> subprocess.CompletedProcess[str]:
    """Only the environment."""
    return run("bash", "-c", "source scripts/_environment.sh; make_environment", **changes)


def test_an_environment_is_made_until_it_is_whole_and_then_not_again(run: Run, project: Path) -> None:
    """A lock without hashes is refused, and what is there by then is not taken for a finished one, nor in the way."""
    (project / "requirements.lock").write_text("./nothing-here\n")
    failed = make(run)
    assert failed.returncode == 1
    assert "installing the packages failed" in failed.stderr
    assert "making .venv" in run("bash", "-c", f"{STOP}; make_environment").stderr
    (project / "requirements.lock").write_text("# none\n")
    (project / ".venv/bin/python").unlink()
    whole = make(run)
    assert whole.returncode == 0, whole.stderr
    assert "making .venv" in whole.stderr
    assert subprocess.run([project / ".venv/bin/python", "-c", ""], check=False).returncode == 0
    made = (project / ".venv/pyvenv.cfg").stat().st_mtime_ns
    again = make(run)
    assert (again.returncode, again.stderr) == (0, "")
    assert (project / ".venv/pyvenv.cfg").stat().st_mtime_ns == made


@pytest.mark.parametrize("why", ["another lock", "no python"])
def test_an_environment_of_another_lock_or_without_a_python_is_not_used(
    run: Run, ready: None, project: Path, why: str
) -> None:
    """Each alone is reason enough: with no Python that can make one, the command ends there."""
    if why == "another lock":
        (project / "requirements.lock").write_text("# changed\n")
    else:
        (project / ".venv/bin/python").unlink()
    assert "making .venv" in run("bash", "-c", f"{STOP}; make_environment").stderr


@pytest.mark.parametrize("old", ["Python 3.8.18", "Python 2.7.18"])
def test_a_python_that_is_too_old_is_named_with_its_version(run: Run, tmp_path: Path, old: str) -> None:
    """And with what to do."""
    python = program(tmp_path / "old python", f'[ "$1" = --version ] && echo {old!r} || exit 1')
    refused = make(run, python=str(python))
    assert refused.returncode == 1
    assert "no Python >= 3.11" in refused.stderr
    assert f"{python}: {old}" in refused.stderr
    assert "PYTHON=/path/to/python3" in refused.stderr


def test_a_python_without_venv_is_told_with_the_remedy(run: Run, tmp_path: Path, project: Path) -> None:
    """As Debian's is, and where its package cannot be installed either."""
    bare = f'case "$*" in *ensurepip*|*virtualenv*) exit 1;; esac; exec {sys.executable} "$@"'
    refused = make(run, python=str(program(tmp_path / "bare", bare)))
    assert refused.returncode == 1
    assert "cannot make virtual environments" in refused.stderr
    assert "apt-get install python3-venv" in refused.stderr
    assert not (project / ".venv").exists()


def test_a_machine_without_libfuse_is_told_and_goes_on(run: Run, tmp_path: Path) -> None:
    """Its targets are skipped; the others are measured."""
    program(tmp_path / "programs/ldconfig", "exit 0")
    done = run("bash", "-c", "set -euo pipefail; source scripts/_environment.sh; install_fuse; echo went on")
    assert done.stdout == "went on\n"
    assert "apt-get install fuse3 libfuse3-3" in done.stderr


@pytest.mark.parametrize(
    ("script", "given", "passed"),
    [
        ("bench", [], ["benchmarks/", "--benchmark-compare"]),
        ("bench", ["--scale", "small"], ["benchmarks/", "--scale", "small", "--benchmark-compare"]),
        ("bench", ["benchmarks/test_search.py"], ["benchmarks/test_search.py", "--benchmark-compare"]),
        ("bench", ["--benchmark-compare=0001"], ["benchmarks/", "--benchmark-compare=0001"]),
        ("test", ["-k", "two words"], ["-k", "two words"]),
        ("test", ["tests/test_a.py::test_b"], ["tests/test_a.py::test_b"]),
        ("test", ["scripts"], ["scripts"]),
        ("test", ["--lf"], ["--lf"]),
        ("test", ["--releases", "-k", "old"], ["-k", "old"]),
    ],
)
def test_arguments_are_pytests(run: Run, ready: None, script: str, given: Sequence[str], passed: Sequence[str]) -> None:
    """None is lost, split or swallowed, and what names a part of the rows takes the place of all."""
    done = run(f"scripts/{script}", *given)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["-m", "fixtures.entry" if script == "bench" else "pytest", *passed]


def all_tests(
    first: Sequence[str], second: Sequence[str], given: Sequence[str], *, releases: bool = False
) -> list[str]:
    """What both passes are given."""
    together = ["-n", str(2 * len(os.sched_getaffinity(0))), "--dist", "loadfile", "--no-loadscope-reorder"]
    marked = "not alone" if releases else "not alone and not releases"
    passes = ([*together, "-m", marked, *first], ["-m", "alone", *second])
    return [part for each in passes for part in ("-m", "pytest", *each, *given)]


@pytest.mark.parametrize("given", [[], ["-q", "--durations=5"]], ids=["none", "of output"])
def test_all_tests_run_together_but_what_judges_times_alone(run: Run, ready: None, given: Sequence[str]) -> None:
    """Both whatever the first says."""
    done = run("scripts/test", *given)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == all_tests([], [], given)


def test_only_files_with_marked_tests_are_looked_through_a_second_time(run: Run, ready: None, project: Path) -> None:
    """The place of all tests may be named."""
    (project / "tests/more").mkdir(parents=True)
    (project / "tests/test_a.py").write_text("")
    (project / "tests/more/test_b.py").write_text("pytestmark = pytest.mark.alone")
    for given in ([], ["tests"]):
        done = run("scripts/test", *given)
        assert done.stdout.splitlines() == [*all_tests([], [], []), "tests/more/test_b.py"]


@pytest.mark.parametrize(("ci", "given"), [("true", []), ("", ["--cov"])], ids=["in CI", "when asked"])
def test_coverage_is_of_both_passes(run: Run, ready: None, ci: str, given: Sequence[str]) -> None:
    """And is printed once, with its bound."""
    done = run("env", f"CI={ci}", "scripts/test", "-q", *given)
    assert done.returncode == 0, done.stderr
    bounded = ["--cov", "--cov-append", "--cov-report=term", "--cov-fail-under=90"]
    assert done.stdout.splitlines() == all_tests(["--cov", "--cov-report="], bounded, ["-q"], releases=bool(ci))


def test_what_a_registry_must_give_is_left_out_with_a_word_unless_asked_for(run: Run, ready: None) -> None:
    """In CI, as above, it is not."""
    plain, asked = run("scripts/test"), run("scripts/test", "--releases")
    assert "left out: duets with released stores" in plain.stderr
    assert asked.stdout.splitlines() == all_tests([], [], [], releases=True)
    assert "left out" not in asked.stderr


def test_each_pass_writes_a_junit_file_of_its_own(run: Run, ready: None) -> None:
    """Or the second would write over the first one's."""
    done = run("scripts/test", "--junit-xml=a/tests.xml", "--junitxml", "b/tests.xml")
    assert done.returncode == 0, done.stderr
    given = ["--junit-xml=a/tests.xml", "--junitxml", "b/tests.xml"]
    alone = ["--junit-xml=a/tests-alone.xml", "--junitxml", "b/tests-alone.xml"]
    told = done.stdout.splitlines()
    assert [part for part in told if "junit" in part or "tests" in part] == [*given, *alone]


ROW = "benchmarks/test_search.py::test_search[a-b-c@d]"


@pytest.fixture
def with_rows(project: Path) -> Path:
    """A project with a file of rows and one of data."""
    (project / "benchmarks").mkdir()
    (project / "benchmarks/test_search.py").write_text("")
    (project / "data.hdf5").write_text("")
    return project


@pytest.mark.parametrize(
    ("place", "given", "passed"),
    [
        (".", ["{0}/benchmarks/test_search.py"], ["benchmarks/test_search.py"]),
        (
            ".",
            ["{0}/benchmarks/test_search.py::test_search[a-b-c@d]"],
            ["benchmarks/test_search.py::test_search[a-b-c@d]"],
        ),
        (".", ["{0}/benchmarks/"], ["benchmarks"]),
        ("benchmarks", ["test_search.py::test_search[a-b-c@d]"], [ROW]),
        ("..", ["project/benchmarks", "-q"], ["benchmarks", "-q"]),
        ("..", ["benchmarks/test_search.py"], ["benchmarks/test_search.py"]),
        ("..", ["benchmarks/test_nothing.py"], ["benchmarks/test_nothing.py"]),
        ("..", ["-k", "project"], ["benchmarks/", "-k", "project"]),
        ("..", ["--dataset", "project/data.hdf5"], ["benchmarks/", "--dataset", "{1}/project/data.hdf5"]),
        ("..", ["--dataset=project/data.hdf5"], ["benchmarks/", "--dataset={1}/project/data.hdf5"]),
        (
            "..",
            ["--results", "project/benchmarks", "--summary=s.md", "--junit-xml", "/x.xml"],
            ["benchmarks/", "--results", "{1}/project/benchmarks", "--summary={1}/s.md", "--junit-xml", "/x.xml"],
        ),
    ],
)
def test_paths_are_meant_from_where_the_command_is_typed(
    run: Run, ready: None, with_rows: Path, place: str, given: Sequence[str], passed: Sequence[str]
) -> None:
    """By a path of any kind; pytest is started in the project."""
    where = (with_rows / place).resolve()
    script = [str(with_rows / "scripts/bench"), *(one.format(with_rows) for one in given)]
    done = run("bash", "-c", 'cd "$1"; shift; exec "$@"', "bash", str(where), *script)
    assert done.returncode == 0, done.stderr
    expected = [one.format(with_rows, where) for one in passed]
    assert done.stdout.splitlines() == ["-m", "fixtures.entry", *expected, "--benchmark-compare"]


def test_ctrl_c_while_setting_up_ends_with_2(run: Run) -> None:
    """In one line."""
    stopped = run("bash", "-c", "source scripts/_environment.sh; kill -INT $$; echo went on")
    assert (stopped.returncode, stopped.stdout) == (2, "")
    assert "interrupted before anything was started" in stopped.stderr


@pytest.mark.parametrize("module", ["pytest", "fixtures.entry"])
def test_ctrl_c_while_importing_ends_with_2_and_no_traceback(tmp_path: Path, module: str) -> None:
    """Of the suite's own imports, or of pytest itself as `scripts/bench` starts it."""
    name = "msgspec" if module == "pytest" else "_pytest"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    command = [sys.executable, "-m", module, "benchmarks/", "--scale=small", "-p", "no:cacheprovider"]
    found_first = {**os.environ, "PYTHONPATH": str(tmp_path)}
    # What is not interrupted would measure all that there is.
    done = subprocess.run(command, cwd=ROOT, env=found_first, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines() == ["Interrupted before anything was measured."]


def test_the_suite_measures_itself_on_demand(run: Run, ready: None) -> None:
    """`scripts/bench --self`."""
    assert run("scripts/bench", "--self").stdout.splitlines() == ["-m", "fixtures.selfbench"]


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file()))
def test_every_script_is_sound_and_can_be_run(script: str) -> None:
    """What is sourced begins with an underscore; the others are executable and stop at the first error."""
    path = ROOT / "scripts" / script
    subprocess.run(["bash", "-n", path], check=True)
    if not script.startswith("_"):
        assert os.access(path, os.X_OK)
        assert "set -euo pipefail" in path.read_text()


def test_the_lock_is_installed_as_it_is_whatever_was_published_since(run: Run, project: Path) -> None:
    """pip would take `coverage[toml]` for another project than the lock's `coverage`, and look for the newest."""
    echoing = "printf '#!/bin/sh\\necho \"$@\"\\n' > .venv/bin/python; chmod +x .venv/bin/python"
    stand_in = f"make_venv() {{ mkdir -p .venv/bin; {echoing}; }}"
    done = run("bash", "-c", f"source scripts/_environment.sh; {stand_in}; make_environment")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-4:] == ["--no-deps", "--require-hashes", "-r", "requirements.lock"]


def test_a_further_store_is_added_once_as_its_lock_has_it(run: Run, ready: None, project: Path) -> None:
    """A second time costs nothing; another lock installs again."""
    lock = project / "requirements-faiss.lock"
    lock.write_text("# one\n")
    first = run("scripts/add_store", "faiss")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-3:] == ["--require-hashes", "-r", "requirements-faiss.lock"]
    assert run("scripts/add_store", "faiss").stdout == ""
    lock.write_text("# another\n")
    assert "requirements-faiss.lock" in run("scripts/add_store", "faiss").stdout


@pytest.mark.parametrize("names", [(), ("faiss", "sqlite")])
def test_a_store_that_cannot_be_added_is_told_with_those_that_can(run: Run, ready: None, names: Sequence[str]) -> None:
    """Before any is installed."""
    done = run("scripts/add_store", *names)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there are: faiss lancedb milvus pgvector usearch" in done.stderr


def test_an_extra_that_cannot_be_installed_is_told_and_tried_again(run: Run, ready: None, project: Path) -> None:
    """It is not taken for a finished one."""
    (project / "requirements-faiss.lock").write_text("# one\n")
    program(project / ".venv/bin/python", '[ "$1" = -c ] || { echo no network >&2; exit 1; }')
    for _ in range(2):
        failed = run("scripts/add_store", "faiss")
        assert failed.returncode == 1
        assert "no network" in failed.stderr
        assert "installing the packages failed" in failed.stderr
