"""What sets a machine's speed by design: the key under which its baselines are kept."""

from __future__ import annotations

import hashlib
import re

from analysis.records import Host

__all__ = ["KEY_FIELDS", "NOTED_FIELDS", "differences", "folder_name"]

_MACHINE = ("cpu_model", "architecture", "cores", "memory_class_gib", "python")
KEY_FIELDS = (*_MACHINE, "placement")
NOTED_FIELDS = ("kernel", "governor", "containerised", "microcode", "hypervisor")
_USUAL = "free"


def folder_name(host: Host) -> str:
    """A readable name and a short hash over the key fields: `xeon-processor-2c-24g-py3.11-1a2b3c4d`.

    A placement other than the usual one, free, is named and hashed too: `...-py3.11-split-5e6f7a8b`.
    """
    fields, placed = (_MACHINE, "") if host.placement == _USUAL else (KEY_FIELDS, f"-{host.placement}")
    key = "\n".join(str(getattr(host, name)) for name in fields)
    words = re.sub(r"\((r|tm)\)", "", host.cpu_model.lower())
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:32].strip("-")
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{slug}-{host.cores}c-{host.memory_class_gib}g-py{host.python}{placed}-{digest}"


def differences(one: Host, other: Host, fields: tuple[str, ...] = KEY_FIELDS) -> list[str]:
    """The fields that differ, each with both values."""
    return [
        f"{name}: {getattr(one, name)} against {getattr(other, name)}"
        for name in fields
        if getattr(one, name) != getattr(other, name)
    ]
