"""Is a figure of several clients a measurement of the store, or of the clients? Rules over the ladder and open loops.

Called by `analysis.validity`, whose rules are about one client; reads `analysis.load`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.findings import Finding, Severity
from analysis.highest_rate import Found
from analysis.launch import LaunchObservations
from analysis.load import STEADY, little, outcome_of, steady
from analysis.metrics import METRICS
from analysis.names import tier_of
from analysis.observations import CrowdRan
from analysis.observed_load import OpenLoad, OpenLoopRan, RateProbed

__all__ = ["judge_load"]

OPEN_LOOP = frozenset(metric.name for metric in METRICS if metric.study == "open-loop")
HIGHEST_RATE = frozenset(metric.name for metric in METRICS if metric.study == "p99-limit")
_LADDER = frozenset({"concurrent_operation_support"})
_SERVER_TIERS = ("process", "container")
_CLIENT_SHARE = 0.90
_LATE_SHARE = 0.10
_WAITED_SHARE = 0.05
_TAIL_SEARCHES = 1_000


def judge_load(launch: LaunchObservations, cores: int) -> Iterator[Finding]:
    """Every finding about several clients of one target in one launch. `cores`: how many processors there are."""
    yield from _ladder(launch, cores)
    windows = [one.load for one in launch.all_of(OpenLoopRan)]
    yield from _open_loop(launch, windows, OPEN_LOOP)
    yield from _not_steady(launch, windows)
    yield from _few(launch, windows)
    probes = launch.all_of(RateProbed)
    yield from _open_loop(launch, _deciding(probes), HIGHEST_RATE)
    yield from _unproved(launch, probes)


def _ladder(launch: LaunchObservations, cores: int) -> Iterator[Finding]:
    for rung in launch.rungs:
        yield from _rung_in_flight(launch, rung)
        yield from _rung_clients(launch, rung, cores)


def _rung_in_flight(launch: LaunchObservations, rung: CrowdRan) -> Iterator[Finding]:
    # Clients of an embedded engine are threads, which wait for the interpreter between operations as well: the rate,
    # which is the figure, holds all the same.
    if tier_of(launch.target) == "embedded":
        return
    in_flight = rung.rate * rung.mean_latency_ns / 1e9
    if abs(in_flight - rung.clients) > STEADY * rung.clients and not rung.failures:
        yield Finding(
            "Little's law",
            Severity.INVALID,
            f"{in_flight:.2f} operations were in flight on average, where {rung.clients} clients have {rung.clients}",
            "the clients' own work took the time between operations: latency and rate do not belong together",
            (launch.launch,),
            _LADDER,
        )


def _rung_clients(launch: LaunchObservations, rung: CrowdRan, cores: int) -> Iterator[Finding]:
    if tier_of(launch.target) not in _SERVER_TIERS or not rung.wall_ns:
        return
    share = rung.client_cpu_ns / rung.wall_ns / min(rung.clients, cores)
    if share > _CLIENT_SHARE:
        yield Finding(
            "client saturated",
            Severity.INVALID,
            f"{rung.clients} clients used {share:.0%} of the processors that they could use",
            "the clients are what was measured: a faster client library, or clients on another machine, are needed",
            (launch.launch,),
            _LADDER,
        )


def _open_loop(launch: LaunchObservations, loads: Sequence[OpenLoad], concerned: frozenset[str]) -> Iterator[Finding]:
    if not loads:
        return
    one = (launch.launch,)
    beyond = [load for load in loads if load.rate > load.highest_rate]
    if beyond:
        yield Finding(
            "beyond the generator",
            Severity.INVALID,
            f"{beyond[0].rate:,.0f} operations/s were asked for, and the clients can send "
            f"{beyond[0].highest_rate:,.0f} of an empty call",
            "ask for a lower rate",
            one,
            concerned,
        )
    failures = sum(load.failures for load in loads)
    if failures:
        first = next(load.first_failure for load in loads if load.failures)
        yield Finding(
            "failures",
            Severity.INVALID,
            f"{failures:,} searches of an open loop failed, the first with {first}",
            "response times without them flatter the store: see the server's limits and log",
            one,
            concerned,
        )
    yield from _client_work(launch, loads, concerned)
    yield from _late(one, loads, concerned)


def _not_steady(launch: LaunchObservations, windows: Sequence[OpenLoad]) -> Iterator[Finding]:
    # Of the highest rate's probes this is asked by `analysis.load.verdict`: one that fails is meant to be unsteady.
    behind = [load for load in windows if load.completed and not steady(load)]
    if behind:
        seen, expected = little(behind[0])
        yield Finding(
            "Little's law",
            Severity.INVALID,
            f"{seen:.2f} searches were in flight on average while they arrived, where rate x mean response time is "
            f"{expected:.2f}",
            "the store was still behind when the arrivals ended, so that response times depend on how long they went "
            "on: ask for a lower rate",
            (launch.launch,),
            OPEN_LOOP,
        )


def _client_work(launch: LaunchObservations, loads: Sequence[OpenLoad], concerned: frozenset[str]) -> Iterator[Finding]:
    in_calls = sum(load.mean_service_ns * load.completed for load in loads)
    if tier_of(launch.target) not in _SERVER_TIERS or not in_calls:
        return
    share = sum(load.call_cpu_ns for load in loads) / in_calls
    if share > _CLIENT_SHARE:
        yield Finding(
            "client saturated",
            Severity.INVALID,
            f"the clients computed for {share:.0%} of the time in which they waited for answers",
            "the client is what was measured: a faster client library or protocol is needed",
            (launch.launch,),
            concerned,
        )


def _late(launches: tuple[int, ...], loads: Sequence[OpenLoad], concerned: frozenset[str]) -> Iterator[Finding]:
    completed = sum(load.completed for load in loads)
    response = sum(load.mean_response_ns * load.completed for load in loads)
    if not completed or not response:
        return
    late = sum(load.mean_late_ns * load.completed for load in loads)
    if late > _LATE_SHARE * response:
        yield Finding(
            "generator late",
            Severity.INVALID,
            f"free clients began a search {late / completed / 1e3:.0f} us after it was due on average, "
            f"{late / response:.0%} of the mean response time",
            "the generator is part of what was measured: ask for a lower rate, or give it a processor of its own",
            launches,
            concerned,
        )
    waited = sum(load.waited for load in loads)
    if waited > _WAITED_SHARE * completed:
        yield Finding(
            "all clients busy",
            Severity.WARNED,
            f"{waited / completed:.0%} of the searches were due while all {loads[0].clients} clients were busy",
            "response times count that wait; a store that could serve more at once was not asked to",
            launches,
            concerned,
        )


def _few(launch: LaunchObservations, windows: Sequence[OpenLoad]) -> Iterator[Finding]:
    searches = sum(load.completed for load in windows)
    if 0 < searches < _TAIL_SEARCHES:
        yield Finding(
            "few arrivals",
            Severity.WARNED,
            f"{searches} searches arrived; a p99 of them rests on {max(1, searches // 100)}",
            "ask for a higher rate, or read the p50",
            (launch.launch,),
            frozenset(name for name in OPEN_LOOP if "p99" in name),
        )


def _deciding(probes: Sequence[RateProbed]) -> list[OpenLoad]:
    """The probes at the two rates that bound the result."""
    outcome = outcome_of(probes)
    if not isinstance(outcome, Found):
        return []
    return [one.load for one in probes if one.load.rate in (outcome.holds, outcome.fails)]


def _unproved(launch: LaunchObservations, probes: Sequence[RateProbed]) -> Iterator[Finding]:
    outcome = outcome_of(probes)
    if isinstance(outcome, Found) and not outcome.proved:
        yield Finding(
            "not proved",
            Severity.WARNED,
            f"the search ended with {outcome.holds:,.0f} operations/s that held and {outcome.fails:,.0f} that did not, "
            "not each tried twice",
            "the store's p99 moves from one trial to the next: trust the order of magnitude",
            (launch.launch,),
            HIGHEST_RATE,
        )
