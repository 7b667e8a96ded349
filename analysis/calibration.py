"""What client and transport alone cost: an empty answer over a target's own protocol, as a share of its p50.

Reads the slices of empty answers of `analysis.scenes`; `analysis.table` shows a line a protocol.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from analysis.launch import NS_PER_MS, LaunchObservations
from analysis.observations import Calibrated
from analysis.quantities import format_quantity
from analysis.scenes import Scene
from analysis.statistics import percentile

__all__ = ["Yardstick", "calibration_lines", "yardsticks"]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The median empty answer of one target in ms, and its share of the target's own median search.

    Geometric means over launches; None, with the reason, where there was no empty answer.
    """

    target: str
    protocol: str
    empty_ms: float | None
    share: float | None
    reason: str = ""


def yardsticks(scene: Scene, targets: Sequence[str]) -> list[Yardstick]:
    """One for each target that was calibrated, or should have been."""
    found = (_of_target(target, scene.launches.get(target, ())) for target in targets)
    return [one for one in found if one is not None]


def _of_target(target: str, launches: Sequence[LaunchObservations]) -> Yardstick | None:
    empties: list[float] = []
    shares: list[float] = []
    protocol = reason = ""
    for launch in launches:
        slices = [one for one in launch.all_of(Calibrated) if not one.warmup]
        empty = [ns / NS_PER_MS for one in slices for ns in one.latencies_ns]
        for one in slices:
            protocol, reason = one.protocol, reason or one.reason
        if empty and (median := percentile(empty, 50)) > 0:
            empties.append(median)
            if launch.latencies_ms:
                shares.append(median / percentile(launch.latencies_ms, 50))
    if not protocol:
        return None
    return Yardstick(target, protocol, _mean(empties), _mean(shares), "" if empties else reason)


def _mean(values: Sequence[float]) -> float | None:
    return math.exp(math.fsum(math.log(value) for value in values) / len(values)) if values else None


def calibration_lines(scene: Scene, targets: Sequence[str]) -> Iterator[Text]:
    """A line a protocol: what an empty answer costs, and which share of each target's p50 that is."""
    by_protocol: dict[str, list[Yardstick]] = {}
    for one in yardsticks(scene, targets):
        by_protocol.setdefault(one.protocol, []).append(one)
    for protocol, those in by_protocol.items():
        mean = _mean([one.empty_ms for one in those if one.empty_ms is not None])
        told = "not measured" if mean is None else format_quantity(mean, "ms")
        parts = [f"{one.target} {_share(one)}" for one in those]
        yield Text(
            f"An empty answer over {protocol}, client and transport alone: {told}; of the p50 of {', '.join(parts)}.",
            style="dim",
        )


def _share(one: Yardstick) -> str:
    if one.share is None:
        return f"n/a ({one.reason or 'nothing was searched'})"
    return f"{one.share:.0%}" if one.share >= 0.005 else "<1%"
