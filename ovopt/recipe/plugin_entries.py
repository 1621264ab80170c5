"""Plug-ins that a recipe names, and the data source that a path means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ovopt.contracts import DataSource, plugins
from ovopt.errors import DataError, did_you_mean
from ovopt.recipe.faults import Fault, validate
from ovopt.recipe.overrides import only_item


def read_plugins(entries: Any, known: Mapping[str, type[Any]], path: str, faults: list[Fault]) -> list[Any]:
    """Makes the plug-ins that a section lists, at this key path; faults are added to the list."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        faults.append(Fault(path, "must be a list, each entry a name or a mapping of one name to its settings"))
        return []
    found = (_one(entry, known, f"{path}[{i}]", faults) for i, entry in enumerate(entries))
    return [plugin for plugin in found if plugin is not None]


def _one(entry: Any, known: Mapping[str, type[Any]], path: str, faults: list[Fault]) -> Any:
    name, values = (entry, {}) if isinstance(entry, str) else only_item(entry)
    presets = {key: (kind, v) for kind in known.values() for key, v in getattr(kind, "presets", {}).items()}
    if name in presets:
        kind, preset = presets[name]
        values = {**preset, **values} if isinstance(values, Mapping) else preset if values is None else values
    elif name in known:
        kind = known[name]
    else:
        hint = did_you_mean(str(name), [*known, *presets]) if name else "give a name, or one name with its settings"
        faults.append(Fault(path, f"unknown {name!r}; {hint}" if name else hint))
        return None
    if values is not None and not isinstance(values, Mapping) and getattr(kind, "sole", None):
        values = {kind.sole: values}
    return validate(kind, {} if values is None else values, f"{path}.{name}", faults)


def read_source(raw: Any, faults: list[Fault]) -> Any:
    """The data source of a recipe; None where `--data` is to bring its path, or where there are faults."""
    known = plugins("ovopt.data", DataSource)
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind not in known:
        faults.append(Fault("data.source.kind", f"unknown {kind!r}; {did_you_mean(str(kind), known)}"))
        return None
    path = known[kind].model_fields.get("path")
    if path and path.is_required() and "path" not in raw:
        return None  # `--data` brings it
    return validate(known[kind], raw, "data.source", faults)


def with_data(raw: Mapping[str, Any], data: str) -> dict[str, Any]:
    """A recipe's plain values with another path of the source's own kind, or a source of the kind that the path shows.

    Raises DataError where there is nothing, or nothing that a source reads.
    """
    section = dict(raw["data"]) if isinstance(raw.get("data"), Mapping) else {}
    source = section.get("source")
    source = dict(source) if isinstance(source, Mapping) else {}
    known = plugins("ovopt.data", DataSource)
    own, kind = known.get(source.get("kind", "")), recognised(data)
    if own and (own.recognises(data) or (kind and not known[kind].priority and Path(data).is_dir())):
        kind = own.name  # a folder that no kind knows by its content is what the recipe says
    if kind is None:
        if not Path(data).exists():
            raise DataError(f"{data}: no such data")
        raise DataError(f"{data}: no source reads this kind of file; say which with --set data.source.kind=...")
    kept = source if source.get("kind") == kind else {}
    path = data if data.startswith(("hf:", "{")) else str(Path(data).resolve())
    return {**raw, "data": {**section, "source": {**kept, "kind": kind, "path": path}}}


def recognised(data: str) -> str | None:
    """The kind of source that reads this path, if any does."""
    kinds = [kind for kind in plugins("ovopt.data", DataSource).values() if kind.recognises(data)]
    return max(kinds, key=lambda kind: kind.priority).name if kinds else None
