"""What a sweep over ef writes down: further kinds of `analysis.observations`, through which they are imported."""

from __future__ import annotations

import enum

import msgspec

__all__ = ["EfSetting", "SweepBegan", "SweepSearched"]


class EfSetting(enum.StrEnum):
    """How a target's ef is set: for a search, for a collection when it is made, or not at all."""

    SEARCH = "search"
    COLLECTION = "collection"
    NONE = "none"


class SweepBegan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sweep-began"):
    """How the ef of this target is set, and why so.

    With `collection` each ef has a collection of its own, and so a graph of its own.
    """

    scale: str
    launch: int
    target: str
    setting: EfSetting
    reason: str


class SweepSearched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sweep-searched"):
    """A slice of searches with one ef over all vectors; `ef` is None for a target that has none.

    `latencies_ns[i]` and `hits[i]` belong to query `(first_query + i) % queries`, as in SliceSearched.
    """

    scale: str
    launch: int
    target: str
    ef: int | None
    slice: int
    first_query: int
    k: int
    latencies_ns: list[int]
    hits: list[int]
    wall_ns: int
