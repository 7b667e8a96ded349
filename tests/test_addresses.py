"""Servers of somebody else, as they are named on the command line."""

from __future__ import annotations

import pytest

from fixtures.addresses import Address, address_of, attach
from fixtures.drivers.base import Remote, Tier
from fixtures.errors import UnknownName, UsageError
from fixtures.targets import Skipped, known_stores, resolve, select

STORES = known_stores(())


def remote(store: str) -> Remote:
    """The store's own spec."""
    spec = STORES[store].tiers[Tier.REMOTE]
    assert isinstance(spec, Remote)
    return spec


def test_a_named_server_becomes_a_target_and_the_other_patterns_stay() -> None:
    """`store@remote`, beside what else was asked for."""
    stores, patterns = attach(STORES, ("exact@*", "chroma@url=http://127.0.0.1:8123", "exact@*"))
    assert patterns == ("exact@*", "chroma@remote")
    spec = stores["chroma"].tiers[Tier.REMOTE]
    assert isinstance(spec, Remote)
    assert address_of(spec) == Address("127.0.0.1", {"http": 8123}, secure=False)
    assert "chroma@remote" in [target.name for target in select(stores, patterns)]
    assert remote("chroma").url == ""


@pytest.mark.parametrize(
    ("store", "url", "ports", "secure"),
    [
        ("chroma", "http://db.example", {"http": 8000}, False),
        ("chroma", "https://db.example", {"http": 443}, True),
        ("qdrant", "http://db.example:7000/", {"http": 7000, "grpc": 6334}, False),
        ("qdrant", "https://db.example:7000?grpc=7001", {"http": 7000, "grpc": 7001}, True),
        ("weaviate", "http://[::1]:8080?grpc=50052", {"http": 8080, "grpc": 50052, "metrics": 2112}, False),
    ],
)
def test_a_url_gives_host_ports_and_tls(store: str, url: str, ports: dict[str, int], secure: bool) -> None:
    """The store's usual ports where it names none."""
    found = address_of(remote(store), url)
    assert found.ports == ports
    assert found.secure is secure
    assert found.host in ("db.example", "::1")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("db.example:8000", "is no address"),
        ("ftp://db.example", "is no address"),
        ("http://", "is no address"),
        ("http://db.example/some/path", "is no address"),
        ("http://db.example:port", "no port"),
        ("http://db.example:99999", "no port"),
        ("http://db.example?gprc=1", "gprc=1 is no port of this store"),
        ("http://db.example?grpc=x", "grpc=x is no port"),
    ],
)
def test_what_is_no_address_is_refused_with_the_form(url: str, told: str) -> None:
    """Before anything starts."""
    with pytest.raises(UsageError, match=told) as caught:
        attach(STORES, (f"qdrant@url={url}",))
    assert "@url=http://HOST:PORT" in caught.value.remedy


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    """It would stand in the record and in the process list."""
    with pytest.raises(UsageError, match="VEXFS_BENCH_CHROMA_API_KEY") as caught:
        attach(STORES, ("chroma@url=http://me:hunter2@db.example",))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("store", ["exact", "vexfs", "chrom"])
def test_a_store_that_cannot_be_attached_to_is_told_with_those_that_can(store: str) -> None:
    """By name."""
    with pytest.raises(UnknownName, match="chroma, qdrant, weaviate"):
        attach(STORES, (f"{store}@url=http://127.0.0.1:1",))


def test_two_servers_of_one_store_are_refused() -> None:
    """They would be one target; the same one twice is one."""
    once = "chroma@url=http://127.0.0.1:1"
    assert attach(STORES, (once, once))[1] == ("chroma@remote",)
    with pytest.raises(UsageError, match="Two servers are named for chroma"):
        attach(STORES, (once, "chroma@url=http://127.0.0.1:2"))


def test_without_a_server_named_there_is_no_remote_target_unless_it_is_asked_for() -> None:
    """Patterns and the default choice pass it over; by its name it is skipped, with the remedy."""
    assert not [target for target in select(STORES, ("*",)) if target.tier is Tier.REMOTE]
    assert not [target for target in select(STORES, ()) if target.tier is Tier.REMOTE]
    (target,) = select(STORES, ("chroma@remote",))
    found = resolve(target)
    assert isinstance(found, Skipped)
    assert "--target chroma@url=http://HOST:PORT" in found.remedy
