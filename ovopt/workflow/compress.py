"""Compress a model's weights: as the recipe says, or as far as a budget allows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.model.files import MANIFEST
from ovopt.output import check_free
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.compress import Compress
from ovopt.steps.simplify import Simplify
from ovopt.workflow.chosen import choose
from ovopt.workflow.compress_search import CompressSearch
from ovopt.workflow.contest import Contest, Goal
from ovopt.workflow.options import Options
from ovopt.workflow.work import Work, apply_steps, step_of

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

    With a goal, search for the smallest model that keeps it (`Goal.aim`: or the fastest), judged on the tuning split:
    BudgetMissedError where none does. The best so far is on disk at any time, and a journal beside it lets an
    interrupted search go on.
    """
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    step = step_of(chosen, Compress) or Compress()
    step.check()
    before = [step_of(chosen, Simplify) or Simplify()] if simplify else []
    if goal is None:
        return apply_steps(model, output, [*before, step], chosen, data, options)
    check_free(Path(output), goal.may_replace(Path(output), options.force), MANIFEST)
    search = CompressSearch(step)
    work = Work.begin(model, [*before, *search.steps], chosen, data, options)
    contest = Contest("compress", work, before, goal, Path(output), options.force, lambda made: {}, search.report)
    return contest.run(lambda: search.run(contest))
