"""A folder of files, labelled by folder, extension or name, by a table, or by files beside them."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from ovopt.contracts import DataSource, Samples
from ovopt.data.columns import SPLITS
from ovopt.data.content import MaxBytes, file_at, hash_of, hash_of_names, read_bytes, read_table, read_text, say
from ovopt.data.id_lists import own_lists
from ovopt.data.label_table import LabelTable, own_table
from ovopt.data.layout import own_split, splits_of
from ovopt.errors import DataError, did_you_mean
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

HIDDEN = (".", "__pycache__")
ASIDE = "_"
"""What the name of a folder begins with that is no class: `_background_noise_`."""
Labelled = tuple[str, str]
"""A file and its label as found."""
_Divided = tuple[tuple[str, ...] | None, Sequence[Path]]


class Files(DataSource):
    """Files below one or more folders. A sample is the file's bytes; `preprocess` decodes them.

    Where folders are labels, an empty one keeps its place among the classes, and folders above or below them that are
    all called like splits (`train/cat/x.png`, `cat/train/x.png`) are the data's own splits, as are lists beside them
    (`testing_list.txt`). A folder whose name begins with an underscore is no class unless `rename` names it. The choice
    of `per_label` depends on the paths alone, so that it stays the same from run to run, and adding files elsewhere
    does not change it. Symbolic links are not followed.

    A `labels.csv` that names files beside it or below gives the labels where no two folders could. Its column `split`,
    where it names train, val or test, is the data's own.
    """

    name: ClassVar[str] = "files"
    path: str | tuple[str, ...]
    label: Literal["folder", "parent", "extension", "name", "file", "none"] = Field(
        default="folder",
        description="where the label comes from: the first folder below `path`, the folder that the file lies in, its "
        "extension, the letters that its name begins with, the text of the file beside it that has the same name and "
        "the suffix `sidecar`, or nowhere",
    )
    labels: str | None = Field(
        default=None,
        description="a .csv or .tsv table in the folder, with a header; its first column is the file, its second the "
        "label. Files that it does not name are left out",
    )
    column: str | None = Field(
        default=None,
        description="the column of the table that holds the label; its first then names files wherever they lie in the "
        "folder, with or without suffix",
    )
    sidecar: str = Field(default=".txt", description="the suffix of the files beside the samples, for `label: file`")
    suffixes: tuple[str, ...] = Field(default=(), description="only files with these suffixes, such as .jpg")
    rename: dict[str, str | int] = Field(
        default={}, description="label as found -> class name or index; files with other labels are left out"
    )
    per_label: int | None = Field(default=None, gt=0, description="at most so many files of each label")
    min_bytes: int = Field(default=0, ge=0, description="smaller files are left out")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """Any folder."""
        return expand(path).is_dir()

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the files that the folders hold or the table names. Raises DataError where there are none."""
        paths = [expand(path) for path in ((self.path,) if isinstance(self.path, str) else self.path)]
        roots = [root for root in paths if root.is_dir()]
        if not roots:
            raise DataError(f"{_said(paths)}: no such folder")
        if name := self._found_table(roots):
            return self.model_copy(update={"labels": name}).open(inputs, seed)
        table = self._table(roots) if self.labels else None
        trees = {root: _Tree.of(root, frozenset(self.rename)) for root in roots} if self._by_folder else {}
        above = f"{roots[0]}{os.sep}" if len(roots) == 1 else ""  # a folder that was moved is the same data
        chosen = self._choose(self._fitting(table.labelled()) if table else self._walked(roots, trees), above)
        if not chosen:
            raise DataError(f"{_said(roots)}: no files with a label that the recipe knows")
        files = [file for file, _ in chosen]
        ids = tuple(shown(f.relative_to(roots[0]) if len(roots) == 1 else f) for f in files)
        labelled = self.labels or self.label != "none"
        splits, lists = self._splits(files, ids, trees)
        return Samples(
            source=_said(roots),
            ids=ids,
            labels=tuple(label for _, label in chosen) if labelled else None,
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=self._fingerprint(ids, files, roots, lists),
            classes=self._classes([label for _, label in chosen], trees),
            splits=table.splits(files) if table else splits,
            columns=table.columns(files) if table else {},
        )

    def _splits(self, files: Sequence[Path], ids: Sequence[str], trees: Mapping[Path, _Tree]) -> _Divided:
        """The split of each file by folders or lists, and the lists; None where there are several roots."""
        if len(trees) != 1:
            return None, ()
        ((root, tree),) = trees.items()
        if tree.split is not None:
            return splits_of(tree.split_of(file) for file in files), ()
        own = own_lists(root, ids)
        return own.splits, own.files

    @property
    def _by_folder(self) -> bool:
        return self.label in ("folder", "parent") and not self.labels

    def _classes(self, labels: Sequence[Any], trees: Mapping[Path, _Tree]) -> tuple[str, ...]:
        """Names of the folders that are labels, with the empty ones; none where they are numbers, or renamed."""
        if self.rename or self.label != "folder" or self.labels:
            return ()
        names = {*labels, *(name for tree in trees.values() for name in tree.empty)}
        return () if all(name.lstrip("-").isdecimal() for name in names) else tuple(sorted(names))

    def _choose(self, labelled: Iterator[Labelled], above: str) -> list[tuple[Path, Any]]:
        by_label: dict[str, list[str]] = defaultdict(list)
        for file, found in labelled:
            if not self.rename or found in self.rename:
                by_label[found].append(file)
        chosen: list[tuple[Path, Any]] = []
        for found in sorted(by_label):
            files = sorted(set(by_label[found]), key=lambda file: _stable_order(file.removeprefix(above)))
            chosen += [(file, self.rename.get(found, found)) for file in self._usable(files)]
        return chosen

    def _usable(self, files: Sequence[str]) -> list[Path]:
        kept: list[Path] = []
        for file in files:
            if self.per_label and len(kept) == self.per_label:
                break
            if not os.path.islink(file) and os.access(file, os.R_OK) and os.path.getsize(file) >= self.min_bytes:
                kept.append(Path(file))
        return kept

    def _found_table(self, roots: Sequence[Path]) -> str | None:
        """The table that the folder brings, where the recipe says nothing and no two folders could be labels."""
        if self.labels or "label" in self.model_fields_set or len(roots) != 1:
            return None
        filled = [folder for folder in _folders(roots[0]) if next(_walk(folder), None)]
        return own_table(roots[0]) if len(filled) < 2 else None

    def _table(self, roots: Sequence[Path]) -> LabelTable:
        if len(roots) != 1:
            raise DataError(f"data.source.labels: a table belongs to one folder, not to {_said(roots)}")
        (root,) = roots
        table = file_at(confined(root, self.labels or "", "data.source.labels"), "table of labels")
        header = header_of(table)
        column = 2 if len(header) > 2 and header[1].lower() in SPLITS else 1
        column = column if self.column is None else self._place_of_column(table)
        seen: dict[Path, Sequence[str]] = {}
        elsewhere: dict[str, Path] | None = None
        for where, cells in read_table(table, ("file", "label")):
            file = confined(root, cells[0], where)
            if self.column is not None and not file.is_file():
                elsewhere = by_name(root) if elsewhere is None else elsewhere
                file = elsewhere.get(cells[0], file)
            if file in seen:
                raise DataError(f"{where}: {cells[0]} has a label already")
            if column >= len(cells):
                raise DataError(f"{where}: {len(cells)} columns, none of which is {header[column]}")
            seen[file] = cells
        missing = [f"{file.relative_to(root)}" for file in seen if not file.is_file()]
        if missing:
            raise DataError(f"{table}: {len(missing)} of its files are missing: {a_few(missing)}")
        return LabelTable(table, header, column, seen)

    def _fitting(self, labelled: Iterator[Labelled]) -> Iterator[Labelled]:
        return (one for one in labelled if self._has_suffix(os.path.basename(one[0])))

    def _place_of_column(self, table: Path) -> int:
        header = header_of(table)
        if self.column not in header[1:]:
            raise DataError(
                f"data.source.column: {table} has no such column; {did_you_mean(str(self.column), header[1:])}"
            )
        return header.index(str(self.column), 1)

    def _walked(self, roots: Sequence[Path], trees: Mapping[Path, _Tree]) -> Iterator[Labelled]:
        for root in roots:
            for folder, name in _walk(root):
                found = self._label(folder, name, trees.get(root)) if self._has_suffix(name) else None
                if found is not None:
                    yield os.path.join(folder, name), found

    def _has_suffix(self, name: str) -> bool:
        return not self.suffixes or name.lower().endswith(tuple(suffix.lower() for suffix in self.suffixes))

    def _label(self, folder: str, name: str, tree: _Tree | None) -> str | None:
        """None for a file that is no sample."""
        match self.label:
            case "none":
                return ""
            case "file":
                return self._text_beside(Path(folder, name))
            case "extension":
                found = os.path.splitext(name)[1].lower().lstrip(".")
            case "name":
                found = re.split(r"[\W\d_]", name, maxsplit=1)[0].lower()
            case "folder" | "parent":
                assert tree is not None, "made for these two"
                names = tree.labels(folder)
                found = names[0 if self.label == "folder" else -1] if names else ""
        return found or None

    def _text_beside(self, file: Path) -> str | None:
        if file.name.endswith(self.sidecar) or file.is_symlink():
            return None
        text = file.with_name(file.stem + self.sidecar)
        if text.is_symlink() or not text.is_file():
            raise DataError(f"{file}: no {text.name} beside it holds its label; choose files with data.source.suffixes")
        return read_text(text).strip()

    def _fingerprint(
        self, ids: Sequence[str], files: Sequence[Path], roots: Sequence[Path], lists: Sequence[Path]
    ) -> str:
        if self.labels:
            return hash_of_names(ids, files, hash_of(roots[0] / self.labels))
        if self.label == "file":
            return hash_of_names(ids, files, *(hash_of(file.with_name(file.stem + self.sidecar)) for file in files))
        return hash_of_names(ids, files, *map(hash_of, lists))


@dataclass(frozen=True)
class _Tree:
    """Folders below one, as far as they are labels and splits."""

    root: str
    split: int | None
    """The level of the folders that are called like splits: 0 for those in the root."""
    empty: tuple[str, ...]
    """Folders that would be labels if they held a file."""
    aside: frozenset[str] = frozenset()
    """Folders that are none by their names."""

    @classmethod
    def of(cls, root: Path, wanted: frozenset[str]) -> _Tree:
        """That of the folders below this one; `wanted` are labels, whatever they are called."""
        first = {folder: _folders(folder) for folder in _folders(root)}
        inside = [folder for folders in first.values() for folder in folders]
        split = None
        if inside and _are_splits(first):
            split = 0
        elif _are_splits(inside) and all(first.values()) and len({own_split(folder.name) for folder in inside}) > 1:
            split = 1
        names = {folder.name for folder in (inside if split == 0 else first)}
        filled = {folder.name for folder in (inside if split == 0 else first) if next(_walk(folder), None)}
        aside = frozenset(name for name in names - wanted if name.startswith(ASIDE))
        aside = frozenset() if aside == names else aside
        if aside:
            say(f"{root}: no class, by the underscore that its name begins with: {a_few(sorted(aside))}")
        return cls(str(root), split, tuple(sorted(names - filled - aside)), aside)

    def labels(self, folder: str) -> list[str]:
        """Names of the folders from the root to this one, without that of a split."""
        names = self._names(folder)
        names = names if self.split is None else names[: self.split] + names[self.split + 1 :]
        return names if names and names[0] not in self.aside else []

    def split_of(self, file: Path) -> str:
        """The folder that is called like a split; empty where the file lies in none."""
        names = self._names(str(file.parent))
        return names[self.split] if self.split is not None and self.split < len(names) else ""

    def _names(self, folder: str) -> list[str]:
        below = folder[len(self.root) :].strip(os.sep)
        return below.split(os.sep) if below else []


def by_name(root: Path) -> dict[str, Path]:
    """Files below a folder by their names, with suffix and without; those that several have are left out."""
    files = [Path(folder, name) for folder, name in _walk(root)]
    counted = Counter(name for file in files for name in {file.name, file.stem})
    return {name: file for file in files for name in {file.name, file.stem} if counted[name] == 1}


def header_of(table: Path) -> list[str]:
    """Names of a table's columns; none where it is empty. Raises DataError where it cannot be read."""
    lines = read_text(table).splitlines()[:1]
    return next(csv.reader(lines, delimiter="\t" if table.suffix.lower() == ".tsv" else ","), [])


def _are_splits(folders: Iterable[Path]) -> bool:
    return splits_of(folder.name for folder in folders) is not None


def _folders(folder: Path) -> list[Path]:
    """Those in a folder, without links and hidden ones."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [Path(path) for path in sorted(found) if not os.path.basename(path).startswith(HIDDEN)]


def _said(roots: Sequence[Path]) -> str:
    return ", ".join(str(root) for root in roots)


def _walk(root: Path) -> Iterator[tuple[str, str]]:
    """Folders and names, not paths: there may be a hundred thousand files of which few are wanted."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
        yield from ((folder, name) for name in names if not name.startswith("."))


def _stable_order(file: str) -> bytes:
    return hashlib.blake2b(file.encode(errors="surrogateescape"), digest_size=8).digest()
