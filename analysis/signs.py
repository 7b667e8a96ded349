"""What our signs become on an output that cannot show them: a pipe of ASCII, a POSIX locale.

Consoles are made on what `writable` gives: in `analysis.table`, and in `fixtures.plugin` for the live progress. A plain
"replace" would make every mark a question mark, and that is the mark of *inconclusive*.
"""

from __future__ import annotations

import codecs
import io
from typing import TextIO

__all__ = ["ASCII", "writable"]

# One character each, so that columns stay where they are.
ASCII = {
    "↑": "^",
    "↓": "v",
    "±": "~",
    "×": "x",
    "÷": "/",
    "°": "'",
    "✓": "+",
    "✗": "X",
    "▲": "A",
    "≠": "#",
    "∅": "0",
    "…": ".",
    "–": "-",
}
_ERRORS = "vexfs-bench-signs"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(ASCII.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error(_ERRORS, _replace)


def writable(stream: TextIO) -> TextIO:
    """The same stream: from now on it writes what its encoding lacks in ASCII, where it would have failed."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors=_ERRORS)
    return stream
