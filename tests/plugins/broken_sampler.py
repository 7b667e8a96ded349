"""What reading the resources of exact@process raises after a while, as an odd line in /proc would."""

from __future__ import annotations

from fixtures.lane import Lane
from fixtures.sources import ProcessSource, Reading, Source

__all__ = ["Broken"]

_READINGS = 10
_whole = Lane.source


class Broken(ProcessSource):
    """Raises at its tenth reading."""

    _left = _READINGS

    def read(self) -> Reading | None:
        """Counts down."""
        self._left -= 1
        if self._left == 0:
            raise ValueError("an odd line in /proc")
        return super().read()


def _source(lane: Lane) -> Source:
    if lane.target != "exact@process":
        return _whole(lane)
    running, _ = lane._started()
    return Broken(running.pids)


Lane.source = _source  # type: ignore[method-assign]
