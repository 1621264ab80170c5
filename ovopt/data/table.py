"""Samples of a `datasets` table: columns of inputs and label, contents of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Samples
from ovopt.data.cells import columns_of, reader_of, undecoded, values_of
from ovopt.data.columns import Choice, Chooser, Chosen, Column
from ovopt.data.content import say
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
        """Of all rows: the split, or the table's name, and the number of the row in it."""
        parts = self.parts or {Path(self.source).name: len(self.rows)}
        return [f"{name}#{row}" for name, count in parts.items() for row in range(count)]

    def own_splits(self, column: str | None) -> list[str] | None:
        """The split of each row as the data set itself has it, in a column or by its files; None where it has but
        one."""
        named = [name for name, count in self.parts.items() for _ in range(count)]
        if not named and column is not None:
            named = [str(value) for value in values_of(self.rows, column)]
        return named if len(set(named)) > 1 else None

    def check_inputs(self, columns: Iterable[str]) -> None:
        """Raises DataError where a split lacks one of the columns."""
        for column in columns:
            for split, lacking in self.lacking.items():
                if column.partition(".")[0] in lacking:
                    whole = next(name for name in self.parts if name not in self.lacking)
                    raise DataError(
                        f"{self.source}: the split {split!r} has no column {column!r}; mend it, or read another alone, "
                        f"as in --set data.source.split={whole}"
                    )


def samples_of(table: Table, ports: Sequence[Port], choice: Choice | None = None) -> Samples:
    """Samples of a table in memory, or mapped from a file. Raises DataError where a column is missing, or no row is
    left."""
    choice = choice or Choice()
    rows, source = undecoded(table.rows.with_format(None)), table.source
    columns = columns_of(rows, table.root)
    chosen = Chooser(columns, ports, choice, source).chosen()
    if chosen.counting:
        names = ", ".join(map(repr, chosen.counting))
        say(f"{source}: left out, as it does nothing but count the rows: the column {names}")
    if not chosen.inputs or not len(rows):
        raise DataError(f"{source}: holds no {'samples' if chosen.inputs else 'input columns'}")
    table.check_inputs(chosen.inputs.values())
    classes = _class_names(rows, chosen.label)
    labels = None if chosen.label is None else values_of(rows, chosen.label)
    kept: Sequence[int] = range(len(rows))
    if choice.rename:
        kept, labels = _renamed(labels, classes, choice.rename, source)
        classes = ()
    own, all_ids = table.own_splits(chosen.split), table.ids
    ids = tuple(all_ids[row] for row in kept)
    content = _content(columns, chosen, choice, ports, table.root)
    wanted = rows.select_columns(list({columns[name].outer for name in chosen.inputs.values()}))

    return Samples(
        source=source,
        ids=ids,
        labels=None if labels is None else tuple(labels),
        load=lambda index: content(wanted[kept[index]], ids[index]),
        fingerprint=table.fingerprint,
        classes=classes,
        splits=None if own is None else tuple(own[row] for row in kept),
        keys=tuple(map(str, kept)),
        columns={name: partial(_of_rows, rows, name, kept) for name in columns},
    )


def _of_rows(rows: datasets.Dataset, name: str, kept: Sequence[int]) -> Sequence[Any]:
    values = values_of(rows, name)
    return [values[row] for row in kept]


def _class_names(table: datasets.Dataset, label: str | None) -> tuple[str, ...]:
    feature: Any = table.features
    for part in () if label is None else (label,) if label in feature else label.split("."):
        feature = feature[part]
    feature = getattr(feature, "feature", feature)
    return tuple(getattr(feature, "names", None) or ())


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
