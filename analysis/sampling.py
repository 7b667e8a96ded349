"""Rules about how resources were read: a finding where the series of a target is not whole.

Called by `analysis.validity`; the series themselves are `analysis.usage`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.findings import Finding, Severity
from analysis.launch import LaunchObservations
from analysis.metrics import METRICS, Group
from analysis.watched import SamplingFailed

__all__ = ["judge_sampling"]

_MEMORY = frozenset(metric.name for metric in METRICS if metric.group is Group.MEMORY)


def judge_sampling(launch: LaunchObservations) -> Iterator[Finding]:
    """What was raised while a target was read."""
    for failed in launch.all_of(SamplingFailed):
        yield Finding(
            "not sampled",
            Severity.WARNED,
            f"its resources were read no more from {failed.phase} on: {failed.reason}",
            "the memory rows hold, by the kernel's own marks; the series beside them is not whole",
            (launch.launch,),
            _MEMORY,
        )
