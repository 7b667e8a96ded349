"""This suite's two stages on drawn launches: the screen through `analysis.gate.judge`, the duet through its decisions.

Nothing is reckoned anew here: numbers of the harvest are handed to the code that judges a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analysis.baselinefile import document
from analysis.baselines import Baseline, BaselineFile
from analysis.evaluation.draws import Drawn
from analysis.evaluation.harvest import REFERENCE, Arm, Harvest, Launch
from analysis.gate import judge
from analysis.metrics import metric_named
from analysis.observations import TargetStarted
from analysis.records import SCHEMA, Record, Resolution, Run, RunStatus
from analysis.rows import Outcome, Row, RowKey
from analysis.sequential import Decision, Measured, decide, hopeless, looks_up_to
from analysis.verdicts import Judgement

__all__ = ["Duelled", "duelled", "renamed_row", "screened"]


@dataclass(frozen=True, slots=True)
class Duelled:
    """What a duet says of each row, after how many launches it was over, and its estimates as log ratios."""

    judgements: Mapping[str, Judgement]
    launches: int
    estimates: Mapping[str, float]


def duelled(
    harvest: Harvest,
    launches: Sequence[Launch],
    arm: Arm,
    drawn: Drawn,
    *,
    swapped: bool = False,
    rows: Sequence[str] = (),
    most: int = 0,
) -> Duelled:
    """The duet of an arm with the reference over these launches, looked at as it goes. `swapped`: the other way round.

    All rows, if none are named; it may have `most` launches, and has all that were drawn where that is not said.
    """
    sign = -1 if swapped else 1
    measured = {
        name: Measured(
            {
                place: sign * launches[one].worse[arm.name][name]
                for place, one in enumerate(drawn.now)
                if name in launches[one].worse[arm.name]
            },
            math.log1p(metric_named(name).tolerance),
        )
        for name in rows or harvest.metrics()
    }
    looks = looks_up_to(most or len(drawn.now))
    decisions: Mapping[str, Decision] = {}
    done = 0
    for done in looks:
        if done > len(drawn.now):
            break
        decisions = decide(measured, looks, done, len(measured))
        settled = all(one.judgement is not Judgement.INCONCLUSIVE for one in decisions.values())
        if settled or hopeless(decisions, max(looks)):
            break
    return Duelled(
        {name: one.judgement for name, one in decisions.items()},
        done,
        {name: one.estimate.mean for name, one in decisions.items()},
    )


def screened(harvest: Harvest, launches: Sequence[Launch], arm: Arm, drawn: Drawn) -> dict[str, Judgement]:
    """The screen of a later run of an arm against an earlier one of the reference, with the anchors of both."""
    reference = next(one for one in harvest.arms if one.name == REFERENCE)
    anchors = [one for one in harvest.arms if one.anchor]
    then = _rows(harvest, launches, drawn.then, [reference, *anchors], reference.target)
    now = _rows(harvest, launches, drawn.now, [arm, *anchors], reference.target)
    targets = [reference, *anchors]
    earlier = _record(harvest, targets, len(drawn.then))
    file = msgspec.convert(msgspec.to_builtins(document(earlier, then, harvest.started)), BaselineFile)
    baseline = Baseline(Path("earlier"), file, harvest.dataset.scale)
    verdicts = judge(_record(harvest, targets, len(drawn.now)), now, [baseline])
    return {one.key.metric: one.judgement for one in verdicts if one.key.target == reference.target}


def _rows(
    harvest: Harvest, launches: Sequence[Launch], places: Sequence[int], arms: Sequence[Arm], as_target: str
) -> list[Row]:
    """Rows of one run. The store's arm stands under the name of the store, as a changed one does in its place."""
    return [row for arm in arms for row in _rows_of(harvest, launches, places, arm, as_target)]


def _rows_of(
    harvest: Harvest, launches: Sequence[Launch], places: Sequence[int], arm: Arm, as_target: str
) -> Iterator[Row]:
    target = arm.target if arm.anchor else as_target
    for name in harvest.metrics():
        numbers = {
            place: launches[one].values[arm.name][name]
            for place, one in enumerate(places)
            if name in launches[one].values[arm.name]
        }
        if numbers:
            key = RowKey(name, harvest.dataset.scale, target)
            yield Row(key, Outcome.MEASURED, tuple(numbers), tuple(numbers.values()))


def _record(harvest: Harvest, arms: Sequence[Arm], launches: int) -> Record:
    run = Run(
        schema=SCHEMA,
        id="evaluation",
        suite_version="",
        suite_commit=harvest.suite_commit,
        suite_dirty=harvest.suite_dirty,
        command=harvest.command,
        options={},
        started=harvest.started,
        ended=harvest.ended,
        status=RunStatus.COMPLETE,
        launches=launches,
        host=harvest.host,
        datasets=[harvest.dataset],
        targets=[Resolution(arm.target, runnable=True) for arm in arms],
        versions=harvest.versions,
        partial=True,
    )
    started = tuple(
        TargetStarted(
            scale=harvest.dataset.scale,
            launch=0,
            target=arm.target,
            position=0,
            server_version=harvest.reported[arm.target].server_version,
            client_version=harvest.reported[arm.target].client_version,
            settings=harvest.reported[arm.target].settings,
            startup_ns=0,
        )
        for arm in arms
    )
    return Record(Path("evaluation"), run, started, truncated=False)


def renamed_row(harvest: Harvest) -> dict[str, Judgement]:
    """What the gate says of the reference's rows where a later run has none of them: renamed, they are not there."""
    launches = harvest.launches[:2]
    reference = next(one for one in harvest.arms if one.name == REFERENCE)
    anchors = [one for one in harvest.arms if one.anchor]
    drawn = tuple(range(len(launches)))
    then = _rows(harvest, launches, drawn, [reference, *anchors], reference.target)
    record = _record(harvest, [reference, *anchors], len(drawn))
    whole = Record(
        record.folder, msgspec.structs.replace(record.run, partial=False), record.observations, truncated=False
    )
    file = msgspec.convert(msgspec.to_builtins(document(whole, then, harvest.started)), BaselineFile)
    now = [row for row in then if row.key.target != reference.target]
    verdicts = judge(whole, now, [Baseline(Path("earlier"), file, harvest.dataset.scale)])
    return {one.key.metric: one.judgement for one in verdicts if one.key.target == reference.target}
