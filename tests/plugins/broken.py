"""Drivers that break the contract, one clause each, for tests/worker/test_contract.py. `DRIVERS`: what is named."""

from __future__ import annotations

from typing import Any

from fixtures.drivers.base import Ids, SearchPath, Space, Vector
from fixtures.drivers.exact import ExactEmbedded

__all__ = ["DRIVERS"]


class Settleless(ExactEmbedded):
    """Lacks a method."""

    settle = None  # type: ignore[assignment]


class Otherwise(ExactEmbedded):
    """Wants an argument that nobody gives."""

    def create(self, collection: str, space: Space, shards: int) -> None:  # type: ignore[override]
        """Not as the protocol has it."""


class Generous(ExactEmbedded):
    """Gives more than was asked for."""

    def search(self, query: Vector, k: int) -> Ids:
        """One too many."""
        return super().search(query, k + 1)


class Textual(ExactEmbedded):
    """Gives back ids that were never inserted."""

    def search(self, query: Vector, k: int) -> Any:
        """As text."""
        return [str(number) for number in super().search(query, k)]


class Lazy(ExactEmbedded):
    """Gives an iterator, whose work would be done off the clock."""

    def search(self, query: Vector, k: int) -> Any:
        """Nothing has been searched yet."""
        return (number for number in super().search(query, k))


class Numeric(ExactEmbedded):
    """Describes itself in numbers."""

    def describe(self) -> Any:
        """Its ef is an integer."""
        told = super().describe()
        return type(told)(told.server_version, told.client_version, {"ef": 64})  # type: ignore[dict-item]


class Countless(ExactEmbedded):
    """Does not know how many it has."""

    def count(self) -> Any:
        """Nothing."""
        return


class Silent(ExactEmbedded):
    """Does not say how it searches."""

    def evidence(self) -> Any:
        """Nothing."""
        return SearchPath(super().evidence().kind, "")


DRIVERS = {
    "Settleless": "Settleless lacks settle",
    "Otherwise": r"create is called as create\(collection, space\); Otherwise.create.*shards",
    "Generous": r"search\(query, 2\) returns at most 2 ids; it gave 3",
    "Textual": "ids are the integers that were inserted; one is str",
    "Lazy": "search returns a sequence of ids; it gave generator",
    "Numeric": "versions and settings are text; 64 is int",
    "Countless": "count returns how many vectors there are; it gave None",
    "Silent": "evidence returns a SearchPath that says how it is known",
}
