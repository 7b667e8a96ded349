"""Names of targets are taken apart in one place; a variant is of its store and its tier."""

from __future__ import annotations

import pytest

from analysis.anchoring import like_profile
from analysis.names import compares_all, store_of, tier_of
from analysis.rows import RowKey


@pytest.mark.parametrize(
    ("target", "store", "tier"),
    [
        ("qdrant@embedded", "qdrant", "embedded"),
        ("qdrant@embedded:int8", "qdrant", "embedded"),
        ("chroma~1.5.8@process", "chroma~1.5.8", "process"),
        ("qdrant~0.8@embedded:flat", "qdrant~0.8", "embedded"),
        ("lost", "lost", ""),
    ],
)
def test_a_name_has_a_store_and_a_tier(target: str, store: str, tier: str) -> None:
    """With a version of a duet's other side, and with a variant."""
    assert (store_of(target), tier_of(target)) == (store, tier)
    key = RowKey("p50_latency_ms", "small", target)
    assert (key.store, key.tier) == (store, tier)
    assert key.node_id.endswith(f"[p50_latency_ms-small-{target}]")


def test_a_variant_is_no_anchor_of_its_own_store_and_has_its_tiers_anchor() -> None:
    """They share an engine: what slows one slows the other."""
    plain, int8, exact = (
        RowKey("p50_latency_ms", "small", name)
        for name in ("qdrant@embedded", "qdrant@embedded:int8", "exact@embedded")
    )
    assert not like_profile(plain, int8)
    assert like_profile(int8, exact)


@pytest.mark.parametrize(
    ("target", "by_design"),
    [("exact@mount", True), ("faiss@embedded:flat", True), ("qdrant@embedded", False), ("exacto@embedded", False)],
)
def test_brute_force_by_design_is_no_finding(target: str, by_design: bool) -> None:
    """Our own store, and whatever is called flat."""
    assert compares_all(target) is by_design
