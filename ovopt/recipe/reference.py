"""A recipe's keys, from the classes that read them: in Markdown for readers, as JSON Schema for editors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from ovopt.contracts import DataSource, plugins
from ovopt.recipe import SECTIONS, TASK_METRICS, Recipe
from ovopt.recipe.faults import records_in

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _records(kind: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Key path and kind of each record below one, plug-ins apart."""
    for name, field in kind.model_fields.items():
        place = f"{path}{name}{'.METRIC' if get_origin(field.annotation) is dict else ''}"
        for inner in records_in(field.annotation):
            if not inspect.isabstract(inner):
                yield place, inner
                yield from _records(inner, f"{place}.")


_PLACES = list(_records(Recipe))
PLAIN: Mapping[str, type[BaseModel]] = {
    ", ".join(place for place, own in _PLACES if own is kind): kind for kind in dict.fromkeys(own for _, own in _PLACES)
}
"""The records of a recipe by their key paths."""


def reference() -> str:
    """Every section, every plug-in, every key."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The keys of a recipe"
    yield ""
    yield "Written by `ovopt recipes reference`. How to go about it: [write a recipe](recipes.md)."
    yield ""
    yield "| task | judged by, unless the recipe says otherwise |"
    yield "|---|---|"
    yield from (
        f"| `{task}` | {', '.join(f'`{metric}`' for metric in names)} |" for task, names in TASK_METRICS.items()
    )
    for name, kind in PLAIN.items():
        yield from _entry(f"## `{name}`", kind, "")
    yield from ("", "## `data.source`", "", "`kind` names one of these.")
    yield from _entries(plugins("ovopt.data", DataSource))
    for section, (package, kind) in SECTIONS.items():
        yield from ("", f"## `{section}`", "", (inspect.getdoc(kind) or "").splitlines()[0])
        yield from _entries(plugins(package, kind))


def _entries(kinds: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    for name, kind in sorted(kinds.items()):
        yield from _entry(f"### `{name}`", kind, getattr(kind, "sole", None) or "")


def _entry(title: str, kind: type[BaseModel], sole: str) -> Iterator[str]:
    yield from ("", title, "", inspect.getdoc(kind) or "")
    presets: Mapping[str, Mapping[str, Any]] = getattr(kind, "presets", {})
    if presets:
        said = ", ".join(f"`{name}` ({_fields(fields)})" for name, fields in presets.items())
        yield from ("", f"Short names: {said}.")
    if not kind.model_fields:
        return
    yield from ("", "| key | type | default | |", "|---|---|---|---|")
    for name, field in kind.model_fields.items():
        default = "must be given" if field.is_required() else f"`{_shown(field.default)}`"
        said = "; ".join(
            filter(None, ["a value alone means this key" if name == sole else "", field.description or ""])
        )
        yield f"| `{name}` | {_type(field.annotation)} | {default} | {said} |".replace("\n", " ")


def _fields(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_shown(value)}" for key, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return _fields(value.model_dump(exclude_none=True))
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


WORDS: Mapping[Any, str] = {bool: "true or false", int: "whole number", float: "number", str: "text", Any: "anything"}


def _type(annotation: Any) -> str:
    """A type in plain words, without the checks that go with it: `list of 2 whole numbers`. That nothing is a value too
    goes without saying."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(map(_type, _kinds(inner)))
    if origin is tuple:
        count = "" if inner[-1] is Ellipsis else f"{len(inner)} "
        return f"list of {count}{_plural(inner[0])}"
    if inner:
        return f"mapping of {_plural(inner[0])} to {_plural(inner[-1])}"
    return WORDS.get(annotation, "mapping")


def _kinds(inner: Sequence[Any]) -> list[Any]:
    """The types of a union that say something: a whole number is a number, too."""
    return [one for one in inner if one is not NoneType and not (one is int and float in inner)]


def _plural(annotation: Any) -> str:
    """A type in plain words, for several of it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plural(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(map(_plural, _kinds(inner)))
    if origin is Literal or annotation in (bool, Any):
        return _type(annotation)
    first, of, rest = _type(annotation).partition(" of ")
    return f"{first}s{of}{rest}"


def recipe_schema() -> dict[str, Any]:
    """Every key with its type, its default and what it means; every plug-in with its own."""
    sources = list(plugins("ovopt.data", DataSource).values())
    listed = {section: _named(plugins(package, kind)) for section, (package, kind) in SECTIONS.items()}
    kinds: list[type[BaseModel]] = [Recipe, *sources, *(kind for named in listed.values() for kind in named.values())]
    found, whole = models_json_schema([(kind, "validation") for kind in kinds], schema_generator=_Generator)
    references: dict[Any, Any] = {kind: reference for (kind, _), reference in found.items()}
    definitions = whole["$defs"]
    schema = definitions.pop(_key(references[Recipe]))
    for section, named in listed.items():
        entries = [_entry_schema(name, kind, references[kind], definitions) for name, kind in named.items()]
        schema["properties"][section] = {"type": "array", "items": {"anyOf": entries}}
    for kind in sources:  # its path may come by `--data`
        own = definitions[_key(references[kind])]
        own["properties"] = {"kind": {"const": kind.name}, **own["properties"]}
        own["required"] = [name for name in own.get("required", ()) if name != "path"]
    described: list[Any] = [{**references[kind], "required": ["kind"]} for kind in sources]
    definitions["DataSection"]["properties"]["source"] = {"anyOf": [*described, {"type": "null"}]}
    return {"$schema": DIALECT, "title": "ovopt recipe", **schema, "$defs": definitions}


class _Generator(GenerateJsonSchema):
    """Fields that hold plug-ins are described by the plug-ins."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        return {}


def _named(kinds: Mapping[str, type[Any]]) -> dict[str, type[Any]]:
    """Plug-ins by name, and by the names of their presets."""
    presets = {name: kind for kind in kinds.values() for name in getattr(kind, "presets", {})}
    return {**kinds, **presets}


def _entry_schema(name: str, kind: type[Any], reference: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    own = definitions[_key(reference)]
    alone = set(own.get("required", ())) <= set(getattr(kind, "presets", {}).get(name, ()))
    values: list[Any] = [reference, *([{"type": "null"}] if alone else [])]
    if sole := getattr(kind, "sole", None):
        values.append(own["properties"][sole])
    mapping = {
        "type": "object",
        "properties": {name: {"anyOf": values}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"description": own.get("description", ""), "anyOf": [*([{"const": name}] if alone else []), mapping]}


def _key(reference: Mapping[str, str]) -> str:
    """The name that a definition is referred to by."""
    return reference["$ref"].rpartition("/")[2]
