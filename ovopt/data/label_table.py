"""A table in a folder that names files, the label of each, and what more there is to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ovopt.data.columns import SPLITS
from ovopt.data.content import read_table
from ovopt.data.own_splits import usual_split
from ovopt.errors import DataError
from ovopt.locate import confined
from ovopt.units import a_few

USUAL = ("labels.csv", "labels.tsv")
"""Its names in a folder that brings one."""


@dataclass(frozen=True)
class LabelTable:
    """Rows of a table by the file that each names; `label` is the place of the label in a row."""

    file: Path
    header: Sequence[str]
    label: int
    rows: Mapping[Path, Sequence[str]]

    def labelled(self) -> Iterator[tuple[str, str]]:
        """Files and their labels."""
        return ((str(file), cells[self.label]) for file, cells in self.rows.items())

    def columns(self, files: Sequence[Path]) -> Mapping[str, partial[list[str]]]:
        """Further columns by name: the value for each of these files, empty where a row is short."""
        places = {name: place for place, name in enumerate(self.header) if place not in (0, self.label) and name}
        return {name: partial(self._values, place, files) for name, place in places.items()}

    def splits(self, files: Sequence[Path]) -> tuple[str, ...] | None:
        """The split of each of these files, by a column that is called like one and holds usual names; None where there
        is none. Raises DataError where it is empty for one of them."""
        columns = {name.lower(): read for name, read in self.columns(files).items()}
        for name in (name for name in SPLITS if name in columns):
            values = [value.strip() for value in columns[name]()]
            if any(map(usual_split, values)):
                without = [file.name for file, value in zip(files, values, strict=True) if not value]
                if without:
                    raise DataError(
                        f"{self.file}: {len(without)} of its files have an empty {name}: {a_few(without)}; fill it, or "
                        "remove their rows"
                    )
                return tuple(values)
        return None

    def _values(self, place: int, files: Sequence[Path]) -> list[str]:
        return [cells[place] if place < len(cells) else "" for cells in (self.rows[file] for file in files)]


def own_table(root: Path) -> str | None:
    """The name of the table that a folder brings; None where none lies there, or its first row names no file."""
    for name in USUAL:
        table = root / name
        if table.is_file():
            row = next(read_table(confined(root, name, "data.source.labels"), ("file", "label")), None)
            return name if row and row[1][0] and (root / row[1][0]).is_file() else None
    return None
