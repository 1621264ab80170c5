"""Tables put one below the other: files of a split, and splits of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ovopt.data.own_splits import usual_split
from ovopt.errors import DataError

if TYPE_CHECKING:
    import datasets

TEXTS = {"string", "large_string"}


def joined(tables: Mapping[str, datasets.Dataset], said: str) -> datasets.Dataset:
    """The rows of all tables, in their order; columns in that of the first training table, or of the first one. A
    column that some tables lack holds nothing there; numbers of several types become the widest. Raises DataError where
    a column holds different things."""
    import datasets

    if len(tables) == 1:
        return next(iter(tables.values()))
    shared: dict[str, tuple[str, Any]] = {}
    for name, table in tables.items():
        for column, feature in table.features.items():
            shared[column] = (name, _common(shared.get(column, (name, feature)), name, feature, column, said))
    cast = [_cast(table, {column: feature for column, (_, feature) in shared.items()}) for table in tables.values()]
    leading = tables[min(tables, key=lambda name: usual_split(name) != "calibration")]
    return datasets.concatenate_datasets(cast).select_columns([*dict.fromkeys([*leading.column_names, *shared])])


def lacking(tables: Mapping[str, datasets.Dataset]) -> dict[str, list[str]]:
    """Columns that a table has not, which another has."""
    every = dict.fromkeys(column for table in tables.values() for column in table.column_names)
    found = {name: [c for c in every if c not in table.column_names] for name, table in tables.items()}
    return {name: columns for name, columns in found.items() if columns}


def _common(before: tuple[str, Any], name: str, feature: Any, column: str, said: str) -> Any:
    import datasets

    first, one = before
    if one == feature or _is_null(feature):
        return one
    if _is_null(one):
        return feature
    both = {str(each.dtype) if isinstance(each, datasets.Value) else "" for each in (one, feature)}
    if both <= TEXTS:
        return datasets.Value("large_string")
    if all(dtype.startswith(("int", "uint", "float")) for dtype in both):
        return datasets.Value("int64" if all("int" in dtype for dtype in both) else "float64")
    raise DataError(
        f"{said}: the column {column!r} holds {_named(one)} in {first!r}, and {_named(feature)} in {name!r}; "
        "mend one of them"
    )


def _is_null(feature: Any) -> bool:
    return getattr(feature, "dtype", "") == "null"


def _named(feature: Any) -> str:
    names = getattr(feature, "names", None)
    return f"the classes {', '.join(names)}" if names else str(getattr(feature, "dtype", type(feature).__name__))


def _cast(table: datasets.Dataset, features: Mapping[str, Any]) -> datasets.Dataset:
    for column, feature in table.features.items():
        if feature != features[column] and not _is_null(feature):
            table = table.cast_column(column, features[column])
    return table
