"""The texts of the file contract."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from fixtures.exact.contract import format_results, format_vector, parse_request, parse_vector


@given(nps.arrays(np.float32, st.integers(1, 30), elements=st.floats(-1e6, 1e6, width=32)))
def test_a_vector_survives_its_text(vector: np.ndarray) -> None:
    """Bit by bit."""
    np.testing.assert_array_equal(parse_vector(format_vector(vector)), vector)


def test_a_request_is_lines_or_a_bare_vector() -> None:
    """As VexFS documents it."""
    assert parse_request(b"vector: 0.1,0.2\nk: 5\n").k == 5
    assert parse_request(b"k: 3\n\nvector: 1,2").vector.tolist() == [1.0, 2.0]
    assert parse_request(b"1,2,3\n").k == 10


@pytest.mark.parametrize("text", [b"", b"vector: a,b", b"k: 5", b"vector: 1\nk: 0", b"vector: 1\nk: x", b"colour: 1"])
def test_a_request_that_is_none_is_refused(text: bytes) -> None:
    """With what is wrong."""
    with pytest.raises(ValueError, match=r"."):
        parse_request(text)


def test_results_are_numbered_best_first() -> None:
    """A line a hit."""
    assert format_results([("/a/1.vec", 0.25)]) == b"1. /a/1.vec (distance: 0.250000)\n"
