"""The screen's verdicts and the duets' together: where both speak of a row, the duet's stands.

Called by `analysis.gate` as its last step; the duets' verdicts come from `analysis.duet`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.duet import duet_verdicts
from analysis.records import Duet, Record
from analysis.rows import RowKey
from analysis.verdicts import Judgement, Verdict

__all__ = ["ASKED", "settle"]

ASKED = "asked for"
"""Why a duet ran that was named on the command line; any other reason is the gate's own."""
_WEAKER = "So this is the screen's verdict alone, and weaker."
# From what must be told first to what may be passed over: two duets of one row have one verdict.
_WORST_FIRST = (
    Judgement.REGRESSION,
    Judgement.NOT_RUN,
    Judgement.INVALID,
    Judgement.INCOMPARABLE,
    Judgement.INCONCLUSIVE,
    Judgement.NO_BASELINE,
    Judgement.PASS,
    Judgement.IMPROVEMENT,
)


def settle(record: Record, screened: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """One verdict a row. What did not run, or what the store made invalid, stays so.

    The screen's own says where no duet could stand in for it. What either calls a regression stays one, unless the duet
    has valid pairs that say otherwise.
    """
    paired, silent = _paired(record)
    unpaired = {(duet.target, duet.scale): duet for duet in record.run.duets if duet.reason}
    found: dict[RowKey, Verdict] = {}
    for verdict in screened:
        duet = paired.get(verdict.key)
        if duet is not None and duet.judgement is Judgement.REGRESSION and verdict.of_the_store:
            found[verdict.key] = replace(duet, text=f"{duet.text} {verdict.text}")
        elif duet is None or verdict.judgement is Judgement.NOT_RUN or verdict.of_the_store:
            without = bool(record.run.options.get("no-duet"))
            found[verdict.key] = _marked(verdict, unpaired, silent.get(verdict.key, ""), without=without)
        elif duet.judgement is Judgement.INVALID and verdict.judgement is Judgement.REGRESSION:
            found[verdict.key] = replace(verdict, text=f"{verdict.text} {duet.text} {_WEAKER}")
        else:
            found[verdict.key] = duet
    return (*found.values(), *(verdict for key, verdict in paired.items() if key not in found))


def _paired(record: Record) -> tuple[Mapping[RowKey, Verdict], Mapping[RowKey, str]]:
    """The duets' verdicts by row, the worst of each; and why a duet of the gate's own has none of a row."""
    found: dict[RowKey, list[Verdict]] = defaultdict(list)
    silent: dict[RowKey, str] = {}
    for standing in duet_verdicts(record):
        for verdict in standing.verdicts:
            # Where the other side of a duet of the gate's own did not run, the screen's verdict is what there is.
            if verdict.judgement is not Judgement.NOT_RUN or standing.duet.why == ASKED:
                found[verdict.key].append(verdict)
            else:
                silent[verdict.key] = verdict.text
    return {key: min(each, key=lambda one: _WORST_FIRST.index(one.judgement)) for key, each in found.items()}, silent


def _marked(verdict: Verdict, unpaired: Mapping[tuple[str, str], Duet], silent: str, *, without: bool) -> Verdict:
    if verdict.change is None:
        return verdict
    if silent:
        return replace(verdict, text=f"{verdict.text} {silent} {_WEAKER}")
    duet = unpaired.get((verdict.key.target, verdict.key.scale))
    if duet is not None:
        told = f"No duet: {duet.reason} {duet.remedy}".strip()
        return replace(verdict, text=f"{verdict.text} {told} {_WEAKER}")
    if without:
        text = f"{verdict.text} The duet was left out (--no-duet), so the verdict is weaker."
        return replace(verdict, text=text)
    return verdict
