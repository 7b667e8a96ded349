"""The lock that drivers of index libraries take: many search at once, a writer is alone."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Event, Thread

import pytest

from fixtures.drivers.base import ManyOrOne


def in_threads(*work: Callable[[], None]) -> list[Thread]:
    """Started; a test that fails does not wait for them."""
    threads = [Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    return threads


def joined(threads: list[Thread]) -> bool:
    """Whether all ended in time."""
    for thread in threads:
        thread.join(10)
    return not any(thread.is_alive() for thread in threads)


def test_many_read_at_once() -> None:
    """All are inside at the same time: each waits there for the others."""
    lock, inside = ManyOrOne(), Barrier(4)

    def read() -> None:
        with lock.reading:
            inside.wait(10)

    assert joined(in_threads(*[read] * 4))
    assert not inside.broken


def test_a_writer_waits_for_readers_and_keeps_new_ones_out() -> None:
    """In this order: the first reader, the writer, the second reader."""
    lock, order = ManyOrOne(), []
    reading, leave, written = Event(), Event(), Event()

    def first() -> None:
        with lock.reading:
            reading.set()
            leave.wait(10)
            order.append("first")

    def write() -> None:
        with lock.writing:
            order.append("writer")
        written.set()

    threads = in_threads(first)
    assert reading.wait(10)
    threads += in_threads(write)
    assert not written.wait(0.05)
    leave.set()
    assert joined(threads)
    with lock.reading:
        order.append("second")
    assert order == ["first", "writer", "second"]


@pytest.mark.parametrize("side", ["reading", "writing"])
def test_an_error_inside_lets_the_others_in(side: str) -> None:
    """A store that raises must not hang its other clients."""
    lock = ManyOrOne()
    with pytest.raises(ValueError, match="inside"), getattr(lock, side):
        raise ValueError("inside")
    with lock.writing:
        pass
    with lock.reading:
        pass


def test_no_change_is_lost_between_many() -> None:
    """A counter that is read and written back by several writers, while readers see no half of a change."""
    lock, kept, torn = ManyOrOne(), [0, 0], []

    def write() -> None:
        for _ in range(500):
            with lock.writing:
                kept[0] += 1
                kept[1] += 1

    def read() -> None:
        for _ in range(500):
            with lock.reading:
                if kept[0] != kept[1]:
                    torn.append(tuple(kept))

    assert joined(in_threads(write, write, read, read))
    assert (kept, torn) == ([1_000, 1_000], [])
