"""Three more stores that are our own server: `-p tests.plugins.anchors`. What other rows are adjusted by."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.drivers import exact
from fixtures.drivers.base import Store, Tier

__all__ = ["pytest_vector_stores"]


def pytest_vector_stores() -> Sequence[Store]:
    """The same server by three other names."""
    return [Store(name, {Tier.PROCESS: exact.STORE.tiers[Tier.PROCESS]}) for name in ("first", "second", "third")]
