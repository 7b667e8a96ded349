"""Values for tests, in one place: a plain run, launches with chosen numbers, and hypothesis strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from analysis.metrics import metrics_of
from analysis.observations import (
    BatchInserted,
    Collected,
    CollectorRead,
    CrowdCounted,
    CrowdRan,
    GrowthSearched,
    LaunchEnded,
    MachineRead,
    MemoryRead,
    Observation,
    Phase,
    SearchPathKind,
    SliceSearched,
    TargetFailed,
    TargetStarted,
)
from analysis.records import (
    OBSERVATIONS_FILE,
    RUN_FILE,
    SCHEMA,
    Dataset,
    Duet,
    Host,
    Record,
    Resolution,
    Run,
    RunStatus,
)

HOST = Host("Some CPU", "x86_64", 2, 24, "3.11", "6.1", "performance", "no", 24 << 30, "0x1", hypervisor=True)
SMALL = Dataset("small", 1000, 128, 100, 100, 10, "gaussian mixture, seed 0", "abc")
NAMES = ("chroma@process", "weaviate@process", "qdrant@embedded", "chroma@embedded", "exact@process", "exact@embedded")


def a_run(targets: Sequence[str] = NAMES, **changes: object) -> Run:
    """A complete, clean run; `changes` replaces fields."""
    run = Run(
        schema=SCHEMA,
        id="20260101-000000-small-1",
        suite_version="0.1.0",
        suite_commit="c0ffee",
        suite_dirty=False,
        command=["pytest", "benchmarks/"],
        options={"target": "", "recall-floor": "0.8"},
        started="2026-01-01T00:00:00+00:00",
        ended="2026-01-01T00:01:00+00:00",
        status=RunStatus.COMPLETE,
        launches=3,
        host=HOST,
        datasets=[SMALL],
        targets=[Resolution(name, runnable=True, driver_sha256=f"sha of {name}") for name in targets],
        versions={"pytest-benchmark": "5.3.1"},
    )
    return msgspec.structs.replace(run, **changes)


def a_launch(
    target: str,
    launch: int = 0,
    *,
    latency_ms: float = 1.0,
    batch_ms: float = 10.0,
    hits: int = 10,
    counted: int = 1000,
    settled_mb: float = 60.0,
    version: str = "1.0",
    path: SearchPathKind = SearchPathKind.INDEXED,
) -> list[Observation]:
    """What one target shows in one launch of `small`: 1,000 searches of the same latency, two repeated collections."""
    at = {"scale": "small", "launch": launch, "target": target}
    seen: list[Observation] = [
        TargetStarted(**at, position=0, server_version=version, client_version="1", settings={"m": "16"}, startup_ns=1),
        MemoryRead(**at, phase=Phase.START, used=50_000_000, peak=55_000_000, processes=1),
    ]
    for collection in range(3):
        slow = 3 if collection == 0 else 1
        for batch in range(10):
            ns = int(batch_ms * slow * 1e6)
            seen.append(BatchInserted(**at, collection=collection, batch=batch, vectors=100, duration_ns=ns))
        seen.append(
            Collected(
                **at,
                collection=collection,
                expected=1000,
                counted=counted,
                count_ns=1_000_000,
                settle_ns=2_000_000,
                path=path,
                path_evidence="told",
            )
        )
        if collection == 0:
            used = int(settled_mb * 1e6)
            seen.append(MemoryRead(**at, phase=Phase.INSERT, used=used, peak=used + 5_000_000, processes=1))
            seen.append(MemoryRead(**at, phase=Phase.SETTLE, used=used, peak=used, processes=1))
            seen.append(CollectorRead(**at, phase=Phase.SEARCH, server_ns=30_000_000, source="told"))
            seen += [_slice(at, number, latency_ms, hits) for number in range(21)]
            seen.append(CollectorRead(**at, phase=Phase.SEARCH, server_ns=50_000_000, source="told"))
            seen.append(MemoryRead(**at, phase=Phase.SEARCH, used=used, peak=used + 1_000_000, processes=1))
    return [*seen, *_growth(at, latency_ms), *_ladder(at, latency_ms)]


def _growth(at: Mapping[str, object], latency_ms: float) -> list[Observation]:
    """The median grows with the square root of the size; the warm-up slices are a hundred times slower."""
    return [
        GrowthSearched(
            **at,
            vectors=size,
            slice=number,
            warmup=number == 0,
            latencies_ns=[int(latency_ms * (size / 1000) ** 0.5 * 1e6) * (100 if number == 0 else 1)] * 50,
            wall_ns=1,
        )
        for number in range(3)
        for size in (250, 500, 1000)
    ]


def _ladder(at: Mapping[str, object], latency_ms: float) -> list[Observation]:
    """Eight clients do twice as much as one; the second time everything is a quarter slower."""
    rungs = [
        CrowdRan(
            **at,
            rung=rung,
            clients=clients,
            searches=900,
            inserts=100,
            failures=0,
            first_failure="",
            rate=_rung_rate(rung, clients, latency_ms),
            wall_ns=1_000_000_000,
            mean_latency_ns=int(clients / _rung_rate(rung, clients, latency_ms) * 1e9),
            p99_latency_ns=int(latency_ms * 8e6),
            client_cpu_ns=1_000_000,
        )
        for rung, clients in enumerate((1, 2, 4, 8, 8, 4, 2, 1))
    ]
    return [*rungs, CrowdCounted(**at, expected=600, counted=600)]


def _rung_rate(rung: int, clients: int, latency_ms: float) -> float:
    return float(clients ** (1 / 3) * 1000 / latency_ms * (0.75 if rung > 3 else 1))


def _slice(at: Mapping[str, object], number: int, latency_ms: float, hits: int) -> SliceSearched:
    ns = int(latency_ms * 1e6)
    return SliceSearched(
        **at,
        slice=number,
        warmup=number == 0,
        first_query=0,
        k=10,
        latencies_ns=[ns * (100 if number == 0 else 1)] * 50,
        hits=[hits] * 50,
        wall_ns=50 * ns,
        cpu_ns=5 * ns,
        server_cpu_ns=20 * ns,
        collector_ns=ns // 2,
    )


def a_machine(launch: int = 0, *, phase: Phase = Phase.START, **changes: int | float) -> MachineRead:
    """A quiet machine."""
    quiet = {
        "steal_ns": 0,
        "cpu_ns": 1_000_000_000,
        "runnable": 0,
        "swapped_pages": 0,
        "wall_minus_monotonic_ns": 0,
        "mhz": 2000.0,
    }
    return MachineRead(scale="small", launch=launch, phase=phase, **{**quiet, **changes})


def a_record(
    latencies: Mapping[str, Sequence[float]] | None = None, run: Run | None = None, **launch: object
) -> Record:
    """A record in which each target's launches have these latencies in ms (default: 1.0, three launches each)."""
    latencies = latencies if latencies is not None else dict.fromkeys(NAMES, (1.0, 1.0, 1.0))
    seen: list[Observation] = []
    count = max((len(each) for each in latencies.values()), default=0)
    for number in range(count):
        for target, each in latencies.items():
            if number < len(each):
                latency = each[number]
                # Insertion follows the same machine: ten times as slow as a search.
                seen += a_launch(target, number, latency_ms=latency, batch_ms=10 * latency, **launch)
        seen.append(LaunchEnded(scale="small", launch=number, up_ns=1, measuring_ns=2, stop_ns=3))
    return Record(Path("results/run"), run or a_run(tuple(latencies), launches=count), tuple(seen), truncated=False)


def write_record(record: Record, results: Path) -> Path:
    """Store a record below `results` as the suite does; gives its folder."""
    folder = results / record.run.id
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(msgspec.json.encode(record.run))
    lines = [msgspec.json.encode(one) + b"\n" for one in record.observations]
    (folder / OBSERVATIONS_FILE).write_bytes(b"".join(lines))
    return folder


def a_fault(target: str, launch: int = 0) -> TargetFailed:
    """A target that hung."""
    return TargetFailed(
        scale="small", launch=launch, target=target, phase=Phase.SEARCH, reason="No answer.", remedy="See its log."
    )


def observations() -> st.SearchStrategy[Observation]:
    """Any observation that the schema allows; JSON has no infinity."""
    st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
    return st.one_of(*(st.from_type(kind) for kind in Observation.__args__))


def a_duet(**changes: object) -> Duet:
    """Chroma 2.0 beside 1.0, launches 0 to 4, of every metric."""
    duet = Duet(
        target="chroma@process",
        reference="chroma~1.0@process",
        scale="small",
        why="asked for",
        metrics=[metric.name for metric in metrics_of(())],
        first_launch=0,
        looks=[5],
        made="chroma 1.0",
    )
    return msgspec.structs.replace(duet, **changes)


def a_duet_record(
    candidate: Sequence[float],
    reference: Sequence[float],
    duet: Duet | None = None,
    **of_the_candidate: object,
) -> Record:
    """A run of nothing but a duet, with these latencies in ms by launch; the rest is of the candidate's launches."""
    duet = duet or a_duet()
    seen: list[Observation] = []
    for number, (mine, theirs) in enumerate(zip(candidate, reference, strict=True), start=duet.first_launch):
        seen += a_launch(duet.target, number, latency_ms=mine, batch_ms=10 * mine, **of_the_candidate)
        seen += a_launch(duet.reference, number, latency_ms=theirs, batch_ms=10 * theirs, version="1.0")
        seen.append(LaunchEnded(scale="small", launch=number, up_ns=1, measuring_ns=2, stop_ns=3))
    run = a_run((duet.target,), launches=0, duets=[duet])
    return Record(Path("results/run"), run, tuple(seen), truncated=False)
