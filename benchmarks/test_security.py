"""Security (`--security`): what TLS and an API key cost, with against without, on the same machine, by turns."""

from __future__ import annotations

import pytest

from analysis.metrics import Group, names_of
from fixtures.plugin import Report


@pytest.mark.parametrize("metric", names_of(Group.SECURITY))
def test_security(metric: str, scale: str, target: str, report: Report) -> None:
    """What a server pays for being protected."""
    report(metric, scale, target)
