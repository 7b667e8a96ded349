"""The statistics that figures and verdicts use, each with its source. Pure; checked against numpy and scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.percentiles import percentile
from analysis.special import special
from analysis.student import t_reach

__all__ = [
    "Interval",
    "Moderation",
    "difference_interval",
    "holm",
    "mean_interval",
    "moderate",
    "percentile",
    "trimmed_interval",
]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits, on whatever scale it was computed."""

    estimate: float
    low: float
    high: float


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The mean with Student's t interval. With one value the limits are infinite: nothing is known of the spread."""
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    reach = t_reach(confidence, len(values) - 1) * deviation / math.sqrt(len(values))
    return Interval(mean, mean - reach, mean + reach)


def difference_interval(ones: Sequence[float], others: Sequence[float], confidence: float = 0.95) -> Interval:
    """How much higher the mean of `ones` is than that of `others`, which do not pair: two values of each at least.

    B. L. Welch, The generalization of Student's problem when several different population variances are involved,
    Biometrika 34, 1947. ValueError with fewer.
    """
    if min(len(ones), len(others)) < 2:
        raise ValueError("each side needs two values")
    difference = math.fsum(ones) / len(ones) - math.fsum(others) / len(others)
    parts = [float(np.var(values, ddof=1)) / len(values) for values in (ones, others)]
    error2 = sum(parts)
    if error2 == 0:
        return Interval(difference, difference, difference)
    df = error2**2 / sum(part**2 / (len(each) - 1) for part, each in zip(parts, (ones, others), strict=True))
    reach = t_reach(confidence, df) * math.sqrt(error2)
    return Interval(difference, difference - reach, difference + reach)


def trimmed_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The mean without the lowest and the highest fifth, with its t interval: for values with far outliers.

    J. W. Tukey and D. H. McLaughlin, Less vulnerable confidence and significance procedures for location, Sankhya A 25,
    1963, 331-352. Where fewer than two values are left its limits are infinite.
    """
    ordered = sorted(values)
    cut = len(ordered) // 5
    kept = ordered[cut : len(ordered) - cut]
    mean = math.fsum(kept) / len(kept)
    if len(kept) < 2:
        return Interval(mean, -math.inf, math.inf)
    winsorized = [*[kept[0]] * cut, *kept, *[kept[-1]] * cut]
    deviation = float(np.std(winsorized, ddof=1))
    error = deviation * math.sqrt(len(ordered) - 1) / math.sqrt(len(kept) * (len(kept) - 1))
    reach = t_reach(confidence, len(kept) - 1) * error
    return Interval(mean, mean - reach, mean + reach)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given (Scandinavian Journal of Statistics 6, 1979, 65-70)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


@dataclass(frozen=True, slots=True)
class Moderation:
    """What the rows of a family say together about their variances: prior degrees of freedom and prior variance."""

    prior_df: float
    prior_variance: float

    def variance(self, variance: float, df: float) -> float:
        """The row's variance, drawn towards the prior; the prior's where the row itself tells nothing."""
        if math.isinf(self.prior_df) or df == 0:
            return self.prior_variance
        return (self.prior_df * self.prior_variance + df * variance) / (self.prior_df + df)

    def df(self, df: float) -> float:
        """The degrees of freedom of the moderated variance."""
        return self.prior_df + df


def moderate(variances: Sequence[float], df: Sequence[float]) -> Moderation:
    """Estimate the prior by moments of log variances: G. K. Smyth, Linear Models and Empirical Bayes Methods, 2004.

    (Statistical Applications in Genetics and Molecular Biology 3, article 3, section 6.2.) Variances of zero take no
    part. With fewer than two rows there is no prior: zero degrees of freedom.
    """
    used = [(v, d) for v, d in zip(variances, df, strict=True) if v > 0 and d > 0]
    if len(used) < 2:
        return Moderation(0.0, used[0][0] if used else 0.0)
    s2, d = np.array([v for v, _ in used]), np.array([n for _, n in used])
    e = np.log(s2) - special().digamma(d / 2) + np.log(d / 2)
    mean = float(e.mean())
    spread = float(((e - mean) ** 2).sum() / (len(e) - 1) - special().polygamma(1, d / 2).mean())
    if spread <= 0:
        return Moderation(math.inf, math.exp(mean))
    half = _trigamma_inverse(spread)
    return Moderation(2 * half, math.exp(mean + float(special().digamma(half)) - math.log(half)))


def _trigamma_inverse(x: float) -> float:
    # Newton's iteration of the same paper's appendix: trigamma is convex and decreasing, so it converges from 0.5+1/x.
    if x > 1e7:
        return 1 / math.sqrt(x)
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        trigamma = float(special().polygamma(1, y))
        step = trigamma * (1 - trigamma / x) / float(special().polygamma(2, y))
        y += step
        if -step / y < 1e-8:
            break
    return y
