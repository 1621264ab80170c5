"""Samples of a `datasets` table: columns of inputs and label, contents of rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Samples
from ovopt.data.cells import columns_of, reader_of, undecoded, values_of
from ovopt.data.columns import Choice, Chooser, Chosen, Column
from ovopt.data.content import say
from ovopt.data.row_labels import RowLabels, of_rows
from ovopt.errors import DataError, did_you_mean
from ovopt.records import Port

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class Table:
    """A table, and where it is from."""

    rows: datasets.Dataset
    source: str
    fingerprint: str
    parts: Mapping[str, int] = field(default_factory=dict)
    """Numbers of rows of the data set's own splits, which stand one after the other; empty where it has none."""
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Columns that a split has not, which others have."""
    root: Path | None = None
    """The folder that files are relative to which a column names."""

    @property
    def ids(self) -> list[str]:
        """Ids of all rows: the split, or the table's name, and the number of the row in it."""
        parts = self.parts or {Path(self.source).name: len(self.rows)}
        return [f"{name}#{row}" for name, count in parts.items() for row in range(count)]

    def split_names(self, column: str | None) -> Sequence[str]:
        """The split of each row as the data set itself has it, by its files or in a column; empty where it has none."""
        named = [name for name, count in self.parts.items() for _ in range(count)]
        return named or ([str(value) for value in values_of(self.rows, column)] if column is not None else [])

    def check_inputs(self, columns: Iterable[str]) -> None:
        """Raises DataError where a split lacks one of the columns."""
        for column in columns:
            without = [name for name in self.parts if _is_lacking(column, self.lacking.get(name, ()))]
            if without:
                whole = next(name for name in self.parts if name not in without)
                raise DataError(
                    f"{self.source}: the split {without[0]!r} has no column {column!r}; mend it, or read another "
                    f"alone, as in --set data.source.split={whole}"
                )


def _is_lacking(column: str, lacking: Sequence[str]) -> bool:
    """Tell a column that is not there, or is inside of one that is not."""
    return any(column == name or column.startswith(f"{name}.") for name in lacking)


def samples_of(table: Table, ports: Sequence[Port], choice: Choice | None = None) -> Samples:
    """Samples of a table in memory, or mapped from a file. Raises DataError where a column is missing, or no row is
    left."""
    choice = choice or Choice()
    table = replace(table, rows=undecoded(table.rows.with_format(None)))
    columns = columns_of(table.rows, table.root)
    chosen = Chooser(columns, ports, choice, table.source).chosen()
    if chosen.counting:
        names = ", ".join(map(repr, chosen.counting))
        say(f"{table.source}: left out, as it does nothing but count the rows: the column {names}")
    if chosen.texts:
        names = ", ".join(map(repr, chosen.texts))
        say(f"{table.source}: left out, as the model takes a vector of numbers: the columns of text {names}")
    if not chosen.inputs or not len(table.rows):
        raise DataError(f"{table.source}: holds no {'samples' if chosen.inputs else 'input columns'}")
    table.check_inputs(chosen.inputs.values())
    every = table.ids
    kept = _kept(table, chosen, choice, RowLabels(table.rows, table.root, every, columns, chosen, choice))
    ids = tuple(every[row] for row in kept.rows)
    content = _content(columns, chosen, choice, ports, table.root)
    wanted = table.rows.select_columns(list({columns[name].outer for name in chosen.inputs.values()}))
    return Samples(
        source=table.source,
        ids=ids,
        labels=None if kept.labels is None else tuple(kept.labels),
        load=lambda index: content(wanted[kept.rows[index]], ids[index]),
        fingerprint=_fingerprint(table, [columns[name] for name in (*chosen.inputs.values(), chosen.label) if name]),
        classes=kept.classes,
        splits=kept.splits if len(set(kept.splits)) > 1 else None,
        keys=tuple(map(str, kept.rows)),
        columns={name: partial(of_rows, table.rows, name, kept.rows) for name in columns},
        inputs=tuple(chosen.inputs),
    )


def _fingerprint(table: Table, columns: Sequence[Column]) -> str:
    """That of the table, and of the names and sizes of the files that its columns name."""
    named = [name for column in columns if column.names_files for name in values_of(table.rows, column.name)]
    if not named or table.root is None:
        return table.fingerprint
    digest = hashlib.sha256(table.fingerprint.encode())
    for name in named:
        file = os.path.join(table.root, name or "")
        size = os.path.getsize(file) if os.path.isfile(file) else None
        digest.update(f"{name}\0{size}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


@dataclass(frozen=True)
class _Kept:
    """Places of the rows that are samples, and their labels and splits."""

    rows: Sequence[int]
    labels: Sequence[Any] | None
    classes: tuple[str, ...]
    splits: tuple[str, ...]


def _kept(table: Table, chosen: Chosen, choice: Choice, labelled: RowLabels) -> _Kept:
    """Those of the splits, and of the labels, that the recipe names."""
    own, rows = table.split_names(chosen.split), range(len(table.rows))
    kept = _of_splits(rows, own, choice.only, table.source) if choice.only and not table.parts else rows
    labels, classes = labelled.of(kept)
    if choice.rename:
        places, labels = _renamed(labels, classes, choice.rename, table.source)
        kept, classes = [kept[place] for place in places], ()
    return _Kept(kept, labels, classes, tuple(own[row] for row in kept) if own else ())


def _of_splits(rows: Sequence[int], own: Sequence[str], only: Sequence[str], source: str) -> Sequence[int]:
    """The rows of these splits. Raises DataError where there is no such one."""
    if not own and [*only] == ["train"]:
        return rows  # as `datasets` calls a table without splits
    for name in only:
        if name not in own:
            hint = did_you_mean(name, set(own)) if own else "it has none of its own: leave data.source.split out"
            raise DataError(f"{source}: no split {name!r}; {hint}")
    return [row for row in rows if own[row] in only]


def _renamed(
    labels: Sequence[Any] | None, classes: Sequence[str], rename: Mapping[str, str | int], source: str
) -> tuple[list[int], list[str | int]]:
    """The rows whose label the recipe names, and their labels."""
    if labels is None:
        raise DataError(f"{source}: data.source.rename is about labels, and the table has none")
    found = [classes[label] if classes and isinstance(label, int) and label >= 0 else str(label) for label in labels]
    rows = [row for row, label in enumerate(found) if label in rename]
    if not rows:
        known = did_you_mean(next(iter(rename)), set(found))
        raise DataError(f"{source}: no row has a label that data.source.rename names; {known}")
    return rows, [rename[found[row]] for row in rows]


def _content(
    columns: Mapping[str, Column], chosen: Chosen, choice: Choice, ports: Sequence[Port], root: Path | None
) -> Callable[[Mapping[str, Any], str], Any]:
    """Function from a row and its id to a sample: one value, a vector of numbers, or a mapping. It raises DataError
    where a column holds nothing."""
    readers = {name: reader_of(columns[column], root) for name, column in chosen.inputs.items()}
    numeric = all(columns[column].kind in ("number", "list") for column in chosen.inputs.values())
    several = len(ports) > 1

    def values(row: Mapping[str, Any], sample_id: str) -> dict[str, Any]:
        found = {name: read(row) for name, read in readers.items()}
        for name, value in found.items():
            if value is None:
                raise DataError(f"{sample_id}: column {chosen.inputs[name]!r} holds nothing; remove or mend the row")
        return found

    if isinstance(choice.inputs, Mapping) or (len(readers) > 1 and (several or not numeric)):
        return values
    if len(readers) > 1:
        return lambda row, sample_id: np.asarray(list(values(row, sample_id).values()))
    (name,) = readers
    if several and any(port.name == name for port in ports):
        return values
    return lambda row, sample_id: values(row, sample_id)[name]
