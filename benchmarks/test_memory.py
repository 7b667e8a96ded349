"""Memory: of the store's processes, settled and at its highest."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.MEMORY))
def test_memory(metric: str, scale: str, target: str, report: Report) -> None:
    """What a store holds in memory for the vectors it has."""
    report(metric, scale, target)
