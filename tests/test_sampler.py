"""The sampler over real processes: phases, its own cost, and what must not end a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from analysis.launch import LaunchObservations
from analysis.observations import Observation, Phase, ResourceSeries, SamplerRan, SamplingFailed
from analysis.series import unpack
from analysis.usage import usage_of
from analysis.watched import Absent
from fixtures.errors import RecordNotWritable, Unreadable
from fixtures.sampler import BOUND, Budget, Sampler
from fixtures.sources import Look, ProcessSource, Reading, Source
from tests.sources.test_processes import open_in_proc
from tests.test_resources import MB, Actor


@pytest.fixture
def actor() -> Iterator[Actor]:
    """One that is ready."""
    one = Actor()
    one.do("nothing")
    yield one
    one.end()


class Seen(list[Observation]):
    """What was observed."""

    def blocks(self, target: str) -> list[ResourceSeries]:
        """Its series."""
        return [one for one in self if isinstance(one, ResourceSeries) and one.target == target]

    @property
    def failures(self) -> list[SamplingFailed]:
        """What was raised."""
        return [one for one in self if isinstance(one, SamplingFailed)]


class Counting:
    """A source that tells by an event that it was read so often, and may raise at the end."""

    name = "counting"

    def __init__(self, often: int, error: Exception | None = None) -> None:
        self.reached = threading.Event()
        self._left = often
        self._error = error
        self.closed = False

    @property
    def absent(self) -> Sequence[Absent]:
        """Nothing."""
        return ()

    def read(self) -> Reading | None:
        """Counts down."""
        self._left -= 1
        if self._left <= 0:
            self.reached.set()
            if self._error is not None:
                raise self._error
        return Reading(memory=self._left)

    def look(self) -> Look | None:
        """Nothing dear."""
        return Look()

    def close(self) -> None:
        """Remembered."""
        self.closed = True


def processes(actor: Actor) -> Source:
    """The actor's tree."""
    return ProcessSource(lambda: [actor.pid])


def test_each_part_of_a_launch_has_its_own_series_and_borders_are_exact(actor: Actor) -> None:
    """What is burnt and kept in a part is that part's, to the millisecond, though a tick is fifty."""
    seen = Seen()
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("a@process", lambda: processes(actor))
        sampler.enter(Phase.INSERT)
        actor.do("burn 0.05")
        actor.do(f"keep {30 * MB}")
        sampler.enter(Phase.IDLE)
        sampler.enter(Phase.SEARCH)
        actor.do("burn 0.02")
    usages = {one.phase: one for one in usage_of([LaunchObservations("small", 0, "a@process", seen)])}
    assert list(usages) == [Phase.START, Phase.INSERT, Phase.IDLE, Phase.SEARCH]
    assert (usages[Phase.INSERT].cpu_s or 0) >= 0.05
    assert (usages[Phase.IDLE].cpu_s or 0) < 0.005
    assert 0.02 <= (usages[Phase.SEARCH].cpu_s or 0) < 0.05
    grown = (usages[Phase.INSERT].memory_peak or 0) - (usages[Phase.START].memory_peak or 0)
    assert 29 * MB < grown < 35 * MB
    first = [unpack(block.t_ns, block.samples) for block in seen.blocks("a@process")]
    assert all(before[-1] == after[0] for before, after in pairwise(first))


def test_it_reads_twenty_times_a_second_and_tells_what_that_took(actor: Actor) -> None:
    """As many ticks as the time that passed gives, read or left out; its own processor time is measured."""
    seen = Seen()
    counting = Counting(20)
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("a@process", lambda: processes(actor))
        sampler.watch("b@process", lambda: counting)
        assert counting.reached.wait(60)
    (ran,) = [one for one in seen if isinstance(one, SamplerRan)]
    assert ran.ticks >= 18
    assert ran.ticks + ran.skipped <= ran.wall_ns / ran.interval_ns + 1
    assert 0 < ran.cpu_ns < ran.wall_ns
    assert sum(block.samples for block in seen.blocks("a@process")) >= 18


def test_a_source_that_raises_ends_its_own_series_only_and_is_named() -> None:
    """What it had read is kept; the other one goes on; nothing is raised."""
    seen = Seen()
    broken, whole = Counting(3, ValueError("an odd line in /proc")), Counting(8)
    with Sampler("small", 2, seen.append) as sampler:
        sampler.watch("broken@process", lambda: broken)
        sampler.watch("whole@process", lambda: whole)
        sampler.enter(Phase.SEARCH)
        assert whole.reached.wait(60)
    (failed,) = seen.failures
    assert (failed.target, failed.launch) == ("broken@process", 2)
    assert failed.reason.startswith("ValueError: an odd line in /proc (test_sampler.py, line ")
    assert broken.closed
    assert sum(block.samples for block in seen.blocks("broken@process")) >= 1
    assert sum(block.samples for block in seen.blocks("whole@process")) >= 7


def test_a_source_that_cannot_be_opened_is_named() -> None:
    """As where /proc hides the process."""
    seen = Seen()

    def hidden() -> Source:
        raise Unreadable("process 1 runs, and /proc does not show it.")

    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("hidden@process", hidden)
    assert "Unreadable: process 1 runs" in seen.failures[0].reason


def test_numbers_that_cannot_be_stored_are_named_too() -> None:
    """A source of somebody else's that gives text for a number."""
    seen = Seen()
    odd = Counting(1000)
    odd.read = lambda: Reading(memory="many")  # type: ignore[method-assign,arg-type]
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("odd@process", lambda: odd)
        sampler.enter(Phase.INSERT)
        sampler.enter(Phase.SEARCH)
    assert "TypeError" in seen.failures[0].reason


def test_a_target_that_ends_ends_its_series_without_a_word(actor: Actor) -> None:
    """Its lane tells why; what was read until then is stored."""
    seen = Seen()
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("a@process", lambda: processes(actor))
        sampler.enter(Phase.INSERT)
        actor.end()
        sampler.enter(Phase.SEARCH)
    assert seen.failures == []
    assert {block.phase for block in seen.blocks("a@process")} == {Phase.START, Phase.INSERT}


def test_a_record_that_cannot_be_written_is_raised_to_the_campaign(actor: Actor) -> None:
    """Though it was the sampler's thread that found out."""
    failing = threading.Event()

    def full(observation: Observation) -> None:
        failing.set()
        raise RecordNotWritable("Results cannot be written.", "Free some space.")

    counting = Counting(3, ValueError("makes it write"))

    def sample() -> None:
        with Sampler("small", 0, full) as sampler:
            sampler.watch("a@process", lambda: counting)
            assert failing.wait(60)

    with pytest.raises(RecordNotWritable):
        sample()
    assert counting.closed


def test_a_budget_affords_its_share_of_the_time() -> None:
    """By hand: 1 % of ten seconds are 100 ms."""
    budget = Budget(0.01, began_ns=0)
    budget.spend(80_000_000)
    assert budget.affords(20_000_000, now_ns=10_000_000_000)
    assert not budget.affords(20_000_001, now_ns=10_000_000_000)
    assert budget.affords(30_000_000, now_ns=11_000_000_000)


class Dear(Counting):
    """A source that burns three milliseconds a reading: sixty a second, six times the bound."""

    def read(self) -> Reading | None:
        """Burn, then count."""
        until = time.thread_time_ns() + 3_000_000
        while time.thread_time_ns() < until:
            pass
        return super().read()


def test_what_is_too_dear_is_left_out_and_said() -> None:
    """Ticks are skipped until the share of the time pays for the next: a ratio of one run, not an absolute time."""
    seen = Seen()
    dear = Dear(15)
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("dear@process", lambda: dear)
        assert dear.reached.wait(60)
    (ran,) = [one for one in seen if isinstance(one, SamplerRan)]
    assert ran.skipped > ran.ticks
    # The share, the first reading, whose cost is not known before, and the last, which is always taken.
    assert ran.cpu_ns <= BOUND * ran.wall_ns + 10_000_000


class Looking(Counting):
    """A source whose look burns three milliseconds, and whose reading costs nothing."""

    looks = 0

    def look(self) -> Look | None:
        """Burn, and count."""
        self.looks += 1
        until = time.thread_time_ns() + 3_000_000
        while time.thread_time_ns() < until:
            pass
        return super().look()


def test_what_the_next_border_takes_is_kept_aside_when_it_is_looked_between_them() -> None:
    """No look is taken unless that of the closing border stays within the looks' share of the time, too."""
    seen, looking = Seen(), Looking(120)
    with Sampler("small", 0, seen.append) as sampler:
        sampler.watch("looking@process", lambda: looking)
        assert looking.reached.wait(60)
    (ran,) = [one for one in seen if isinstance(one, SamplerRan)]
    assert ran.looks == looking.looks >= 2
    assert looking.looks * 3_000_000 <= 0.3 * BOUND * ran.wall_ns


def test_nothing_is_left_open(actor: Actor) -> None:
    """Neither files nor the thread."""
    threads = threading.active_count()
    with Sampler("small", 0, Seen().append) as sampler:
        sampler.watch("a@process", lambda: processes(actor))
        sampler.enter(Phase.INSERT)
        assert len(open_in_proc()) == 3
    assert open_in_proc() == []
    assert threading.active_count() == threads
