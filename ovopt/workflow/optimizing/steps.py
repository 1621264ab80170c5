"""One step, or a search for the best one, from a model to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.model.files.locate import MANIFEST
from ovopt.output import check_free
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.work import Work, apply_steps, step_of
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose
from ovopt.workflow.searching.contest import Contest, Goal
from ovopt.workflow.searching.quantize import QuantizeSearch

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


def quantize(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
    goal: Goal | None = None,
) -> Manifest:
    """Apply the recipe's `quantize` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Calibrates on the calibration split alone.

    With a goal (or `max_drop` in the recipe's step), search for the fastest model that keeps it, judged on the tuning
    split: BudgetMissedError where none does. The best so far is on disk at any time, and a journal beside it lets an
    interrupted search go on.
    """
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    step = step_of(chosen, Quantize) or Quantize()
    before = [step_of(chosen, Simplify) or Simplify()] if simplify else []
    if goal is None and step.max_drop is not None:
        goal = Goal(step.max_drop)
    if goal is None:
        return apply_steps(model, output, [*before, step], chosen, data, options)
    check_free(Path(output), goal.may_replace(Path(output), options.force), MANIFEST)
    work = Work.begin(model, [*before, step], chosen, data, options)
    contest = Contest("quantize", work, before, goal, Path(output), options.force)
    return contest.run(QuantizeSearch(contest, step).run)


def simplify(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
) -> Manifest:
    """Rewrite the graph, verified on the calibration split (on random inputs where there are no data), and write the
    bundle `output`."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    return apply_steps(model, output, [step_of(chosen, Simplify) or Simplify()], chosen, data, options)
