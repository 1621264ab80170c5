"""Samples of a `datasets` table: columns of inputs and label, contents of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Samples
from ovopt.data.content import read_bytes
from ovopt.errors import DataError, did_you_mean
from ovopt.records import Port

if TYPE_CHECKING:
    import datasets

LABEL_COLUMNS = ("label", "labels", "y", "target")
INPUT_COLUMNS = ("inputs", "input", "image", "text", "audio")
Inputs = str | Sequence[str] | Mapping[str, str]
"""A column, several, or a column for each input of the model by name."""


@dataclass(frozen=True)
class Columns:
    """Choice of a table's columns by the recipe. `rename` is a label as found (a class name where the table has them)
    -> class name or index; rows with other labels are left out."""

    inputs: Inputs | None = None
    label: str | None = None
    rename: Mapping[str, str | int] | None = None


def undecoded(table: Any) -> Any:
    """Table (or stream) whose image and audio columns give files' bytes, not decoded ones."""
    import datasets

    for column, feature in (table.features or {}).items():
        if isinstance(feature, datasets.Image | datasets.Audio):
            table = table.cast_column(column, type(feature)(decode=False))
    return table


def samples_of(
    table: datasets.Dataset,
    source: str,
    fingerprint: str,
    ports: Sequence[Port],
    columns: Columns | None = None,
) -> Samples:
    """Samples of a table in memory, or mapped from a file. Raises DataError where a column is missing, or no row is
    left."""
    columns = columns or Columns()
    table = undecoded(table)
    known = list(table.column_names)
    chosen = _named(columns, known, source)
    label = columns.label or next((c for c in LABEL_COLUMNS if c in known), None)
    inputs = chosen or {c: c for c in _input_columns(known, label, ports)}
    if not inputs or not len(table):
        raise DataError(f"{source}: holds no {'samples' if inputs else 'input columns'}")
    classes = _class_names(table, label)
    labels = list(table[label]) if label else None
    rows = list(range(len(table)))
    if columns.rename:
        rows, labels = _renamed(labels, classes, columns.rename, source)
        classes = ()
    content = _content(inputs, table, columns, ports)
    ids = tuple(f"{Path(source).name}#{row}" for row in rows)

    def load(index: int) -> Any:
        row = table[rows[index]]
        for column in inputs.values():
            if row[column] is None or row[column] == {"bytes": None, "path": None}:
                raise DataError(f"{ids[index]}: column {column!r} holds nothing; remove or mend the row")
        return content(row)

    return Samples(
        source=source,
        ids=ids,
        labels=None if labels is None else tuple(labels),
        load=load,
        fingerprint=fingerprint,
        classes=classes,
    )


def _named(columns: Columns, known: Sequence[str], source: str) -> dict[str, str]:
    """Input name -> column, as the recipe says."""
    inputs = columns.inputs or {}
    named = dict(inputs) if isinstance(inputs, Mapping) else {c: c for c in _listed(inputs)}
    for wanted in (*named.values(), *_listed(columns.label or ())):
        if wanted not in known:
            raise DataError(f"{source}: no column {wanted!r}; {did_you_mean(wanted, known)}")
    return named


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _input_columns(known: Sequence[str], label: str | None, ports: Sequence[Port]) -> list[str]:
    names = [port.name for port in ports]
    if all(name in known for name in names):
        return names
    usual = next((c for c in INPUT_COLUMNS if c in known), None)
    return [usual] if usual else [c for c in known if c != label]


def _class_names(table: datasets.Dataset, label: str | None) -> tuple[str, ...]:
    feature = table.features[label] if label else None
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
    inputs: Mapping[str, str], table: datasets.Dataset, columns: Columns, ports: Sequence[Port]
) -> Callable[[Mapping[str, Any]], Any]:
    """Function from a row to a sample: one value, a vector of numbers, or a mapping."""
    several = len(ports) > 1
    if isinstance(columns.inputs, Mapping) or (len(inputs) > 1 and (several or not _numeric(table, inputs))):
        return lambda row: {name: _value(row[column]) for name, column in inputs.items()}
    if len(inputs) > 1:
        return lambda row: np.asarray([row[column] for column in inputs.values()])
    ((name, column),) = inputs.items()
    if several and any(port.name == name for port in ports):
        return lambda row: {name: _value(row[column])}
    return lambda row: _value(row[column])


def _numeric(table: datasets.Dataset, inputs: Mapping[str, str]) -> bool:
    features = table.features  # a copy in every call
    types = [getattr(features[column], "dtype", "") for column in inputs.values()]
    return not any(kind in ("", "string", "large_string", "binary", "large_binary", "dict") for kind in types)


def _value(value: Any) -> Any:
    """A file's bytes where the row holds a file, else the value."""
    if not isinstance(value, Mapping) or not {"bytes", "path"} <= set(value):
        return value
    return value["bytes"] if value["bytes"] is not None else read_bytes(Path(value["path"]))
