"""What an evaluation says, in Markdown: gates side by side, goals, controls. For docs/gate.md and terminals.

Reads `analysis.evaluation.study`; pictures are `analysis.evaluation.plots`'.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.evaluation.harvest import HOGGED, QUIET, SAME, Harvest
from analysis.evaluation.study import CENTRAL, DUET, TAILS, Evaluation, Gate
from analysis.evaluation.tally import Share, called, runs_called, undecided

__all__ = ["markdown"]

_GOALS = ((0.10, 0.95), (0.075, 0.80))


def markdown(harvest: Harvest, found: Evaluation, renamed: Mapping[str, str]) -> str:
    """The whole page's part. `renamed`: what each gate made of a benchmark that was renamed and became slower."""
    quiet, hogged = harvest.under(QUIET), harvest.under(HOGGED)
    loads = [one.load for one in quiet]
    head = (
        f"{len(quiet)} launches on {harvest.host.cores} cores ({harvest.host.cpu_model}), {harvest.started[:10]}, "
        f"commit {harvest.suite_commit[:7]}, scale {harvest.dataset.scale}; {len(hogged)} more with a CPU hog. Load "
        f"average {statistics.median(loads):.1f} in the middle, {min(loads):.1f} to {max(loads):.1f}. Every launch has "
        f"{len(harvest.arms)} arms side by side: {', '.join(_arm_told(harvest))}."
    )
    return "\n\n".join(
        [
            head,
            "**What the copies cost**\n\n" + _costs(harvest),
            "**Averages, medians, rates and memory**\n\n" + _gates(found.gates, CENTRAL, harvest.shares),
            "**Tails (p95, p99)**\n\n" + _gates(found.gates, TAILS, harvest.shares),
            "**Goals**\n\n" + "\n\n".join(_goals(harvest, found)),
            "**Nothing changed, so nothing may be called**\n\n" + _controls(found),
            "**A benchmark renamed, and twice as slow**\n\n"
            + _table(["gate", "says"], [[name, said] for name, said in renamed.items()]),
            "**Launches against slices, p50**\n\n" + _mixes(found, harvest.shares),
        ]
    )


def _arm_told(harvest: Harvest) -> Iterator[str]:
    for arm in harvest.arms:
        if arm.anchor:
            yield f"{arm.target} (anchor)"
        elif arm.share:
            yield f"{_percent(arm.share)} more work"
        else:
            yield f"{arm.target} ({arm.name})"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _told(share: Share) -> str:
    return f"{_percent_of(share.share)} of {share.of:,}"


def _bounded(drawn: Share, real: Share) -> str:
    """Draws of the same launches are not independent: what the disjoint duets say is beside it."""
    apart = f"; {_percent_of(real.share)} of {real.of} (≤ {_percent_of(real.upper)}) in duets that share no launch"
    return f"{_told(drawn)} drawn (≤ {_percent_of(drawn.upper)}, were they independent){apart}"


def _percent_of(share: float) -> str:
    return f"{100 * share:.2f} %" if share < 0.01 else f"{100 * share:.1f} %"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join([_line(head), _line(["---"] * len(head)), *map(_line, lines)])


def _gates(gates: Sequence[Gate], rows: Sequence[str], shares: Sequence[float]) -> str:
    head = ["gate", "launches", "campaigns", "false regression a row", "a run", "open, same code"]
    head += [f"found, {_percent(share)} more work" for share in shares]
    lines = []
    for gate in gates:
        line = [gate.name, gate.way, str(len(gate.same))]
        line += [_told(called(gate.same, rows)), _told(runs_called(gate.same, rows))]
        line.append(_percent_of(undecided(gate.same, rows).share))
        line += [_percent_of(called(gate.heavier[share], rows).share) for share in shares]
        lines.append(line)
    return _table(head, lines)


@dataclass(frozen=True, slots=True)
class _Goal:
    """One line of the table, and whether it is reached."""

    name: str
    bound: str
    reached: str
    met: bool


def _goals(harvest: Harvest, found: Evaluation) -> Iterator[str]:
    """The table; and where a goal is not reached, which one and what there was to reach it with."""
    goals = list(_each_goal(harvest, found))
    lines = [[one.name, one.bound, one.reached] for one in goals]
    yield _table(["over averages, medians, rates and memory", "goal", "reached"], lines)
    missed = [one.name for one in goals if not one.met]
    if missed:
        yield f"Not reached: {'; '.join(missed)}. {_conditions(harvest)}"


def _conditions(harvest: Harvest) -> str:
    """What the launches were like: how many, how far apart, and how much of the machine others had."""
    quiet = harvest.under(QUIET)
    ratios = [one.worse[SAME]["p50_latency_ms"] for one in quiet if "p50_latency_ms" in one.worse[SAME]]
    apart = f"{statistics.stdev(ratios):.3f}" if len(ratios) > 1 else "-"
    told = f"p50 of the same code was apart by {apart} from launch to launch (sd of the log ratio of {len(ratios)})"
    shares = [one.stolen for one in quiet if one.stolen is not None]
    if not shares:
        return f"{told}."
    return f"{told}, and the host took {statistics.fmean(shares):.0%} of the processors' time for others."


def _each_goal(harvest: Harvest, found: Evaluation) -> Iterator[_Goal]:
    duet = next(gate for gate in found.gates if gate.name == DUET)
    every = list(harvest.metrics())
    rows, runs = called(duet.same, every), runs_called(duet.same, every)
    told = _bounded(rows, called(found.real, every))
    yield _Goal("false regression a row, same code", "≤ 0.06 %", told, rows.share <= 0.0006)
    told = _bounded(runs, runs_called(found.real, every))
    yield _Goal("false regression a run", "≤ 1 %", told, runs.share <= 0.01)
    for share, goal in _GOALS:
        found_at = {name: _found_at(harvest, duet, name, share) for name in CENTRAL}
        worst = min(found_at, key=lambda name: found_at[name])
        mean = statistics.fmean(found_at.values())
        told = f"{_percent_of(mean)}; least: {worst} {_percent_of(found_at[worst])}"
        yield _Goal(f"found at +{_percent(share)}, measured", f"≥ {_percent(goal)}", told, mean >= goal)
    still = undecided(duet.same, CENTRAL).share
    yield _Goal("inconclusive, same code", "≤ 5 %", _percent_of(still), still <= 0.05)
    spreads = {name: statistics.stdev(map(math.exp, found.estimates[name])) for name in CENTRAL}
    widest = max(spreads, key=lambda name: spreads[name])
    middle = statistics.median(spreads.values())
    told = f"{_percent_of(middle)} in the middle; most: {widest} {_percent_of(spreads[widest])}"
    yield _Goal("same-code estimate, coefficient of variation", "≤ 2 %", told, middle <= 0.02)
    if harvest.duet_s:
        told = ", ".join(
            f"{seconds:.0f} s ({launches} launches)"
            for seconds, launches in zip(harvest.duet_s, harvest.duet_launches, strict=True)
        )
        quick = max(harvest.duet_s) <= 300
        yield _Goal("p50 and throughput of a changed store decided", "≤ 300 s", told, quick)


def _cost(harvest: Harvest, share: float, name: str) -> float:
    """How much worse the copy with that share of extra work really was: the mean log ratio of its quiet launches."""
    (arm,) = harvest.arms_of(share)
    seen = [one.worse[arm.name][name] for one in harvest.under(QUIET) if name in one.worse[arm.name]]
    return statistics.fmean(seen) if seen else math.nan


def _costs(harvest: Harvest) -> str:
    lines = [
        [name, *(f"{100 * math.expm1(_cost(harvest, share, name)):+.1f} %" for share in (0.0, *harvest.shares))]
        for name in harvest.metrics()
    ]
    return _table(["worse by", "same code", *(f"{_percent(share)} more work" for share in harvest.shares)], lines)


def _found_at(harvest: Harvest, gate: Gate, name: str, change: float) -> float:
    """How often a row is found at this change: between the copies, by what each really cost, straight lines."""
    points = [(0.0, called(gate.same, [name]).share)]
    points += [(_cost(harvest, share, name), called(gate.heavier[share], [name]).share) for share in harvest.shares]
    costs, found = zip(*sorted(points), strict=True)
    return float(np.interp(math.log1p(change), costs, found))


def _controls(found: Evaluation) -> str:
    lines = []
    for control in found.controls:
        every = {name for campaign in control.campaigns for name in campaign}
        share = called(control.campaigns, every)
        lines.append([control.name, control.told, str(len(control.campaigns)), _told(share)])
    every = {name for campaign in found.real for name in campaign}
    if found.real:
        told = "launches in the order in which they were measured, none used twice"
        lines.append(["real duets", told, str(len(found.real)), _told(called(found.real, every))])
    return _table(["control", "what", "campaigns", "false regression a row"], lines)


def _mixes(found: Evaluation, shares: Sequence[float]) -> str:
    head = ["slices a launch", "launches", "sd of a launch"]
    head += [f"found, {_percent(share)} more work" for share in shares]
    lines = [
        [
            str(mix.slices),
            str(mix.launches),
            f"{mix.spread:.3f}",
            *(_percent_of(mix.found[share]) for share in shares),
            f"{mix.seconds:.0f} s",
        ]
        for mix in found.mixes
    ]
    return "\n\n".join([_table([*head, "takes"], lines), _cheapest(found)])


def _cheapest(found: Evaluation) -> str:
    goals = [(share, goal) for share, goal in _GOALS if all(share in one.found for one in found.mixes)]
    if not goals:
        return "Its shares of extra work are none of the goals'."
    wanted = " and ".join(f"{_percent(share)} more work in {_percent(goal)}" for share, goal in goals)
    enough = [one for one in found.mixes if all(one.found[share] >= goal for share, goal in goals)]
    if not enough:
        return f"None of them finds {wanted}."
    best = min(enough, key=lambda one: one.seconds)
    return f"The cheapest that finds {wanted}: {best.slices} slices, {best.launches} launches, {best.seconds:.0f} s."
