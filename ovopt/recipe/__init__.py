"""The recipe of a model family: its schema, where it is found, what is wrong with one."""

from __future__ import annotations

from ovopt.recipe.loading import find_recipe, known_recipes, load_recipe, load_record, parse_budgets, parse_recipe
from ovopt.recipe.overrides import Override, Overrides, budget_override, with_overrides
from ovopt.recipe.plugin_entries import with_data
from ovopt.recipe.sections import (
    SECTIONS,
    TASK_METRICS,
    DataSection,
    Match,
    ModelSection,
    Recipe,
    Runtime,
    Task,
)

__all__ = [
    "SECTIONS", "TASK_METRICS", "DataSection", "Match", "ModelSection", "Override", "Overrides", "Recipe", "Runtime",
    "Task", "budget_override", "find_recipe", "known_recipes", "load_recipe", "load_record", "parse_budgets",
    "parse_recipe", "with_data", "with_overrides",
]  # fmt: skip
