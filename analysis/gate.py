"""A run against the accepted baselines: one verdict a row. Fails closed: what cannot be judged is never a pass.

This is the screen (`analysis.screen`); `analysis.settled` puts the duets' verdicts in its place, where there are some.
Rows come from `analysis.rows`, baselines from `analysis.baselines`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from statistics import fmean

from analysis.anchoring import anchors_of, doubts
from analysis.baselines import Artifact, Baseline, BaselineRow, artifacts_of
from analysis.findings import MADE_OF_TIMES, OF_MEMORY, Finding, Severity, of_the_machine
from analysis.fingerprint import folder_name
from analysis.likeness import quiet, unlike_runs, unlike_settings, unlike_workloads
from analysis.metrics import METRICS, Direction, Group, Metric, metric_named
from analysis.outlook import Outlook, outlook
from analysis.quantities import format_change, format_quantity
from analysis.records import Record, Run
from analysis.rows import Outcome, Row
from analysis.screen import Change, Pair, screen
from analysis.settled import settle
from analysis.statistics import holm
from analysis.verdicts import ALPHA, Judgement, Verdict

__all__ = ["ALPHA", "Judgement", "Verdict", "judge", "least_between"]

# Log standard deviations between two runs of the same code on a shared machine, until a history tells them.
_BETWEEN_SPEED = 0.015
_BETWEEN_MEMORY = 0.03
_BETWEEN_RECALL = 0.005
_OTHER_MACHINE = (
    "A baseline of another machine is never compared. Accept one here: python -m analysis accept RUN. "
    "Or let two versions run side by side, which needs none: pytest benchmarks/ --duet TARGET=REFERENCE."
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A row that can be compared. `disturbed` says why its change may not be the store's, nor its lack of one."""

    row: Row
    then: Mapping[int, float]
    change: Change
    note: str
    disturbed: str = ""


def judge(record: Record, rows: Sequence[Row], baselines: Sequence[Baseline]) -> tuple[Verdict, ...]:
    """One verdict for every row that was measured, should have been, or is in a baseline."""
    by_scale = {baseline.scale: baseline for baseline in baselines}
    present = artifacts_of(record)
    verdicts: list[Verdict] = []
    cases: list[_Case] = []
    families: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        baseline = by_scale.get(row.key.scale)
        verdict = _plain(row, baseline, record.run, present)
        if verdict is not None:
            verdicts.append(verdict)
        elif row.outcome is Outcome.MEASURED:
            families[row.key.metric, row.key.scale].append(row)
    for (metric, scale), family in families.items():
        cases += _compare(metric_named(metric), family, by_scale[scale], present, at_one_time=not record.run.isolated)
    verdicts += _missing(record.run, rows, baselines)
    # Holm over all rows of the run: one false alarm in twenty runs at most, however many rows there are.
    adjusted = holm([case.change.p_value() for case in cases])
    verdicts += [_verdict(case, p, len(cases)) for case, p in zip(cases, adjusted, strict=True)]
    return settle(record, verdicts)


def _plain(row: Row, baseline: Baseline | None, run: Run, present: Mapping[str, Artifact]) -> Verdict | None:
    """The verdict of a row that is not compared; None for one that is, or that has no verdict."""
    known = baseline is not None and row.key in baseline.rows
    told = f"{row.reason} {row.remedy}".strip()
    wrong = [one for one in row.findings if one.severity is Severity.INVALID and not of_the_machine(one)]
    match row.outcome:
        case Outcome.INVALID:
            return Verdict(row.key, Judgement.INVALID, told, of_the_store=bool(wrong))
        case Outcome.MEASURED if wrong:
            # One launch that lost vectors tells of the store, however good the others look.
            told = "; ".join(f"{one.text} ({_launches_told(one)}): {one.advice}" for one in wrong)
            return Verdict(row.key, Judgement.INVALID, told, of_the_store=True)
        case Outcome.FAILED | Outcome.SKIPPED | Outcome.NOT_RUN | Outcome.NOT_APPLICABLE:
            if known or row.outcome is Outcome.FAILED:
                why = told if row.outcome is Outcome.NOT_RUN else f"{row.outcome}: {told}"
                return Verdict(row.key, Judgement.NOT_RUN, why)
            return None
        case Outcome.MEASURED:
            if baseline is None:
                text = f"No baseline of this machine ({folder_name(run.host)}) at {row.key.scale}. {_OTHER_MACHINE}"
                return Verdict(row.key, Judgement.NO_BASELINE, text)
            if not known:
                text = f"The row is new: {baseline.path.name} lacks it. Accept a run that has it."
                return Verdict(row.key, Judgement.NO_BASELINE, text)
            differs = [*_workload_differences(run, baseline), *_option_differences(row.metric, run, baseline.file.run)]
            if differs:
                text = f"Another workload than the baseline's: {'; '.join(differs)}. Accept a run on this workload."
                return Verdict(row.key, Judgement.INCOMPARABLE, text)
            unlike = [
                *unlike_runs(run, baseline.file.run),
                *unlike_settings(row.key.target, present, baseline.file.artifacts),
            ]
            if unlike:
                text = f"Configured otherwise than in the baseline: {'; '.join(unlike)}. Accept a run configured so."
                return Verdict(row.key, Judgement.INCOMPARABLE, text)
            return None


def _launches_told(finding: Finding) -> str:
    return "launch " + ", ".join(str(launch + 1) for launch in finding.launches)


def _workload_differences(run: Run, baseline: Baseline) -> list[str]:
    (now,) = [dataset for dataset in run.datasets if dataset.scale == baseline.scale]
    return unlike_workloads(now, baseline.dataset)


def _option_differences(metric: Metric, now: Run, then: Run) -> list[str]:
    return [
        f"--{name} {now.options.get(name) or 'left out'} against {then.options.get(name) or 'left out'}"
        for name in metric.options
        if now.options.get(name, "") != then.options.get(name, "")
    ]


def _compare(
    metric: Metric,
    family: Sequence[Row],
    baseline: Baseline,
    present: Mapping[str, Artifact],
    *,
    at_one_time: bool,
) -> list[_Case]:
    then = {row.key.target: baseline.rows[row.key] for row in family}
    changed = {
        target: present[target].differences(baseline.file.artifacts[target])
        for target in then
        if target in present and target in baseline.file.artifacts
    }
    pairs = {
        row.key.target: Pair(
            _by_launch(metric, then[row.key.target].extra_info.launches, then[row.key.target].stats.data),
            _by_launch(metric, row.launches, row.values),
            anchors_of(row.key, [other.key for other in family], changed),
        )
        for row in family
    }
    changes = screen(
        pairs,
        adjust=metric.follows_machine_speed,
        least_between=least_between(metric),
        at_one_time=at_one_time,
        unanchored=not metric.follows_machine_speed and metric.name in MADE_OF_TIMES,
    )
    doubted = doubts(metric, family, pairs, changes, changed)
    return [
        _Case(
            row,
            pairs[row.key.target].then,
            changes[row.key.target],
            _artifact_note(changed.get(row.key.target)),
            _disturbed(row, then[row.key.target])
            or doubted[row.key.target]
            # Isolated, nobody has company.
            or (_in_other_company(metric, present, baseline.file.artifacts) if at_one_time else ""),
        )
        for row in family
    ]


def _by_launch(metric: Metric, launches: Sequence[int], values: Sequence[float]) -> dict[int, float]:
    """What is compared by its ratio, launch by launch."""
    return {launch: metric.offset + value for launch, value in zip(launches, values, strict=True)}


def least_between(metric: Metric) -> float:
    """The least log standard deviation between two runs of the same code, launches aside."""
    if metric.follows_machine_speed:
        return _BETWEEN_SPEED
    return _BETWEEN_RECALL if metric.group is Group.SEARCH else _BETWEEN_MEMORY


def _artifact_note(changed: Sequence[str] | None) -> str:
    return f" The target itself differs from the baseline's ({'; '.join(changed)})." if changed else ""


def _disturbed(row: Row, then: BaselineRow) -> str:
    """Why this row tells nothing of the store: one side alone was measured on a machine that others filled."""
    if quiet(row) == then.extra_info.quiet:
        return ""
    when = "of the baseline" if quiet(row) else "now"
    return f"Others filled the machine in most launches {when}, and not on the other side: measure when it is quiet."


def _in_other_company(metric: Metric, now: Collection[str], then: Collection[str]) -> str:
    """Why memory tells nothing of the store: pages that processes share are counted by who else is up."""
    if metric.name not in OF_MEMORY or set(now) == set(then):
        return ""
    told = ", ".join(sorted(set(now) ^ set(then)))
    return f"Not the same targets were up ({told}), and memory that neighbours share is counted in parts: measure all."


def _missing(run: Run, rows: Sequence[Row], baselines: Sequence[Baseline]) -> list[Verdict]:
    if run.partial:
        return []
    have = {row.key for row in rows}
    not_asked = {metric.name for metric in METRICS if metric.study and metric.study not in run.studies}
    return [
        Verdict(
            key,
            Judgement.NOT_RUN,
            f"The baseline {baseline.path.name} has this row, the run has not. Was it renamed or removed? "
            "Then accept a run without it.",
        )
        for baseline in baselines
        for key in sorted(baseline.rows)
        if key not in have and key.metric not in not_asked and _expected(key.target, run, baseline.file.run)
    ]


def _expected(target: str, run: Run, baseline: Run) -> bool:
    """Whether this run was asked for the target: by a pattern, or by the same default choice as the baseline."""
    patterns = [pattern for pattern in run.options.get("target", "").split(",") if pattern]
    if patterns:
        return any(fnmatchcase(target, pattern) for pattern in patterns)
    if not baseline.options.get("target"):
        return True
    return target in {one.target for one in run.targets}


def _verdict(case: _Case, p_adjusted: float, rows: int) -> Verdict:
    change, metric = case.change, case.row.metric
    sign = 1 if metric.direction is Direction.DOWN else -1
    bound = math.log1p(metric.tolerance)
    worse, reach = sign * change.estimate, change.reach()
    if worse > bound and p_adjusted < ALPHA:
        judgement = Judgement.REGRESSION
    elif -worse > bound and p_adjusted < ALPHA:
        judgement = Judgement.IMPROVEMENT
    elif worse + reach < bound:
        judgement = Judgement.PASS
    else:
        judgement = Judgement.INCONCLUSIVE
    # What is one and the same number in every launch was disturbed by nothing.
    if case.disturbed and change.error > 0:
        judgement = Judgement.INCONCLUSIVE
    low, high = change.estimate - reach, change.estimate + reach
    open_still = judgement is Judgement.INCONCLUSIVE
    ahead = (
        Outlook(case.disturbed, by_launches=False) if case.disturbed else outlook(change, worse, bound, ALPHA / rows)
    )
    return Verdict(
        case.row.key,
        judgement,
        f"{_text(case)} {ahead.text}" if open_still else _text(case),
        math.expm1(change.estimate),
        math.expm1(low),
        math.expm1(high) if high < 700 else math.inf,
        decidable=open_still and ahead.by_launches,
    )


def _text(case: _Case) -> str:
    change, row = case.change, case.row
    then = row.metric.from_logarithm(fmean(math.log(value) for value in case.then.values()))
    low, high = change.estimate - change.reach(), change.estimate + change.reach()
    many = len(change.adjusted_by)
    by = f", adjusted by {many} {'anchor' if many == 1 else 'anchors'} that moved {format_change(change.shift)}"
    return (
        f"{row.metric.name} at {row.key.scale} of {row.key.target}: "
        f"{format_quantity(then, row.metric.unit)} in the baseline ({len(case.then)} launches), "
        f"{format_quantity(row.centre, row.metric.unit)} now ({len(row.values)}); "
        f"change {format_change(change.estimate)}, 95 % interval {format_change(low)} to {format_change(high)}"
        f"{by if change.adjusted_by else ''}. {row.metric.direction} is better. By the screen.{case.note}"
    )
