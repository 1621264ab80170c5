"""A recipe under way: its sections, and what is said about them."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ovopt.recipe import Overrides, Recipe, parse_recipe, with_overrides

if TYPE_CHECKING:
    from ovopt.workflow.drafting.figure import Figure

ORDER = ("ovopt", "family", "description", "task", "model", "data", "preprocess", "postprocess", "metrics", "optimize")
"""Sections as they are written; others come behind them."""
WIDTH = 117
"""Characters of a comment's line, behind `# `."""


@dataclass(frozen=True)
class Draft:
    """Sections of a recipe in the order of the file, each with the comments that stand above it."""

    sections: Mapping[str, Any]
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    figure: Figure | None = field(default=None, compare=False)
    """What `evaluate` finds by it; None where the recipe has no metric that looks at labels."""
    doubts: tuple[str, ...] = field(default=(), compare=False)
    """Doubts that come with the figure."""

    def with_section(self, name: str, value: Any, *comments: str) -> Draft:
        """One section more, or another value for one."""
        return replace(self, sections={**self.sections, name: value}, comments={**self.comments, name: tuple(comments)})

    def with_comments(self, name: str, *comments: str) -> Draft:
        """More comments above a section."""
        return replace(self, comments={**self.comments, name: (*self.comments.get(name, ()), *comments)})

    def with_settings(self, settings: Overrides) -> Draft:
        """Settings of the user, which have the last word. Raises RecipeError where one has no place."""
        return replace(self, sections=with_overrides(self.sections, settings)) if settings else self

    def next_command(self, model: str | Path, recipe: str | Path) -> str:
        """The command that goes on with the recipe of this file: `evaluate`, where labels judge by it."""
        judges = any(metric.kind == "accuracy" for metric in self.recipe().metrics)
        words = ["ovopt", "evaluate" if judges else "quantize", str(model), "--recipe", str(recipe)]
        return shlex.join(words if judges else [*words, "-o", "int8/"])

    @property
    def text(self) -> str:
        """As YAML."""
        blocks = []
        for name, value in self.sections.items():
            comments = "".join(f"# {line}\n" for said in self.comments.get(name, ()) for line in _wrapped(said))
            blocks.append(comments + yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=100))
        return "".join(blocks)

    def recipe(self, fill: Callable[[Any], Any] | None = None) -> Recipe:
        """As ovopt reads it; `fill` makes the values that stand for something of the model's."""
        return parse_recipe(dict(self.sections), "the new recipe", fill=fill)


def completed(draft: Draft) -> Draft:
    """The sections that every recipe ends with, all of them in the usual order."""
    if "optimize" not in draft.sections:
        said = "The transformer model type keeps more accuracy than NNCF's default, on many convolutional networks too."
        draft = draft.with_section("optimize", [{"quantize": {"model_type": "transformer"}}], said)
    if "budgets" not in draft.sections:
        said = "Limits that make a comparison a gate, for example {size: {max_ratio: 0.5}}."
        draft = draft.with_section("budgets", {}, said)
    ordered = sorted(draft.sections, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return replace(draft, sections={name: draft.sections[name] for name in ordered})


def _wrapped(said: str) -> list[str]:
    """A comment's lines. What a name holds must not end them."""
    plain = " ".join(said.split())
    return textwrap.wrap(plain, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
