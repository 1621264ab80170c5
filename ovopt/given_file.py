"""Files that a user names, or their data does: regular ones of names that a system takes, no larger than expected."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from ovopt.errors import UsageError, quoted, shortened

LARGEST = 1 << 30
"""Bytes of a file that is read as a whole."""
OTHERS = (
    (stat.S_ISDIR, "a folder, not a file; name a file"),
    (stat.S_ISFIFO, "a pipe, not a file; write what comes out of it to a file, and give that"),
    (stat.S_ISSOCK, "a socket, not a file; give a regular file"),
    (stat.S_ISCHR, "a device, not a file; give a regular file"),
    (stat.S_ISBLK, "a device, not a file; give a regular file"),
)
"""Kinds that are no regular files: reading a pipe may never begin, and reading a device never end."""


def check_file(file: Path, what: str, error: type[UsageError]) -> Path:
    """The file. Raises `error` where there is none, or it is not regular; `what` names it in messages."""
    mode = _mode(file, error)
    if mode is None:
        raise error(f"{shortened(str(file))}: no such {what}")
    _check_regular(file, mode, error)
    return file


def check_path(path: Path, error: type[UsageError]) -> Path:
    """The path of a file or folder, or of nothing. Raises `error` for anything else, and for what can be no name."""
    mode = _mode(path, error)
    if mode is not None and not stat.S_ISDIR(mode):
        _check_regular(path, mode, error)
    return path


@contextmanager
def open_file(file: Path, error: type[UsageError]) -> Iterator[BufferedReader]:
    """The bytes of a regular file. Raises `error` where it is none, or the system refuses what is done meanwhile."""
    check_path(file, error)
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as refused:
        raise error(f"{shortened(str(file))}: cannot be read: {refused.strerror}") from None


def read_file(file: Path, error: type[UsageError], limit: int = LARGEST, key: str = "") -> bytes:
    """Content of a regular file. Raises `error` as `open_file` does, and where it has more bytes than `limit`, which is
    what `key` of the recipe says, if that is given."""
    with open_file(file, error) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            why = beyond(size, "bytes", key, limit) if key else f"{size:,} bytes, at most {limit:,} are read"
            raise error(f"{shortened(str(file))}: {why}")
        return stream.read()


def beyond(count: int, what: str, key: str, limit: int) -> str:
    """The words for more of something than a key of the recipe allows."""
    return f"{count:,} {what}, {key} is {limit:,}; raise it if that is meant"


def _check_regular(file: Path, mode: int, error: type[UsageError]) -> None:
    for has, kind in OTHERS:
        if has(mode):
            raise error(f"{shortened(str(file))}: {kind}")


def _mode(file: Path, error: type[UsageError]) -> int | None:
    """None where there is nothing of this name."""
    try:
        return file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as refused:
        raise error(f"{shortened(str(file))}: cannot be read: {refused.strerror}") from None
    except ValueError:
        raise error(f"{quoted(str(file))}: holds a zero byte, as no file's name does") from None
