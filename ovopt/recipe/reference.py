"""A recipe's keys, from the classes that read them: in Markdown for readers, as JSON Schema for editors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticUndefined, core_schema

from ovopt.contracts import DataSource, plugins
from ovopt.recipe import SECTIONS, TASK_METRICS, DataSection, Match, ModelSection, Recipe, Runtime
from ovopt.records import (
    Budgets,
    EndToEndBudget,
    FirstInferenceBudget,
    LatencyBudget,
    MemoryBudget,
    QualityBudget,
    SizeBudget,
    SpeedBudget,
    ThroughputBudget,
    TimeBudget,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN: Mapping[str, type[BaseModel]] = {
    "match": Match,
    "model": ModelSection,
    "data": DataSection,
    "runtime": Runtime,
    "budgets": Budgets,
    "budgets.accuracy.METRIC": QualityBudget,
    "budgets.latency": LatencyBudget,
    "budgets.latency.p50 ... p99, budgets.first_inference.cold, budgets.first_inference.cached": TimeBudget,
    "budgets.throughput, budgets.end_to_end.pipelined": ThroughputBudget,
    "budgets.processor_time": SpeedBudget,
    "budgets.end_to_end": EndToEndBudget,
    "budgets.first_inference": FirstInferenceBudget,
    "budgets.memory": MemoryBudget,
    "budgets.size": SizeBudget,
}


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
    fields = {name: field for name, field in kind.model_fields.items() if name != "kind"}
    if not fields:
        return
    yield from ("", "| key | type | default | |", "|---|---|---|---|")
    for name, field in fields.items():
        required = field.default is PydanticUndefined and field.default_factory is None
        default = "must be given" if required else f"`{_shown(field.default)}`"
        said = "; ".join(
            filter(None, ["a value alone means this key" if name == sole else "", field.description or ""])
        )
        yield f"| `{name}` | {_type(field.annotation)} | {default} | {said} |".replace("\n", " ")


def _fields(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_shown(value)}" for key, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return ", ".join(f"{key}: {item}" for key, item in value.model_dump(exclude_none=True).items())
    return {True: "true", False: "false", None: "-"}.get(value, str(value)) if _hashable(value) else str(value)


def _hashable(value: Any) -> bool:
    return isinstance(value, bool | str | None)


def _type(annotation: Any) -> str:
    text = re.sub(r"\b[a-z_]\w*\.(?=[a-zA-Z])", "", inspect.formatannotation(annotation)).replace("NoneType", "None")
    return f"`{text}`".replace("|", "or")


def recipe_schema() -> dict[str, Any]:
    """Every key with its type, its default and what it means; every plug-in with its own."""
    schema = Recipe.model_json_schema(schema_generator=_Generator)
    definitions = schema["$defs"]
    for section, (package, kind) in SECTIONS.items():
        entry = {
            "anyOf": [_entry_schema(name, one, definitions) for name, one in _named(plugins(package, kind)).items()]
        }
        schema["properties"][section] = {"type": "array", "items": entry}
    sources = [_source_schema(kind, definitions) for kind in plugins("ovopt.data", DataSource).values()]
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


def _entry_schema(name: str, kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = _definition(kind, definitions)
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


def _source_schema(kind: type[DataSource], definitions: dict[str, Any]) -> dict[str, Any]:
    """A source must name its kind; its path may come by `--data`."""
    reference = _definition(kind, definitions)
    required = definitions[_key(kind)].get("required", [])
    definitions[_key(kind)]["required"] = [name for name in required if name != "path"]
    return {**reference, "required": ["kind"]}


def _definition(kind: type[BaseModel], definitions: dict[str, Any]) -> dict[str, str]:
    if _key(kind) not in definitions:
        own = kind.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(own.pop("$defs", {}))
        definitions[_key(kind)] = own
    return {"$ref": f"#/$defs/{_key(kind)}"}


def _key(kind: type[BaseModel]) -> str:
    """The class with its module: classes of different sections, or packages, may share a name."""
    return f"{kind.__module__}.{kind.__name__}".removeprefix("ovopt.")
