"""What is written down of several clients: the ladder of concurrency, closed loop, open loop, the highest rate.

`analysis.observations` lists these among all that a run writes; `fixtures.parts.load` and `.concurrency` make them,
`analysis.load` reduces those of a load.
"""

from __future__ import annotations

import enum

import msgspec

__all__ = ["Arrivals", "ClosedLoopRan", "CrowdCounted", "CrowdRan", "OpenLoad", "OpenLoopRan", "RateProbed"]


class Arrivals(enum.StrEnum):
    """How operations arrive in an open loop: with exponential gaps, as those of many users, or with equal ones."""

    POISSON = "poisson"
    CONSTANT = "constant"


class ClosedLoopRan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="closed-loop-ran"):
    """Searches by one of the load's clients in a closed loop: what the rate of an open loop is a share of.

    `service` is an HdrHistogram (V2, base64) of nanoseconds.
    """

    scale: str
    launch: int
    target: str
    searches: int
    rate: float
    wall_ns: int
    client_cpu_ns: int
    service: str


class OpenLoad(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What several clients did with searches whose arrivals were scheduled up front.

    `rate` was offered, in operations a second; `span_ns` is the time of the arrivals, `wall_ns` that until the last
    answer. Response times count from when an operation was due, service times from when a client began it: both are
    HdrHistograms (V2, base64) of nanoseconds. `in_flight` is how many operations were due and not answered, on average
    over the span. `waited` of them were due while every client was busy. The generator's own part is `late`: how long
    after it was due an operation began although a client was free. `call_cpu_ns` is the clients' CPU time inside the
    calls, and `highest_rate` what the same clients send of an empty call.
    """

    arrivals: Arrivals
    rate: float
    seed: int
    clients: int
    completed: int
    failures: int
    first_failure: str
    span_ns: int
    wall_ns: int
    in_flight: float
    waited: int
    mean_response_ns: float
    mean_service_ns: float
    mean_late_ns: float
    p99_late_ns: float
    call_cpu_ns: int
    highest_rate: float
    service: str
    response: str


class OpenLoopRan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="open-loop-ran"):
    """A window of an open loop at the rate that was asked for."""

    scale: str
    launch: int
    target: str
    window: int
    load: OpenLoad


class RateProbed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rate-probed"):
    """One step of the search for the highest rate with a p99 under the limit: whether it held at this rate, and why.

    The search began at `start`; `verdict` says what was compared.
    """

    scale: str
    launch: int
    target: str
    probe: int
    start: float
    limit_ms: float
    held: bool
    verdict: str
    load: OpenLoad


class CrowdRan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="crowd-ran"):
    """One rung of the concurrency ladder: so many clients at once, nine searches to one insert each.

    `rate` is in completed operations a second, over the time in which all clients were at it; latencies are of all
    operations; `client_cpu_ns` is of all clients together.
    """

    scale: str
    launch: int
    target: str
    rung: int
    clients: int
    searches: int
    inserts: int
    failures: int
    first_failure: str
    rate: float
    wall_ns: int
    mean_latency_ns: int
    p99_latency_ns: int
    client_cpu_ns: int


class CrowdCounted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="crowd-counted"):
    """The collection's count after the ladder: inserts under concurrency are lost or are not."""

    scale: str
    launch: int
    target: str
    expected: int
    counted: int
