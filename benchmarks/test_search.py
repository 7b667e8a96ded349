"""Search: one client, closed loop, slice by slice in turns with the other targets."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.SEARCH))
def test_search(metric: str, scale: str, target: str, report: Report) -> None:
    """Latency, rate and recall of searches."""
    report(metric, scale, target)
