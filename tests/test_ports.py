"""Ports that are handed out to servers: free, each once, and side by side where a server wants them so."""

from __future__ import annotations

import socket

import pytest

from fixtures import ports
from fixtures.ports import free_ports

NAMES = ("http", "gossip", "data=gossip+1", "raft")


def test_every_name_has_a_free_port_and_none_is_handed_out_twice() -> None:
    """Over many calls."""
    found = [port for _ in range(50) for port in free_ports(NAMES).values()]
    assert len(set(found)) == 200
    for port in found[:8]:
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_a_follower_is_the_next_port_and_a_taken_one_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair is free, or it is another pair."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        taken = holder.getsockname()[1]
        real = ports._hold
        offered = iter([taken - 1])
        monkeypatch.setattr(
            ports, "_hold", lambda port, held: real(port, held) if port else next(offered, real(0, held))
        )
        found = free_ports(("gossip", "data=gossip+1"))
    assert found["data"] == found["gossip"] + 1
    assert taken not in found.values()


def test_no_port_follows_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """65535 is given to nobody who wants two."""
    real = ports._hold
    offered = iter([65535])
    monkeypatch.setattr(ports, "_hold", lambda at, held: real(at, held) if at else next(offered, real(0, held)))
    assert free_ports(("gossip", "data=gossip+1"))["gossip"] != 65535
