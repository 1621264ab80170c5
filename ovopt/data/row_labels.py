"""Labels of a table's rows: values of a column, files inside of it, or boxes of objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import BadLabel, Boxes, LabelFile
from ovopt.data.cells import reader_of, values_of
from ovopt.data.columns import Choice, Chosen, Column
from ovopt.data.images import image_size
from ovopt.data.objects import BoxReader, class_names, object_keys
from ovopt.errors import DataError

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class RowLabels:
    """Labels of a table's rows, and the names of their classes."""

    rows: datasets.Dataset
    root: Path | None
    """The folder that files are relative to which a column names."""
    ids: Sequence[str]
    columns: Mapping[str, Column]
    chosen: Chosen
    choice: Choice

    @property
    def _classes(self) -> tuple[str, ...]:
        """Names of the classes that the table lists."""
        label, feature = self.chosen.label, self.rows.features
        for part in () if label is None else (label,) if label in feature else label.split("."):
            feature = feature[part]
        feature = getattr(feature, "feature", feature)
        return tuple(getattr(feature, "names", None) or ())

    def of(self, kept: Sequence[int]) -> tuple[Sequence[Any] | None, tuple[str, ...]]:
        """Labels of these rows and names of the classes; None where the table has no labels, or none
        but empty ones."""
        label = self.chosen.label
        if label is None:
            return None, ()
        match self.columns[label].kind:
            case "objects":
                return self._boxes(label, kept)
            case "file":
                return self._files(self.columns[label], kept), ()
        labels = of_rows(self.rows, label, kept)
        return (None if all(one is None for one in labels) else labels), self._classes

    def _boxes(self, label: str, kept: Sequence[int]) -> tuple[list[Boxes | BadLabel], tuple[str, ...]]:
        feature, cells = self.rows.features[label], values_of(self.rows, label)
        keys = object_keys(feature)
        assert keys is not None, "a column of this kind"
        names = class_names(feature, keys, cells)
        reader = BoxReader(keys, names, self._sizes(), self.ids)
        return reader.read({row: cells[row] for row in kept}, self.choice.corners), names

    def _sizes(self) -> Callable[[int], tuple[int, int]]:
        """Function from a row to its image's width and height, in columns of these names or in the image's header."""
        if {"width", "height"} <= set(self.rows.column_names):
            sizes = list(zip(values_of(self.rows, "width"), values_of(self.rows, "height"), strict=True))
            if all(width and height for width, height in sizes):
                return lambda row: sizes[row]
        column = self.columns[next(iter(self.chosen.inputs.values()))]
        read = self._reader(column)

        def size(row: int) -> tuple[int, int]:
            content = read(row)
            if isinstance(content, np.ndarray):
                return content.shape[1], content.shape[0]
            return image_size(self.ids[row], content)

        return size

    def _files(self, column: Column, kept: Sequence[int]) -> list[LabelFile]:
        read, ids = self._reader(column), self.ids
        return [
            LabelFile(
                Path(f"{ids[row]} {column.name}"),
                self.choice.target,
                scale=self.choice.scale,
                content=partial(read, row),
            )
            for row in kept
        ]

    def _reader(self, column: Column) -> Callable[[int], Any]:
        """Function from a row to a file's bytes, or an array. It raises DataError where there is none."""
        read, rows = reader_of(column, self.root), self.rows.select_columns(column.outer)

        def content(row: int) -> Any:
            value = read(rows[row])
            if not isinstance(value, bytes | np.ndarray):
                raise DataError(f"{self.ids[row]}: column {column.name!r} holds nothing; remove or mend the row")
            return value

        return content


def of_rows(rows: datasets.Dataset, name: str, kept: Sequence[int]) -> Sequence[Any]:
    """The values of a column in these rows."""
    values = values_of(rows, name)
    return values if len(kept) == len(values) else [values[row] for row in kept]
