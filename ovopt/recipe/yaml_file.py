"""Where a key of a YAML document stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml


class Lines:
    """The line of every key path: `optimize[1].quantize.preset`."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=yaml.SafeLoader)

    def of(self, path: str) -> int | None:
        """Counted from 1; that of the nearest key above where the path itself is not in the document."""
        node, line = self._root, None
        for key in re.findall(r"[^.\[\]]+", path):
            found = next((pair for pair in _children(node) if pair[0].value == key or pair[0] is pair[1]), None)
            if isinstance(node, yaml.SequenceNode):
                found = (node.value[int(key)],) * 2 if key.isdigit() and int(key) < len(node.value) else None
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
