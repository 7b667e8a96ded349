"""Reports of capabilities: the shares, the files that cannot be used, and what the table shows."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from analysis.capabilities import (
    CAPABILITIES_SCHEMA,
    Capabilities,
    Compliance,
    Probed,
    read_capabilities,
    share,
)
from analysis.capabilitytable import capability_tables, markdown
from analysis.errors import DamagedRecord, MissingRecord, NewerSchema, OlderSchema, UnversionedRecord


def probed(verdict: Compliance, *detours: str, call: str = "query", seen: str = "seen this") -> Probed:
    """One outcome."""
    return Probed(call, "where [$eq]", verdict, "POST /x", 200, "expected that", seen, list(detours))


OUTCOMES = [
    probed(Compliance.PASS),
    probed(Compliance.PASS, "by another path"),
    probed(Compliance.WRONG, "by another path"),
    probed(Compliance.FAIL, call="get"),
]
TOLD = Capabilities(CAPABILITIES_SCHEMA, "some@process", "1.2.3", "ab" * 32, "c0ffee", "2026", "Chroma", "v1", OUTCOMES)


def test_the_share_is_of_all_probes_and_the_usual_one_leaves_out_what_took_a_detour() -> None:
    """Two of four; one of four."""
    assert share(OUTCOMES) == 50
    assert share(OUTCOMES, usual=True) == 25
    with pytest.raises(ValueError, match="nothing was probed"):
        share([])


def test_a_report_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    """Every field."""
    path = tmp_path / "report.json"
    path.write_bytes(msgspec.json.encode(TOLD))
    assert read_capabilities(path) == TOLD


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, MissingRecord),
        ("{}", UnversionedRecord),
        ("no json", UnversionedRecord),
        ('{"schema": 0}', OlderSchema),
        ('{"schema": 99}', NewerSchema),
        (f'{{"schema": {CAPABILITIES_SCHEMA}}}', DamagedRecord),
    ],
)
def test_a_report_that_cannot_be_used_is_told_with_the_command_that_makes_one(
    tmp_path: Path, text: str | None, error: type[Exception]
) -> None:
    """Each in its own way."""
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=r"report\.json.*python -m fixtures\.probe"):
        read_capabilities(path)


def test_the_table_shows_each_probe_with_its_evidence_and_the_shares() -> None:
    """What was expected where the answer was wrong; brackets as they are; what is long is cut; detours are named."""
    console = Console(file=io.StringIO(), width=160)
    longer = msgspec.structs.replace(TOLD, probed=[*OUTCOMES, probed(Compliance.FAIL, seen="x" * 500)])
    for part in capability_tables(longer):
        console.print(part)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Chroma compatibility of some@process, 1.2.3, program sha256 abababababab, at its v1 paths" in shown
    assert shown.count("where [$eq]") == 5
    assert shown.count("expected that") == 1
    assert "xxx…" in shown
    assert "Detour in 2 of 5 probes: by another path." in shown
    assert "40 % of 5 probes pass (2 pass, 2 fail, 1 wrong answer)" in shown
    assert "as today's Chroma client asks, 20 %" in shown


def test_a_page_shows_a_line_for_each_call() -> None:
    """Its arguments by verdict; the detours and the shares below."""
    lines = markdown(TOLD).splitlines()
    assert lines[:2] == ["| call | pass | fail | wrong answer |", "|---|---|---|---|"]
    assert "| query | where [$eq]; where [$eq] |  | where [$eq] |" in lines
    assert "| get |  | where [$eq] |  |" in lines
    assert "- Detour in 2 of 4 probes: by another path." in lines
    assert lines[-1].startswith("**50 % of 4 probes pass")
