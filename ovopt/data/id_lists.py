"""Text files that list the samples of a split: an id on each line, or a part of one that stands for a single sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ovopt.data.content import read_text
from ovopt.data.layout import names_in
from ovopt.data.own_splits import SplitError, usual_split
from ovopt.errors import DataError, quoted
from ovopt.locate import expand
from ovopt.units import a_few

SUFFIXES = (".txt", ".lst", ".ids")
LIST = re.compile(r"[_-]?(list|files|ids|split)$", re.IGNORECASE)
"""What the name of a list ends in, behind that of its split."""


def lists_samples(choice: Any) -> bool:
    """Tell a file's path from the name of an own split."""
    return isinstance(choice, str) and Path(choice).suffix.lower() in SUFFIXES


def listed_samples(ids: Sequence[str], choices: Mapping[str, Any]) -> dict[str, list[int]]:
    """Indices of the samples that a split's file lists, for each split that names a file. Raises SplitError where it
    lists what is no single sample, or what another split's file lists."""
    files = {name: expand(choice) for name, choice in choices.items() if lists_samples(choice)}
    places = places_of(ids) if files else {}
    found: dict[str, list[int]] = {}
    taken: dict[int, str] = {}
    for name, file in files.items():
        found[name] = list(_listed(file, places, f"data.splits.{name}", ids))
        for index in found[name]:
            if index in taken:
                raise SplitError(f"data.splits.{name}", f"{file}: {ids[index]} is in the list of {taken[index]}, too")
        taken.update(dict.fromkeys(found[name], name))
    return found


@dataclass(frozen=True)
class OwnLists:
    """The split of each sample by the lists that lie in a data set's folder; None where there are none."""

    splits: tuple[str, ...] | None = None
    files: tuple[Path, ...] = ()


def own_lists(folder: Path, ids: Sequence[str]) -> OwnLists:
    """Lists called like splits: `testing_list.txt`. Samples in none are for training, unless that has a list, too."""
    found: dict[int, str] = {}
    read: dict[Path, str] = {}
    named = [file for file in names_in(folder, SUFFIXES) if usual_split(file.stem) and not file.is_symlink()]
    places = places_of(ids) if named else {}
    for file in named:
        if listed := _samples_in(file, places):
            read[file] = LIST.sub("", file.stem)
            found = {**dict.fromkeys(listed, read[file]), **found}
    if not found:
        return OwnLists()
    rest = "unlisted" if any(usual_split(name) == "calibration" for name in read.values()) else "train"
    return OwnLists(tuple(found.get(index, rest) for index in range(len(ids))), tuple(read))


def _samples_in(file: Path, places: Mapping[str, int | None]) -> list[int]:
    """Samples that a text file lists; none where most of its lines are no names of files, such as notes."""
    try:
        lines = [line.strip() for line in read_text(file).splitlines() if line.strip()]
    except DataError:
        return []
    found = [index for line in lines if (index := _index(line, places)) is not None]
    of_files = sum(bool(PurePosixPath(line.split()[0]).suffix) for line in lines)
    return found if 2 * max(len(found), of_files) > len(lines) else []


def _listed(file: Path, places: Mapping[str, int | None], key: str, ids: Sequence[str]) -> Iterator[int]:
    lines = [line.strip() for line in read_text(file).splitlines() if line.strip()]
    found = {line: _index(line, places) for line in lines}
    if unknown := [quoted(line) for line, index in found.items() if index is None]:
        raise SplitError(key, f"{file}: no single sample is called {a_few(unknown)}; ids are as {quoted(ids[0])}")
    yield from dict.fromkeys(index for index in found.values() if index is not None)


def _index(line: str, places: Mapping[str, int | None]) -> int | None:
    """The sample of a line: an id, a path that ends in one, or either in front of something else, such as a class."""
    for name in (line, line.split(maxsplit=1)[0]):
        for tail in _tails(name):
            if tail in places:
                return places[tail]
    return None


def places_of(ids: Sequence[str]) -> dict[str, int | None]:
    """The index of each sample by its id and every end of it, with suffix and without; None for what several are
    called."""
    found: dict[str, int | None] = {}
    for index, one in enumerate(ids):
        for tail in {*_tails(one), *_tails(str(PurePosixPath(one).with_suffix("")))}:
            found[tail] = None if tail in found else index
    return {**found, **{one: index for index, one in enumerate(ids)}}


def _tails(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders."""
    parts = path.removeprefix("./").split("/")
    yield from ("/".join(parts[place:]) for place in range(len(parts)) if parts[place])
