"""Outputs that are whole or absent: written beside their place, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ovopt.errors import OutputError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk is, the quota, or the largest size that a file may have."""
MAKE_ROOM = "make room there, or choose another -o/--output"


@contextmanager
def new_folder(target: Path, force: bool, mark: str) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and is removed when it does not.

    With `force`, an existing folder is replaced, but only one that is empty or holds the file `mark`, so that a
    mistyped path costs nothing.
    """
    check_free(target, force, mark)
    with _beside(target) as scratch:
        folder = scratch / target.name
        folder.mkdir()
        yield folder
        if target.exists():
            target.rename(scratch / "replaced")
        folder.rename(target)


@contextmanager
def new_file(target: Path, force: bool, mark: str) -> Iterator[Path]:
    """A temporary file that becomes `target` when the block ends well.

    With `force`, an existing file is replaced, but only one that is empty or holds the text `mark` in its beginning.
    Raises OutputError where the file must not be replaced, or cannot be written.
    """
    _check_free(target, force)
    if target.is_dir():
        raise OutputError(f"{target}: is a folder; name a file")
    if target.is_file() and target.stat().st_size and mark.encode() not in _beginning(target):
        raise OutputError(f"{target}: not a file that ovopt wrote, so --force does not replace it")
    with _beside(target) as scratch:
        file = scratch / target.name
        yield file
        os.replace(file, target)


def check_free(target: Path, force: bool, mark: str) -> None:
    """Raises OutputError where `new_folder` would not write."""
    _check_free(target, force)
    if target.name in ("", ".."):
        raise OutputError(f"{target}: name a folder of its own")
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: is a file; name a folder")
    if target.is_dir() and any(target.iterdir()) and not (target / mark).is_file():
        raise OutputError(f"{target}: not an ovopt bundle (no {mark} in it), so --force does not replace it")


def _check_free(target: Path, force: bool) -> None:
    try:
        exists = target.exists()
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}; choose another -o/--output") from None
    if exists and not force:
        raise OutputError(f"{target}: exists already; choose another -o/--output, or --force to replace it")


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(256)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A scratch folder on the same file system; creates the parents that are missing, and takes back what it made."""
    made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
    scratch: Path | None = None
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        except OSError as error:
            why = "Not a directory" if isinstance(error, FileExistsError) else error.strerror
            raise OutputError(f"{target}: cannot be written: {why}; choose another -o/--output") from None
        try:
            yield scratch
        except OSError as error:
            if scratch in Path(error.filename or "").parents or (error.filename is None and error.errno in FULL):
                raise OutputError(f"{target}: cannot be written: {error.strerror}; {MAKE_ROOM}") from None
            raise
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        for folder in made:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
