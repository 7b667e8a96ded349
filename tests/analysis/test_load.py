"""Figures and findings of a load, by the numbers that make them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from analysis.findings import Finding, Severity
from analysis.histograms import encode
from analysis.launch import LaunchObservations
from analysis.load import little, outcome_of, steady, verdict
from analysis.load_validity import judge_load
from analysis.metrics import METRICS, NotApplicable, metric_named, metrics_of
from analysis.observations import CrowdRan, Observation
from analysis.observed_load import Arrivals, OpenLoad, OpenLoopRan, RateProbed
from analysis.rows import rows_of
from tests.strategies import a_record, a_run

AT = {"scale": "small", "launch": 0, "target": "chroma@process"}
MS = 1_000_000


def a_load(rate: float = 100.0, response_ms: Sequence[int] = tuple(range(1, 301)), **changes: object) -> OpenLoad:
    """A steady load without a fault: service times are half of the response times."""
    completed = len(response_ms)
    mean = sum(response_ms) / max(1, completed) * MS
    span_ns = round(completed / rate * 1e9) or 1
    plain = OpenLoad(
        arrivals=Arrivals.POISSON,
        rate=rate,
        seed=0,
        clients=8,
        completed=completed,
        failures=0,
        first_failure="",
        span_ns=span_ns,
        wall_ns=span_ns,
        in_flight=completed / span_ns * mean,
        waited=0,
        mean_response_ns=mean,
        mean_service_ns=mean / 2,
        mean_late_ns=1000.0,
        p99_late_ns=2000.0,
        call_cpu_ns=1,
        highest_rate=50_000.0,
        service=encode(ms * MS // 2 for ms in response_ms),
        response=encode(ms * MS for ms in response_ms),
    )
    return msgspec.structs.replace(plain, **changes)


def open_loops(*loads: OpenLoad) -> list[Observation]:
    """Windows of a launch."""
    return [OpenLoopRan(**AT, window=number, load=load) for number, load in enumerate(loads)]


def probes(*trials: tuple[float, bool], **changes: object) -> list[RateProbed]:
    """Probes that began at 100/s under a limit of 5 ms."""
    return [
        RateProbed(**AT, probe=number, start=100.0, limit_ms=5.0, held=held, verdict="", load=a_load(rate, **changes))
        for number, (rate, held) in enumerate(trials)
    ]


PROVED = ((100.0, True), (200.0, False), (141.0, True), (146.0, False), (141.0, True), (146.0, False))


def launch(seen: Sequence[Observation], target: str = "chroma@process") -> LaunchObservations:
    """A launch in which this was seen."""
    return LaunchObservations("small", 0, target, seen)


def found(seen: Sequence[Observation], target: str = "chroma@process", cores: int = 2) -> dict[str, Finding]:
    """Findings by their rule."""
    return {one.rule: one for one in judge_load(launch(seen, target), cores)}


def test_percentiles_are_over_all_windows_of_the_launch() -> None:
    """Two windows that hold a half of 1 to 300 ms each."""
    seen = launch(open_loops(a_load(response_ms=range(1, 300, 2)), a_load(response_ms=range(2, 301, 2))))
    assert metric_named("open_loop_p50_response_ms").reduce(seen) == pytest.approx(150, rel=0.002)
    assert metric_named("open_loop_p99_response_ms").reduce(seen) == pytest.approx(297, rel=0.002)
    assert metric_named("open_loop_p99_service_ms").reduce(seen) == pytest.approx(148.5, rel=0.002)


def test_a_load_that_completed_nothing_has_no_figure() -> None:
    """With a reason."""
    for seen in ([], open_loops(a_load(response_ms=(), failures=3, first_failure="X"))):
        told = metric_named("open_loop_p99_response_ms").reduce(launch(seen))
        assert isinstance(told, NotApplicable)


def test_the_highest_rate_is_the_one_that_was_proved_to_hold() -> None:
    """Bounded by one that was proved to fail."""
    assert metric_named("highest_rate_under_p99_limit").reduce(launch(probes(*PROVED))) == 141.0


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ((), "did not come to its end"),
        (PROVED[:4], "did not come to its end"),
        (
            ((100.0, False), (25.0, False), (6.25, False), (6.25, False)),
            "p99 under 5 ms: it does not hold even at 6.25",
        ),
    ],
)
def test_a_search_without_a_result_is_not_applicable_with_its_reason(
    trials: Sequence[tuple[float, bool]], told: str
) -> None:
    """Never a number that nothing bounds."""
    result = metric_named("highest_rate_under_p99_limit").reduce(launch(probes(*trials)))
    assert isinstance(result, NotApplicable)
    assert told in result.reason
    assert (outcome_of(probes(*trials)) is None) is ("end" in told)


def test_a_rate_holds_when_its_p99_is_within_the_limit_and_the_store_kept_up() -> None:
    """Each reason is told."""
    load = a_load(response_ms=[1] * 200 + [4] * 5)
    assert verdict(load, 5.0) == (True, "p99 of the response times 4 ms, within 5 ms")
    assert verdict(load, 3.0) == (False, "p99 of the response times 4 ms, over 3 ms")
    behind = msgspec.structs.replace(load, in_flight=load.in_flight / 2)
    assert verdict(behind, 5.0)[0] is False
    assert "fell behind" in verdict(behind, 5.0)[1]
    assert verdict(msgspec.structs.replace(load, failures=1, first_failure="E"), 5.0) == (
        False,
        "1 operations failed, the first with E",
    )
    assert verdict(a_load(response_ms=()), 5.0) == (False, "no operation was completed")


def test_littles_law_has_two_sides() -> None:
    """100 a second of 150.5 ms each: 15.05 in flight."""
    assert little(a_load()) == pytest.approx((15.05, 15.05))
    assert steady(a_load())
    assert not steady(a_load(in_flight=14.0))


def test_a_quiet_load_has_no_finding() -> None:
    """Nothing is said without cause."""
    assert found(open_loops(*[a_load()] * 4)) == {}
    assert found(probes(*PROVED)) == {}


@pytest.mark.parametrize(
    ("rule", "severity", "changes"),
    [
        ("Little's law", Severity.INVALID, {"in_flight": 10.0}),
        ("beyond the generator", Severity.INVALID, {"highest_rate": 99.0}),
        ("failures", Severity.INVALID, {"failures": 1, "first_failure": "TimeoutError: busy"}),
        ("generator late", Severity.INVALID, {"mean_late_ns": 20.0 * MS}),
        ("client saturated", Severity.INVALID, {"call_cpu_ns": 300 * 74 * MS}),
        ("all clients busy", Severity.WARNED, {"waited": 30}),
    ],
)
def test_what_makes_an_open_loop_no_measurement_is_found(
    rule: str, severity: Severity, changes: dict[str, object]
) -> None:
    """With advice, and for the open loop's rows alone."""
    finding = found(open_loops(*[a_load(**changes)] * 4))[rule]
    assert finding.severity is severity
    assert finding.advice
    assert {metric_named(name).study for name in finding.concerns} == {"open-loop"}


def test_the_highest_rate_is_judged_by_the_probes_that_bound_it() -> None:
    """A generator that is late there makes the bound its own; a probe far above may be as late as it likes."""
    late = found(probes(*PROVED, mean_late_ns=20.0 * MS))["generator late"]
    assert late.concerns == {"highest_rate_under_p99_limit"}
    far = [
        msgspec.structs.replace(one, load=msgspec.structs.replace(one.load, mean_late_ns=20.0 * MS))
        if one.load.rate == 200.0
        else one
        for one in probes(*PROVED)
    ]
    assert "generator late" not in found(far)


def test_bounds_that_were_not_tried_twice_are_told() -> None:
    """The trials were used up by a store that changes its mind."""
    told = found(probes((100.0, True), (200.0, False), *[(50.0, True)] * 18))
    assert told["not proved"].severity is Severity.WARNED


def test_an_embedded_engine_computes_in_its_clients() -> None:
    """That is its figure."""
    busy = open_loops(*[a_load(call_cpu_ns=300 * 74 * MS)] * 4)
    assert "client saturated" not in found(busy, "chroma@embedded")


def test_a_p99_of_few_arrivals_is_warned_of() -> None:
    """At a low rate a window holds few."""
    finding = found(open_loops(a_load()))["few arrivals"]
    assert finding.concerns == {"open_loop_p99_response_ms", "open_loop_p99_service_ms"}


def a_rung(**changes: object) -> CrowdRan:
    """Eight clients that do 4,000 operations of 2 ms a second."""
    rung = CrowdRan(
        **AT,
        rung=3,
        clients=8,
        searches=3600,
        inserts=400,
        failures=0,
        first_failure="",
        rate=4000.0,
        wall_ns=1_000_000_000,
        mean_latency_ns=2 * MS,
        p99_latency_ns=3 * MS,
        client_cpu_ns=1_000_000_000,
    )
    return msgspec.structs.replace(rung, **changes)


def test_littles_law_must_hold_for_several_clients() -> None:
    """Eight clients in a closed loop have eight operations in flight, less what their own work takes."""
    assert found([a_rung()]) == {}
    finding = found([a_rung(rate=3700.0)])["Little's law"]
    assert finding.concerns == {"concurrent_operation_support"}
    assert "7.40 operations were in flight on average, where 8 clients have 8" in finding.text


def test_threads_of_an_embedded_engine_wait_for_the_interpreter_between_operations() -> None:
    """The rate holds all the same."""
    assert found([a_rung(rate=2000.0)], "exact@embedded") == {}


def test_several_clients_that_use_all_processors_are_the_bottleneck() -> None:
    """Two cores, 1.9 of them used by the clients; with four cores there is room."""
    busy = [a_rung(client_cpu_ns=1_900_000_000)]
    assert found(busy, cores=2)["client saturated"].severity is Severity.INVALID
    assert found(busy, cores=4) == {}
    assert found(busy, "chroma@embedded", cores=2) == {}


def test_rows_of_a_study_exist_only_in_runs_that_asked_for_it() -> None:
    """By the run's own word."""
    plain = a_record({"chroma@process": (1.0,)})
    assert not {row.metric.name for row in rows_of(plain) if row.metric.study}
    asked = a_run(("chroma@process",), launches=1, options={"studies": "open-loop,p99-limit"})
    names = {row.metric.name for row in rows_of(a_record({"chroma@process": (1.0,)}, asked))}
    wanted = {one.name for one in METRICS if one.study in ("", "open-loop", "p99-limit")}
    assert names == wanted


def test_the_metrics_of_no_study_are_those_of_every_run() -> None:
    """And a study adds its own to them."""
    plain, more = metrics_of(()), metrics_of(("open-loop",))
    assert not any(one.study for one in plain)
    assert [one for one in more if not one.study] == plain
    assert {one.study for one in more} == {"", "open-loop"}
