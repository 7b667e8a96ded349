"""The statistics, against numpy, scipy and published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from analysis.statistics import holm, mean_interval, moderate, percentile, trimmed_interval

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@given(NUMBERS, st.floats(0, 100))
def test_percentile_is_numpys_linear_one(values: list[float], q: float) -> None:
    """Hyndman-Fan 7 is numpy's default."""
    assert percentile(values, q) == pytest.approx(float(np.percentile(values, q)), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("values", "q"), [([], 50), ([1.0], -1), ([1.0], 101)])
def test_percentile_refuses_what_has_no_answer(values: list[float], q: float) -> None:
    """No values, or a q outside 0 to 100."""
    with pytest.raises(ValueError, match=r"values|q must"):
        percentile(values, q)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-6))
def test_the_t_interval_is_scipys(values: list[float]) -> None:
    """Against scipy's t distribution."""
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_the_trimmed_interval_leaves_the_far_out_where_it_is() -> None:
    """By Tukey and McLaughlin's formula, by hand: of ten, two at each end give way, however far out they are."""
    values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    found = trimmed_interval(values)
    assert found.estimate == 4.5
    # Winsorized: 2 three times, 3 to 6, 7 three times; squares about 4.5 sum to 42.5.
    error = math.sqrt(42.5 / (6 * 5))
    assert found.high - found.estimate == pytest.approx(float(stats.t.ppf(0.975, 5)) * error)
    assert trimmed_interval([-1e9, *values[1:9], 1e9]) == found
    assert trimmed_interval([1.0]).high == math.inf


def test_the_trimmed_interval_covers_the_centre_of_heavy_tails() -> None:
    """Nineteen times in twenty, at 25 values with t tails of two degrees of freedom."""
    random = np.random.default_rng(0)
    found = [trimmed_interval(list(random.standard_t(2, 25))) for _ in range(2000)]
    assert 0.93 < sum(one.low <= 0 <= one.high for one in found) / 2000 < 0.97


def test_one_launch_has_no_interval() -> None:
    """A single number says nothing of its spread."""
    found = mean_interval([3.0])
    assert (found.estimate, found.low, found.high) == (3.0, -math.inf, math.inf)


def test_holm_on_a_worked_example() -> None:
    """Four p-values, worked by hand: 0.005 x 4, 0.01 x 3, 0.03 x 2 and 0.04 raised to the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values: list[float]) -> None:
    """Adjusted values lie between p and min(1, m p), in the order of p."""
    adjusted = holm(values)
    for p, q in zip(values, adjusted, strict=True):
        assert p <= q <= min(1.0, len(values) * p) or q == pytest.approx(max(adjusted), abs=1)
    by_p = [q for _, q in sorted(zip(values, adjusted, strict=True))]
    assert by_p == sorted(by_p)


def test_moderation_finds_the_prior_that_the_variances_were_drawn_from() -> None:
    """s^2 ~ s0^2 F(d, d0): 4,000 rows give d0 and s0^2 back."""
    random = np.random.default_rng(1)
    variances = 0.04 * stats.f.rvs(4, 10, size=4000, random_state=random)
    found = moderate(variances.tolist(), [4.0] * 4000)
    assert found.prior_df == pytest.approx(10, rel=0.2)
    assert found.prior_variance == pytest.approx(0.04, rel=0.1)


def test_moderation_against_the_moment_equations() -> None:
    """The prior solves Smyth's equations: mean and variance of the log variances, computed here anew."""
    variances, df = [0.5, 1.0, 2.0, 8.0, 0.1], [4.0] * 5
    found = moderate(variances, df)
    e = np.log(variances) - special.digamma(2.0) + np.log(2.0)
    half = found.prior_df / 2
    assert float(special.polygamma(1, half)) == pytest.approx(float(np.var(e, ddof=1) - special.polygamma(1, 2.0)))
    assert math.log(found.prior_variance) == pytest.approx(float(e.mean() + special.digamma(half) - np.log(half)))


def test_equal_variances_give_an_infinite_prior() -> None:
    """Rows that agree perfectly are one: every row takes the common variance."""
    found = moderate([0.2] * 6, [4.0] * 6)
    assert math.isinf(found.prior_df)
    assert found.variance(99.0, 4) == pytest.approx(found.prior_variance)


@pytest.mark.parametrize("variances", [[], [0.0, 0.0], [0.3]])
def test_fewer_than_two_rows_with_a_spread_give_no_prior(variances: list[float]) -> None:
    """Then a row stands by itself."""
    assert moderate(variances, [4.0] * len(variances)).prior_df == 0


@given(st.floats(1e-9, 10), st.floats(0, 50))
def test_a_moderated_variance_lies_between_the_row_and_the_prior(variance: float, df: float) -> None:
    """Shrinkage never overshoots."""
    found = moderate([0.1, 0.4, 2.0, 0.01], [3.0] * 4)
    low, high = sorted((variance, found.prior_variance))
    assert low * (1 - 1e-9) <= found.variance(variance, df) <= high * (1 + 1e-9)
