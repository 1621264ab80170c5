"""Values as metadata of models spell them: numbers as text, lists with blanks or commas, Python's literals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from ovopt.documents import UnreadableError, parse_yaml


def numbers_in(value: Any) -> Any:
    """Numbers of a text such as `123.7 116.3` or `[123.7, 116.3]`; anything else as it is."""
    if isinstance(value, str):
        return value.replace(",", " ").strip("[]() ").split()
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def words_in(value: Any) -> Any:
    """Words of a text with blanks between them; anything else as it is."""
    return value.split() if isinstance(value, str) else value


def literal_in(value: Any) -> Any:
    """The value of a text as Python or YAML writes lists and mappings; what is none of these as it is."""
    if not isinstance(value, str):
        return value
    try:
        return parse_yaml(value)
    except UnreadableError:
        return value


def names_in(value: Any) -> Any:
    """Class names in their order, of a list or of a mapping of indices to names."""
    value = literal_in(value)
    if isinstance(value, Mapping):
        by_index = {int(key): str(name) for key, name in value.items()}
        if sorted(by_index) != list(range(len(by_index))):
            raise ValueError("not every class has a name")
        return [by_index[index] for index in range(len(by_index))]
    return [str(name) for name in value] if isinstance(value, list | tuple) else value


Numbers = Annotated[tuple[float, ...], BeforeValidator(numbers_in)]
Words = Annotated[tuple[str, ...], BeforeValidator(words_in)]
Names = Annotated[tuple[str, ...], BeforeValidator(names_in)]
Sizes = Annotated[
    tuple[int, ...], BeforeValidator(lambda value: [value] if isinstance(value, int) else literal_in(value))
]
