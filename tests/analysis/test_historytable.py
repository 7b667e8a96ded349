"""What a person sees of a history: trends, change points, noise, warnings; by the commands that write and show it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from analysis.__main__ import main
from analysis.accept import accept
from analysis.creep import creeps_of
from analysis.gate import judge
from analysis.history import HISTORY_FILE, Line, history_file, lines_of, read_history
from analysis.historytable import creep_notes, history_table
from analysis.records import Record, RunStatus
from analysis.rows import rows_of
from analysis.table import closing_table
from analysis.trend import trends_of
from tests.analysis.histories import five_steps, flat_history
from tests.analysis.test_gate import latencies
from tests.strategies import HOST, a_record, a_run, write_record

ROW = "p50_latency_ms-small-chroma@process"
CREPT = flat_history(1, 20, {"chroma@process": five_steps(12, 3)})


def printed(lines: list[Line], width: int = 200) -> str:
    """The table of a history."""
    out = StringIO()
    Console(file=out, width=width).print(history_table("some-machine", creeps_of(trends_of(lines))))
    return out.getvalue()


def write_history(baselines: Path, lines: list[Line]) -> Path:
    """As the history of the plain run's machine."""
    path = history_file(baselines, HOST)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


def command(folder: Path, *words: str) -> int:
    """`python -m analysis`, with the test's own folders."""
    results = [] if words[0] == "history" else ["--results", str(folder / "results")]
    return main([*words, *results, "--baselines", str(folder / "baselines")])


def test_the_trend_shows_its_change_points_and_its_noise() -> None:
    """In the row's line, and each with its run, commit and size below; a row that stands still has none."""
    text = printed(CREPT)
    (line,) = [line for line in text.splitlines() if f"↓ {ROW}" in line]
    assert re.search(r" 20 │ [▁-█]+│[▁-█│]+ +│", line)
    assert re.search(r"\+\d+\.\d %", line)
    assert re.search(r"±\d\.\d %", line)
    assert re.search(
        rf"^│ {re.escape(ROW)}: \+[\d.]+ % from run-0\d\d on \(commit c0ffee0\d\d, 1.0\)", text, re.MULTILINE
    )
    still = next(line for line in text.splitlines() if "exact@embedded" in line)
    assert "+" not in still


def test_a_creep_is_told_in_words() -> None:
    """By how much, since when, by which steps, beside the noise."""
    (warning,) = re.findall(r"^creep: .*$", printed(CREPT, 900), re.MULTILINE)
    assert re.match(rf"creep: {re.escape(ROW)} is worse by \+1\d\.\d % than in the \d+ runs up to run-0\d\d: ", warning)
    assert re.search(r"Noise of one run: ±\d\.\d %", warning)


def test_a_change_of_release_is_named_with_the_step() -> None:
    """Both of them."""
    lines = [
        msgspec.structs.replace(line, release="2.0" if int(line.run[-3:]) >= 12 else "1.0")
        for line in flat_history(1, 20, {"chroma@process": [0.0] * 12 + [0.3] * 8})
    ]
    assert "2.0 after 1.0" in printed(lines)


def test_a_short_history_says_what_it_wants() -> None:
    """A trend, and no change points yet."""
    assert "Change points want 4 runs of a row at least." in printed(flat_history(1, 2))


def test_the_closing_table_warns_of_creep_with_this_run_as_the_newest(tmp_path: Path) -> None:
    """It is not in the history yet, and is its last point here; a damaged history is told and fails nothing."""
    record = a_record(latencies())
    rows = rows_of(record)
    now = {line.target: line for line in lines_of(record, rows, accepted=False) if line.metric == "p50_latency_ms"}
    # What crept in is where the run is now.
    last = {line.target: line.log_mean for line in CREPT}
    before = [
        msgspec.structs.replace(
            line,
            log_mean=line.log_mean - last[line.target] + now[line.target].log_mean,
            work=now[line.target].work,
            artifact=now[line.target].artifact,
        )
        for line in CREPT
    ]
    path = write_history(tmp_path, before)
    notes = creep_notes(record, rows, tmp_path)
    assert [note.plain.partition(" is ")[0] for note in notes] == [f"creep: {ROW}"]
    out = StringIO()
    Console(file=out, width=120).print(closing_table(record, rows, judge(record, rows, []), 120, notes))
    assert f"creep: {ROW} is worse by" in " ".join(out.getvalue().split())
    assert len(read_history(path)) == len(before)
    path.write_bytes(path.read_bytes()[:-5])
    (told,) = creep_notes(record, rows, tmp_path)
    assert "is cut off" in told.plain


def test_no_history_is_no_note(tmp_path: Path) -> None:
    """Nor is one of few runs."""
    record = a_record(latencies())
    assert creep_notes(record, rows_of(record), tmp_path) == ()
    accept(record, tmp_path)
    assert creep_notes(record, rows_of(record), tmp_path) == ()


def test_a_run_that_was_cut_short_is_no_point(tmp_path: Path) -> None:
    """Its history is looked at without it."""
    accept(a_record(latencies()), tmp_path)
    cut = a_record(latencies(chroma=9.0), a_run(id="cut", status=RunStatus.INTERRUPTED))
    assert creep_notes(cut, rows_of(cut), tmp_path) == ()


def night(folder: Path, number: int, **changes: float) -> Record:
    """A stored run of one night, a little other than the last."""
    factors = {
        store: 1 + 0.01 * ((number * 7 + place) % 3) for place, store in enumerate(("chroma", "weaviate", "exact"))
    }
    factors = {store: factor * changes.get(store, 1.0) for store, factor in factors.items()}
    run = a_run(id=f"20260101-0000{number:02}-small-1", started=f"2026-01-{number + 1:02}T00:00:00+00:00")
    record = a_record(latencies(**factors), run)
    write_record(record, folder / "results")
    return record


def test_the_commands_record_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Eight nights, the last four slower for one store: recorded one by one, refused twice, shown with the change."""
    for number in range(8):
        night(tmp_path, number, chroma=1.0 if number < 4 else 1.5)
        assert command(tmp_path, "record", "latest") == 0
    assert "recorded: 20260101-000007-small-1" in capsys.readouterr().out
    assert command(tmp_path, "record", "latest") == 1
    assert "A run counts once" in capsys.readouterr().err
    assert command(tmp_path, "history", "--row", "p50_latency_ms-*") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"creep: {ROW} is worse by" in out
    assert "queries_per_second" not in out
    assert command(tmp_path, "history", "--row", "nothing-*") == 1
    assert "METRIC-SCALE-TARGET" in capsys.readouterr().err


def test_the_verdicts_name_the_noise_of_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shown beside the verdict, which does not depend on it."""
    for number in range(5):
        night(tmp_path, number)
        assert command(tmp_path, "accept" if number == 0 else "record", "latest") == 0
    capsys.readouterr()
    command(tmp_path, "verdicts", "latest")
    out = " ".join(capsys.readouterr().out.split())
    assert re.search(r"One run of this row scatters by ±[\d.]+ % \(5 runs of its history\)", out)


def test_a_machine_without_a_history_is_told_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the command ends 1; so it does where a line is damaged, which it names."""
    (tmp_path / "none/baselines").mkdir(parents=True)
    assert command(tmp_path / "none", "history") == 1
    assert "python -m analysis record RUN" in capsys.readouterr().err
    write_history(tmp_path / "baselines", flat_history(1, 3)).write_bytes(b"{}\n")
    assert command(tmp_path, "history") == 1
    assert f"{HISTORY_FILE}, line 1" in capsys.readouterr().err
