"""Can a change of a row be told from a change of the machine? Which rows anchor it, and when they do not suffice.

Its anchors go into `analysis.screen`; what it doubts is inconclusive to `analysis.gate`, neither changed nor passed.
One anchor at least must be of the row's own tier: a busy machine slows what talks to a server more than what computes
in process. The median of three anchors or more stands one that changed itself; one or two do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from analysis.metrics import Metric
from analysis.names import tier_of
from analysis.quantities import format_change
from analysis.rows import Row, RowKey
from analysis.screen import Change, Pair

__all__ = ["anchors_of", "doubts", "like_profile"]

_ANCHOR = "exact"
_ENOUGH = 3
_SIGNIFICANT = 2.0
_DISTURBANCES = frozenset({"noisy neighbour", "anchor moved"})
_DUET = "or let a duet decide"


def like_profile(key: RowKey, other: RowKey) -> bool:
    """Whether the other row shows what the machine does to this one: another store, and our own only at its tier."""
    same_family = (other.metric, other.scale) == (key.metric, key.scale)
    return same_family and other.store != key.store and (other.store != _ANCHOR or other.tier == key.tier)


def anchors_of(key: RowKey, others: Sequence[RowKey], changed: Mapping[str, Sequence[str]]) -> list[str]:
    """Rows of like profile, where nothing about their targets changed.

    `changed` tells, for each target that both runs have, what of it differs.
    """
    return [other.target for other in others if like_profile(key, other) and changed.get(other.target) == []]


@dataclass(frozen=True, slots=True)
class _Family:
    """The rows of one metric and scale: how far each moved between the runs, unadjusted, and by what chance."""

    tolerance: float
    moves: Mapping[str, float]
    errors: Mapping[str, float]
    changed: Mapping[str, Sequence[str]]

    def alike(self, one: str, other: str) -> bool:
        """Whether the two moved alike: within the tolerance, or within what chance explains."""
        chance = _SIGNIFICANT * math.hypot(self.errors[one], self.errors[other])
        return abs(self.moves[one] - self.moves[other]) <= max(self.tolerance, chance)

    def told(self, *names: str) -> str:
        return ", ".join(f"{name} moved {format_change(self.moves[name])}" for name in names)


def doubts(
    metric: Metric,
    family: Sequence[Row],
    pairs: Mapping[str, Pair],
    changes: Mapping[str, Change],
    changed: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    """By target: why a change of its row, or the lack of one, may be the machine's or an anchor's; empty where not.

    Figures that do not follow the machine's speed need no anchor.
    """
    if not metric.follows_machine_speed:
        return dict.fromkeys(pairs, "")
    seen = _Family(
        math.log1p(metric.tolerance),
        {name: _mean_log(pair.now) - _mean_log(pair.then) for name, pair in pairs.items()},
        {
            name: changes[name].spread * math.sqrt(1 / len(pair.then) + 1 / len(pair.now))
            for name, pair in pairs.items()
        },
        changed,
    )
    return {row.key.target: _doubt(row, changes[row.key.target], seen) for row in family}


def _mean_log(values: Mapping[int, float]) -> float:
    return fmean(math.log(value) for value in values.values())


def _doubt(row: Row, change: Change, seen: _Family) -> str:
    tiers = {tier_of(name) for name in change.adjusted_by}
    if row.key.tier not in tiers:
        return _without_anchor(row.key, seen)
    match change.adjusted_by:
        case (anchor,):
            return _all_disturbed(row) or _with_one(row.key, anchor, change, seen)
        case (one, other):
            if seen.alike(one, other):
                return ""
            return (
                f"Its two anchors disagree ({seen.told(one, other)}): which of them went with the machine cannot be "
                f"told. Add a third, {_DUET}."
            )
        case _:
            return ""


def _without_anchor(key: RowKey, seen: _Family) -> str:
    # What runs at another tier has another profile: it is told, and never judged by.
    elsewhere = [name for name in seen.moves if tier_of(name) != key.tier]
    told = f" (at other tiers {seen.told(*elsewhere)})" if elsewhere else ""
    own = f"{_ANCHOR}@{key.tier}"
    if key.store == _ANCHOR:
        remedy = f"Measure another store at {key.tier} beside it"
    elif seen.changed.get(own):
        remedy = f"{own} itself differs from the baseline's: accept a new baseline"
    else:
        remedy = f"Add {own} to both runs"
    return (
        "No anchor of like profile ran in both: a slower machine cannot be told from a slower store"
        f"{told}. {remedy}, {_DUET}."
    )


def _all_disturbed(row: Row) -> str:
    found = [one for one in row.findings if one.rule in _DISTURBANCES]
    if not row.launches or not {launch for one in found for launch in one.launches}.issuperset(row.launches):
        return ""
    rules = " and ".join(dict.fromkeys(one.rule for one in found))
    return f"Every launch was disturbed ({rules}), with one anchor to tell by: measure when it is quiet, {_DUET}."


def _with_one(key: RowKey, anchor: str, change: Change, seen: _Family) -> str:
    """One anchor needs somebody who moved as it did; else it may be the anchor that changed."""
    witnesses = [name for name in seen.moves if name not in (key.target, anchor)]
    if any(seen.alike(anchor, name) for name in witnesses):
        return ""
    if witnesses:
        return (
            f"Its one anchor moved otherwise than everything else ({seen.told(anchor, *witnesses)}): it may be the "
            f"anchor that changed. Add other stores, {_DUET}."
        )
    # With nobody to ask, only a store that is known to be another one and whose own figures say so can be blamed.
    move = seen.moves[key.target]
    if seen.changed.get(key.target) and abs(move) > seen.tolerance and move * change.estimate > 0:
        return ""
    return (
        f"Its one anchor has nothing to be held against ({seen.told(key.target, anchor)}): which of the two changed "
        f"cannot be told. Add other stores, {_DUET}."
    )
