"""The kind of source that reads a path, and its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.data.shards import is_pattern
from ovopt.errors import DataError
from ovopt.given_file import check_path
from ovopt.locate import expand

HUB = "hf:"
"""What the name of a data set on the hub begins with, where a path may stand."""
SPLITS = "splits"
"""The kind that puts parts together."""
KIND_KEY = "data.source.kind"


def fitting(path: str) -> tuple[type[DataSource], ...]:
    """Kinds of source that can read a path, the likeliest first. Where others have the priority of the first, what lies
    there is as much theirs: `layout` says what each would take."""
    reading = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.recognises(path)]
    return tuple(sorted(reading, key=lambda kind: -kind.priority))


def other_layouts(path: str, kind: str) -> str:
    """A remark on what lies in a path that was taken for one layout, and would do for another; empty where nothing
    does."""
    layouts = {one.name: one.layout for one in fitting(path) if one.layout}
    taken = layouts.pop(kind, None)
    if taken is None or not layouts:
        return ""
    others = ", or ".join(f"{layout} (--set data.source.kind={name})" for name, layout in layouts.items())
    return f"Read as {taken} ({kind}). What lies there can be read as {others}, too."


def settings_of(path: str, own: Mapping[str, Any], key: str = KIND_KEY) -> dict[str, Any]:
    """Settings of the source that reads a path: `own` with this path where that kind reads it, else the kind that the
    path shows, and the path. `key` of the recipe names a kind. Raises DataError where there is nothing, nothing that a
    source reads, or two layouts that fit equally."""
    check_there(path)
    kind = plugins("ovopt.data", DataSource).get(own.get("kind", ""))
    reading = fitting(path)
    found = reading[0] if reading else None
    if kind and _is_read_by(kind, path, reading):
        found = kind
    elif found is None:
        if kind is None or "path" not in kind.model_fields:
            raise DataError(f"{path}: no source reads this kind of file; say which with --set {key}=...")
        found = kind
    else:
        _refuse_equals(path, [one for one in reading if one.priority == found.priority > 0], key)
    kept = own if own.get("kind") == found.name else {}
    return {**kept, "kind": found.name, "path": absolute(path)}


def check_there(path: str) -> None:
    """Raises DataError where there is nothing at a path that is neither on the hub nor a pattern of names."""
    if not path.startswith(HUB) and not is_pattern(path) and not check_path(expand(path), DataError).exists():
        raise DataError(f"{path}: no such data")


def absolute(path: str) -> str:
    """The path as it is written into a recipe, which may be used from elsewhere."""
    return path if path.startswith((HUB, "{")) else str(Path(path).resolve())


def _is_read_by(kind: type[DataSource], path: str, reading: Sequence[type[DataSource]]) -> bool:
    """The recipe's own kind goes before the one that a path shows: but one that takes any folder does not read a folder
    of several splits. What no kind knows by its content is read as the recipe says."""
    if kind in reading:
        return bool(kind.priority) or reading[0].name != SPLITS
    return bool(reading) and not reading[0].priority and Path(path).is_dir()


def _refuse_equals(path: str, equals: Sequence[type[DataSource]], key: str) -> None:
    if len(equals) > 1:
        layouts = ", ".join(f"{kind.layout or 'data'} ({kind.name})" for kind in equals)
        options = " or ".join(f"--set {key}={kind.name}" for kind in equals)
        raise DataError(f"{path}: {len(equals)} layouts fit: {layouts}; say which with {options}")
