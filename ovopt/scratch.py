"""Temporary folders that do not outlive their run: what a killed one left is removed by the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".ovopt-scratch-"
"""Of names that nobody else gives."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty temporary folder that is gone behind the block."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_unheld(left)
    folder, lock = _held()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _held() -> tuple[Path, int]:
    """A new folder, and the lock that is held for as long as its descriptor is open."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):  # another run took it for one that is left, before it was locked
            lock = os.open(folder, os.O_RDONLY)
            with suppress(OSError):  # of a file system without locks, whose folders nobody removes
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_unheld(folder: Path) -> None:
    """Remove a folder of this user's that no run holds."""
    with suppress(OSError):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return
        lock = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
