"""docker-compose.benchmarks.yml says what the suite's own containers are, and opens nothing to anybody else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from fixtures.addresses import attach
from fixtures.drivers.base import Container, Tier
from fixtures.drivers.deployed import DEPLOYED
from fixtures.targets import known_stores
from tests.suite import ROOT

FILE = ROOT / "docker-compose.benchmarks.yml"
COMPOSE: Mapping[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
STORES = ("chroma", "qdrant", "weaviate", "vexfs")
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def image_of(service: str) -> str:
    """What is run where no variable names another one."""
    return VARIABLE.sub(r"\2", SERVICES[service]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_image_is_pinned(service: str) -> None:
    """By a version; never by what is newest."""
    name, _, version = image_of(service).partition("@")[0].rpartition(":")
    assert name
    assert re.search(r"\d|local", version)
    assert version != "latest"


@pytest.mark.parametrize("service", SERVICES)
def test_every_port_is_published_on_loopback_alone(service: str) -> None:
    """Address first."""
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in SERVICES[service].get("ports", ()))
    assert "network_mode" not in SERVICES[service]
    assert not SERVICES[service].get("privileged")


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "suite"])
def test_every_server_has_a_health_check_and_limits(service: str) -> None:
    """So that who depends on it waits, and none takes the machine."""
    told = SERVICES[service]
    assert told["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(told["healthcheck"])
    assert told["cpus"]
    assert told["mem_limit"]


def test_the_stores_have_the_same_limits() -> None:
    """Those of the container tier's options."""
    limits = {tuple(SERVICES[name][key] for key in ("cpus", "mem_limit", "memswap_limit")) for name in STORES}
    memory = "${VEXFS_BENCH_CONTAINER_MEMORY:-4}g"
    assert limits == {("${VEXFS_BENCH_CONTAINER_CPUS:-2}", memory, memory)}


@pytest.mark.parametrize("store", [name for name in DEPLOYED if name in SERVICES])
def test_a_store_is_what_the_container_tier_starts(store: str) -> None:
    """Image and its variable, arguments, environment, ports, the folder with the volume, the health path."""
    spec, told = DEPLOYED[store][Tier.CONTAINER], SERVICES[store]
    assert isinstance(spec, Container)
    assert told["image"] == f"${{{spec.image.environment}:-{spec.image.reference}}}"
    assert tuple(told.get("command", ())) == tuple(spec.arguments)
    assert dict(spec.environment).items() <= told["environment"].items()
    published = {int(port.rpartition(":")[2]) for port in told["ports"]}
    assert published == set(spec.ports.values())
    assert [volume.partition(":")[2] for volume in told["volumes"]] == [spec.data]
    assert spec.ready_path in " ".join(told["healthcheck"]["test"])


def test_the_suite_attaches_to_every_store_that_it_can() -> None:
    """By addresses that its option takes; it waits until they are healthy."""
    suite = SERVICES["suite"]
    asked = [part.partition("=")[2] for part in suite["command"] if part.startswith("--target=")]
    _, patterns = attach(known_stores(()), asked)
    assert set(patterns) == {f"{name}@remote" for name in ("chroma", "qdrant", "weaviate")}
    hosts = {re.search(r"http://(\w+):", pattern)[1] for pattern in asked}  # type: ignore[index]
    assert hosts == set(suite["depends_on"])
    assert all(one["condition"] == "service_healthy" for one in suite["depends_on"].values())


def test_what_is_named_is_there() -> None:
    """Volumes, networks, services and mounted files."""
    for told in SERVICES.values():
        assert set(told.get("networks", ())) <= set(COMPOSE["networks"])
        assert set(told.get("depends_on", ())) <= set(SERVICES)
        for volume in told.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_monitoring_and_the_suite_start_when_they_are_asked_for() -> None:
    """By profiles; the stores start by themselves, VexFS where its image was given."""
    profiles = {name: told.get("profiles") for name, told in SERVICES.items()}
    assert profiles == {
        "chroma": None,
        "qdrant": None,
        "weaviate": None,
        "vexfs": ["vexfs"],
        "suite": ["suite"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }


def test_no_key_stands_in_the_file() -> None:
    """They come from the environment."""
    for told in SERVICES.values():
        for name, value in told.get("environment", {}).items():
            if re.search(r"KEY|PASSWORD|TOKEN", name):
                assert VARIABLE.search(value), name


def test_docker_compose_takes_it() -> None:
    """Where it is installed; .ci/run asks the specification's own loader."""
    here = subprocess.run(["docker", "compose", "version"], check=False, capture_output=True)
    if here.returncode != 0:
        pytest.skip("docker compose is not installed")
    command = ["docker", "compose", "--file", str(FILE), "--profile", "*", "config", "--quiet"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
