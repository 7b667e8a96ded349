"""Weaviate without its metrics page: `-p tests.plugins.blind_weaviate` puts it in weaviate@process's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fixtures.drivers import weaviate
from fixtures.drivers.base import Command, Place, Process, Store, Tier

__all__ = ["pytest_vector_stores"]

_SPEC = weaviate.STORE.tiers[Tier.PROCESS]


def _blind(place: Place) -> Command:
    assert isinstance(_SPEC, Process)
    command = _SPEC.command(place)
    return Command(command.arguments, {**command.environment, "PROMETHEUS_MONITORING_ENABLED": "false"})


def pytest_vector_stores() -> Sequence[Store]:
    """Weaviate's server, without the page."""
    assert isinstance(_SPEC, Process)
    return [Store("weaviate", {Tier.PROCESS: replace(_SPEC, command=_blind)})]
