"""Content of a folder, as far as a look at a few names and first bytes tells."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from ovopt.data.own_splits import usual_split
from ovopt.errors import DataError
from ovopt.given_file import open_file

LOOKED_AT = 50
"""So many names of a folder, and folders of a tree, are looked at to recognise what lies there."""
YEAR = re.compile(r"[_-]?\d{4}")


def own_split(name: str) -> str | None:
    """The split that a folder or a list of this name stands for, without its year; None where it is no usual name.

    >>> own_split("train2017"), own_split("valid"), own_split("red")
    ('train', 'valid', None)
    """
    plain = YEAR.sub("", name, count=1)
    return plain if usual_split(plain) else None


def splits_of(names: Iterable[str]) -> tuple[str, ...] | None:
    """The split of each sample by the name of the folder or list that it is in; None unless all are usual names of
    splits."""
    found = [own_split(name) for name in names]
    return tuple(name for name in found if name) if found and all(found) else None


def begins(file: Path, size: int = 4096) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    return _read(file, lambda length: 0, size)


def ends(file: Path, size: int = 4096) -> bytes:
    """The last bytes of a file; none where it cannot be read."""
    return _read(file, lambda length: max(0, length - size), size)


def names_in(folder: Path, suffixes: Iterable[str], most: int = LOOKED_AT) -> list[Path]:
    """A few files of a folder that have these suffixes; none where it cannot be read."""
    wanted = tuple(suffixes)
    try:
        with os.scandir(folder) as entries:
            fitting = (entry.path for entry in entries if entry.name.lower().endswith(wanted))
            return sorted(Path(path) for path in islice(fitting, most))
    except OSError:
        return []


def folders_in(folder: Path) -> Iterator[Path]:
    """The folder, and a few of those below it, links and hidden ones left out."""
    for place, folders, _ in islice(os.walk(folder), LOOKED_AT):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(place)


def _read(file: Path, begin: Callable[[int], int], size: int) -> bytes:
    try:
        with open_file(file, DataError) as stream:
            stream.seek(begin(os.fstat(stream.fileno()).st_size))
            return stream.read(size)
    except DataError:
        return b""
