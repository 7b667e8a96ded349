"""The parts of a target's name, `store@tier` or `store@tier:variant`: the one place that takes it apart.

`fixtures.targets` makes the names; everything in `analysis` that goes by a store or a tier asks here.
"""

from __future__ import annotations

__all__ = ["compares_all", "store_of", "tier_of"]


def store_of(target: str) -> str:
    """The store's part; of a duet's other side with its tag (`chroma~1.5.8`)."""
    return target.partition("@")[0]


def tier_of(target: str) -> str:
    """The tier, without the variant: a variant is ranked and adjusted among the targets of its tier."""
    return target.partition("@")[2].partition(":")[0]


def compares_all(target: str) -> bool:
    """Whether it has no index by design: our own store, and a variant of that name."""
    return target.startswith("exact@") or target.endswith(":flat")
