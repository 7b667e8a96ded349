"""Histograms of times, by HdrHistogram: made where a load is run, stored as text, read for percentiles.

Used by `fixtures.worker.load` and `analysis.load`. Three significant digits: a percentile is within 0.1 % of the value
that was recorded, over the whole range from 1 ns to an hour, in about a kilobyte.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from hdrh.histogram import HdrHistogram

__all__ = ["DIGITS", "HIGHEST_NS", "encode", "percentile_ns"]

DIGITS = 3
HIGHEST_NS = 3_600_000_000_000


def encode(times_ns: Iterable[int]) -> str:
    """The histogram as text (V2, compressed, base64). ValueError for a time below zero or beyond an hour."""
    histogram = HdrHistogram(1, HIGHEST_NS, DIGITS)
    for ns in times_ns:
        if not (0 <= ns <= HIGHEST_NS and histogram.record_value(ns)):
            raise ValueError(f"a time of {ns} ns cannot be recorded: 0 to {HIGHEST_NS} can")
    text: bytes = histogram.encode()
    return text.decode("ascii")


@lru_cache(maxsize=512)
def percentile_ns(histograms: tuple[str, ...], q: float) -> float:
    """The q-th percentile of all that the histograms hold together: the highest value equivalent to the one recorded.

    ValueError where they hold nothing.
    """
    together = HdrHistogram(1, HIGHEST_NS, DIGITS)
    for text in histograms:
        together.decode_and_add(text)
    if not together.get_total_count():
        raise ValueError("no values")
    return float(together.get_percentile_to_value_dict([q])[q])
