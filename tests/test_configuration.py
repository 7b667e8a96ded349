"""The tables that the drivers declare: the page is what they say, and a word that changes is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fixtures import configuration
from fixtures.drivers.base import Difference, Embedded, Store, Terms, Tier
from fixtures.errors import SuiteError
from fixtures.targets import built_in_stores, known_stores

PLAIN = Terms("a client", "an id", "an index", "durable")
ONE = Store("one", {Tier.EMBEDDED: Embedded("x:Y")}, {Tier.EMBEDDED: PLAIN}, (Difference("what", "why"),))


def test_the_page_is_what_the_drivers_declare() -> None:
    """Write it: python -m fixtures.configuration --write."""
    assert configuration.main([]) == 0


def test_a_driver_that_says_something_else_is_seen_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text around the tables stays."""
    page = tmp_path / "configuration.md"
    page.write_text(configuration.PAGE.read_text())
    monkeypatch.setattr(configuration, "PAGE", page)
    changed = [
        replace(one, differences=(Difference("another thing", "another reason"),)) if one.name == "chroma" else one
        for one in built_in_stores()
    ]
    monkeypatch.setattr(configuration, "built_in_stores", lambda: changed)
    assert configuration.main([]) == 1
    assert "--write" in capsys.readouterr().err
    assert configuration.main(["--write"]) == 0
    assert "| chroma | another thing | another reason |" in page.read_text()
    assert page.read_text().startswith("# Options, settings and their reasons")
    assert configuration.main([]) == 0


def test_a_target_without_terms_is_named() -> None:
    """A store of this repository says on what terms it is measured."""
    with pytest.raises(SuiteError, match="one@embedded declares no terms"):
        configuration.tables([replace(ONE, terms={})])


def test_a_page_without_the_place_is_named() -> None:
    """Rather than left as it was."""
    with pytest.raises(SuiteError, match="0 places for the table terms"):
        configuration.written("# A page\n", configuration.tables([ONE]))


def test_a_cell_that_would_break_the_table_cannot_be() -> None:
    """Neither empty nor with a bar or a line of its own."""
    for text in ("", "a | b", "a\nb"):
        with pytest.raises(ValueError, match="a table's cell"):
            Difference(text, "why")
        with pytest.raises(ValueError, match="a table's cell"):
            replace(PLAIN, index=text)


def test_a_driver_in_the_place_of_ours_keeps_the_terms_that_it_does_not_give() -> None:
    """Tier by tier, as with the tiers themselves."""
    other = Terms("mine", "an id", "an index", "durable")
    changed = Store("chroma", {Tier.EMBEDDED: Embedded("x:Y")}, {Tier.EMBEDDED: other})
    store = known_stores([changed])["chroma"]
    assert store.terms[Tier.EMBEDDED] == other
    assert store.terms[Tier.PROCESS].client == "chromadb, HTTP"
    assert store.differences
