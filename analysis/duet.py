"""What a run's duets say: two versions side by side in the same launches, one verdict a row.

Takes a duet's launches by `analysis.sides`, log ratios from `analysis.pairing`, decisions from `analysis.sequential`.
`analysis.settled` lets the verdicts stand in the screen's place, and `fixtures.sidebyside` asks whether to go on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.findings import Severity, of_the_machine
from analysis.launch import LaunchObservations
from analysis.metrics import Direction, Metric, NotApplicable
from analysis.observations import LaunchEnded, TargetFailed
from analysis.pairing import log_ratio
from analysis.quantities import format_change, format_quantity
from analysis.records import Duet, Record
from analysis.rows import Outcome, Row, RowKey, rows_of
from analysis.scenes import scenes_of
from analysis.sequential import Decision, Measured, decide, hopeless
from analysis.sides import alone
from analysis.tradeoff import faster_but_wrong
from analysis.verdicts import Judgement, Verdict

__all__ = ["Standing", "duet_verdicts", "standing_of"]

_LEAST_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """A row with both sides' launch numbers, and what they say together. `wrong` is what the candidate did wrong."""

    key: RowKey
    metric: Metric
    candidate: float
    reference: float
    decision: Decision
    wrong: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a duet stands: launches done, what is compared, and the rows that cannot be, with their verdicts.

    `stop` says why it is over, and is empty where another look can still decide something.
    """

    duet: Duet
    done: int
    compared: tuple[Compared, ...]
    others: tuple[Verdict, ...]
    stop: str

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for every row."""
        judged = faster_but_wrong([_verdict(one, self.duet) for one in self.compared])
        sound = (_unless_wrong(verdict, one.wrong) for verdict, one in zip(judged, self.compared, strict=True))
        return (*self.others, *sound)


def duet_verdicts(record: Record) -> tuple[Standing, ...]:
    """How every duet of the run stands, in their order; those that could not start stand nowhere."""
    return tuple(standing_of(record, duet) for duet in record.run.duets if not duet.reason)


def standing_of(record: Record, duet: Duet) -> Standing:
    """How one duet stands, by what is in the record so far."""
    family = sum(len(one.metrics) for one in record.run.duets if not one.reason)
    mine = alone(record, duet)
    done = sum(isinstance(seen, LaunchEnded) for seen in mine.observations)
    rows = {row.key: row for row in rows_of(mine)}
    launches = scenes_of(mine)[duet.scale].launches
    measured: dict[RowKey, tuple[Row, Row, Measured]] = {}
    others: list[Verdict] = []
    for metric in duet.metrics:
        key = RowKey(metric, duet.scale, duet.target)
        candidate, reference = rows[key], rows[replace(key, target=duet.reference)]
        found = _measured(candidate, reference, launches, duet)
        if isinstance(found, Verdict):
            failed_or_looked = found.judgement is Judgement.NOT_RUN or done >= min(duet.looks)
            others.append(found if failed_or_looked else _cut_short(key, done, duet))
        elif found is not None:
            measured[key] = candidate, reference, found
    decisions = decide({key: one[2] for key, one in measured.items()}, duet.looks, done, family)
    others += (_cut_short(key, done, duet) for key in measured if key not in decisions)
    compared = tuple(_compared(*measured[key][:2], decision) for key, decision in decisions.items())
    failed = any(isinstance(seen, TargetFailed) for seen in mine.observations)
    stop = "a side failed" if failed else _stop(duet, done, decisions, others)
    return Standing(duet, done, compared, tuple(others), stop)


def _cut_short(key: RowKey, done: int, duet: Duet) -> Verdict:
    text = f"The duet ended after {done} of the {min(duet.looks)} launches of its first look. Measure again."
    return Verdict(key, Judgement.NOT_RUN, text, by_duet=True)


def _stop(duet: Duet, done: int, decisions: Mapping[RowKey, Decision], others: Sequence[Verdict]) -> str:
    if done >= max(duet.looks):
        return "the last look"
    if done not in duet.looks:
        return ""
    if not decisions:
        # It may have been the machine: one more look.
        blameless = any(one.judgement is Judgement.INVALID and not one.of_the_store for one in others)
        return "" if blameless and done == min(duet.looks) else "nothing could be compared"
    if all(one.judgement is not Judgement.INCONCLUSIVE for one in decisions.values()):
        return "every row is decided"
    return "no further look can be expected to decide a row" if hopeless(decisions, max(duet.looks)) else ""


def _measured(
    candidate: Row, reference: Row, launches: Mapping[str, Sequence[LaunchObservations]], duet: Duet
) -> Measured | Verdict | None:
    """The row's log ratios, turned so that above zero is worse; the verdict of one that has none; None for n/a."""
    for row, side in ((candidate, "the candidate"), (reference, f"the other side, {duet.reference},")):
        told = f"{row.reason} {row.remedy}".strip()
        match row.outcome:
            case Outcome.FAILED | Outcome.NOT_RUN:
                text = f"In the duet {side} is {row.outcome}: {told}"
                return Verdict(candidate.key, Judgement.NOT_RUN, text, by_duet=True)
            case Outcome.INVALID:
                text = f"In the duet {side} has no valid launch: {told}"
                return _invalid(candidate, text)
            case Outcome.NOT_APPLICABLE | Outcome.SKIPPED:
                return None
            case Outcome.MEASURED:
                pass
    metric = candidate.metric
    sign = 1 if metric.direction is Direction.DOWN else -1
    mine = {one.launch: one for one in launches[duet.target]}
    theirs = {one.launch: one for one in launches[duet.reference]}
    worse: dict[int, float] = {}
    for launch in sorted(set(candidate.launches) & set(reference.launches)):
        ratio = log_ratio(metric, mine[launch], theirs[launch])
        if not isinstance(ratio, NotApplicable):
            worse[launch - duet.first_launch] = sign * ratio
    if len(worse) < _LEAST_PAIRS:
        against = [one for one in (*candidate.findings, *reference.findings) if one.severity is Severity.INVALID]
        found = "; ".join(dict.fromkeys(one.text for one in against)) or "the others have no ratio"
        return _invalid(candidate, f"Valid on both sides: {len(worse)} launches of the duet ({found}). Measure again.")
    return Measured(worse, math.log1p(metric.tolerance))


def _invalid(candidate: Row, text: str) -> Verdict:
    return _unless_wrong(Verdict(candidate.key, Judgement.INVALID, text, by_duet=True), _wrong(candidate))


def _wrong(candidate: Row) -> str:
    """What the candidate itself did wrong in a launch, as to lose vectors; empty where it did not."""
    found = [one for one in candidate.findings if one.severity is Severity.INVALID and not of_the_machine(one)]
    return "; ".join(dict.fromkeys(one.text for one in found))


def _compared(candidate: Row, reference: Row, decision: Decision) -> Compared:
    return Compared(candidate.key, candidate.metric, candidate.centre, reference.centre, decision, _wrong(candidate))


def _unless_wrong(verdict: Verdict, wrong: str) -> Verdict:
    """One launch in which it was wrong tells of the store, however good the others look; a regression it stays."""
    if not wrong:
        return verdict
    text = f"{verdict.text} In a launch of the duet the candidate was wrong: {wrong}."
    if verdict.judgement is Judgement.REGRESSION:
        return replace(verdict, text=text)
    return replace(verdict, judgement=Judgement.INVALID, text=text, of_the_store=True)


def _verdict(one: Compared, duet: Duet) -> Verdict:
    decision, unit = one.decision, one.metric.unit
    sign = 1 if one.metric.direction is Direction.DOWN else -1
    # Adding zero turns -0.0 into 0.0.
    change = sign * decision.estimate.mean + 0.0
    reach = decision.estimate.reach(decision.confidence)
    low, high = change - reach + 0.0, change + reach
    interval = f"{100 * decision.confidence:.4g} % interval {format_change(low)} to {format_change(high)}"
    text = (
        f"{one.metric.name} at {one.key.scale} of {one.key.target}: {format_quantity(one.candidate, unit)} against "
        f"{format_quantity(one.reference, unit)} of {duet.reference} ({duet.made}), side by side in "
        f"{decision.estimate.launches} launches; change {format_change(change)}, {interval} at look {decision.look} of "
        f"{len(duet.looks)}. {one.metric.direction} is better. By the duet."
    )
    return Verdict(
        one.key,
        decision.judgement,
        text + _wanted(decision),
        math.expm1(change),
        math.expm1(low),
        math.expm1(high) if high < 700 else math.inf,
        by_duet=True,
        p=decision.p,
        launches=decision.estimate.launches,
    )


def _wanted(decision: Decision) -> str:
    if decision.judgement is not Judgement.INCONCLUSIVE:
        return ""
    if decision.wanted == 0:
        return " No number of launches decides it while it stays so close to the tolerance."
    return f" About {max(decision.wanted, decision.estimate.launches + 1)} launches would decide it (--duet-launches)."
