"""What only runs with a study write down: further kinds of `analysis.observations`, through which they are imported."""

from __future__ import annotations

import msgspec

__all__ = ["Changed", "FilteredSearched", "GuardedSearched", "Lacked", "SearchedDuringInsert"]


class Lacked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="lacked"):
    """What the target cannot do, so that it was not measured: `ability` is `filter`, `delete` or the like."""

    scale: str
    launch: int
    target: str
    ability: str
    reason: str


class FilteredSearched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="filtered-searched"):
    """A slice of searches among `percent` per cent of the vectors; `hits[i]` counts against the exact k of those."""

    scale: str
    launch: int
    target: str
    percent: int
    slice: int
    warmup: bool
    k: int
    latencies_ns: list[int]
    hits: list[int]


class SearchedDuringInsert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="searched-during-insert"):
    """Searches of one client while another inserts batch after batch. Failures are of both."""

    scale: str
    launch: int
    target: str
    round: int
    latencies_ns: list[int]
    inserted: int
    insert_ns: int
    failures: int
    first_failure: str


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="changed"):
    """Vectors updated or deleted one by one, and how many of them a search then showed as they should be.

    `kind` is `update` (the new vector finds its id) or `delete` (the vector does not find it any more).
    """

    scale: str
    launch: int
    target: str
    kind: str
    round: int
    latencies_ns: list[int]
    as_it_should: int


class GuardedSearched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="guarded-searched"):
    """A slice of searches of a server beside the target's own. `protection` is `none`, `tls` or `api key`."""

    scale: str
    launch: int
    target: str
    protection: str
    round: int
    warmup: bool
    latencies_ns: list[int]
