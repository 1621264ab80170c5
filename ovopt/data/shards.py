"""The files of a table: one, those that a pattern names, or those of a folder, by the data set's own split."""

from __future__ import annotations

import glob
import itertools
import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ovopt.data.content import read_text
from ovopt.data.own_splits import usual_split
from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import DataError, shortened
from ovopt.given_file import check_path
from ovopt.locate import confined
from ovopt.units import a_few

BUILDERS = {
    ".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".arrow": "arrow",
    ".tar": "webdataset",
}  # fmt: skip
"""The builder of `datasets` for each suffix."""
ABOUT = frozenset({"", ".md", ".rst", ".gitattributes", ".gitignore", ".yaml", ".yml", ".lock"})
"""Suffixes of files that say something about a data set, beside its .json and .txt files."""
SAVED, SAVED_SPLITS = "state.json", "dataset_dict.json"
"""Files of what `save_to_disk` of `datasets` wrote."""
SHARD = re.compile(r"(.+)-\d{5,}-of-\d{5,}")
"""The name of one file of a split, as `datasets` and the hub write them: `unsupervised-00000-of-00002`."""
RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
LOOKED_AT = 50
"""Files at the beginning of an archive, which tell what it is."""
LARGEST_HEADER = 64 << 10
"""Bytes at the beginning of a table, which name its columns."""
MOST = 100_000
"""Files of a folder that are looked at, and shards."""


@dataclass(frozen=True)
class Shards:
    """The files of a table, all of one kind. Those of no split of their own stand under an empty name."""

    files: Mapping[str, Sequence[Path]]
    suffix: str
    left_out: Sequence[Path] = ()
    """Those that name no split, among files that do."""

    @property
    def all(self) -> list[Path]:
        """Those of every split."""
        return [file for files in self.files.values() for file in files]


def is_pattern(path: str) -> bool:
    """Tell a pattern of several files' names: `val-*.parquet`, `{000000..000009}.tar`."""
    return bool(RANGE.search(path)) or glob.has_magic(path)


def is_there(place: Path) -> bool:
    """Tell a path of a file or folder, or a pattern that some file fits."""
    if place.exists() or not is_pattern(str(place)):
        return place.exists()
    return any(glob.glob(name, recursive=True) for name in _expanded(str(place)))


def is_saved(folder: Path) -> bool:
    """Tell a folder that `save_to_disk` of `datasets` wrote: a table, or one for each split."""
    return (folder / SAVED).is_file() or (folder / SAVED_SPLITS).is_file()


def saved_parts(folder: Path) -> dict[str, Path]:
    """Folders of the tables that `save_to_disk` wrote, by split; one of its own has an empty name."""
    if (folder / SAVED).is_file():
        return {"": folder}
    file = folder / SAVED_SPLITS
    try:
        names = [str(name) for name in parse_json(read_text(file))["splits"]]
    except (UnreadableError, LookupError, TypeError) as error:
        raise DataError(f"{file}: not what `save_to_disk` writes: {shortened(str(error))}") from None
    return {name: confined(folder, name, str(file)) for name in names}


def saved_files(folder: Path) -> list[Path]:
    """The files of a table that `save_to_disk` wrote. Raises DataError where one lies outside its folder."""
    file = folder / SAVED
    try:
        names = [str(one["filename"]) for one in parse_json(read_text(file))["_data_files"]]
    except (UnreadableError, LookupError, TypeError) as error:
        raise DataError(f"{file}: not what `save_to_disk` writes: {shortened(str(error))}") from None
    return [confined(folder, name, str(file)) for name in names]


def is_webdataset(file: Path) -> bool:
    """Tell a .tar of samples as WebDataset has them: files side by side that differ in their suffix alone."""
    try:
        with tarfile.open(file, "r:") as archive:
            names = [member.name for member in itertools.islice(archive, LOOKED_AT) if member.isfile()]
    except (OSError, tarfile.TarError):
        return False
    stems = [name.partition(".")[0] for name in map(os.path.basename, names)]
    return any(one == other for one, other in itertools.pairwise(stems))


def metadata_in(folder: Path) -> Path | None:
    """The table that names the other files of a folder, as the builders of `datasets` know it."""
    for file in (folder / f"metadata{suffix}" for suffix in (".csv", ".jsonl", ".parquet")):
        if file.is_file():
            with file.open("rb") as stream:
                return file if b"file_name" in stream.read(LARGEST_HEADER) or file.suffix == ".parquet" else None
    return None


def holds_tables(folder: Path) -> bool:
    """Tell a folder in which nothing but a table's files lie, and what is said about them, or one with a table that
    names the others."""
    if is_saved(folder) or metadata_in(folder):
        return True
    found: set[str] = set()
    for place in _files_below(folder):
        found.add(os.path.splitext(place)[1].lower())
        if not found <= BUILDERS.keys() | ABOUT | {".txt"}:
            return False
    tables = found & (set(BUILDERS) - {".tar", ".json"}) or found & {".tar"}
    return bool(tables) and found <= tables | ABOUT | {".json", ".txt"}


def shards_of(place: Path) -> Shards:
    """The files of a table at a path, which may be a pattern. Raises DataError where there is none, or they are of
    several kinds."""
    if is_pattern(str(place)) and not place.exists():
        files, root = _matching(place), place.parent
    elif check_path(place, DataError).is_dir() and (table := metadata_in(place)):
        return Shards({"": [table]}, table.suffix)
    elif place.is_dir():
        files, root = list(map(Path, _files_below(place))), place
    elif place.exists():
        return Shards({"": [place]}, place.suffix.lower())
    else:
        raise DataError(f"{place}: no such data file")
    suffix = _suffix(files, place)
    return _by_split([file for file in files if file.suffix.lower() == suffix], suffix, root)


def split_named(path: PurePath) -> str:
    """The split that a file's path names, inside the data set's folder; empty where it names none."""
    words = [*re.split(r"[^A-Za-z]+", path.stem), *reversed(path.parent.parts)]
    shard = SHARD.fullmatch(path.stem)
    return next((word for word in words if usual_split(word)), shard[1] if shard else "")


def _by_split(files: Sequence[Path], suffix: str, root: Path) -> Shards:
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(split_named(file.relative_to(root)), []).append(file)
    left_out = found.pop("", []) if len(found) > 1 else []
    return Shards(found, suffix, left_out)


def _suffix(files: Iterable[Path], place: Path) -> str:
    """The kind of a folder's files. A .json file beside others is about them."""
    found = {file.suffix.lower() for file in files} & set(BUILDERS)
    kinds = found - {".json"} or found
    if not kinds:
        known = ", ".join(sorted(BUILDERS))
        raise DataError(f"{place}: holds no table ({known}); other folders are read with --set data.source.kind=files")
    if len(kinds) > 1:
        example = place / f"*{min(kinds)}"
        raise DataError(f"{place}: holds tables of several kinds, {a_few(sorted(kinds))}; name those of one: {example}")
    return kinds.pop()


def _matching(pattern: Path) -> list[Path]:
    files = sorted(Path(one) for name in _expanded(str(pattern)) for one in glob.iglob(name, recursive=True))
    if not files:
        raise DataError(f"{pattern}: no file is called so")
    return files[: MOST + 1]


def _expanded(pattern: str) -> Iterator[str]:
    """Every name that ranges in braces stand for."""
    found = RANGE.search(pattern)
    if not found:
        yield pattern
        return
    first, last = found[1], found[2]
    for number in itertools.islice(range(int(first), int(last) + 1), MOST):
        yield from _expanded(f"{pattern[: found.start()]}{number:0{len(first)}d}{pattern[found.end() :]}")


def _files_below(folder: Path) -> Iterator[str]:
    """Paths of files below a folder, hidden ones left out. Links to folders are not followed."""
    paths = (
        os.path.join(place, name)
        for place, folders, names in _walk(folder)
        for name in sorted(names)
        if not name.startswith(".")
    )
    return itertools.islice(paths, MOST)


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield place, folders, names
