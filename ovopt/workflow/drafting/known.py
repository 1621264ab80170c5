"""Knowledge of a model's use: what its publisher says, and a shipped recipe that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovopt.model.described.describe import described
from ovopt.model.described.record import Described
from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import find_recipe
from ovopt.recipe.match import best_match
from ovopt.recipe.yaml_file import read_yaml
from ovopt.workflow.drafting.choices import Steps, merged
from ovopt.workflow.drafting.draft import Draft

TAKEN = ("task", "model", "metrics", "optimize")
"""Sections of a recipe that are about the model rather than the data, beside `preprocess` and `postprocess`."""
DESCRIBED = ("task", "preprocess", "postprocess", "output", "metrics", "classes")
"""Facts that a recipe is made of as they are."""


@dataclass(frozen=True)
class Known:
    """Parts of a recipe, and where they are from."""

    origin: str
    preprocess: Steps = ()
    postprocess: Steps = ()
    sections: Mapping[str, Any] = field(default_factory=dict)
    doubts: Sequence[str] = ()
    is_told: bool = False
    """True where it is the publisher's word."""

    def on(self, begun: Draft) -> Draft:
        """A beginning with the sections of it."""
        for name, value in self.sections.items():
            old = begun.sections.get(name)
            begun = begun.with_section(name, merged(old, value), *begun.comments.get(name, ()))
        return begun


def known_of(model: OpenedModel, found: Described) -> list[Known]:
    """Known uses, the best known first."""
    return [*_as_described(found), *_as_shipped(model)]


def described_use(model: OpenedModel) -> Described:
    """The use of a model as its publisher wrote it down."""
    return described(model)


def _as_described(found: Described) -> list[Known]:
    if not (found.preprocess or found.postprocess):
        return []
    output = list(found.output) if isinstance(found.output, tuple) else found.output
    model = _without_none({"output": output, "inputs": dict(found.inputs) or None})
    metrics = list(found.metrics) or None
    sections = _without_none({"task": found.task, "model": model or None, "metrics": metrics})
    files = sorted({found.said[name].partition(":")[0] for name in DESCRIBED if name in found.said})
    return [Known(f"what {', '.join(files)} says", found.preprocess, found.postprocess, sections, found.doubts, True)]


def _as_shipped(model: OpenedModel) -> list[Known]:
    matched = best_match(Path(model.name if model.label else model.path), model.facts)
    if matched is None:
        return []
    raw = read_yaml(find_recipe(matched.name))[0]
    steps = {name: tuple(raw.get(name) or ()) for name in ("preprocess", "postprocess")}
    origin = f"the recipe {matched.name!r}, which fits this model: {matched.why}"
    sections = {key: raw[key] for key in TAKEN if key in raw}
    return [Known(origin, steps["preprocess"], steps["postprocess"], sections)]


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
