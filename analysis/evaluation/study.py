"""The evaluation itself: every gate on the same campaigns, with and without extra work, and the negative controls.

`fixtures.experiments.gate` hands in the harvest and the rivals; `analysis.evaluation.report` tells what came out.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.evaluation.draws import RUN, SIDE_BY_SIDE, Drawn, real_side_by_side, side_by_side, two_runs
from analysis.evaluation.harvest import HOGGED, MEMORY, QUIET, SAME, TIMES, Arm, Harvest, Launch
from analysis.evaluation.ours import duelled, screened
from analysis.evaluation.tally import Judged
from analysis.metrics import metric_named
from analysis.sequential import Measured, decide, looks_up_to
from analysis.verdicts import Judgement

__all__ = ["CENTRAL", "TAILS", "Control", "Evaluation", "Gate", "Mix", "Rival", "evaluate"]

CENTRAL = (*(name for name in TIMES if name not in ("p95_latency_ms", "p99_latency_ms")), *MEMORY)
"""Averages, medians, rates and memory: the rows that extra work changes by its share, tails aside."""
TAILS = ("p95_latency_ms", "p99_latency_ms")
SCREEN, DUET = "this gate: screen", "this gate: duet"
_TWO_RUNS = f"two runs of {RUN}"
_SEED = 20_261_125

Rival = Callable[[Sequence[Launch], Arm, Drawn, Sequence[str]], Judged]
"""A gate of others: what it says of an arm's rows on drawn launches."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate said of the same code, and of each share of extra work. `way`: how launches were drawn."""

    name: str
    way: str
    same: Sequence[Judged]
    heavier: Mapping[float, Sequence[Judged]]


@dataclass(frozen=True, slots=True)
class Control:
    """A negative control: nothing changed, so nothing may be called."""

    name: str
    campaigns: Sequence[Judged]
    told: str


@dataclass(frozen=True, slots=True)
class Mix:
    """So many slices a launch, and launches: how often p50 is found by share of extra work, and the time, in s."""

    slices: int
    launches: int
    spread: float
    found: Mapping[float, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that came out. `estimates` are the log ratios that duets of the same code gave, by row."""

    gates: Sequence[Gate]
    controls: Sequence[Control]
    mixes: Sequence[Mix]
    estimates: Mapping[str, Sequence[float]]
    duet_launches: float
    real: Sequence[Judged]


def evaluate(harvest: Harvest, rivals: Mapping[str, tuple[Rival, int]], campaigns: int, say: Say) -> Evaluation:
    """All gates on all campaigns. `rivals` come with how many campaigns of a kind each judges at most."""
    quiet = harvest.under(QUIET)
    (same,) = [arm for arm in harvest.arms if arm.name == SAME]
    rows = list(harvest.metrics())
    apart = two_runs(len(quiet), campaigns, _SEED)
    # Two thirds of them at most: a campaign of all launches would be the same one again and again.
    of = min(SIDE_BY_SIDE, 2 * len(quiet) // 3)
    together = list(side_by_side(len(quiet), campaigns, _SEED + 1, of))
    say(f"{len(quiet)} quiet launches: {len(apart)} pairs of runs, {len(together)} duets of each arm")

    beside = f"{of} side by side"
    duets = [duelled(harvest, quiet, same, drawn) for drawn in together]
    estimates = {name: [one.estimates[name] for one in duets] for name in rows}
    gates = [
        Gate(
            DUET,
            beside,
            [one.judgements for one in duets],
            _heavier(harvest, lambda arm, drawn: duelled(harvest, quiet, arm, drawn).judgements, together),
        )
    ]
    say("the screen")
    gates.append(
        Gate(
            SCREEN,
            _TWO_RUNS,
            [screened(harvest, quiet, same, drawn) for drawn in apart],
            _heavier(harvest, lambda arm, drawn: screened(harvest, quiet, arm, drawn), apart),
        )
    )
    for name, (rival, most) in rivals.items():
        for way, drawn in ((_TWO_RUNS, apart), (beside, together)):
            say(f"{name}, {way}")
            chosen = drawn[:most]
            said = [rival(quiet, same, one, rows) for one in chosen]
            heavier = _heavier(harvest, lambda arm, one, by=rival: by(quiet, arm, one, rows), chosen)  # type: ignore[misc]
            gates.append(Gate(name, way, said, heavier))
    return Evaluation(
        gates,
        _controls(harvest, same, together),
        _mixes(harvest, same, together),
        estimates,
        statistics.fmean(one.launches for one in duets),
        [duelled(harvest, quiet, same, drawn).judgements for drawn in real_side_by_side(len(quiet), of)],
    )


def _heavier(
    harvest: Harvest, judge: Callable[[Arm, Drawn], Judged], drawn: Sequence[Drawn]
) -> dict[float, Sequence[Judged]]:
    return {share: [judge(arm, one) for arm in harvest.arms_of(share) for one in drawn] for share in harvest.shares}


def _controls(harvest: Harvest, same: Arm, together: Sequence[Drawn]) -> list[Control]:
    quiet, hogged = harvest.under(QUIET), harvest.under(HOGGED)
    swapped = [duelled(harvest, quiet, same, drawn, swapped=True).judgements for drawn in together]
    found = [
        Control("sides exchanged", swapped, "the same code, with candidate and reference changing places"),
    ]
    if hogged:
        drawn = list(real_side_by_side(len(hogged), len(hogged)))
        judged = [duelled(harvest, hogged, same, one).judgements for one in drawn]
        found.append(Control("CPU hog", judged, f"{len(hogged)} launches with one endless computation a core"))
    return found


def _mixes(harvest: Harvest, same: Arm, together: Sequence[Drawn]) -> list[Mix]:
    """How p50's power and cost go with launches and slices; a launch of fewer slices is the first of it."""
    quiet = harvest.under(QUIET)
    name, family = "p50_latency_ms", len(harvest.metrics())
    whole = min(len(one.slices[same.name][name]) for one in quiet)
    beyond_s = _beyond_s(harvest, whole)
    found = []
    for slices in sorted({max(2, whole // 4), whole // 2, whole}):
        ratios = [statistics.fmean(one.slices[same.name][name][:slices]) for one in quiet]
        launch_s = _launch_s(quiet, slices) + beyond_s
        for launches in range(5, SIDE_BY_SIDE + 1, 5):
            if launches > len(quiet):
                continue
            powers = {}
            for share in harvest.shares:
                judged = [
                    _by_slices(quiet, arm, one.now[:launches], name, slices, family)
                    for arm in harvest.arms_of(share)
                    for one in together[:200]
                ]
                powers[share] = statistics.fmean(one is Judgement.REGRESSION for one in judged)
            found.append(Mix(slices, launches, statistics.stdev(ratios), powers, launches * launch_s))
    return found


def _launch_s(launches: Sequence[Launch], slices: int) -> float:
    return statistics.median(one.up_s + one.insert_s + slices * one.slice_s for one in launches)


def _beyond_s(harvest: Harvest, slices: int) -> float:
    """What a launch of a real duet took beyond its parts in those of many arms: stopping, warming up. 0 if none was."""
    timed = [seconds / launches for seconds, launches in zip(harvest.duet_s, harvest.duet_launches, strict=True)]
    return max(0.0, statistics.median(timed) - _launch_s(harvest.under(QUIET), slices)) if timed else 0.0


def _by_slices(
    launches: Sequence[Launch], arm: Arm, chosen: Sequence[int], name: str, slices: int, family: int
) -> Judgement:
    worse = {place: statistics.fmean(launches[one].slices[arm.name][name][:slices]) for place, one in enumerate(chosen)}
    rows = {name: Measured(worse, math.log1p(metric_named(name).tolerance))}
    return decide(rows, looks_up_to(len(chosen)), len(chosen), family)[name].judgement
