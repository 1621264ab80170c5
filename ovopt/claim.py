"""A name that one run alone writes: a locked scratch folder beside it. What a killed run left of it is mended on the
next start."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENDING = ".ovopt"
LOCK, REPLACED = "lock", "replaced"
"""In the scratch folder: what the run holds, and what stood at the name before, where it could not be exchanged."""
LONGEST = 255
"""Bytes of a file's name."""
TRIES = 100
"""A lock that was taken is one of a folder that the last run has just removed, so many times at most."""
BUSY = "another run of ovopt is writing it; wait until that has ended"
HELD = frozenset({errno.EAGAIN, errno.EACCES})
SWAP = 2
"""RENAME_EXCHANGE of renameat2(2)."""
HERE = -100
"""AT_FDCWD: paths are relative to the current folder."""


class ClaimError(Exception):
    """A name that cannot be claimed: why, and what to do."""


@contextmanager
def claimed(place: Path) -> Iterator[Path]:
    """An empty scratch folder on the file system of `place`, which nobody else claims meanwhile. Makes the parents that
    are missing, and takes back those that stay empty.

    Raises ClaimError where another run has claimed it, OSError where nothing can be written there.
    """
    made = [folder for folder in place.parents if not folder.exists()]
    try:
        scratch, lock = _locked(place)
        try:
            _mend(scratch, place)
            yield scratch
        finally:
            try:
                _release(scratch, place)
            except (KeyboardInterrupt, SystemExit):  # the first signal; no second one is heeded
                _release(scratch, place)
                raise
            finally:
                if lock is not None:
                    os.close(lock)
    finally:
        for folder in made:
            with suppress(OSError):  # of one that is not empty
                folder.rmdir()


def scratch_of(place: Path) -> Path:
    """The scratch folder of a name: the same in every run."""
    name = f".{place.name}{ENDING}"
    if len(os.fsencode(name)) > LONGEST:
        name = f".{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:16]}{ENDING}"
    return place.with_name(name)


def take_place(new: Path, place: Path, scratch: Path) -> None:
    """Put a folder of the scratch folder at the name, which it may have to exchange with what stands there. At any time
    the name is that of the old or of the new one; where the system cannot exchange, the next claim puts the old one
    back after a kill. The old one is removed."""
    old = scratch / REPLACED
    if not place.exists():
        new.rename(place)
    elif _exchanged(new, place):
        old = new
    else:
        place.rename(old)
        new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _locked(place: Path) -> tuple[Path, int | None]:
    """The scratch folder, and the lock that is held for as long as its descriptor is open. A file system without locks
    gives a folder of its own to every run."""
    scratch = scratch_of(place)
    for _ in range(TRIES):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = _open_lock(scratch)
        except FileNotFoundError:  # removed by the run before, or its parent was
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if error.errno in HELD:
                raise ClaimError(BUSY) from None
            shutil.rmtree(scratch, ignore_errors=True)
            return Path(tempfile.mkdtemp(prefix=".", suffix=ENDING, dir=place.parent)), None
        if _is_still(lock, scratch / LOCK):
            return scratch, lock
        os.close(lock)
    raise ClaimError(BUSY)


def _open_lock(scratch: Path) -> int:
    """The open lock file. Raises ClaimError where the folder is none of ours."""
    try:
        scratch.mkdir()
    except FileExistsError:
        ours = scratch.is_dir() and not scratch.is_symlink()
        if not ours or (not (scratch / LOCK).is_file() and any(scratch.iterdir())):
            raise ClaimError(f"{scratch} is in the way, and is not ovopt's; move it away") from None
    return os.open(scratch / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _is_still(lock: int, file: Path) -> bool:
    """False where the last run removed the file between opening and locking."""
    try:
        return os.path.samestat(os.fstat(lock), file.stat())
    except FileNotFoundError:
        return False


def _release(scratch: Path, place: Path) -> None:
    if scratch.exists():
        _mend(scratch, place)
        shutil.rmtree(scratch, ignore_errors=True)


def _mend(scratch: Path, place: Path) -> None:
    """Put back what was moved away from the name where nothing took its place, then remove all but the lock."""
    old = scratch / REPLACED
    if old.exists() and not place.exists():
        old.rename(place)
    for left in scratch.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        elif left.name != LOCK:
            left.unlink(missing_ok=True)


def _exchanged(one: Path, other: Path) -> bool:
    """True where two names were exchanged in one step, False where this system, or its file system, cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    return bool(rename(HERE, os.fsencode(one), HERE, os.fsencode(other), SWAP) == 0)
