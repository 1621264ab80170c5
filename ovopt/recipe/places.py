"""Runtime properties that name places on disk, such as `CACHE_DIR`: they come from whoever runs a command, never from a
file that somebody else may have written, for OpenVINO writes there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PLACE = re.compile(r"(?<![a-z])(dir|directory|folder|path|file)(?![a-z])|[/\\]", re.IGNORECASE)
"""In a property's name, or in its value: HETERO and AUTO take the properties of devices as text."""


def places_in(recipe: Mapping[str, Any]) -> list[str]:
    """The runtime properties of a recipe's plain values that name places on disk."""
    return [key for key, value in _properties(recipe).items() if PLACE.search(f"{key}={value}")]


def without_places(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's plain values without the runtime properties that name places on disk."""
    named = places_in(recipe)
    if not named:
        return dict(recipe)
    kept = {key: value for key, value in _properties(recipe).items() if key not in named}
    return {**recipe, "runtime": {**recipe["runtime"], "properties": kept}}


def _properties(recipe: Mapping[str, Any]) -> dict[str, Any]:
    runtime = recipe.get("runtime")
    found = runtime.get("properties") if isinstance(runtime, Mapping) else None
    return {str(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}
