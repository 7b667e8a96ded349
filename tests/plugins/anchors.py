"""Three more stores that are our own engine in process: `-p tests.plugins.anchors`. What other rows are adjusted by."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.drivers import exact
from fixtures.drivers.base import Store, Tier

__all__ = ["pytest_vector_stores"]


def pytest_vector_stores() -> Sequence[Store]:
    """The same engine by three other names."""
    return [Store(name, {Tier.EMBEDDED: exact.STORE.tiers[Tier.EMBEDDED]}) for name in ("first", "second", "third")]
