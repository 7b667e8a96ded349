"""What a stored experiment says: do isolated figures agree with interleaved ones, and what does placement do?

Pure: reads what `fixtures.experiments.isolation` stored, and gives the table of docs/isolation.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean, median

import msgspec

from analysis.metrics import metric_named
from analysis.quantities import format_quantity
from analysis.records import Dataset, Host, Reported
from analysis.statistics import Interval, holm, mean_interval
from analysis.stored import read_stored
from analysis.student import t_two_sided

__all__ = [
    "CONDITIONS",
    "METRIC_NAMES",
    "REFERENCE",
    "Condition",
    "Effect",
    "Experiment",
    "Placed",
    "effects",
    "markdown",
    "read_experiment",
]

ALPHA = 0.05
_WIDE = math.log(2)
METRIC_NAMES = (
    "p50_latency_ms",
    "queries_per_second",
    "throughput_vectors_per_second",
    "memory_efficiency_ratio",
)
REFERENCE = "interleaved"
"""The condition that the others are held against: all targets up, wherever the kernel puts them."""
CONDITIONS = (REFERENCE, "isolated", "shared", "split")


class Placed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The processors that a target's client and server had, read back."""

    client: list[int]
    server: list[int]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One launch of every target under one condition.

    `values` are by target and metric; what a finding makes invalid is left out and told in `left_out`. `runnable` are
    the lengths of the run queue whenever the machine was read, `load` the mean of the last minute at the end.
    """

    round: int
    name: str
    began: str
    runnable: list[int]
    load: float
    placed: dict[str, Placed]
    values: dict[str, dict[str, float]]
    left_out: list[str]


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole experiment and where it comes from."""

    schema: int
    command: list[str]
    started: str
    ended: str
    suite_commit: str
    suite_dirty: bool
    host: Host
    dataset: Dataset
    reported: dict[str, Reported]
    versions: dict[str, str]
    measured: list[Condition]


@dataclass(frozen=True, slots=True)
class Effect:
    """How a condition moved a figure against the reference of the same round: log ratios, one a round.

    `told_apart` is after Holm over all figures of the condition.
    """

    condition: str
    target: str
    metric: str
    change: Interval
    rounds: int
    told_apart: bool


def read_experiment(path: Path) -> Experiment:
    """Read it. MissingRecord or DamagedRecord, with the path, where that cannot be."""
    return read_stored(path, Experiment, "isolation")


def effects(experiment: Experiment) -> list[Effect]:
    """Every figure of every condition but the reference, where two rounds at least have both."""
    found: list[Effect] = []
    for condition in CONDITIONS[1:]:
        told = {
            (metric, target): ratios
            for metric in METRIC_NAMES
            for target in _targets(experiment)
            if len(ratios := _ratios(experiment, condition, target, metric)) > 1
        }
        adjusted = holm([_p_value(ratios) for ratios in told.values()])
        found += [
            Effect(condition, target, metric, mean_interval(ratios), len(ratios), p < ALPHA)
            for ((metric, target), ratios), p in zip(told.items(), adjusted, strict=True)
        ]
    return found


def _targets(experiment: Experiment) -> list[str]:
    return sorted({target for one in experiment.measured for target in one.values})


def _ratios(experiment: Experiment, condition: str, target: str, metric: str) -> list[float]:
    """The logs of the condition's figure over the reference's, round by round."""
    now, then = (
        {
            one.round: one.values[target][metric]
            for one in experiment.measured
            if one.name == name and metric in one.values.get(target, {})
        }
        for name in (condition, REFERENCE)
    )
    return [math.log(now[number] / then[number]) for number in sorted(now.keys() & then.keys())]


def _p_value(ratios: Sequence[float]) -> float:
    """Two-sided, of no change, by Student's t."""
    deviation = math.sqrt(math.fsum((one - fmean(ratios)) ** 2 for one in ratios) / (len(ratios) - 1))
    if deviation == 0:
        return 1.0 if fmean(ratios) == 0 else 0.0
    return t_two_sided(fmean(ratios) * math.sqrt(len(ratios)) / deviation, len(ratios) - 1)


def markdown(experiment: Experiment) -> str:
    """The part of the page that is made of the result: what was run, how busy the machine was, and the table."""
    found = effects(experiment)
    return "\n\n".join([_provenance(experiment), "\n".join(_table(experiment, found)), *_sentences(found)])


def _provenance(experiment: Experiment) -> str:
    queue = [length for one in experiment.measured for length in one.runnable]
    loads = [one.load for one in experiment.measured]
    rounds = len({one.round for one in experiment.measured})
    host, dataset = experiment.host, experiment.dataset
    left_out = sum(len(one.left_out) for one in experiment.measured)
    busy = median(queue) >= host.cores
    return (
        f"{rounds} rounds at {dataset.scale} ({dataset.vectors:,} vectors of {dataset.dimensions} dimensions) on "
        f"{host.cpu_model}, {host.cores} cores, {experiment.started} to {experiment.ended}, commit "
        f"{experiment.suite_commit[:12]}{' with changes' if experiment.suite_dirty else ''}. Others that wanted a "
        f"processor when the machine was read: median {median(queue):g}, at most {max(queue)}; load average "
        f"{min(loads):.1f} to {max(loads):.1f}. "
        + ("**The machine was busy: the intervals are wide, and this is to be measured again.** " if busy else "")
        + f"Left out as invalid: {left_out} figures."
    )


def _table(experiment: Experiment, found: Sequence[Effect]) -> Iterator[str]:
    by_key = {(one.metric, one.target, one.condition): one for one in found}
    yield f"| figure | target | {REFERENCE} | {' | '.join(CONDITIONS[1:])} |"
    yield f"|---|---|{'---|' * len(CONDITIONS)}"
    for metric in METRIC_NAMES:
        for target in _targets(experiment):
            cells = [_cell(by_key.get((metric, target, condition))) for condition in CONDITIONS[1:]]
            yield f"| {metric} | {target} | {_reference(experiment, metric, target)} | {' | '.join(cells)} |"


def _reference(experiment: Experiment, metric: str, target: str) -> str:
    values = [
        one.values[target][metric]
        for one in experiment.measured
        if one.name == REFERENCE and metric in one.values.get(target, {})
    ]
    if not values:
        return "-"
    return format_quantity(math.exp(fmean(math.log(value) for value in values)), metric_named(metric).unit)


def _cell(effect: Effect | None) -> str:
    if effect is None:
        return "-"
    change, low, high = map(_change, (effect.change.estimate, effect.change.low, effect.change.high))
    text = f"{change} ({low} to {high})"
    return f"**{text}**" if effect.told_apart else text


def _change(log_ratio: float) -> str:
    return f"{math.expm1(log_ratio):+.1%}" if log_ratio < 2 else f"x{math.exp(log_ratio):.3g}"


def _sentences(found: Sequence[Effect]) -> Iterator[str]:
    for condition, each in groupby(found, key=lambda one: one.condition):
        mine = list(each)
        apart = [f"{one.metric} of {one.target}" for one in mine if one.told_apart]
        told = f"{len(apart)} of {len(mine)} figures are told apart"
        reach = median(max(abs(one.change.low), abs(one.change.high)) for one in mine)
        room = f"{math.expm1(reach):.1%}" if reach < _WIDE else "more than a factor 2, which shows nothing either way"
        yield (
            f"{condition.capitalize()} against {REFERENCE}: {told}{': ' if apart else ''}{', '.join(apart)}. "
            f"The middle one of the intervals leaves room for a change of {room}."
        )
