"""How often a gate is right: shares with exact bounds, over campaigns whose truth is known.

The bounds are Clopper and Pearson's (Biometrika 26, 1934). They take judgements to be independent; campaigns drawn from
the same launches are not quite, which the page says beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from analysis.verdicts import Judgement

__all__ = ["Judged", "Share", "called", "runs_called", "undecided"]

Judged = Mapping[str, Judgement]
"""What one campaign says, by metric."""
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with one-sided 95 % bounds."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """As a fraction; 0 of 0 is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def upper(self) -> float:
        """Not more than this, at 95 %."""
        if self.hits == self.of:
            return 1.0
        return float(stats.beta.ppf(_CONFIDENCE, self.hits + 1, self.of - self.hits))

    @property
    def lower(self) -> float:
        """Not less than this, at 95 %."""
        return float(stats.beta.ppf(1 - _CONFIDENCE, self.hits, self.of - self.hits + 1)) if self.hits else 0.0


def called(campaigns: Sequence[Judged], rows: Collection[str], judgement: Judgement = Judgement.REGRESSION) -> Share:
    """Of all judgements on these rows, how many are this one."""
    mine = list(_on(campaigns, rows))
    return Share(sum(one is judgement for one in mine), len(mine))


def runs_called(campaigns: Sequence[Judged], rows: Collection[str]) -> Share:
    """Of all campaigns, how many call any of these rows a regression."""
    hits = sum(any(one is Judgement.REGRESSION for one in _on([campaign], rows)) for campaign in campaigns)
    return Share(hits, len(campaigns))


def undecided(campaigns: Sequence[Judged], rows: Collection[str]) -> Share:
    """Of all judgements on these rows, how many are neither pass nor a change."""
    mine = list(_on(campaigns, rows))
    decided = (Judgement.PASS, Judgement.REGRESSION, Judgement.IMPROVEMENT)
    return Share(sum(one not in decided for one in mine), len(mine))


def _on(campaigns: Iterable[Judged], rows: Collection[str]) -> Iterable[Judgement]:
    return (judgement for campaign in campaigns for name, judgement in campaign.items() if name in rows)
