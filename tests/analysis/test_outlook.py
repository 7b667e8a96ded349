"""How many launches would decide: worked by hand."""

from __future__ import annotations

import math

import pytest

from analysis.outlook import outlook
from analysis.screen import Change

BOUND = math.log(1.05)


def a_change(estimate: float = 0.0, *, spread: float = 0.05, between: float = 0.0, df: float = math.inf) -> Change:
    """With as little else as possible."""
    return Change(estimate, 0.1, df, spread, between, 0.0, ())


def test_a_row_that_would_pass_needs_its_interval_within_the_tolerance() -> None:
    """1.96 sqrt(2/n) 0.05 < log 1.05: n > 2 (0.098/0.0488)^2."""
    found = outlook(a_change(), 0.0, BOUND, 0.001)
    assert (found.text, found.by_launches) == ("About 9 launches on each side would decide it.", True)


def test_a_row_that_looks_worse_needs_to_be_significant_among_all_rows() -> None:
    """3.29 sqrt(2/n) 0.05 < 0.2: n > 2 (0.1645/0.2)^2, and never less than two."""
    assert "About 2 launches" in outlook(a_change(), 0.2, BOUND, 0.001).text
    assert "About 14 launches" in outlook(a_change(spread=0.16), 0.2, BOUND, 0.001).text


@pytest.mark.parametrize(("worse", "between"), [(0.0, 0.06), (0.1, 0.25), (BOUND, 0.2)])
def test_where_runs_differ_by_more_no_number_of_launches_decides(worse: float, between: float) -> None:
    """Another run would be as far off: what pairs the two now decides."""
    found = outlook(a_change(between=between), worse, BOUND, 0.001)
    assert not found.by_launches
    assert "No number of launches decides it" in found.text
    assert "A duet decides it." in found.text


def test_one_launch_asks_for_two() -> None:
    """It tells no spread."""
    found = outlook(a_change(df=0), 0.0, BOUND, 0.001)
    assert found.by_launches
    assert "measure at least 2" in found.text
