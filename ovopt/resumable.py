"""Work that can be interrupted: one hash of all that it depends on, and files that are whole or not there."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray


def digest(*parts: object, arrays: Iterable[NDArray[Any]] = ()) -> str:
    """SHA-256, in hexadecimal, of the texts of all parts, and of arrays `[...]` of any shape, with shape and type."""
    found = hashlib.sha256("\0".join(map(str, parts)).encode())
    for array in arrays:
        found.update(str((array.shape, array.dtype)).encode())
        found.update(array.tobytes())
    return found.hexdigest()


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A scratch file beside `file` that takes its place when the block ends well. It always has the same name: who goes
    on replaces what a kill left half written. Raises OSError where it cannot be written, or is no file."""
    file = file.resolve() if file.is_symlink() else file  # the link stays
    scratch = file.with_name(f".{file.name}")
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield scratch
        os.replace(scratch, file)
    finally:
        with suppress(OSError):
            scratch.unlink()
