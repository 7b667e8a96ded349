"""Memory and processor time of a control group, of both versions, from files of the kernel's form.

The version that this machine has is read for real in tests/tiers/test_container.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.cgroups import CgroupMeter, Group, Unweighed, find_group

ID = "6ee252fe544e970b2e78517665d4d31cb0e694416e2b4f00c27d3f9dc1c8d323"
MB = 1_000_000


def write(folder: Path, **files: object) -> Path:
    """Files of a group; `_` stands for the dot in a name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")
    return folder


def version_1(root: Path) -> Path:
    """A mount table with the two hierarchies that are read, and one group in each."""
    table = root / "mountinfo"
    table.write_text(
        f"30 25 0:27 / {root}/memory rw,relatime - cgroup cgroup rw,memory\n"
        f"31 25 0:28 / {root}/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
        f"32 25 0:29 / {root}/unified rw,relatime - cgroup2 cgroup2 rw\n"
    )
    write(
        root / f"memory/docker/{ID}",
        cgroup__procs="17\n18",
        memory__usage_in_bytes=50 * MB,
        memory__max_usage_in_bytes=70 * MB,
        memory__stat=f"cache 1\ninactive_file 3\ntotal_inactive_file {20 * MB}",
    )
    write(root / f"cpu/docker/{ID}", cgroup__procs="17\n18", cpuacct__usage=1_234_567_890)
    return table


def version_2(root: Path, place: str) -> Path:
    """A mount table of version 2 alone, and a group at that place."""
    table = root / "mountinfo"
    table.write_text(f"30 25 0:27 / {root}/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n")
    write(
        root / "cgroup" / place,
        cgroup__procs="17",
        memory__current=50 * MB,
        memory__peak=70 * MB,
        memory__stat=f"anon 5\ninactive_file {20 * MB}\nactive_file 1",
        cpu__stat="usage_usec 1234567\nuser_usec 1\nsystem_usec 2",
    )
    return table


def test_version_1_is_read_and_its_mark_is_set_back(tmp_path: Path) -> None:
    """Use and peak less inactive file pages, over the whole group."""
    group = find_group(ID, version_1(tmp_path))
    assert isinstance(group, Group)
    meter = CgroupMeter(group)
    use = meter.read()
    assert (use.used, use.peak, use.processes) == (30 * MB, 50 * MB, 2)
    assert (group.memory / "memory.max_usage_in_bytes").read_text() == "0"
    assert meter.cpu_ns() == 1_234_567_890
    assert "set back" in meter.peak_source


@pytest.mark.parametrize("place", [f"docker/{ID}", f"system.slice/docker-{ID}.scope", f"mine/of/user/libpod-{ID}"])
def test_version_2_is_found_wherever_the_daemon_puts_it(tmp_path: Path, place: str) -> None:
    """By both drivers of Docker, and below a parent of the user's own."""
    group = find_group(ID, version_2(tmp_path, place))
    assert isinstance(group, Group)
    meter = CgroupMeter(group)
    use = meter.read()
    assert (use.used, use.peak, use.processes) == (30 * MB, 50 * MB, 1)
    assert meter.cpu_ns() == 1_234_567_000
    assert "whole launch" in meter.peak_source


def test_a_mark_of_the_whole_life_counts_once(tmp_path: Path) -> None:
    """Where it did not rise, the peak is the higher of the two readings."""
    group = find_group(ID, version_2(tmp_path, f"docker/{ID}"))
    assert isinstance(group, Group)
    meter = CgroupMeter(group)
    assert meter.read().peak == 50 * MB
    write(group.memory, memory__current=40 * MB)
    assert meter.read().peak == 30 * MB
    assert meter.read().peak == 20 * MB
    write(group.memory, memory__peak=90 * MB)
    assert meter.read().peak == 70 * MB


def test_without_a_mark_the_peak_is_what_was_read(tmp_path: Path) -> None:
    """And it is said so."""
    group = find_group(ID, version_2(tmp_path, f"docker/{ID}"))
    assert isinstance(group, Group)
    (group.memory / "memory.peak").unlink()
    meter = CgroupMeter(group)
    assert meter.read().peak == 30 * MB
    assert "no high-water mark" in meter.peak_source


def test_a_group_that_cannot_be_seen_is_told_and_is_no_zero(tmp_path: Path) -> None:
    """None of that id, one that is empty, no memory controller, no cgroups at all."""
    table = version_2(tmp_path, f"docker/{ID}")
    assert isinstance(find_group("another", table), Unweighed)
    write(tmp_path / "cgroup/docker" / ID, cgroup__procs="")
    assert isinstance(find_group(ID, table), Unweighed)
    write(tmp_path / "cgroup/docker" / ID, cgroup__procs="17")
    (tmp_path / "cgroup/docker" / ID / "memory.current").unlink()
    assert isinstance(find_group(ID, table), Unweighed)
    table.write_text("25 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
    found = find_group(ID, table)
    assert isinstance(found, Unweighed)
    assert "not visible" in found.reason


def test_a_group_that_is_gone_is_no_zero_either(tmp_path: Path) -> None:
    """The container ended between two readings."""
    group = find_group(ID, version_1(tmp_path))
    assert isinstance(group, Group)
    (group.memory / "memory.usage_in_bytes").unlink()
    with pytest.raises(FileNotFoundError):
        CgroupMeter(group).read()
