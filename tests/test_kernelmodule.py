"""A kernel module is looked for, named, and never a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.drivers.base import KernelModule, Tier
from fixtures.errors import StartFailed
from fixtures.kernelmodule import not_available
from fixtures.targets import Skipped, Target, known_stores, resolve, select
from fixtures.tiers import start

OTHERS = "fuse 167936 1 - Live 0x0\nxt_vexfs 16384 0 - Live 0x0\n"


def listed(folder: Path, modules: str, systems: str) -> tuple[Path, Path]:
    """The kernel's two lists."""
    one, other = folder / "modules", folder / "filesystems"
    one.write_text(modules)
    other.write_text(systems)
    return one, other


def test_a_module_that_is_not_loaded_is_not_available_and_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """Another module that has its name in the middle is none."""
    told = not_available("vexfs", *listed(tmp_path, OTHERS, "nodev\tproc\n\text4\n"))
    assert told.reason.startswith("not available: no module vexfs is loaded")
    assert f"{tmp_path / 'modules'} names none" in told.reason
    assert told.remedy


@pytest.mark.parametrize(
    ("modules", "systems", "seen"),
    [
        (f"{OTHERS}vexfs_deadlock_fix 40960 0 - Live 0x0\n", "\text4\n", "modules: vexfs_deadlock_fix"),
        (OTHERS, "nodev\tvexfs_fixed\n", "filesystems: vexfs_fixed"),
        (OTHERS, "\tvexfs\n", "filesystems: vexfs"),
    ],
)
def test_a_module_that_is_loaded_is_named_and_still_not_available(
    tmp_path: Path, modules: str, systems: str, seen: str
) -> None:
    """Nothing here drives it."""
    told = not_available("vexfs", *listed(tmp_path, modules, systems))
    assert seen in told.reason
    assert "no driver" in told.reason


def test_a_kernel_without_a_list_of_modules_says_so(tmp_path: Path) -> None:
    """Rather than nothing."""
    assert "is not there" in not_available("vexfs", tmp_path / "none", tmp_path / "neither").reason


def test_it_is_always_among_the_targets_and_always_skipped() -> None:
    """In the default choice, by a pattern, by its name; never started."""
    for patterns in ((), ("*",), ("vexfs@*",), ("vexfs@kernel",)):
        names = [target.name for target in select(known_stores(()), patterns)]
        assert names.count("vexfs@kernel") == 1
    target = Target(known_stores(())["vexfs"], Tier.KERNEL)
    found = resolve(target)
    assert isinstance(found, Skipped)
    assert found.reason.startswith("not available")
    with pytest.raises(StartFailed, match="never started"):
        start(target.name, KernelModule("vexfs"), ())
