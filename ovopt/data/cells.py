"""The cells of a `datasets` table: what a column holds, and the value of a cell as a sample has it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.data.columns import Column, Kind
from ovopt.data.content import read_bytes
from ovopt.data.objects import object_keys
from ovopt.locate import confined

if TYPE_CHECKING:
    import datasets

HEAD = 1000
"""Rows whose values tell what a column is."""
FILES = frozenset({
    ".bmp", ".flac", ".gif", ".jpeg", ".jpg", ".mp3", ".npy", ".ogg", ".png", ".ppm", ".tif", ".tiff", ".wav", ".webp",
})  # fmt: skip
"""Suffixes of files that a column may name."""
CHANNELS = (1, 3, 4)


def undecoded(table: Any) -> Any:
    """Table (or stream) whose image and audio columns give files' bytes, not decoded ones."""
    import datasets

    for column, feature in (table.features or {}).items():
        if isinstance(feature, datasets.Image | datasets.Audio):
            table = table.cast_column(column, type(feature)(decode=False))
    return table


def columns_of(rows: datasets.Dataset, root: Path | None) -> dict[str, Column]:
    """The columns by name, those inside of others as `outer.inner`. Texts that name files below `root` are files."""
    features = rows.features  # a copy in every call
    return {
        name: _column(rows, outer, name, feature, root)
        for outer in features
        for name, feature in _leaves(outer, features[outer])
    }


def values_of(rows: datasets.Dataset, name: str) -> list[Any]:
    """The values of a column."""
    outer = next(one for one in rows.column_names if name == one or name.startswith(f"{one}."))
    if name == outer:
        values: list[Any] = rows[name][:]  # a hundred times as fast as row by row
        return values
    from pyarrow import compute

    inner = name.removeprefix(outer).split(".")[1:]
    batches = rows.select_columns(outer).with_format("arrow").iter(batch_size=HEAD)
    return [value for batch in batches for value in compute.struct_field(batch[outer], inner).to_pylist()]


def reader_of(column: Column, root: Path | None) -> Callable[[Mapping[str, Any]], Any]:
    """Function from a row to the value in this column: a file's bytes where it holds or names one, None for nothing.
    It raises DataError where the file cannot be read, or lies outside `root`."""
    inner = column.name.removeprefix(column.outer).split(".")[1:]

    def read(row: Mapping[str, Any]) -> Any:
        value = row[column.outer]
        for part in inner:
            value = None if value is None else value[part]
        return _value(value, column, root)

    return read


def _leaves(name: str, feature: Any) -> Iterator[tuple[str, Any]]:
    """A column, and those inside of it."""
    import datasets

    yield name, feature
    if isinstance(feature, datasets.Image | datasets.Audio):
        feature = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
    for inner in feature if isinstance(feature, dict) else ():
        yield from _leaves(f"{name}.{inner}", feature[inner])


def _column(rows: datasets.Dataset, outer: str, name: str, feature: Any, root: Path | None) -> Column:
    import datasets

    def head(count: int = HEAD) -> Sequence[Any]:
        return values_of(rows.select_columns(outer).select(range(min(count, len(rows)))), name)

    kind, dtype = _kind(feature), str(getattr(feature, "dtype", ""))
    names_files = kind == "text" and root is not None and _names_file(head(1), root)
    is_whole = kind == "number" and (dtype == "bool" or "int" in dtype)
    is_class = isinstance(feature, datasets.ClassLabel)
    return Column(name, outer, "file" if names_files else kind, is_class, is_whole, names_files, head)


def _kind(feature: Any) -> Kind:
    import datasets

    dtype = str(getattr(feature, "dtype", ""))
    if object_keys(feature):
        return "objects"
    if isinstance(feature, datasets.Image | datasets.Audio) or dtype in ("binary", "large_binary"):
        return "file"
    if isinstance(feature, dict):
        return "file" if set(feature) == {"bytes", "path"} else "struct"
    if dtype in ("string", "large_string"):
        return "text"
    if dtype == "bool" or dtype.startswith(("int", "uint", "float")):
        return "number" if isinstance(feature, datasets.Value | datasets.ClassLabel) else "list"
    return "list" if hasattr(feature, "feature") else "other"


def _names_file(values: Sequence[Any], root: Path) -> bool:
    return any(value and PurePath(value).suffix.lower() in FILES and os.path.isfile(root / value) for value in values)


def _value(value: Any, column: Column, root: Path | None) -> Any:
    if isinstance(value, list):
        return _pixels(value) if value and isinstance(value[0], list) else value
    path = value
    if isinstance(value, Mapping) and {"bytes", "path"} <= set(value):
        if value["bytes"] is not None or value["path"] is None:
            return value["bytes"]
        path = value["path"]
    if column.kind != "file" or not isinstance(path, str):
        return value
    return read_bytes(Path(path) if root is None else _inside(root, path, f"column {column.name!r}"))


def _inside(root: Path, name: str, said: str) -> Path:
    relative = os.path.relpath(name, root) if PurePath(name).is_relative_to(root) else name
    return confined(root, relative, said)


def _pixels(rows: list[Any]) -> Any:
    """An array of nested lists: bytes where they are the pixels of an image; ragged ones as they are."""
    try:
        values = np.asarray(rows)
    except ValueError:
        return rows
    if values.ndim == 3 and values.shape[-1] in CHANNELS and values.dtype.kind == "i" and values.size:
        return values.astype(np.uint8) if values.min() >= 0 and values.max() <= 255 else values
    return values
