"""What the tests of containers share: whether they can run here, and small images of one program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from shutil import which

import pytest

from fixtures.containers import connect, daemon_address
from fixtures.drivers.base import Container, Image, Limits, Store, Tier
from fixtures.localimages import program_tar
from fixtures.targets import Skipped, Target, known_stores, resolve

__all__ = ["container_of", "needs", "one_program", "variables"]


def needs(store: Store) -> Container:
    """The store's container; skips where it cannot run here, fails where it must (VEXFS_BENCH_REQUIRE_TARGET)."""
    target = Target(store, Tier.CONTAINER)
    found = resolve(target)
    if isinstance(found, Skipped):
        patterns = os.environ.get("VEXFS_BENCH_REQUIRE_TARGET", "").split(",")
        told = f"{target.name}: {found.reason} {found.remedy}"
        if any(fnmatchcase(target.name, pattern) for pattern in patterns):
            pytest.fail(f"required, and not runnable: {told}")
        pytest.skip(told)
    spec = target.spec
    assert isinstance(spec, Container)
    return replace(spec, limits=Limits(cpus=1, memory=1 << 30))


def variables() -> dict[str, str]:
    """What a run needs to see the daemon and its images; `tests.suite` leaves the suite's own variables out."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("VEXFS_BENCH_")}
    return {name: value for name, value in kept.items() if name.endswith("_IMAGE")}


@contextmanager
def one_program(name: str, arguments: tuple[str, ...]) -> Iterator[Container]:
    """A container of nothing but a program of this machine, which is no server."""
    needs(known_stores(())["exact"])
    program = which(name)
    assert program is not None
    tag = f"vexfs-bench-test/{name}:1"
    with connect(daemon_address(), timeout_s=60) as client:
        repository, _, version = tag.partition(":")
        changes = ['ENTRYPOINT ["/bin/server"]']
        client.api.import_image_from_data(
            program_tar(Path(program).resolve()), repository=repository, tag=version, changes=changes
        )
        try:
            image = Image("VEXFS_BENCH_NONE_IMAGE", repository, version, "None.")
            yield Container("none:None", image, {"http": 80}, arguments, "/data", "/ready", limits=Limits(1, 1 << 28))
        finally:
            client.images.remove(tag, force=True)


def container_of(name: str) -> Mapping[str, str] | None:
    """The labels of the container of that name; None where there is none."""
    with connect(daemon_address(), timeout_s=30) as client:
        found = [one.labels for one in client.containers.list(all=True) if one.name == name]
        return found[0] if found else None
