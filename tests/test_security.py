"""What protection costs: a run with `--security`, and servers that really are protected."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import pytest

from analysis.launch import LaunchObservations
from analysis.observations import GuardedSearched
from analysis.reductions import NotApplicable
from analysis.rows import Outcome, RowKey
from analysis.security import API_KEY, NONE, SECURITY_METRICS, TLS, overhead_percent
from analysis.study_observations import Lacked
from fixtures.certificates import make_certificate
from fixtures.drivers.base import Driver, Process, Space, Tier
from fixtures.drivers.exact import ExactHttp
from fixtures.drivers.guarded import GUARDED, guarded
from fixtures.drivers.weaviate import WeaviateServer
from fixtures.programs import find_python_program
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process
from fixtures.tiers.process import ProcessRunning
from tests.drivers.test_contract import DIMENSIONS, TRAIN
from tests.suite import run_suite

DRIVERS: dict[str, type[Driver]] = {"exact": ExactHttp, "weaviate": WeaviateServer}
ROUNDS = 12


def test_a_run_measures_what_protection_costs_or_says_why_not(tmp_path: Path) -> None:
    """Slices with and without, in ABBA order; an engine in process has nothing to protect. No key is in the record."""
    ran = run_suite(
        tmp_path,
        "--security",
        "--scale=small",
        "--launches=1",
        "--target=exact@process",
        "--target=exact@embedded",
        *("-k", "test_security"),
    )
    assert ran.status == 0, ran.output
    for metric in SECURITY_METRICS:
        row = ran.rows[RowKey(metric.name, "small", "exact@process")]
        assert (row.outcome, len(row.values)) == (Outcome.MEASURED, 1)
        embedded = ran.rows[RowKey(metric.name, "small", "exact@embedded")]
        assert embedded.outcome is Outcome.NOT_APPLICABLE
        assert "starts as a process" in embedded.reason
    seen = [one for one in ran.record.observations if isinstance(one, GuardedSearched)]
    assert Counter(one.protection for one in seen) == dict.fromkeys((NONE, TLS, API_KEY), 1 + ROUNDS)
    order = [NONE, TLS, API_KEY]
    assert [one.protection for one in seen[:6]] == [*order, *reversed(order)]
    assert set(ran.record.run.reported) == {"exact@process", "exact@embedded"}
    assert ran.record.run.options["studies"] == "security"


def protected(store: str, protection: str, folder: Path) -> ProcessRunning:
    """The store's server, protected as the study does it."""
    target = Target(known_stores(())[store], Tier.PROCESS)
    found, how = resolve(target), guarded(store, protection)
    if not isinstance(found, Runnable) or isinstance(how, str):
        pytest.skip(f"no {store} here")
    plain, files = found.target.spec, make_certificate(folder)
    assert isinstance(plain, Process)
    spec = how(plain, files.certificate, files.private_key)
    program = find_python_program(spec.program) if isinstance(spec.program, str) else found.program
    running = process.start(target.name, spec, program)
    try:
        running.wait_ready(60)
    except BaseException:
        running.stop()
        raise
    return running


@pytest.mark.parametrize("store", ["exact", "weaviate"])
def test_a_server_with_a_key_takes_nobody_without_it(store: str, tmp_path: Path) -> None:
    """Neither without one nor with another; with it, it is the store that it was."""
    running = protected(store, API_KEY, tmp_path)
    try:
        (key,) = running.worker_environment().values()
        assert key not in repr(running.endpoint)
        for wrong in ("", "another"):
            with pytest.raises(Exception, match=r"(?i)401|unauth|api key|anonymous"):
                DRIVERS[store](replace(running.endpoint, key=wrong)).create("bench0", Space(DIMENSIONS))
        driver = DRIVERS[store](replace(running.endpoint, key=key))
        driver.create("bench0", Space(DIMENSIONS))
        driver.insert(range(10), TRAIN[:10])
        assert (driver.count(), list(driver.search(TRAIN[3], 1))) == (10, [3])
        driver.close()
    finally:
        running.stop()


def test_a_server_with_tls_speaks_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS 1.3; who does not trust its certificate does not talk to it."""
    running = protected("exact", TLS, tmp_path)
    try:
        at = running.endpoint
        assert at.secure
        with pytest.raises(ssl.SSLCertVerificationError):
            ExactHttp(at)
        plain = ExactHttp(replace(at, secure=False))
        with pytest.raises((OSError, HTTPException)):
            plain.create("bench0", Space(DIMENSIONS))
        plain.close()
        monkeypatch.setenv("SSL_CERT_FILE", running.worker_environment()["SSL_CERT_FILE"])
        context = ssl.create_default_context()
        with (
            socket.create_connection(("127.0.0.1", at.ports["http"])) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.version() == "TLSv1.3"
        driver = ExactHttp(at)
        driver.create("bench0", Space(DIMENSIONS))
        driver.insert(range(10), TRAIN[:10])
        assert (driver.count(), list(driver.search(TRAIN[3], 1))) == (10, [3])
        driver.close()
    finally:
        running.stop()


def test_every_server_of_ours_has_both_or_a_reason() -> None:
    """And a store that nobody has described has one too."""
    servers = {store.name for store in known_stores(()).values() if isinstance(store.tiers.get(Tier.PROCESS), Process)}
    for name in servers:
        for protection in (TLS, API_KEY):
            assert guarded(name, protection)
    assert servers == set(GUARDED)
    assert guarded("another", TLS) == "no server of another with tls is known to the suite"


def test_a_private_key_is_nobody_elses(tmp_path: Path) -> None:
    """Mode 0600."""
    assert make_certificate(tmp_path).private_key.stat().st_mode & 0o777 == 0o600


def searched(protection: str, number: int, *milliseconds: float, warmup: bool = False) -> GuardedSearched:
    """A slice."""
    return GuardedSearched("small", 0, "x@process", protection, number, warmup, [int(ms * 1e6) for ms in milliseconds])


def launch(*seen: GuardedSearched | Lacked) -> LaunchObservations:
    """One that saw this."""
    return LaunchObservations("small", 0, "x@process", seen)


def test_the_overhead_is_the_geometric_mean_of_the_rounds_ratios() -> None:
    """By hand: medians 3 over 2 and 4 over 6, so +0 %; the warm-up does not count, a lone side does not either."""
    seen = launch(
        searched(NONE, 0, 1, warmup=True),
        searched(TLS, 0, 9, warmup=True),
        searched(NONE, 1, 2, 2, 8),
        searched(TLS, 1, 1, 3, 9),
        searched(TLS, 2, 4),
        searched(NONE, 2, 6),
        searched(TLS, 3, 100),
    )
    found = overhead_percent(TLS)(seen)
    assert found == pytest.approx(0.0, abs=1e-9)
    faster = overhead_percent(TLS)(launch(searched(NONE, 1, 2), searched(TLS, 1, 1.9)))
    assert faster == pytest.approx(-5)


def test_without_slices_the_reason_is_told() -> None:
    """The store's own; or that nothing was measured."""
    why = Lacked("small", 0, "x@process", TLS, "it has none")
    assert overhead_percent(TLS)(launch(why)) == NotApplicable("it has none")
    assert overhead_percent(API_KEY)(launch(why)) == NotApplicable("it was not measured")
