"""Scalability: with the vectors, with the clients, and what a processor second gives."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.SCALABILITY))
def test_scalability(metric: str, scale: str, target: str, report: Report) -> None:
    """How a store fares with more vectors, more clients, and what it does with the processors."""
    report(metric, scale, target)
