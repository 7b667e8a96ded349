"""What stands around a launch's measuring: which processors its targets had, and its end.

Further kinds of `analysis.observations`, through which they are imported.
"""

from __future__ import annotations

import msgspec

__all__ = ["LaunchEnded", "TargetPlaced"]


class TargetPlaced(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="target-placed"):
    """The processors that a target's processes may use, as the kernel has it once they are up.

    `client` is the worker's with its crowd, `server` the store's own: empty for an embedded engine, which has none.
    """

    scale: str
    launch: int
    target: str
    placement: str
    client: list[int]
    server: list[int]


class LaunchEnded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="launch-ended"):
    """A launch is over. `up_ns` was spent starting, `measuring_ns` with all servers up, `stop_ns` stopping.

    `target` is the one whose launch it was, where only one was up (`--isolate`); else it is empty.
    """

    scale: str
    launch: int
    up_ns: int
    measuring_ns: int
    stop_ns: int
    target: str = ""
