"""What stands around the closing table's figures: headline, findings, what is absent and why, verdicts, legend.

Lines of `analysis.table`, which calls each part; the marks of verdicts stand here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.markup import escape
from rich.text import Text

from analysis.comparison import Figure
from analysis.findings import Finding, Severity
from analysis.gate import Judgement, Verdict
from analysis.metrics import cold_throughput
from analysis.quantities import format_number
from analysis.records import Record, RunStatus
from analysis.rows import Outcome, Row, RowKey
from analysis.scenes import Scene

__all__ = ["MARKS", "absent", "cold_starts", "findings", "headline", "legend", "verdict_summary"]

MARKS: Mapping[Judgement, str] = {
    Judgement.REGRESSION: "[bold red]✗[/]",
    Judgement.IMPROVEMENT: "[bold green]▲[/]",
    Judgement.PASS: "[green]✓[/]",
    Judgement.INCONCLUSIVE: "[yellow]?[/]",
    Judgement.NO_BASELINE: "",
    Judgement.NOT_RUN: "[red]∅[/]",
    Judgement.INCOMPARABLE: "[yellow]≠[/]",
    Judgement.INVALID: "[red]![/]",
}
_STATES = {RunStatus.RUNNING: "was killed or still runs", RunStatus.INTERRUPTED: "was interrupted"}
_SPELLED_OUT = (Judgement.REGRESSION, Judgement.IMPROVEMENT, Judgement.INCOMPARABLE, Judgement.NO_BASELINE)
_NAMES_SHOWN = 4
_PLACEMENTS = {
    "shared": "client and server on one core",
    "split": "client and server on a half of the cores each; an embedded engine, which has no server, on all",
}


def headline(record: Record) -> Text:
    """Which run on which machine; loud where it is not complete."""
    run = record.run
    launches = "1 launch" if run.launches == 1 else f"{run.launches} launches"
    if run.duets:
        duets = "1 duet" if len(run.duets) == 1 else f"{len(run.duets)} duets"
        launches = f"{launches}, {duets}" if run.launches else duets
    line = Text(f"\nRun {run.id}: {launches}, {run.host.cpu_model}, {run.host.cores} cores", style="bold")
    if run.isolated:
        line.append("\nIsolated: one target up at a time. Launches of one number were not at one time and do not pair.")
    if run.host.placement != "free":
        line.append(f"\nPlacement {run.host.placement}: {_PLACEMENTS.get(run.host.placement, 'as its record says')}.")
    if run.status is not RunStatus.COMPLETE:
        line.append(
            f"\nINCOMPLETE: this run {_STATES[run.status]}; what follows was measured until then.", style="bold red"
        )
    if record.truncated:
        line.append("\nThe last observation was cut off and is left out.", style="red")
    return line


def cold_starts(scene: Scene, targets: Sequence[str]) -> Iterator[Text]:
    """The insertion rate of each launch's first collection: kept beside the figures, and no row."""
    told = []
    for target in targets:
        cold = [value for one in scene.launches.get(target, ()) if isinstance(value := cold_throughput(one), float)]
        if cold:
            told.append(f"{target} {format_number(sum(cold) / len(cold))}")
    if told:
        yield Text(f"First collection after a cold start, vectors/s (not a row): {', '.join(told)}.", style="dim")


def findings(rows: Sequence[Row], scene: Scene) -> Iterator[Text]:
    """Every finding once, the invalid before the warned, with the targets and launches that it speaks of."""
    told: dict[tuple[str, str], list[tuple[Finding, RowKey]]] = {}
    for row in rows:
        for finding in row.findings:
            if finding.target:
                told.setdefault((finding.rule, finding.advice), []).append((finding, row.key))
    lines = [_of_targets(seen) for seen in told.values()]
    lines += [(one, f"all of {scene.scale}") for one in scene.findings if not one.target]
    for finding, where in sorted(lines, key=lambda line: line[0].severity is not Severity.INVALID):
        yield Text(
            f"° {finding.severity}: {finding.rule}: {where}: {finding.text}; {finding.advice}.",
            style="red" if finding.severity is Severity.INVALID else "yellow",
        )


def _of_targets(seen: Sequence[tuple[Finding, RowKey]]) -> tuple[Finding, str]:
    targets = dict.fromkeys(key.target for _, key in seen)
    metrics = dict.fromkeys(key.metric for _, key in seen)
    launches = {launch for finding, _ in seen for launch in finding.launches}
    what = f" ({', '.join(metrics)})" if len(metrics) <= 2 else ""
    count = f", {len(launches)} launches" if len(launches) > 1 else ""
    first, of_first = seen[0]
    if len({finding.text for finding, _ in seen}) > 1:
        # Each has its own number in the record; a number that is shown is somebody's.
        number = f" in launch {first.launches[0] + 1}" if first.launches else ""
        first = replace(first, text=f"{first.text} (that is {of_first.target}{number})")
    return first, f"{', '.join(targets)}{what}{count}"


def absent(rows: Sequence[Row]) -> Iterator[Text]:
    """What was skipped, failed or never reached, and why, and what to do."""
    told: dict[tuple[str, Outcome, str, str], RowKey] = {}
    for row in rows:
        if row.outcome in (Outcome.SKIPPED, Outcome.FAILED, Outcome.NOT_RUN):
            # A target that cannot run here cannot at any scale.
            scale = "" if row.outcome is Outcome.SKIPPED else f" at {row.key.scale}"
            told.setdefault((f"{row.key.target}{scale}", row.outcome, row.reason, row.remedy), row.key)
    for where, outcome, reason, remedy in told:
        style = "bold red" if outcome is Outcome.FAILED else "yellow"
        yield Text.from_markup(f"[{style}]{outcome}: {where}[/]: {escape(reason)} {escape(remedy)}".rstrip())


def verdict_summary(verdicts: Sequence[Verdict], rows: Sequence[Row]) -> Iterator[Text]:
    """How many of each, and what the loud ones say: verdicts that say the same share a line."""
    if not verdicts:
        return
    counts = Counter(verdict.judgement for verdict in verdicts)
    yield Text(f"Verdicts: {', '.join(f'{counts[one]} {one}' for one in Judgement if counts[one])}.", style="bold")
    if counts[Judgement.INCONCLUSIVE]:
        yield Text(_still_open(verdicts), style="dim")
    shown = {row.key for row in rows}
    said: dict[tuple[Judgement, str], list[RowKey]] = {}
    for verdict in verdicts:
        # What is absent or invalid in this run has been said with its rows.
        missing = verdict.judgement is Judgement.NOT_RUN and verdict.key not in shown
        if missing or verdict.judgement in _SPELLED_OUT:
            said.setdefault((verdict.judgement, verdict.text), []).append(verdict.key)
    for (judgement, text), keys in sorted(said.items(), key=lambda one: list(Judgement).index(one[0][0])):
        yield Text.from_markup(_line(judgement, text, keys))


def _still_open(verdicts: Sequence[Verdict]) -> str:
    """What decides the inconclusive: more launches some, none the others; a duet's own verdicts say what for each."""
    inconclusive = [verdict for verdict in verdicts if verdict.judgement is Judgement.INCONCLUSIVE]
    by_launches = sum(verdict.decidable for verdict in inconclusive)
    by_duet = sum(verdict.by_duet for verdict in inconclusive)
    by_none = len(inconclusive) - by_launches - by_duet
    parts = [
        f"{by_launches} would be decided by more launches" if by_launches else "",
        f"{by_none} by no number of launches (a duet decides these)" if by_none else "",
        f"a duet left {by_duet} open" if by_duet else "",
    ]
    told = ", ".join(filter(None, parts))
    return f"Of the inconclusive, {told}: `python -m analysis verdicts RUN` says how many launches, or why none."


def _line(judgement: Judgement, text: str, keys: Sequence[RowKey]) -> str:
    start = f"{MARKS[judgement]} {judgement}".strip()
    if len(keys) == 1:
        return f"{start}: {escape(text)}"
    names = ", ".join(str(key) for key in keys[:_NAMES_SHOWN])
    more = f" and {len(keys) - _NAMES_SHOWN} more" if len(keys) > _NAMES_SHOWN else ""
    return f"{start}: {len(keys)} rows ({escape(names)}{more}): {escape(text)}"


def legend(figures: Mapping[RowKey, Figure], rows: Sequence[Row], verdicts: Sequence[Verdict]) -> Text:
    """What the signs mean that were used."""
    parts = ["↑ higher is better, ↓ lower"]
    if any(figure.best for figure in figures.values()):
        parts.append("* best of its tier, or not told apart from the best")
    if any(figure.launches > 1 for figure in figures.values()):
        parts.append("±: 95 % interval over launches (×/÷2: from half to twice the figure; ±?: wider than ×/÷10)")
    if any(figure.launches == 1 for figure in figures.values()):
        parts.append("±?: one launch tells no spread, so it has no rank")
    if any(row.findings for row in rows):
        parts.append("°: see the findings")
    used = {verdict.judgement for verdict in verdicts}
    parts += [f"{mark} {judgement}" for judgement, mark in MARKS.items() if mark and judgement in used]
    return Text.from_markup(f"[dim]{'; '.join(parts)}[/]")
