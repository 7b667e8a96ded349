"""Student's distribution, by scipy's special functions alone: scipy.stats takes most of a second to load, every time.

Used wherever `analysis` makes an interval or a probability; checked against scipy.stats.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from analysis.special import special

__all__ = ["t_quantile", "t_quantiles", "t_reach", "t_two_sided"]


def t_two_sided(t: float, df: float) -> float:
    """The probability of |T| >= |t| with `df` degrees of freedom, which may be infinite."""
    return float(2 * (special().ndtr(-abs(t)) if math.isinf(df) else special().stdtr(df, -abs(t))))


def t_quantile(share: float, df: float) -> float:
    """The t below which `share` of the distribution lies."""
    return float(special().ndtri(share)) if math.isinf(df) else float(special().stdtrit(df, share))


def t_quantiles(share: float, df: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same for each number of degrees of freedom, shape as given."""
    return np.asarray(special().stdtrit(df, share), dtype=np.float64)


def t_reach(confidence: float, df: float) -> float:
    """How many standard errors a two-sided interval reaches to either side."""
    return t_quantile(0.5 + confidence / 2, df)
