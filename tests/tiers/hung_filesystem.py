"""A file system that never answers a write: `python hung_filesystem.py MOUNT -f`. For the tests of hung mounts.

With `--deaf` before the mount point it never answers a listing either.
"""

from __future__ import annotations

import sys
import threading

import mfusepy

from fixtures.exact.filesystem import ExactFiles


class HungFiles(ExactFiles):
    """As our own store, but whoever writes a vector waits for ever."""

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Never returns for a vector."""
        if path.endswith(".vec"):
            print("a write is not answered", flush=True)
            threading.Event().wait()
        return super().write(path, data, offset, fh)


class DeafFiles(HungFiles):
    """Whoever looks into it waits for ever."""

    def readdir(self, path: str, fh: int) -> list[str]:
        """Never returns."""
        threading.Event().wait()
        return []


if __name__ == "__main__":
    deaf = sys.argv[1] == "--deaf"
    point = sys.argv[2 if deaf else 1]
    mfusepy.FUSE(
        DeafFiles() if deaf else HungFiles(), point, foreground=True, nothreads=True, direct_io=True, fsname="hung"
    )
