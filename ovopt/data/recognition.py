"""The kind of source that reads a path, and its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.errors import DataError
from ovopt.given_file import check_path
from ovopt.locate import expand

HUB = "hf:"
"""What the name of a data set on the hub begins with, where a path may stand."""


def fitting(path: str) -> tuple[type[DataSource], ...]:
    """Kinds of source that can read a path, the likeliest first. Where others have the priority of the first, what lies
    there is as much theirs: `layout` says what each would take."""
    reading = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.recognises(path)]
    return tuple(sorted(reading, key=lambda kind: -kind.priority))


def settings_of(path: str, own: Mapping[str, Any], key: str = "data.source.kind") -> dict[str, Any]:
    """Settings of the source that reads a path: `own` with this path where that kind reads it, else the kind that the
    path shows, and the path. `key` of the recipe names a kind. Raises DataError where there is nothing, nothing that a
    source reads, or two layouts that fit equally."""
    if not path.startswith(HUB):
        check_path(expand(path), DataError)
    kind = plugins("ovopt.data", DataSource).get(own.get("kind", ""))
    reading = fitting(path)
    found = reading[0] if reading else None
    if kind and (kind in reading or (found and not found.priority and Path(path).is_dir())):
        found = kind  # a folder that no kind knows by its content is what the recipe says
    elif found is None:
        if not Path(path).exists():
            raise DataError(f"{path}: no such data")
        if kind is None or "path" not in kind.model_fields:
            raise DataError(f"{path}: no source reads this kind of file; say which with --set {key}=...")
        found = kind
    else:
        _refuse_equals(path, [one for one in reading if one.priority == found.priority > 0], key)
    kept = own if own.get("kind") == found.name else {}
    place = path if path.startswith((HUB, "{")) else str(Path(path).resolve())
    return {**kept, "kind": found.name, "path": place}


def _refuse_equals(path: str, equals: Sequence[type[DataSource]], key: str) -> None:
    if len(equals) > 1:
        layouts = ", ".join(f"{kind.layout or 'data'} ({kind.name})" for kind in equals)
        options = " or ".join(f"--set {key}={kind.name}" for kind in equals)
        raise DataError(f"{path}: {len(equals)} layouts fit: {layouts}; say which with {options}")
