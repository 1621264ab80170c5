"""The kind of source that reads a path, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.errors import DataError
from ovopt.given_file import check_path
from ovopt.locate import expand

HUB = "hf:"
"""What the name of a data set on the hub begins with, where a path may stand."""


def settings_of(path: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the source that reads a path: `own` with this path where that kind reads it, else the kind that the
    path shows, and the path. Raises DataError where there is nothing, or nothing that a source reads."""
    if not path.startswith(HUB):
        check_path(expand(path), DataError)
    known = plugins("ovopt.data", DataSource)
    kind = known.get(own.get("kind", ""))
    reading = [one for one in known.values() if one.recognises(path)]
    found = max(reading, key=lambda one: one.priority) if reading else None
    if kind and (kind.recognises(path) or (found and not found.priority and Path(path).is_dir())):
        found = kind  # a folder that no kind knows by its content is what the recipe says
    if found is None:
        if not Path(path).exists():
            raise DataError(f"{path}: no such data")
        raise DataError(f"{path}: no source reads this kind of file; say which with --set data.source.kind=...")
    kept = own if own.get("kind") == found.name else {}
    place = path if path.startswith((HUB, "{")) else str(Path(path).resolve())
    return {**kept, "kind": found.name, "path": place}
