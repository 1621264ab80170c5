"""The reference of a recipe's keys, from the classes that read them. In Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ovopt.contracts import DataSource, plugins
from ovopt.recipe import SECTIONS, TASK_METRICS, DataSection, Match, ModelSection, Runtime
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
