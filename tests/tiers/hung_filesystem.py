"""A file system that never answers a write: `python hung_filesystem.py MOUNT -f`. For the tests of hung mounts."""

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
            threading.Event().wait()
        return super().write(path, data, offset, fh)


if __name__ == "__main__":
    mfusepy.FUSE(HungFiles(), sys.argv[1], foreground=True, nothreads=True, direct_io=True, fsname="hung")
