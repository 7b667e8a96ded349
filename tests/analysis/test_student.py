"""Student's distribution, against scipy.stats."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.student import t_quantile, t_quantiles, t_reach, t_two_sided
from tests.suite import ROOT

DF = st.one_of(st.floats(1, 1e6), st.just(math.inf))


@given(st.floats(-40, 40), DF)
def test_a_probability_is_scipys(t: float, df: float) -> None:
    """Two-sided, in the far tails too."""
    assert t_two_sided(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9, abs=1e-300)


@given(st.floats(1e-9, 1 - 1e-9), DF)
def test_a_quantile_is_scipys(share: float, df: float) -> None:
    """On both sides of nought."""
    assert t_quantile(share, df) == pytest.approx(stats.t.ppf(share, df), rel=1e-6, abs=1e-9)


@given(st.floats(0.5, 0.9999), DF)
def test_an_interval_reaches_as_far_as_scipys(confidence: float, df: float) -> None:
    """To both sides alike."""
    assert t_reach(confidence, df) == pytest.approx(stats.t.interval(confidence, df)[1], rel=1e-6)


def test_quantiles_are_each_ones() -> None:
    """Shape as given."""
    df = np.asarray([1.0, 4.0, 19.0])
    assert t_quantiles(0.99, df) == pytest.approx([t_quantile(0.99, one) for one in df])


def test_a_start_loads_no_scipy() -> None:
    """Until something is judged: a third of the time that it takes to refuse a wrong option."""
    script = "import sys, fixtures.session; print('scipy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "False"
