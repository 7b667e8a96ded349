"""The Markdown summary, GitHub's annotations and the duet's table, from the verdicts of a record."""

from __future__ import annotations

import re

import msgspec
from rich.console import Console, Group

from analysis.duettable import duet_tables
from analysis.gate import judge
from analysis.records import Record
from analysis.rows import rows_of
from analysis.summary import as_annotations, as_markdown
from tests.strategies import a_duet, a_duet_record, a_record

SLOWER = a_duet_record((1.20, 1.21, 1.19, 1.205, 1.195), (1.0,) * 5)


def told(record: Record) -> str:
    """The record's summary, judged without a baseline."""
    rows = rows_of(record)
    return as_markdown(record, rows, judge(record, rows, []))


def test_the_summary_begins_with_the_verdicts_and_names_each_regression() -> None:
    """What a reviewer reads first."""
    text = told(SLOWER)
    assert re.match(r"## Vector store benchmarks: \d+ regression, \d+ pass\n", text)
    assert "- ❌ **regression** `p50_latency_ms-small-chroma@process`: p50_latency_ms at small" in text


def test_every_row_of_a_duet_has_a_line_of_as_many_cells_as_the_heading() -> None:
    """Both figures, change, interval, launches, verdict."""
    lines = [line for line in told(SLOWER).splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {8}
    (p50,) = [line for line in lines if line.startswith("| p50_latency_ms (ms)")]
    assert re.fullmatch(
        r"\| p50_latency_ms \(ms\) \| 1.00 \| 1.20 \| \+20.0 % \| \+\S+ % to \+\S+ % \| 5 \| ❌ .*", p50
    )


def test_verdicts_of_the_screen_are_folded_away() -> None:
    """They are many."""
    text = told(a_record())
    assert "<details><summary>102 verdicts of the screen</summary>" in text
    assert "| p50_latency_ms-small-chroma@process | 1.00 |" in text


def test_a_figure_is_the_geometric_mean_as_in_every_table() -> None:
    """Of 1 and 4 it is 2."""
    assert "| p50_latency_ms-small-chroma@process | 2.00 |" in told(a_record({"chroma@process": (1.0, 4.0)}))


def test_what_would_be_markup_is_text() -> None:
    """A reference's name has a tilde, a reason may have anything."""
    run = msgspec.structs.replace(SLOWER.run, duets=[a_duet(looks=[], reason="a|b <c>", remedy="*")])
    text = told(Record(SLOWER.folder, run, (), truncated=False))
    assert "a\\|b &lt;c> \\*" in text


def test_a_regression_is_annotated_at_its_file_in_one_line() -> None:
    """As GitHub's workflow commands want it: per cent, newlines and separators escaped."""
    rows = rows_of(SLOWER)
    lines = list(as_annotations(judge(SLOWER, rows, [])))
    (p50,) = [line for line in lines if "p50_latency_ms-small" in line]
    assert p50.startswith(
        "::error file=benchmarks/test_search.py,title=regression%3A p50_latency_ms-small-chroma@process::"
    )
    assert "+20.0 %25" in p50
    assert all("\n" not in line for line in lines)
    assert not list(as_annotations(judge(a_record(), rows_of(a_record()), [])))


def test_rows_of_a_duet_that_failed_share_one_line() -> None:
    """Thirteen times the same traceback would hide everything."""
    cut = a_duet_record((1.0,), (1.0,))
    console = Console(width=1_000)
    with console.capture() as captured:
        console.print(Group(*duet_tables(cut)))
    assert captured.get().count("The duet ended after 1 of the 5 launches") == 1
    assert "┏" not in captured.get()


def test_the_duets_table_shows_what_the_summary_does() -> None:
    """In the terminal, at 120 columns, no cell cut."""
    console = Console(width=120, record=True)
    with console.capture() as captured:
        console.print(Group(*duet_tables(SLOWER)))
    text = captured.get()
    assert "duet of chroma@process with chroma~1.0@process (chroma 1.0): 5 launches, asked for" in text
    assert re.search(r"↓ p50_latency_ms +│ +1\.00 │ +1\.20 │ \+20\.0 % │ \+\S+ % to \+\S+ % │ 5 │ ✗ regression", text)
    assert "…" not in text


def test_what_creeps_is_in_the_summary() -> None:
    """As it stands below the closing table; a row's name keeps its signs."""
    record = a_record()
    rows = rows_of(record)
    text = as_markdown(record, rows, judge(record, rows, []), ["creep: a_row is worse by +12.0 % | 3 steps"])
    assert "- 📈 creep: a_row is worse by +12.0 % \\| 3 steps" in text
