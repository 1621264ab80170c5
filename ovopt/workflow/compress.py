"""Compress a model's weights: as the recipe says, or as far as a budget allows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.model.files.locate import MANIFEST
from ovopt.output import check_free
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.compress import Compress
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.work import Work, apply_steps, step_of
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose
from ovopt.workflow.searching.compress import goal_of, search_compression
from ovopt.workflow.searching.contest import Goal

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


def compress(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
    goal: Goal | None = None,
) -> Manifest:
    """Apply the recipe's `compress` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Samples are needed where an algorithm looks at activations.

    With a goal (or `max_drop` in the recipe's step), search for the smallest model that keeps it (`aim`: or the
    fastest), judged on the tuning split: BudgetMissedError where none does. The best so far is on disk at any time, and
    a journal beside it lets an interrupted search go on.
    """
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    step = step_of(chosen, Compress) or Compress()
    step.check()
    before = [step_of(chosen, Simplify) or Simplify()] if simplify else []
    goal = goal or goal_of(step)
    if goal is None:
        return apply_steps(model, output, [*before, step], chosen, data, options)
    check_free(Path(output), goal.may_replace(Path(output), options.force), MANIFEST)
    searched = step.model_copy(update={"max_drop": goal.max_drop, "aim": goal.aim})
    work = Work.begin(model, [*before, searched], chosen, data, options)
    return search_compression(searched, work, before, goal, Path(output), options.force)
