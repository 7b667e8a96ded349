"""From a load's observations to figures: open loop at the rate that was asked for, and the highest rate under a limit.

Formulas of `analysis.metrics`, like `analysis.reductions`; findings about a load are `analysis.load_validity`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analysis.highest_rate import Found, Lost, Trial, next_step
from analysis.histograms import percentile_ns
from analysis.launch import NS_PER_MS, LaunchObservations
from analysis.observed_load import OpenLoad, OpenLoopRan, RateProbed
from analysis.reductions import NotApplicable, Reduce

__all__ = [
    "STEADY",
    "highest_rate",
    "little",
    "outcome_of",
    "response_percentile",
    "service_percentile",
    "steady",
    "verdict",
]

STEADY = 0.05
"""How far Little's law may be off."""
_NOT_LOADED = NotApplicable("no operation of an open loop was completed")


def response_percentile(q: float) -> Reduce:
    """The q-th percentile in ms from when a search was due, over the launch's windows."""
    return _percentile(lambda load: load.response, q)


def service_percentile(q: float) -> Reduce:
    """The q-th percentile in ms from when a client began a search, over the launch's windows."""
    return _percentile(lambda load: load.service, q)


def _percentile(histogram: Callable[[OpenLoad], str], q: float) -> Reduce:
    def of_launch(launch: LaunchObservations) -> float | NotApplicable:
        loads = [one.load for one in launch.all_of(OpenLoopRan) if one.load.completed]
        if not loads:
            return _NOT_LOADED
        return percentile_ns(tuple(histogram(load) for load in loads), q) / NS_PER_MS

    return of_launch


def little(load: OpenLoad) -> tuple[float, float]:
    """Little's law, both sides: how many were in flight on average over the span, and rate x mean response time.

    The second also counts what was answered after the arrivals had ended, so that they differ where the store was
    still behind by then.
    """
    return load.in_flight, load.completed / load.span_ns * load.mean_response_ns


def steady(load: OpenLoad) -> bool:
    """Whether Little's law holds within 5 %: the store kept up with the arrivals."""
    seen, expected = little(load)
    return abs(seen - expected) <= STEADY * expected


def verdict(load: OpenLoad, limit_ms: float) -> tuple[bool, str]:
    """Whether the rate held under the limit, and what was seen."""
    if load.failures:
        return False, f"{load.failures} operations failed, the first with {load.first_failure}"
    if not load.completed:
        return False, "no operation was completed"
    p99 = percentile_ns((load.response,), 99) / NS_PER_MS
    seen = f"p99 of the response times {p99:.3g} ms"
    if p99 > limit_ms:
        return False, f"{seen}, over {limit_ms:g} ms"
    if not steady(load):
        return False, f"{seen}, but the store fell behind the arrivals"
    return True, f"{seen}, within {limit_ms:g} ms"


def outcome_of(probes: Sequence[RateProbed]) -> Found | Lost | None:
    """What the search came to; None where it did not come to its end."""
    if not probes:
        return None
    trials = [Trial(one.load.rate, one.held) for one in probes]
    step = next_step(probes[0].start, probes[0].load.highest_rate, trials)
    return step if isinstance(step, Found | Lost) else None


def highest_rate(launch: LaunchObservations) -> float | NotApplicable:
    """The highest rate that was proved to hold, in queries a second."""
    probes = launch.all_of(RateProbed)
    match outcome_of(probes):
        case Found(holds=holds):
            return holds
        case Lost(reason=reason):
            return NotApplicable(f"p99 under {probes[0].limit_ms:g} ms: {reason}")
        case _:
            return NotApplicable("the search for the highest rate did not come to its end")
