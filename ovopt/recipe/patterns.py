"""Regular expressions of recipes: refused where a search could take for ever."""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST = 255
"""Characters of a file's name: no repeat of single characters takes more of them."""
MOST_WAYS = 1e8
"""Ways to fit a name that a search may have to try, about a second."""


def check_pattern(pattern: str) -> str:
    """The pattern. Raises ValueError where it is no regular expression, or one whose repeats can be divided among a
    name's characters in more ways than can be tried."""
    try:
        re.compile(pattern, re.IGNORECASE)
        ways = _ways(_parser.parse(pattern, re.IGNORECASE))
    except (re.error, RecursionError, OverflowError) as error:
        said = error if isinstance(error, re.error) else "too deep or too large"
        raise ValueError(f"not a regular expression: {said}") from None
    if ways > MOST_WAYS:
        raise ValueError(
            "a regular expression that could search for ever: repeat single characters, neither groups that repeat "
            "something themselves nor more than three of `.*`"
        )
    return pattern


def _ways(items: Iterable[Any]) -> float:
    """Ways in which items that stand side by side can fit one text, at most: Python's engine tries them all."""
    ways = 1.0
    for kind, value in items:
        ways = min(ways * _ways_of(str(kind), value), MOST_WAYS * LONGEST)
    return ways


def _ways_of(kind: str, value: Any) -> float:
    match kind:
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            each, times = _ways(inner), min(int(most), LONGEST) - min(int(least), LONGEST) + 1
            return times if each == 1 else times * min(each, LONGEST) ** min(int(most), 60)
        case "BRANCH":
            return sum(map(_ways, value[1]))
        case "SUBPATTERN" | "ASSERT" | "ASSERT_NOT" | "POSSESSIVE_REPEAT":
            return _ways(value[-1])
        case "ATOMIC_GROUP":
            return _ways(value)
        case "GROUPREF_EXISTS":
            return sum(_ways(one) for one in value[1:] if one)
    return 1.0
