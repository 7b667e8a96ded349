"""The one place that formats a quantity for a person."""

from __future__ import annotations

import math

__all__ = ["format_change", "format_number", "format_quantity", "format_share"]

_DIGITS = 3


def format_number(value: float) -> str:
    """Three significant digits, thousands separated; no exponent for what a benchmark gives."""
    if not math.isfinite(value):
        return "?"
    if value == 0:
        return "0"
    # Rounding first: 9.996 is 10.0 and not 10.00.
    rounded = float(f"{value:.{_DIGITS}g}")
    after_point = _DIGITS - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, after_point)}f}"


def format_quantity(value: float, unit: str) -> str:
    """A number with its unit; a ratio has none."""
    return format_number(value) if unit == "ratio" else f"{format_number(value)} {unit}"


def format_change(log_ratio: float) -> str:
    """A log ratio as a percentage: `+12.0 %`."""
    if not math.isfinite(log_ratio) or log_ratio > 7:
        return "unbounded" if log_ratio > 0 else "-100 %"
    return f"{math.expm1(log_ratio):+.1%}".replace("%", " %")


def format_share(share: float) -> str:
    """A change as a share of what it was, as a percentage: 0.12 is `+12.0 %`; -1 and infinity have words."""
    return format_change(math.log1p(share) if share > -1 else -math.inf)
