"""Load: arrivals that do not wait for the store, at the rate asked for and at the highest rate that it bears.

Rows only in runs that ask for them, by --open-loop and --p99-limit.
"""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.LOAD))
def test_load(metric: str, scale: str, target: str, report: Report) -> None:
    """What users that do not wait for each other would see."""
    report(metric, scale, target)
