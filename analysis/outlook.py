"""What would decide a row that is inconclusive: about so many launches, or none. Called by `analysis.gate`.

What no number of launches decides by the screen, a duet does: it pairs the two versions on this machine now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.screen import Change
from analysis.student import t_quantile

__all__ = ["Outlook", "outlook"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to do, in a sentence, and whether more launches do."""

    text: str
    by_launches: bool


def outlook(change: Change, worse: float, bound: float, threshold: float) -> Outlook:
    """`worse` is the estimate towards worse, `bound` the tolerance, both on the log scale.

    `threshold` is the two-sided probability below which a change counts, after the correction for all rows.
    """
    if change.df <= 0:
        return Outlook("One launch tells no spread: measure at least 2 (--launches).", by_launches=True)
    # Either it shall pass, so its interval must end within the tolerance; or it shall be found to be worse than before.
    passes = worse < bound
    room = bound - worse if passes else worse
    reach = -t_quantile(0.025 if passes else threshold / 2, change.df)
    left = room * room - (reach * change.between) ** 2
    if left <= 0:
        return Outlook(
            "No number of launches decides it here: runs of the same code differ by as much. A duet decides it.",
            by_launches=False,
        )
    needed = max(2, math.ceil(2 * (reach * change.spread) ** 2 / left))
    return Outlook(f"About {needed:,} launches on each side would decide it.", by_launches=True)
