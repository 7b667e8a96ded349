"""The stored experiments: measured small for real, and the pages that are made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.isolation import CONDITIONS, METRIC_NAMES, markdown, read_experiment
from analysis.releases import METRIC_NAMES as RELEASE_METRICS
from analysis.releases import REPORTS, read_releases
from analysis.releases import markdown as releases_told
from fixtures.experiments.__main__ import main
from fixtures.experiments.releases import RELEASES
from fixtures.placement import usable_cores
from tests.suite import BRIEF, ROOT

BEGIN, END = "<!-- isolation: begin -->", "<!-- isolation: end -->"
PAGE = f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n"


def test_the_page_is_made_of_the_stored_result() -> None:
    """Word for word."""
    page = (ROOT / "docs/isolation.md").read_text()
    told = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert told == markdown(read_experiment(ROOT / "docs/experiments/isolation.json"))


def test_the_table_of_releases_is_made_of_the_stored_result() -> None:
    """Word for word, and every duet that the page is about is in it."""
    page = (ROOT / "docs/gate.md").read_text()
    told = page.partition("<!-- releases: begin -->")[2].partition("<!-- releases: end -->")[0].strip()
    stored = read_releases(ROOT / "docs/experiments/releases.json")
    assert told == releases_told(stored)
    assert {one.duet for one in stored.compared} == {*RELEASES, *(report.duet for report in REPORTS)}


@pytest.mark.skipif(sum(map(len, usable_cores())) < 2, reason="split needs two cores")
def test_every_condition_is_measured_in_turns_and_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forwards, then backwards; the cores are those that were asked for, and the page has the table."""
    result, page = tmp_path / "new" / "isolation.json", tmp_path / "page.md"
    page.write_text(PAGE)
    where = ["--result", str(result), "--page", str(page)]
    targets = ["--target", "exact@process", "--target", "exact@embedded"]
    assert main(["isolation", "--rounds", "2", *targets, *where]) == 0, capsys.readouterr().err
    found = read_experiment(result)
    assert [one.name for one in found.measured] == [*CONDITIONS, *reversed(CONDITIONS)]
    assert set(found.measured[0].values["exact@process"]) == set(METRIC_NAMES)
    (split, _) = (one.placed for one in found.measured if one.name == "split")
    assert not set(split["exact@process"].client) & set(split["exact@process"].server)
    assert split["exact@embedded"].server == []
    (shared, _) = (one.placed for one in found.measured if one.name == "shared")
    assert shared["exact@process"].client == shared["exact@process"].server
    assert set(found.reported) == {"exact@process", "exact@embedded"}
    text = page.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith(f"{END}\nAfter.\n")
    assert "\nold\n" not in text
    assert "| p50_latency_ms | exact@process |" in text
    # The same without measuring.
    page.write_text(PAGE)
    assert main(["isolation", "--stored", *where]) == 0
    assert page.read_text() == text


def test_duets_are_run_stored_one_by_one_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each a run of its own; what is stored is not measured again, and what is no duet is told in pytest's words."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(BRIEF))
    result, page = tmp_path / "releases.json", tmp_path / "page.md"
    page.write_text(PAGE.replace("isolation", "releases"))
    where = ["--result", str(result), "--page", str(page)]
    duet = ["--duet", "exact@embedded=exact@process", "--duet-launches", "2"]
    assert main(["releases", *duet, *where]) == 0, capsys.readouterr().err
    (found,) = read_releases(result).compared
    assert (found.launches, set(found.figures)) == (2, set(RELEASE_METRICS))
    assert found.figures["recall_at_10"].older == 1.0
    assert "| `exact@embedded=exact@process`: " in page.read_text()
    stored = result.read_bytes()
    assert main(["releases", *duet, *where]) == 0
    assert result.read_bytes() == stored
    assert main(["releases", *duet[:2], "--scale", "medium", *where]) == 2
    assert "was measured with other options" in capsys.readouterr().err
    assert main(["releases", "--duet", "exact@embedded=newest", *where]) == 2
    assert "'newest' is no version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["isolation", "--rounds", "1"], "--rounds must be at least 2, not 1"),
        (["isolation", "--minutes", "0"], "--minutes must be more than 0, not 0"),
        (["gate", "--launches", "9"], "--launches must be at least 10, not 9"),
        (["gate", "--minutes", "-1"], "--minutes must be more than 0, not -1"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With 2, and nothing is measured."""
    assert main([*arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_page_without_markers_or_result_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name; an unknown target too."""
    where = ["--stored", "--result", str(ROOT / "docs/experiments/isolation.json"), "--page", str(tmp_path / "p.md")]
    (tmp_path / "p.md").write_text("none")
    assert main(["isolation", *where]) == 2
    assert "lacks the markers" in capsys.readouterr().err
    assert main(["isolation", "--stored", "--result", str(tmp_path / "no.json")]) == 1
    assert "There is no" in capsys.readouterr().err
    assert main(["isolation", "--target", "chrom@process"]) == 2
    assert "Did you mean chroma@process?" in capsys.readouterr().err
