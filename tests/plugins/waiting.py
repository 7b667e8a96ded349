"""Two stores, each of which connects, and closes, only while the other does. Marks lie in the temporary folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fixtures.drivers import exact
from fixtures.drivers.base import Embedded, Endpoint, Store, Tier

__all__ = ["Left", "Right", "pytest_vector_stores"]

_PATIENCE_S = 8.0
_POLL_S = 0.01


class _Waiting(exact.ExactEmbedded):
    own: str
    other: str

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._meet("connecting")

    def close(self) -> None:
        """Not alone."""
        self._meet("closing")
        super().close()

    def _meet(self, doing: str) -> None:
        folder = Path(tempfile.gettempdir())
        (folder / f"{self.own}-{doing}").touch()
        deadline = time.monotonic() + _PATIENCE_S
        while not (folder / f"{self.other}-{doing}").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.own} was {doing} alone")
            time.sleep(_POLL_S)
        (folder / f"{self.own}-met-{doing}").touch()


class Left(_Waiting):
    """Waits for Right."""

    own, other = "left", "right"


class Right(_Waiting):
    """Waits for Left."""

    own, other = "right", "left"


def pytest_vector_stores() -> Sequence[Store]:
    """`left` and `right`, embedded."""
    return [Store(one.own, {Tier.EMBEDDED: Embedded(f"{__name__}:{one.__name__}")}) for one in (Left, Right)]
