"""A whole run with `--mixed`: its rows are there, and what a store cannot do says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.metrics import METRICS
from analysis.rows import Outcome, RowKey
from tests.suite import Ran, run_suite

MIXED = [metric.name for metric in METRICS if metric.study == "mixed"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One launch of two engines in process."""
    return run_suite(
        tmp_path_factory.mktemp("mixed"),
        "--mixed",
        "--scale=small",
        "--launches=1",
        "--target=qdrant@embedded",
        "--target=exact@embedded",
    )


def test_every_row_of_the_study_is_measured_or_says_why_not(ran: Ran) -> None:
    """Our own store has no filters; everything else has a number."""
    assert ran.status == 0, ran.output
    for name in MIXED:
        row = ran.rows[RowKey(name, "small", "qdrant@embedded")]
        assert (row.outcome, len(row.values)) == (Outcome.MEASURED, 1), (name, row)
        ours = ran.rows[RowKey(name, "small", "exact@embedded")]
        if name.startswith("filtered"):
            assert ours.outcome is Outcome.NOT_APPLICABLE
            assert ours.reason == "it has no filtered search"
        else:
            assert ours.outcome is Outcome.MEASURED


def test_filtered_searches_are_held_against_the_exact_answers_among_those_that_pass(ran: Ran) -> None:
    """An index of a thousand vectors finds nearly all of them."""
    for percent in (1, 10, 50):
        row = ran.rows[RowKey(f"filtered_{percent}_percent_recall_at_10", "small", "qdrant@embedded")]
        assert min(row.values) > 0.9


def test_a_run_without_the_option_has_no_such_rows(tmp_path: Path) -> None:
    """Nor does one by the environment's word for no."""
    rows = ("-k", "p50_latency or test_mixed")
    one = ("--scale=small", "--launches=1", "--target=exact@embedded", *rows)
    plain = run_suite(tmp_path, *one, variables={"VEXFS_BENCH_MIXED": "0"})
    assert plain.status == 0, plain.output
    assert not {key.metric for key in plain.rows} & set(MIXED)
