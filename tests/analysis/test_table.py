"""What a person reads: figures, ranks, findings, reasons, verdicts."""

from __future__ import annotations

import math
import re
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from analysis.__main__ import main
from analysis.accept import accept
from analysis.baselines import find_baselines
from analysis.comparison import figures
from analysis.gate import judge
from analysis.notes import verdict_summary
from analysis.quantities import format_change, format_number, format_quantity
from analysis.records import OBSERVATIONS_FILE, RUN_FILE, Record, Resolution, RunStatus
from analysis.rows import RowKey, rows_of
from analysis.table import closing_table
from analysis.verdicts import Judgement, Verdict
from tests.strategies import a_fault, a_record, a_run

NEAR = {"chroma@process": (1.0, 1.1, 1.05), "weaviate@process": (2.0, 2.2, 2.1), "exact@process": (0.1, 0.1, 0.1)}

MANY = {**NEAR, "qdrant@process": (3.0, 3.1, 3.05), "lance@process": (4.0, 4.1, 4.2)}


def text(record: Record, baselines: Path | None = None, width: int = 120) -> str:
    """The table as plain text."""
    rows = rows_of(record)
    verdicts = judge(record, rows, find_baselines(baselines, record.run)) if baselines else ()
    out = StringIO()
    Console(file=out, width=width).print(closing_table(record, rows, verdicts, width))
    return out.getvalue()


def best(record: Record, metric: str) -> set[str]:
    """The targets marked as best."""
    return {key.target for key, one in figures(rows_of(record)).items() if one.best and key.metric == metric}


def test_the_best_of_a_tier_is_marked_by_the_metrics_direction() -> None:
    """Lower latency, higher rate; our own store is no competitor."""
    record = a_record(NEAR)
    assert best(record, "p50_latency_ms") == best(record, "queries_per_second") == {"chroma@process"}


def test_what_cannot_be_told_apart_shares_the_rank() -> None:
    """By the launches' own ratios."""
    record = a_record({"chroma@process": (1.0, 1.3, 1.1), "weaviate@process": (1.1, 1.0, 1.2)})
    assert best(record, "p50_latency_ms") == {"chroma@process", "weaviate@process"}


def test_tiers_never_share_a_rank() -> None:
    """An engine in process is alone among its kind here: nothing is best."""
    record = a_record({"chroma@process": (1.0,) * 3, "qdrant@embedded": (0.1,) * 3})
    assert best(record, "p50_latency_ms") == set()


def test_an_invalid_figure_has_no_rank() -> None:
    """It is shown as invalid, with the finding."""
    shown = text(a_record(NEAR, hits=3))
    assert "invalid" in shown
    assert "low recall" in shown
    assert best(a_record(NEAR, hits=3), "p50_latency_ms") == set()


def test_a_finding_of_several_targets_says_whose_number_it_shows() -> None:
    """Two recalls are low, and not the same."""
    low, lower = a_record(NEAR, hits=5), a_record(NEAR, hits=3)
    both = zip(low.observations, lower.observations, strict=True)
    seen = tuple(one if getattr(one, "target", "") == next(iter(NEAR)) else other for one, other in both)
    shown = " ".join(text(Record(low.folder, low.run, seen, truncated=False), width=400).split())
    assert f"recall@10 was 0.500, below the floor of 0.80 (that is {next(iter(NEAR))} in launch 1)" in shown
    assert "that is" not in text(lower)


def test_the_figure_is_the_geometric_mean_with_its_interval() -> None:
    """Worked by hand."""
    found = figures(rows_of(a_record({"chroma@process": (1.0, 4.0)})))[
        RowKey("p50_latency_ms", "small", "chroma@process")
    ]
    assert found.mean == pytest.approx(2.0)
    assert found.low < 1.0
    assert found.high > 4.0
    single = figures(rows_of(a_record({"chroma@process": (1.0,)})))
    assert all(math.isinf(one.half_width) for one in single.values())


@pytest.mark.parametrize(
    ("latencies", "shown"),
    [
        ((1.0, 1.02, 0.98), "±5%"),
        # t of 2 degrees of freedom is 4.303: exp(4.303 * 0.35 / sqrt 3) = 2.39, and half the interval were 98 %.
        (tuple(math.exp(0.35 * step) for step in (-1, 0, 1)), "×/÷2.4"),
        (tuple(math.exp(0.6 * step) for step in (-1, 0, 1)), "×/÷4.4"),
        (tuple(math.exp(2.0 * step) for step in (-1, 0, 1)), "±?"),
    ],
)
def test_a_wide_interval_is_a_factor(latencies: tuple[float, ...], shown: str) -> None:
    """Half of it as a share would be more than the figure has to lose."""
    (line,) = [line for line in text(a_record({"chroma@process": latencies})).splitlines() if "p50_latency_ms" in line]
    assert f"1.00 {shown} │" in line


def test_one_launch_has_no_rank_and_the_legend_says_so() -> None:
    """It tells no spread, so it beats nobody."""
    record = a_record({"chroma@process": (1.0,), "weaviate@process": (9.0,)})
    assert best(record, "p50_latency_ms") == set()
    assert "one launch tells no spread, so it has no rank" in text(record)


def test_a_number_that_rounds_up_to_another_digit_keeps_three() -> None:
    """9.996 is 10.0."""
    assert [format_number(value) for value in (9.996, 0.09996, 999.6)] == ["10.0", "0.100", "1,000"]


def test_the_table_names_what_was_skipped_and_what_failed_and_why() -> None:
    """With the remedy."""
    gone = Resolution("vexfs@mount", runnable=False, reason="No binary.", remedy="Give VEXFS_FUSE_BIN.")
    run = a_run(tuple(NEAR))
    plain = a_record(NEAR, msgspec.structs.replace(run, targets=[*run.targets, gone]))
    shown = text(Record(plain.folder, plain.run, (*plain.observations, a_fault("chroma@process")), truncated=True))
    assert "skipped: vexfs@mount: No binary. Give VEXFS_FUSE_BIN." in shown
    assert "failed: chroma@process at small: No answer. (during search, launch 1) See its log." in shown
    assert "cut off" in shown
    assert "Record: results/run" in shown


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.INTERRUPTED])
def test_an_incomplete_run_is_marked(status: RunStatus) -> None:
    """Before anything else."""
    assert "INCOMPLETE" in text(a_record(NEAR, a_run(tuple(NEAR), status=status)))


def test_verdicts_are_counted_marked_and_the_loud_ones_spelled_out(tmp_path: Path) -> None:
    """A regression with its numbers."""
    accept(a_record(MANY), tmp_path)
    shown = text(a_record({**MANY, "weaviate@process": (8.0, 8.2, 8.1)}), tmp_path)
    assert "✗ regression: p50_latency_ms at small of weaviate@process" in shown.replace("\n", " ")
    assert "Verdicts: " in shown
    assert "✗ regression" in shown.splitlines()[-2] + shown.splitlines()[-3]


def test_the_inconclusive_are_counted_by_what_decides_them(tmp_path: Path) -> None:
    """More launches some; of a row without an anchor no number of them."""
    accept(a_record({"chroma@process": (1.0, 1.1, 1.05)}), tmp_path)
    shown = text(a_record({"chroma@process": (1.0, 1.1, 1.05)}), tmp_path).replace("\n", " ")
    told = re.search(r"(\d+) inconclusive.*by no number of launches \(a duet decides these\)", shown)
    assert told
    assert f"Of the inconclusive, {told[1]} by no number of launches" in shown
    wide = {**MANY, "chroma@process": (0.8, 1.3, 1.0)}
    accept(a_record(wide), tmp_path / "wide")
    assert re.search(
        r"Of the inconclusive, \d+ would be decided by more launches", text(a_record(wide), tmp_path / "wide")
    )


def test_what_a_duet_left_open_is_not_sent_to_a_duet() -> None:
    """Each kind is counted apart."""
    kinds = ({"decidable": True}, {}, {}, {"by_duet": True})
    verdicts = [
        Verdict(RowKey("p50_latency_ms", "small", f"s{number}@process"), Judgement.INCONCLUSIVE, "open", **kind)
        for number, kind in enumerate(kinds)
    ]
    told = " ".join(str(line) for line in verdict_summary(verdicts, ()))
    assert "1 would be decided by more launches, 2 by no number of launches (a duet decides these), " in told
    assert "a duet left 1 open" in told


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_the_table_fits_its_width(width: int) -> None:
    """Whatever the number of targets."""
    many = {
        f"{name}@{tier}": (1.0, 1.1) for name in ("chroma", "weaviate", "exact") for tier in ("process", "embedded")
    }
    lines = text(a_record(many), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines if line.startswith("│") and width >= 100)


@given(st.floats(1e-6, 1e12))
def test_a_number_is_shown_with_three_digits(value: float) -> None:
    """Within half a unit of the third."""
    shown = float(format_number(value).replace(",", ""))
    assert shown == pytest.approx(value, rel=0.0051)


def test_quantities_and_changes() -> None:
    """Units, percentages, and what has no number."""
    assert format_quantity(1234.5, "vectors/s") == "1,230 vectors/s"
    assert format_quantity(0.98765, "ratio") == "0.988"
    assert format_number(0) == "0"
    assert format_number(math.inf) == "?"
    assert format_change(math.log(1.12)) == "+12.0 %"
    assert format_change(math.inf) == "unbounded"
    assert format_change(-math.inf) == "-100 %"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A record on disk, with a folder of baselines beside it."""
    record = a_record(MANY)
    folder = tmp_path / "results" / record.run.id
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(record.run))
    lines = [msgspec.json.encode(one) for one in record.observations]
    (folder / OBSERVATIONS_FILE).write_bytes(b"\n".join(lines) + b"\n")
    return tmp_path


def command(stored: Path, *words: str) -> int:
    """`python -m analysis`, with the test's own folders."""
    (stored / "baselines").mkdir(exist_ok=True)
    return main([*words, "--results", str(stored / "results"), "--baselines", str(stored / "baselines")])


def test_the_command_shows_accepts_and_judges(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By id, by `latest`, by path."""
    assert command(stored, "show", "latest") == 0
    assert command(stored, "accept", a_run().id) == 0
    assert "accepted: " in capsys.readouterr().out
    assert command(stored, "verdicts", str(stored / "results" / a_run().id)) == 0
    assert command(stored, "accept", "latest", "--allow", "dirty") == 1
    assert "it is the present baseline already" in capsys.readouterr().err


def test_the_command_looks_where_a_run_stores(
    stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the same variables; one that names no folder of baselines is told, as a run does."""
    monkeypatch.setenv("VEXFS_BENCH_RESULTS", str(stored / "results"))
    assert main(["show", "latest"]) == 0
    assert a_run().id in capsys.readouterr().out
    monkeypatch.setenv("VEXFS_BENCH_BASELINES", str(stored / "nowhere"))
    with pytest.raises(SystemExit, match="2"):
        main(["show", "latest"])
    assert "nowhere is not a folder" in capsys.readouterr().err


def test_a_refused_run_says_why_before_anything_else(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing that looks like a success."""
    accept(a_record({**MANY, "chroma@process": (0.25, 0.26, 0.27)}, a_run(id="older")), stored / "baselines")
    assert command(stored, "accept", "latest") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"{a_run().id} is not accepted. These rows are regressions: ")


@pytest.mark.parametrize("place", ["file", "nowhere"])
def test_baselines_that_are_no_folder_are_a_usage_error(
    stored: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else everything would have no baseline; `accept` makes the folder, but of no file."""
    (stored / "file").write_text("")
    latest = ("latest", "--results", str(stored / "results"), "--baselines", str(stored / place))
    for word in ("show", "verdicts"):
        with pytest.raises(SystemExit) as ended:
            main([word, *latest])
        assert ended.value.code == 2
        assert "is not a folder" in capsys.readouterr().err
    assert main(["accept", *latest]) == (1 if place == "file" else 0)


def test_the_command_ends_1_for_a_regression_and_refuses_it(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the rows' names."""
    accept(a_record({**MANY, "chroma@process": (0.25, 0.26, 0.27)}), stored / "baselines")
    assert command(stored, "verdicts", "latest") == 1
    assert "regression    p50_latency_ms-small-chroma@process" in capsys.readouterr().out
    assert command(stored, "accept", "latest") == 1
    assert "--allow regression" in capsys.readouterr().err


@pytest.mark.parametrize("run", ["nothing", "latest"])
def test_the_command_says_which_runs_there_are(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And ends 1."""
    assert command(tmp_path, "show", run) == 1
    assert "No run is stored there yet." in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["paint", "latest"])
    assert ended.value.code == 2
