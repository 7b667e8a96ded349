"""What a stored table of releases says: what each changed, by duets, and whether reported slowdowns are seen.

Pure: reads what `fixtures.experiments.releases` stored, and gives the tables of docs/gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analysis.duet import duet_verdicts
from analysis.errors import DamagedRecord, MissingRecord
from analysis.metrics import metric_named
from analysis.quantities import format_change, format_quantity
from analysis.records import Dataset, Host, Record
from analysis.verdicts import Judgement, Verdict

__all__ = [
    "METRIC_NAMES",
    "REPORTS",
    "Compared",
    "Figure",
    "Releases",
    "Report",
    "compared_in",
    "markdown",
    "read_releases",
]

METRIC_NAMES = ("throughput_vectors_per_second", "p50_latency_ms", "peak_memory_usage_mb", "recall_at_10")


@dataclass(frozen=True, slots=True)
class Report:
    """A slowdown that people reported in a public tracker, and the duet that would show it."""

    where: str
    said: str
    duet: str
    metric: str


REPORTS = (
    Report(
        "chroma-core/chroma#3011",
        "searching is much slower in 0.5.15 than in 0.5.0 (1,000,000 vectors of 1,024 dimensions, embedded)",
        "chroma@embedded=0.5.0..0.5.15",
        "p50_latency_ms",
    ),
    Report(
        "chroma-core/chroma#4290",
        "1.0.7 is slower than 0.6.3 by about ten times (a comment; through LangChain, with texts and metadata)",
        "chroma@embedded=0.6.3..1.0.7",
        "p50_latency_ms",
    ),
    Report(
        "chroma-core/chroma#5994",
        "1.3.5 writes nine times slower than 0.4 (10,000,000 vectors of 1,024 dimensions; our driver begins at 0.5)",
        "chroma@embedded=0.5.0..1.3.5",
        "throughput_vectors_per_second",
    ),
    Report(
        "weaviate/weaviate#4720",
        "1.24.9 imports four times slower than 1.24.8 (SIFT, 128 dimensions; its repair is #4721)",
        "weaviate@process=1.24.8:4.9.6..1.24.9:4.9.6",
        "throughput_vectors_per_second",
    ),
)


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a duet: both sides' figures in the metric's unit, the change as a share, its interval, the verdict."""

    verdict: str
    older: float | None = None
    newer: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A duet as it was asked for, the run that it is of, and its figures by metric; `reason` where it could not be."""

    duet: str
    scale: str = ""
    run: str = ""
    older: str = ""
    newer: str = ""
    launches: int = 0
    dataset: Dataset | None = None
    figures: dict[str, Figure] = {}
    reason: str = ""


class Releases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All duets and where they come from."""

    schema: int
    command: list[str]
    started: str
    ended: str
    suite_commit: str
    suite_dirty: bool
    host: Host
    compared: list[Compared]


def read_releases(path: Path) -> Releases:
    """Read it. MissingRecord or DamagedRecord, with the path, where that cannot be."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingRecord(f"There is no {path}. Measure it: python -m fixtures.experiments releases.") from None
    try:
        return msgspec.json.decode(data, type=Releases)
    except msgspec.MsgspecError as error:
        raise DamagedRecord(f"{path} cannot be read: {error}. Measure it again.") from error


def compared_in(record: Record, duet: str) -> Compared:
    """The one duet of a run."""
    (asked,) = record.run.duets
    (dataset,) = record.run.datasets
    found = Compared(duet, asked.scale, record.run.id, dataset=dataset)
    if asked.reason:
        return msgspec.structs.replace(found, reason=asked.reason)
    (standing,) = duet_verdicts(record)
    sides = {one.key.metric: (one.reference, one.candidate) for one in standing.compared}
    reported = record.run.reported
    versions = {
        side: f"{one.server_version or one.client_version}" if (one := reported.get(name)) else ""
        for side, name in (("older", asked.reference), ("newer", asked.target))
    }
    figures = {one.key.metric: _figure(one, sides.get(one.key.metric, (None, None))) for one in standing.verdicts}
    return msgspec.structs.replace(found, **versions, launches=standing.done, figures=figures)


def _figure(verdict: Verdict, sides: tuple[float | None, float | None]) -> Figure:
    older, newer = sides
    high = verdict.high if verdict.high is not None and math.isfinite(verdict.high) else None
    return Figure(str(verdict.judgement), older, newer, verdict.change, verdict.low, high)


def markdown(found: Releases) -> str:
    """Where it was measured, a table of releases, and a table of what people reported."""
    told = {report.duet for report in REPORTS}
    releases = [one for one in found.compared if one.duet not in told]
    host = found.host
    head = (
        f"Measured on {host.cpu_model}, {host.cores} cores, {found.started} to {found.ended}, commit "
        f"{found.suite_commit[:12]}{' with changes' if found.suite_dirty else ''}. Each cell: the older release's "
        "figure, the newer one's, the change with its interval (98.75 %), and the verdict on the newer one."
    )
    return "\n\n".join([head, "\n".join(_table(releases)), "\n".join(_reported(found.compared))])


def _table(releases: Sequence[Compared]) -> Iterator[str]:
    yield f"| duet | scale | launches | {' | '.join(METRIC_NAMES)} |"
    yield f"|---|---|---:|{'---|' * len(METRIC_NAMES)}"
    for one in releases:
        cells = [one.reason or _cell(one.figures.get(name), name) for name in METRIC_NAMES]
        yield f"| `{one.duet}` ({one.older} to {one.newer}) | {one.scale} | {one.launches} | {' | '.join(cells)} |"


def _cell(figure: Figure | None, name: str) -> str:
    if figure is None:
        return "n/a"
    if figure.change is None:
        return figure.verdict
    unit = metric_named(name).unit
    sides = " to ".join(format_quantity(one, unit) for one in (figure.older, figure.newer) if one is not None)
    return f"{sides}: {_change(figure)}, {_bold(figure.verdict)}"


def _change(figure: Figure) -> str:
    low, high = (_percent(one) for one in (figure.low, figure.high))
    return f"{_percent(figure.change)} ({low} to {high})"


def _percent(share: float | None) -> str:
    return "?" if share is None else format_change(math.log1p(share))


def _bold(verdict: str) -> str:
    return f"**{verdict}**" if verdict == Judgement.REGRESSION else verdict


def _reported(compared: Sequence[Compared]) -> Iterator[str]:
    by_duet = {one.duet: one for one in compared}
    yield "| reported | what was said | duet | scale | measured | confirmed |"
    yield "|---|---|---|---|---|---|"
    for report in REPORTS:
        one = by_duet.get(report.duet)
        if one is None:
            continue
        figure = one.figures.get(report.metric)
        cell = one.reason or f"{report.metric} {_cell(figure, report.metric)}"
        yield f"| {report.where} | {report.said} | `{report.duet}` | {one.scale} | {cell} | {_confirmed(figure)} |"


def _confirmed(figure: Figure | None) -> str:
    match figure.verdict if figure else "":
        case Judgement.REGRESSION:
            return "yes"
        case Judgement.PASS:
            return "no, not at this scale"
        case Judgement.IMPROVEMENT:
            return "no: faster, at this scale"
        case _:
            return "not decided"
