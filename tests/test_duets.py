"""What `--duet` takes, what it refuses, and how the other side is made runnable."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.baselines import Artifact, Baseline, BaselineFile
from analysis.records import SCHEMA
from analysis.rows import RowKey
from analysis.settled import ASKED
from fixtures import duets
from fixtures.drivers.base import Binary, Process, Store, Tier
from fixtures.drivers.exact import STORE as EXACT
from fixtures.duets import both_sides, parse, stage, the_other_side
from fixtures.environments import WORKER_NEEDS, normal, stands_on
from fixtures.errors import NotRunnable, UsageError
from fixtures.provenance import installed_versions
from fixtures.reference import Reference, as_another_target, as_in_baseline, as_program
from fixtures.targets import Runnable, Target, known_stores, resolve
from tests.strategies import a_run
from tests.suite import ROOT, run_suite

STORES = known_stores(())


def silently(_: str) -> None:
    """Nobody listens."""


def runnable(name: str) -> Runnable:
    """A target of ours, which runs everywhere."""
    store, _, tier = name.partition("@")
    found = resolve(Target(STORES[store], Tier(tier)))
    assert isinstance(found, Runnable)
    return found


@pytest.mark.parametrize(
    ("text", "reference", "other"),
    [
        ("chroma@process=1.5.8", "1.5.8", ""),
        ("weaviate@process = v1.34.0:4.9.6", "v1.34.0:4.9.6", ""),
        ("vexfs@mount=/some/vexfs_fuse", "/some/vexfs_fuse", ""),
        ("weaviate@process=./weaviate-server", "./weaviate-server", ""),
        ("chroma@process=qdrant@embedded", "qdrant@embedded", "qdrant@embedded"),
    ],
)
def test_a_reference_is_a_version_a_path_or_a_target(text: str, reference: str, other: str) -> None:
    """Told by its form."""
    asked = parse(text, STORES)
    assert (asked.reference, asked.other.name if asked.other else "") == (reference, other)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chroma@process", "--duet takes TARGET=REFERENCE, not 'chroma@process'. A reference is a version"),
        ("chroma@process=", "--duet takes TARGET=REFERENCE"),
        ("chrom@process=1.5.8", "Did you mean chroma@process?"),
        ("chroma@mount=1.5.8", "chroma has no tier 'mount'. It has: embedded, process, "),
        ("chroma@*=1.5.8", "takes one target by its name, not the pattern"),
        ("chroma@process=newest", "'newest' is no version, no path and no target"),
        ("chroma@process=chroma@process", "both sides are chroma@process. Give a version of it"),
        ("chroma@process=qdran@embedded", "Did you mean qdrant@embedded?"),
    ],
)
def test_what_is_no_duet_is_refused_before_anything_starts(tmp_path: Path, text: str, told: str) -> None:
    """Exit code 4, what was wrong and which forms there are."""
    with pytest.raises(UsageError) as raised:
        parse(text, STORES)
    assert told in str(raised.value)
    if text == "chroma@process=newest":
        ran = run_suite(tmp_path, "--scale=small", f"--duet={text}")
        assert ran.status == 4, ran.output
        assert told in ran.output
        assert not list(tmp_path.glob("results/*"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("weaviate@process=/no/such", "names '/no/such', which is not a program that can be run"),
        ("exact@embedded=/bin/true", "exact@embedded has no program that a path could stand for"),
        ("chroma@process=/bin/true", "chroma@process has no program that a path could stand for"),
        ("exact@process=1.0", "names no package, so version '1.0' of it cannot be installed"),
        ("chroma@process=1.5.8:1.5.9", "has one version for client and server"),
    ],
)
def test_an_other_side_that_cannot_be_says_why(tmp_path: Path, text: str, told: str) -> None:
    """And what to give instead."""
    asked = parse(text, STORES)
    present = resolve(asked.target)
    if not isinstance(present, Runnable):
        pytest.skip(present.reason)
    with pytest.raises((UsageError, NotRunnable)) as raised:
        the_other_side(asked, silently)
    assert told in str(raised.value)
    assert raised.value.remedy


def test_two_versions_are_held_against_each_other_whatever_is_installed() -> None:
    """The second one is judged; it must be another one, and is no target of the campaign at the same time."""
    asked = parse("chroma@process=1.0.7..1.5.8", STORES)
    assert (asked.reference, asked.candidate) == ("1.0.7", "1.5.8")
    assert parse("weaviate@process=1.24.8:4.9.6..1.24.9:4.9.6", STORES).candidate == "1.24.9:4.9.6"
    for text, told in (("1.5.8..1.5.8", "both sides are 1.5.8"), ("1.5.8..newest", "'newest' is no version")):
        with pytest.raises(UsageError, match=told):
            parse(f"chroma@process={text}", STORES)
    with pytest.raises(UsageError, match=r"'1\.1\.\.1\.2' is no version"):
        parse("chroma@process=1.0..1.1..1.2", STORES)


def test_the_older_release_is_the_reference_and_the_newer_one_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the target's own name, and the record says which release that was."""
    exact = runnable("exact@process")

    def made(candidate: Runnable, version: str, say: object) -> Reference:
        label = f"exact~{version}@process"
        return Reference(replace(candidate, program=(version,), label=label), f"exact {version}")

    monkeypatch.setattr(duets, "as_version", made)
    asked = parse("exact@process=1.0..2.0", STORES)
    rows = [RowKey("p50_latency_ms", "small", "exact@process")]
    ((judged, other),) = sides = both_sides([asked], [], rows, silently)
    assert (judged.name, judged.program) == ("exact@process", ("2.0",))
    assert (other.runnable.name, other.runnable.program) == ("exact~1.0@process", ("1.0",))
    (staged,) = stage(sides, rows, 5, 0)
    assert (staged.duet.target, staged.duet.reference) == ("exact@process", "exact~1.0@process")
    assert (staged.duet.candidate, staged.duet.made) == ("2.0", "exact 1.0; against exact 2.0")
    for others, more in (([exact], [asked]), ([], [asked, asked])):
        with pytest.raises(UsageError, match=r"exact@process=1\.0\.\.2\.0: a duet of two releases is a run of its own"):
            both_sides(more, others, rows, silently)


def test_a_duet_without_rows_is_refused_and_not_dropped(tmp_path: Path) -> None:
    """Its target was left out."""
    ran = run_suite(tmp_path, "--scale=small", "--target=exact@embedded", "--duet=exact@process=exact@embedded")
    assert ran.status == 4, ran.output
    assert "no row of exact@process is among those that were asked for" in " ".join(ran.output.split())


def test_options_of_duets_are_checked(tmp_path: Path) -> None:
    """Together and each by itself."""
    for arguments, told in (
        (["--no-duet", "--duet=exact@process=exact@embedded"], "--no-duet and --duet exclude each other"),
        (["--duet-launches=1"], "--duet-launches must be at least 2, not 1."),
    ):
        ran = run_suite(tmp_path, "--scale=small", *arguments)
        assert ran.status == 4, ran.output
        assert told in ran.output


def test_a_program_by_its_path_keeps_store_and_tier_in_its_name(tmp_path: Path) -> None:
    """With its digest, so that two files of one name differ; the tier stays the last part."""
    program = tmp_path / "some-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    spec = EXACT.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    binary = replace(spec, program=Binary("SOME_BIN", "some-server", "Get it."))
    target = Target(Store("some", {Tier.PROCESS: binary}), Tier.PROCESS)
    made = as_program(Runnable(target, ("/bin/true",), "sha"), str(program))
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    assert made.runnable.name == f"some~some-server-{digest[:6]}@process"
    assert made.runnable.program == (str(program),)
    assert digest[:12] in made.made


def test_duets_have_launches_of_their_own_at_each_scale() -> None:
    """Behind the campaign's and behind one another; of the rows that were asked for."""
    sides = [
        (runnable("exact@process"), as_another_target(runnable("exact@embedded"))),
        (runnable("exact@embedded"), as_another_target(runnable("exact@process"))),
    ]
    wanted = [
        RowKey(metric, scale, target)
        for metric in ("p50_latency_ms", "recall_at_10")
        for scale in ("small", "medium")
        for target in ("exact@process", "exact@embedded")
    ]
    duets = [staged.duet for staged in stage(sides, wanted, 12, 5)]
    assert [(duet.target, duet.scale, duet.launches) for duet in duets] == [
        ("exact@process", "small", range(5, 17)),
        ("exact@process", "medium", range(5, 17)),
        ("exact@embedded", "small", range(17, 29)),
        ("exact@embedded", "medium", range(17, 29)),
    ]
    assert {duet.why for duet in duets} == {ASKED}
    assert duets[0].metrics == ["p50_latency_ms", "recall_at_10"]
    assert duets[0].looks == [5, 10, 12]


def a_baseline(candidate: Runnable, **changes: object) -> Baseline:
    """A baseline with this very target, but for the changes; the suite was at the present commit."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    of_the_run = {name: changes.pop(name) for name in ("versions", "suite_commit") if name in changes}
    run = a_run(
        (candidate.name,),
        **{"versions": installed_versions(), "suite_commit": commit.stdout.strip(), **of_the_run},
    )
    artifact = Artifact("1", "http.client", {}, **{"driver_sha256": candidate.driver_sha256, **changes})
    file = BaselineFile(SCHEMA, "", run, {candidate.target.name: artifact}, [])
    return Baseline(Path("0001_small.json"), file, "small")


def test_a_target_that_is_as_in_the_baseline_is_its_own_other_side() -> None:
    """And that is said: nothing that is recorded differs."""
    candidate = runnable("exact@process")
    made = as_in_baseline(candidate, a_baseline(candidate), silently)
    assert made.runnable == replace(candidate, label="exact~baseline@process")
    assert "nothing that is recorded of it differs, so both sides are the same" in made.made


def test_a_driver_that_is_in_no_commit_at_hand_is_told() -> None:
    """The screen's verdict then stands."""
    candidate = runnable("exact@process")
    with pytest.raises(NotRunnable, match=r"The baseline's driver \(fixtures/drivers/exact.py, sha256 ab\) is not in"):
        as_in_baseline(candidate, a_baseline(candidate, driver_sha256="ab"), silently)


def test_the_baselines_driver_is_taken_from_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its digest, out of the history, under a name of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    show = ["git", "show", "HEAD:fixtures/drivers/exact.py"]
    source = subprocess.run(show, cwd=ROOT, capture_output=True, check=True).stdout
    digest = hashlib.sha256(source).hexdigest()
    candidate = replace(runnable("exact@process"), driver_sha256="of a changed driver")
    monkeypatch.setattr("fixtures.reference.find_module", lambda _: None)
    made = as_in_baseline(candidate, a_baseline(candidate, driver_sha256=digest), silently)
    (folder,) = made.runnable.search_first
    module, _, name = made.runnable.target.spec.driver.partition(":")
    assert (Path(folder) / f"{module}.py").read_bytes() == source
    assert name == "ExactHttp"
    loaded = subprocess.run(
        [sys.executable, "-c", f"import {module}; print({module}.{name}.__name__)"],
        env={"PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "ExactHttp"


def test_a_binary_that_is_gone_is_asked_for() -> None:
    """With its digest and the option that gives it."""
    spec = EXACT.tiers[Tier.PROCESS]
    assert isinstance(spec, Process)
    binary = replace(spec, program=Binary("SOME_BIN", "true", "Get it."))
    candidate = Runnable(Target(Store("some", {Tier.PROCESS: binary}), Tier.PROCESS), ("/bin/true",), "sha")
    with pytest.raises(NotRunnable, match=r"The baseline's true \(sha256 abc\) is not at hand. Give it: --duet"):
        as_in_baseline(candidate, a_baseline(candidate, program_sha256="abc"), silently)


def test_the_worker_stands_on_little() -> None:
    """An environment of another version has besides the store's client what the worker begins with, and little more."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, fixtures.worker.__main__; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded = {name.partition(".")[0] for name in told.split()}
    installed = {name.replace("-", "_") for name in installed_versions()}
    # msgspec takes typing_extensions where it happens to be; coverage is there where it counts.
    ours = {"fixtures", "analysis", "typing_extensions", "coverage"}
    begun = {name for name in loaded if name.lower() in installed} - ours
    assert begun == {"msgspec", "numpy"}
    # The rest is loaded by those requests that need it.
    assert begun <= set(WORKER_NEEDS)
    assert set(WORKER_NEEDS) <= {normal(name) for name in installed_versions()}


def test_what_a_package_stands_on_is_found() -> None:
    """Itself, what it requires, and what that requires; nothing of its extras, nothing that is not there."""
    found = stands_on(["pytest-benchmark", "no-such-package"])
    assert {"pytest-benchmark", "pytest", "pluggy"} <= found
    assert "no-such-package" not in found
    assert "chromadb" not in found
