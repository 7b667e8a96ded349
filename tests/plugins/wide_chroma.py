"""Chroma with twice the ef: `-p tests.plugins.wide_chroma` puts it in chroma@embedded's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import chroma
from fixtures.drivers.base import Embedded, Space, Store, Tier

__all__ = ["WideChroma", "pytest_vector_stores"]


class WideChroma(chroma.ChromaEmbedded):
    """It searches twice as wide, and says so."""

    def create(self, collection: str, space: Space) -> None:
        """With ef 128 where 64 is asked for."""
        super().create(collection, replace(space, ef=2 * space.ef))


def pytest_vector_stores() -> Sequence[Store]:
    """Chroma's engine, configured otherwise."""
    return [Store("chroma", {Tier.EMBEDDED: Embedded(f"{__name__}:WideChroma", requires=("chromadb",))})]
