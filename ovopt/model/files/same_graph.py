"""Whether two graphs on disk are the same. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

SameGraph = Literal["identical", "renumbered", "different"]
_NUMBERED = re.compile(r"\b([A-Za-z]\w*?)_(\d+)\b")


def same_graph(one: str, other: str) -> SameGraph:
    """Of two IR files' texts. `renumbered`: equal but for the numbers in names. A converter names the operations that
    it makes by a counter of its process (`Constant_88759`), which any earlier work moves."""
    if one == other:
        return "identical"
    return "renumbered" if _renumbered(one) == _renumbered(other) else "different"


def _renumbered(text: str) -> str:
    """Numbers count the names of each kind from the beginning of the text on."""
    known: dict[str, str] = {}
    counted: Counter[str] = Counter()

    def number(found: re.Match[str]) -> str:
        if found.group() not in known:
            counted[found.group(1)] += 1
            known[found.group()] = f"{found.group(1)}_{counted[found.group(1)]}"
        return known[found.group()]

    return _NUMBERED.sub(number, text)
