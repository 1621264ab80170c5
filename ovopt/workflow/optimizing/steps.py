"""Single steps as use cases: simplify, quantize, compress, embed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bundle import left_to_host, read_manifest
from ovopt.contracts import Step
from ovopt.errors import RecipeError
from ovopt.model.files.locate import MANIFEST
from ovopt.output import check_free
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.compress import Compress
from ovopt.steps.embed_postprocessing import NOTHING_LEFT as NO_DECODERS
from ovopt.steps.embed_postprocessing import EmbedPostprocessing
from ovopt.steps.embed_preprocessing import NOTHING_LEFT, EmbedPreprocessing
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.work import Work, apply_steps, step_of
from ovopt.workflow.comparing.arms import check_device
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose
from ovopt.workflow.searching.compress import goal_of, search_compression
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


def embed(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    postprocess: bool = False,
) -> Manifest:
    """Let the model do the last transforms of the recipe's `preprocess` itself, as many as make the way from a file's
    bytes to the outputs measurably faster, and write the bundle `output`. Its manifest says under `preprocess` what the
    caller still does; it is null where nothing pays.

    `postprocess`: the model also does the first decoders of the recipe's `postprocess` itself, as many as can be; what
    the caller still does to its output is under `postprocess` in the manifest."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    if not chosen.recipe.preprocess and not postprocess:
        raise RecipeError(NOTHING_LEFT)
    if not chosen.recipe.postprocess and postprocess:
        raise RecipeError(NO_DECODERS)
    check_device(chosen.recipe.runtime.device)
    steps = list[Step]()
    if postprocess:  # decoders find the inputs as they are in front of it
        steps.append(step_of(chosen, EmbedPostprocessing) or EmbedPostprocessing())
    if not postprocess or left_to_host(read_manifest(model), chosen.recipe):
        steps.append(step_of(chosen, EmbedPreprocessing) or EmbedPreprocessing())
    return apply_steps(model, output, steps, chosen, data, options)
