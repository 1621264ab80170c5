"""The recipe's JSON Schema, for editors that complete and check YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ovopt.contracts import DataSource, plugins
from ovopt.recipe import SECTIONS, Recipe

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema() -> dict[str, Any]:
    """Every key with its type, its default and what it means; every plug-in with its own."""
    schema = Recipe.model_json_schema(schema_generator=_Generator)
    definitions = schema["$defs"]
    for section, (package, kind) in SECTIONS.items():
        entry = {"anyOf": [_entry(name, one, definitions) for name, one in _named(plugins(package, kind)).items()]}
        schema["properties"][section] = {"type": "array", "items": entry}
    sources = [_source(kind, definitions) for kind in plugins("ovopt.data", DataSource).values()]
    definitions["DataSection"]["properties"]["source"] = {"anyOf": [*sources, {"type": "null"}]}
    return {"$schema": DIALECT, "title": "ovopt recipe", **schema}


class _Generator(GenerateJsonSchema):
    """Fields that hold plug-ins are described by the plug-ins."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        return {}


def _named(kinds: Mapping[str, type[Any]]) -> dict[str, type[Any]]:
    """Plug-ins by name, and by the names of their presets."""
    presets = {name: kind for kind in kinds.values() for name in getattr(kind, "presets", {})}
    return {**kinds, **presets}


def _entry(name: str, kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = _reference(kind, definitions)
    own = definitions[_key(kind)]
    preset = getattr(kind, "presets", {}).get(name, {})
    alone = set(own.get("required", ())) <= set(preset)
    values: list[Any] = [reference, *([{"type": "null"}] if alone else [])]
    sole = getattr(kind, "sole", None)
    if sole:
        values.append(own["properties"][sole])
    mapping = {
        "type": "object",
        "properties": {name: {"anyOf": values}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"description": own.get("description", ""), "anyOf": [*([{"const": name}] if alone else []), mapping]}


def _source(kind: type[DataSource], definitions: dict[str, Any]) -> dict[str, Any]:
    """A source must name its kind; its path may come by `--data`."""
    reference = _reference(kind, definitions)
    required = definitions[_key(kind)].get("required", [])
    definitions[_key(kind)]["required"] = [name for name in required if name != "path"]
    return {**reference, "required": ["kind"]}


def _reference(kind: type[BaseModel], definitions: dict[str, Any]) -> dict[str, str]:
    if _key(kind) not in definitions:
        own = kind.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(own.pop("$defs", {}))
        definitions[_key(kind)] = own
    return {"$ref": f"#/$defs/{_key(kind)}"}


def _key(kind: type[BaseModel]) -> str:
    """The class with its module: classes of different sections, or packages, may share a name."""
    return f"{kind.__module__}.{kind.__name__}".removeprefix("ovopt.")
