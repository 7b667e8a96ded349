"""Launches with a part of what is usual: for tests of what surrounds a measurement, not of how its figures come."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import pytest

from fixtures import options, parts
from fixtures.drivers.base import Wire
from fixtures.empty import Source, Way
from fixtures.errors import StartFailed
from fixtures.parts import search
from fixtures.parts.base import Plan
from fixtures.parts.insertion import RepeatedCollections
from fixtures.workloads import Workload

AMOUNT = {"slices": 4, "warmup": 1, "calibrations": 1, "growth_slices": 2, "rung_operations": 20, "idle_s": 0.2}


class OneMore(RepeatedCollections):
    """Into one further collection, whatever the scale says. A class, since parts are told by theirs."""

    def __init__(self, workload: Workload, repeats: int) -> None:
        super().__init__(workload, 1)


@contextmanager
def called_only(wanted: Collection[Way], *_: object) -> Iterator[Mapping[Way, Source]]:
    """Empty answers in process, and none over a wire: no server is started for them."""
    yield {way: None if way[0] is Wire.CALL else StartFailed("the launch is brief") for way in wanted}


def pytest_configure(config: pytest.Config) -> None:
    """Before options are read into a plan."""
    patch = pytest.MonkeyPatch()
    patch.setattr(options, "Plan", functools.partial(Plan, **AMOUNT))
    patch.setattr(parts, "RepeatedCollections", OneMore)
    patch.setattr(search, "empty_sources", called_only)
    config.add_cleanup(patch.undo)
