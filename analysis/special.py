"""scipy's special functions, loaded when the first of them is asked for.

They take a third of a start, and what is refused, or ends before it judges, asks for none.
"""

from __future__ import annotations

from types import ModuleType

__all__ = ["special"]


def special() -> ModuleType:
    """The module scipy.special."""
    from scipy import special as functions  # noqa: PLC0415 - see above

    return functions
