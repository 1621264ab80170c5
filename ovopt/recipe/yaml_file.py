"""A YAML file of keys, and the lines that they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ovopt.documents import WRITTEN_BY_HAND, UnreadableError, composed, constructed, ordinal
from ovopt.errors import RecipeError, shortened
from ovopt.given_file import read_file


class Lines:
    """The line of every key path: `optimize[1].quantize.preset`."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, path: str) -> int | None:
        """Counted from 1; that of the nearest key above where the path itself is not in the document."""
        node, line = self._root, None
        for key in re.findall(r"[^.\[\]]+", path):
            found = next((pair for pair in _children(node) if pair[0].value == key or pair[0] is pair[1]), None)
            if isinstance(node, yaml.SequenceNode):
                index = ordinal(key)
                found = (node.value[index],) * 2 if index is not None and index < len(node.value) else None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def twice(self) -> Iterator[tuple[str, int]]:
        """Keys that a mapping gives twice, and the line of the second: the first would be lost in silence."""
        waiting, visited = [self._root], set[int]()  # an alias may lead back to where it stands
        while waiting:
            node = waiting.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))
            seen: set[str] = set()
            for key, value in _children(node):
                if key is not value and key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value if isinstance(key.value, str) else "")
                waiting.append(value)


def _children(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    return [(item, item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []


def read_yaml(file: Path, what: str = "a recipe") -> tuple[dict[str, Any], Lines]:
    """The mapping that a file holds, and the lines of its keys; `what` names the kind of file in messages.

    Raises RecipeError where it cannot be read, is no mapping, or gives a key twice.
    """
    try:
        root = composed(read_file(file, RecipeError, WRITTEN_BY_HAND.size_bytes))
        raw, lines = constructed(root), Lines(root)
    except UnreadableError as error:
        raise RecipeError(error.at(file)) from None
    if not isinstance(raw, dict):
        kind = "empty" if raw is None else "a list" if isinstance(raw, list) else "a plain value"
        raise RecipeError(f"{file}: {what} is a mapping of keys, this is {kind}")
    for key, line in lines.twice():
        raise RecipeError(f"{file}:{line}: {shortened(key)} is given twice")
    return raw, lines


def short(file: Path) -> str:
    """The path as messages say it: from the current folder where it is below."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
