"""A report of capabilities as a person reads it: one line a call and argument, then the shares. Shows
`analysis.capabilities`; printed by `fixtures.probe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from analysis.capabilities import Capabilities, Compliance, Probed, share

__all__ = ["capability_tables", "markdown"]

_MARKS = {Compliance.PASS: "✓", Compliance.FAIL: "✗", Compliance.WRONG: "≠"}
_EVIDENCE = 76


def capability_tables(told: Capabilities) -> Iterator[RenderableType]:
    """The table, what was asked in another way, and the shares."""
    yield _table(told)
    yield from map(Text, _detours(told.probed))
    yield Text(_summary(told), style="bold")


def _table(told: Capabilities) -> Table:
    server = f"{told.target}, {told.server_version}" + (
        f", program sha256 {told.program_sha256[:12]}" if told.program_sha256 else ""
    )
    title = Text(f"\n{told.api} compatibility of {server}, at its {told.paths} paths", style="bold")
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("call", no_wrap=True)
    table.add_column("argument", max_width=28)
    table.add_column("verdict", no_wrap=True)
    table.add_column("status", justify="right", no_wrap=True)
    table.add_column("evidence", overflow="fold")
    last = ""
    for one in told.probed:
        if last and one.call != last:
            table.add_section()
        cells = ("" if one.call == last else one.call, one.argument, f"{_MARKS[one.verdict]} {one.verdict}")
        table.add_row(*map(escape, cells), "" if one.status is None else str(one.status), escape(_evidence(one)))
        last = one.call
    return table


def _evidence(one: Probed) -> str:
    """What was seen; beside what was expected, where it was an answer and the wrong one."""
    if one.verdict is Compliance.WRONG:
        return f"{_short(one.seen)}; expected {_short(one.expected)}"
    return _short(one.seen)


def _short(text: str) -> str:
    return text if len(text) <= _EVIDENCE else f"{text[:_EVIDENCE]}…"


def _detours(probed: Sequence[Probed]) -> Iterator[str]:
    """Each way in which something was asked otherwise than usual, with how many were."""
    for detour in dict.fromkeys(detour for one in probed for detour in one.detours):
        count = sum(detour in one.detours for one in probed)
        yield f"Detour in {count} of {len(probed)} probes: {detour}."


def markdown(told: Capabilities) -> str:
    """The report for a page: a line for each call with its arguments by verdict, the detours, and the shares."""
    lines = [f"| call | {' | '.join(Compliance)} |", "|---" * (1 + len(Compliance)) + "|"]
    for call in dict.fromkeys(one.call for one in told.probed):
        cells = [
            "; ".join(one.argument or "it" for one in told.probed if one.call == call and one.verdict is verdict)
            for verdict in Compliance
        ]
        lines.append(f"| {call} | {' | '.join(cells)} |")
    detours = [f"- {line}" for line in _detours(told.probed)]
    return "\n".join([*lines, "", *detours, *([""] if detours else []), f"**{_summary(told)}**"])


def _summary(told: Capabilities) -> str:
    counts = {verdict: sum(one.verdict is verdict for one in told.probed) for verdict in Compliance}
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return (
        f"{share(told.probed):.0f} % of {len(told.probed)} probes pass ({words}); without a detour, as today's "
        f"{told.api} client asks, {share(told.probed, usual=True):.0f} %."
    )
