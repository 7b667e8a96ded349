"""Insertion: repeated into fresh collections, batch by batch in turns with the other targets."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.INSERTION))
def test_insertion(metric: str, scale: str, target: str, report: Report) -> None:
    """How fast vectors are taken in, and what memory that needs."""
    report(metric, scale, target)
