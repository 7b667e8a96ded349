"""What a stored table of releases says: what each changed, by duets, and whether reported slowdowns are seen.

Pure: reads what `fixtures.experiments.releases` stored, and gives the tables of docs/gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import msgspec

from analysis.duet import duet_verdicts
from analysis.metrics import metric_named
from analysis.quantities import format_quantity, format_share
from analysis.records import Dataset, Host, Record, RunStatus, release_of
from analysis.stored import read_stored
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

_LONGEST = 200
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
        "1.0.7 is slower than 0.6.3 by about ten times (a comment; through LangChain)",
        "chroma@embedded=0.6.3..1.0.7",
        "p50_latency_ms",
    ),
    Report(
        "chroma-core/chroma#5994",
        "1.3.5 writes nine times slower than 0.4 (10,000,000 vectors of 1,024 dimensions; our driver begins at 0.5.15)",
        "chroma@embedded=0.5.15..1.3.5",
        "throughput_vectors_per_second",
    ),
    Report(
        "weaviate/weaviate#4720",
        "1.24.9 imports four times slower than 1.24.8 (SIFT, 128 dimensions, in its repair, #4721)",
        "weaviate@process=1.24.8:4.16.10..1.24.9:4.16.10",
        "throughput_vectors_per_second",
    ),
)


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A row of a duet: both sides' figures in the metric's unit, the change as a share, its interval, the verdict.

    `high` is absent where it is beyond all bounds.
    """

    verdict: str
    older: float | None = None
    newer: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A duet as it was asked for, the run that it is of, and its figures by metric; `reason` where it could not be."""

    duet: str
    run: str = ""
    suite_commit: str = ""
    suite_dirty: bool = False
    older: str = ""
    newer: str = ""
    launches: int = 0
    dataset: Dataset | None = None
    figures: dict[str, Figure] = {}
    reason: str = ""


class Releases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All duets and where they come from: one machine, one set of packages, the same options of pytest."""

    schema: int
    command: list[str]
    options: list[str]
    host: Host
    versions: dict[str, str]
    compared: list[Compared]


def read_releases(path: Path) -> Releases:
    """Read it. MissingRecord or DamagedRecord, with the path, where that cannot be."""
    return read_stored(path, Releases, "releases")


def compared_in(record: Record, duet: str) -> Compared:
    """The one duet of a run that ended; of another run, why it tells nothing."""
    run = record.run
    found = Compared(duet, run.id, run.suite_commit, run.suite_dirty)
    standings = duet_verdicts(record)
    if run.status is not RunStatus.COMPLETE or len(standings) != 1:
        return msgspec.structs.replace(found, reason=f"the run did not end: {run.status}")
    ((standing,), (dataset,)) = standings, run.datasets
    if not standing.compared:
        first = " ".join(standing.verdicts[0].text.split())
        return msgspec.structs.replace(found, reason=shorten(first, _LONGEST, placeholder=" ..."))
    figures = {one.key.metric: _figure(one) for one in standing.verdicts}
    for one in standing.compared:
        name = one.key.metric
        both = {"older": one.reference, "newer": one.candidate, "confidence": one.decision.confidence}
        figures[name] = msgspec.structs.replace(figures[name], **both)
    versions = {
        side: release_of(said.server_version, said.client_version) if (said := run.reported.get(name)) else ""
        for side, name in (("older", standing.duet.reference), ("newer", standing.duet.target))
    }
    return msgspec.structs.replace(found, **versions, launches=standing.done, dataset=dataset, figures=figures)


def _figure(verdict: Verdict) -> Figure:
    high = verdict.high if verdict.high is not None and math.isfinite(verdict.high) else None
    return Figure(str(verdict.judgement), change=verdict.change, low=verdict.low, high=high)


def markdown(found: Releases) -> str:
    """Where it was measured, a table of releases, and a table of what people reported."""
    told = {report.duet for report in REPORTS}
    releases = [one for one in found.compared if one.duet not in told]
    return "\n\n".join([_head(found), "\n".join(_table(releases)), "\n".join(_reported(found.compared))])


def _head(found: Releases) -> str:
    host = found.host
    commits = dict.fromkeys(
        f"{one.suite_commit[:10]}{' with changes' if one.suite_dirty else ''}"
        for one in found.compared
        if one.suite_commit
    )
    levels = sorted({each.confidence for one in found.compared for each in one.figures.values() if each.confidence})
    data = next((one.dataset for one in found.compared if one.dataset), None)
    size = f"{data.scale}, {data.vectors:,} vectors of {data.dimensions} dimensions, " if data else ""
    return (
        f"Measured at {size}on {host.cpu_model}, {host.cores} cores, at commit {', '.join(commits)}. A cell has the "
        "older release's figure, the newer one's, the change with its interval "
        f"({', '.join(f'{100 * level:.4g} %' for level in levels)}), and the verdict on the newer one."
    )


def _table(releases: Sequence[Compared]) -> Iterator[str]:
    yield f"| duet | launches | {' | '.join(METRIC_NAMES)} |"
    yield f"|---|---:|{'---|' * len(METRIC_NAMES)}"
    for one in releases:
        if one.reason:
            yield f"| `{one.duet}` | | {_plain(one.reason)} | | | |"
            continue
        cells = [_cell(one.figures.get(name), name) for name in METRIC_NAMES]
        yield f"| `{one.duet}`: {one.older} to {one.newer} | {one.launches} | {' | '.join(cells)} |"


def _cell(figure: Figure | None, name: str) -> str:
    if figure is None:
        return "n/a"
    if figure.change is None:
        return figure.verdict
    unit = metric_named(name).unit
    sides = " to ".join(format_quantity(one, unit) for one in (figure.older, figure.newer) if one is not None)
    change, low, high = (
        format_share(math.inf if one is None else one) for one in (figure.change, figure.low, figure.high)
    )
    verdict = f"**{figure.verdict}**" if figure.verdict == Judgement.REGRESSION else figure.verdict
    return f"{sides}: {change} ({low} to {high}), {verdict}"


def _reported(compared: Sequence[Compared]) -> Iterator[str]:
    by_duet = {one.duet: one for one in compared}
    yield "| reported | what was said | duet | measured | confirmed |"
    yield "|---|---|---|---|---|"
    for report in REPORTS:
        one = by_duet.get(report.duet)
        if one is None:
            continue
        figure = one.figures.get(report.metric)
        cell = _plain(one.reason) or f"{report.metric}, {one.launches} launches: {_cell(figure, report.metric)}"
        yield f"| {report.where} | {report.said} | `{report.duet}` | {cell} | {_confirmed(figure)} |"


def _plain(text: str) -> str:
    """As a cell of a table takes it."""
    return text.replace("|", "\\|")


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
