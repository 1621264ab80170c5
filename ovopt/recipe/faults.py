"""Faults of a recipe: the place of each, what is wrong and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ovopt.errors import SHOWN, RecipeError, did_you_mean, quoted, shortened
from ovopt.recipe.overrides import Override
from ovopt.recipe.yaml_file import Lines

TOLD = 20
"""Faults of a recipe that a message names; the others are counted."""


@dataclass(frozen=True)
class Fault:
    """A fault at a key of a recipe."""

    path: str
    """`optimize[1].quantize.preset`; empty for the whole."""
    message: str

    def __str__(self) -> str:
        return f"{shortened(self.path)}: {shortened(self.message)}" if self.path else shortened(self.message)


def refuse(faults: Sequence[Fault], file: str, settings: Sequence[Override], lines: Lines | None) -> None:
    """Raises RecipeError where there are faults: each on a line, behind the option that brought it about, or else the
    file and the line."""
    if faults:
        told = [f"{_place(fault.path, file, settings, lines)}: {fault}" for fault in faults[:TOLD]]
        more = [f"{file}: and {len(faults) - TOLD:,} more"] if len(faults) > TOLD else []
        raise RecipeError("\n".join(told + more))


def _place(path: str, file: str, settings: Sequence[Override], lines: Lines | None) -> str:
    line = lines.of(path) if lines else None
    place = f"{file}:{line}" if line else file
    return next((setting.said for setting in reversed(settings) if setting.is_about(path)), place)


def validate(kind: type[BaseModel], values: Any, path: str, faults: list[Fault]) -> Any:
    """Makes a record of plain values; None where they are not sound, and their faults are added to the list."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults += explain(error.errors(include_url=False), values, kind, path)
        return None


def explain(found: Sequence[Any], values: Any, kind: type[BaseModel], prefix: str) -> list[Fault]:
    """Faults of pydantic's errors, one for each place: a value that fits none of several types is one fault. Those
    behind the last that is told are without a message."""
    faults: dict[str, Fault] = {}
    for error in found:
        loc = _present(error["loc"], values, error["type"] == "extra_forbidden")
        if error["type"] == "missing":
            loc = [*_present(error["loc"], values, True), error["loc"][-1]]
        path = prefix
        for part in loc:
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        if path not in faults:
            faults[path] = Fault(path, _message({**error, "loc": loc}, kind) if len(faults) < TOLD else "")
    return list(faults.values())


def _present(loc: Sequence[str | int], values: Any, beyond: bool = False) -> list[str | int]:
    """The part of a fault's place that the values have: behind it, pydantic names the type that it tried, and `beyond`
    that the key that this has not."""
    kept: list[str | int] = []
    for part in loc:
        in_list = isinstance(values, list | tuple) and isinstance(part, int)
        if not in_list and not (isinstance(values, Mapping) and part in values):
            if beyond:
                continue
            break
        kept.append(part)
        values = values[part]
    return kept


def _message(error: Any, kind: type[BaseModel]) -> str:
    """One line for a pydantic error: what is wrong, what is allowed."""
    loc = error["loc"]
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key; {did_you_mean(str(loc[-1]), _keys_at(kind, loc[:-1]))}"
        case "model_type" | "dict_type":
            keys = ", ".join(_keys_at(kind, loc))
            return f"must be a mapping ({keys}), not {quoted(error['input'])}"
        case "missing":
            return "must be given"
        case "literal_error":
            allowed = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            return f"{quoted(error['input'])} is not one of {_short_of(allowed.split(', '), str(error['input']))}"
        case "value_error":
            said, given = str(error["ctx"]["error"]), error["input"]
            told = isinstance(given, Mapping | list | tuple) or str(given) in said
            return said if told else f"{said}, not {quoted(given)}"
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {quoted(error['input'])}{_unquoted(error)}"


def _unquoted(error: Any) -> str:
    """What to do about a word of a list that YAML takes for something else; empty for other errors."""
    given = error["input"]
    if error["type"] != "string_type" or not error["loc"] or not isinstance(error["loc"][-1], int):
        return ""
    if isinstance(given, bool):
        word = "yes" if given else "no"
        return f"; YAML reads yes, no, on, off, true and false as such: write the word in quotes, such as '{word}'"
    return f"; write it in quotes: '{given}'" if isinstance(given, int | float) else ""


def _short_of(allowed: Sequence[str], given: str) -> str:
    """All that is allowed, or, where that is long, how much it is and what is like the given."""
    return ", ".join(allowed) if len(allowed) <= SHOWN else f"{len(allowed)}; {did_you_mean(given, allowed)}"


def _keys_at(kind: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that are known at a place in a model of records."""
    for part in loc:
        if isinstance(part, str) and part in kind.model_fields:
            kind = next(records_in(kind.model_fields[part].annotation), kind)
    return list(kind.model_fields)


def records_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The records that a field's type names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from records_in(inner)
