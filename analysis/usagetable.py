"""What targets used, for a person: `python -m analysis resources`, and the lines below the closing table.

Shows `analysis.usage`; `analysis.commands` prints the tables, `analysis.table` the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from analysis.launch import LaunchObservations
from analysis.observations import SamplerRan
from analysis.quantities import format_number
from analysis.records import Record
from analysis.scenes import Scene, scenes_of
from analysis.usage import PhaseUsage, absences, idle_share, on_disk, usage_of
from analysis.watched import SamplingFailed

__all__ = ["resource_notes", "resource_tables", "sampler_share"]

_MB = 1e6
_LEGEND = (
    "Peak and mean are of the resident set, 20 times a second; PSS and its parts, anonymous and file, are read more "
    "seldom. Peaks, PSS, threads and files are the highest of all launches, the rest is the mean over launches. An "
    "embedded engine's figures are its worker's, all of it."
)


def _mb(number: float | None) -> str:
    return _plain(None if number is None else number / _MB)


def _plain(number: float | None) -> str:
    return "n/a" if number is None else format_number(number)


def _count(number: float | None) -> str:
    return "n/a" if number is None else f"{number:,.0f}"


def _share(usage: PhaseUsage) -> str:
    if usage.cpu_s is None:
        return "n/a"
    return f"{usage.cpu_s / usage.seconds:.1%}" if usage.seconds else ""


_COLUMNS: tuple[tuple[str, Callable[[PhaseUsage], str]], ...] = (
    ("\ns", lambda one: _plain(one.seconds)),
    ("peak\nMB", lambda one: _mb(one.memory_peak)),
    ("mean\nMB", lambda one: _mb(one.memory_mean)),
    ("PSS\nMB", lambda one: _mb(one.proportional_peak)),
    ("anon.\nMB", lambda one: _mb(one.anonymous_peak)),
    ("file\nMB", lambda one: _mb(one.file_peak)),
    ("user\nCPU-s", lambda one: _plain(one.user_s)),
    ("system\nCPU-s", lambda one: _plain(one.system_s)),
    ("of a\ncore", _share),
    ("read\nMB", lambda one: _mb(one.read)),
    ("write\nMB", lambda one: _mb(one.written)),
    ("\nthreads", lambda one: _count(one.threads)),
    ("open\nfiles", lambda one: _count(one.open_files)),
)


def resource_tables(record: Record, targets: Sequence[str] = ()) -> Iterator[RenderableType]:
    """A table for each scale and target: what it used, by part of the launch. All that were sampled, or these."""
    for scene in scenes_of(record).values():
        chosen = {name: each for name, each in scene.launches.items() if not targets or name in targets}
        for name, launches in chosen.items():
            yield _table(f"\n{scene.scale}, {name}", usage_of(launches))
            yield from _why(name, launches)
        yield from resource_notes(scene, list(chosen))
    yield Text(_LEGEND, style="dim")
    share = sampler_share(record)
    if share is not None:
        yield Text(f"Reading all targets' series took {share:.2%} of a core.", style="dim")


def _table(title: str, usages: Sequence[PhaseUsage]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", header_style="bold")
    table.add_column("\npart", no_wrap=True, min_width=11)
    for heading, _ in _COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for usage in usages:
        table.add_row(usage.phase, *(show(usage) for _, show in _COLUMNS))
    return table


def _why(target: str, launches: Sequence[LaunchObservations]) -> Iterator[Text]:
    for absent in absences(launches):
        # Of processes it is never there, and its place is another one.
        if absent.column != "peak":
            yield Text(f"n/a: {target}: {absent.column}: {absent.reason}", style="yellow")


def resource_notes(scene: Scene, targets: Sequence[str]) -> Iterator[Text]:
    """What targets spend while idle and keep on disk, and whose resources could not be read: none of it is a row."""
    idle, disk = [], []
    for name in targets:
        launches = scene.launches.get(name, ())
        share, held = idle_share(launches), on_disk(launches)
        if share is not None:
            idle.append(f"{name} {format_number(100 * share)} %")
        if held is not None:
            disk.append(f"{name} {f'n/a ({held})' if isinstance(held, str) else f'{format_number(held / _MB)} MB'}")
    if idle:
        yield Text(f"While idle, of a core (not a row): {', '.join(idle)}.", style="dim")
    if disk:
        yield Text(f"On disk after settling (not a row): {', '.join(disk)}.", style="dim")
    for name in targets:
        failures = [one for launch in scene.launches.get(name, ()) for one in launch.all_of(SamplingFailed)]
        if failures:
            yield Text(f"not sampled to the end: {name}, launch {failures[0].launch + 1}: {failures[0].reason}")


def sampler_share(record: Record) -> float | None:
    """The sampler's processor time over the time, of one core; None where nothing was sampled."""
    ran = [one for one in record.observations if isinstance(one, SamplerRan)]
    wall = sum(one.wall_ns for one in ran)
    return sum(one.cpu_ns for one in ran) / wall if wall else None
