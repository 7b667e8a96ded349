"""Mixed work (`--mixed`): filtered searches, searches while another client inserts, updates and deletes."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.MIXED))
def test_mixed(metric: str, scale: str, target: str, report: Report) -> None:
    """How searches fare beside filters and writers, and how fast a vector is changed."""
    report(metric, scale, target)
