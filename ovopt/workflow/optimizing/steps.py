"""Single steps as use cases: simplify, quantize, compress, embed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ovopt.bundle import left_to_host
from ovopt.caller import untouched_caller
from ovopt.contracts import Step
from ovopt.errors import RecipeError, UsageError
from ovopt.model.files.locate import MANIFEST
from ovopt.output import claimed_folder
from ovopt.records import Manifest
from ovopt.steps.compress import Compress
from ovopt.steps.embed_postprocessing import NOTHING_LEFT as NO_DECODERS
from ovopt.steps.embed_postprocessing import EmbedPostprocessing
from ovopt.steps.embed_preprocessing import NOTHING_LEFT, EmbedPreprocessing
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.work import Work, apply_steps
from ovopt.workflow.beginning.options import as_path, check, check_drop, check_number, options_of
from ovopt.workflow.beginning.run import Run, begin
from ovopt.workflow.comparing.arms import check_device
from ovopt.workflow.searching.compress import CompressSearch
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.quantize import QuantizeSearch
from ovopt.workflow.searching.search import Assignment, Goal

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

SEARCH_S = 600.0
"""Seconds that a search may take where nothing is said: long enough for a dozen candidates of a medium model."""
LEAST_S = 1.0


@untouched_caller()
def quantize(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    simplify: bool = True,
    max_drop: float | str | None = None,
    time_budget_s: float | None = None,
    resume: bool = False,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Apply the recipe's `quantize` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Calibrates on the calibration split alone.

    With `max_drop` (or that of the recipe's step), search for the fastest model that loses no more of the first metric,
    in its own unit, judged on the tuning split. The best so far is on disk at any time, and a journal beside it lets
    `resume` go on with an interrupted search.

    Raises BudgetMissedError where nothing keeps `max_drop`, StepError where NNCF fails, UsageError, or one of its
    kinds, where model, recipe, data or arguments cannot be used.
    """
    target = search_output(output, max_drop, time_budget_s)
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        step, before = run.step(Quantize), before_step(run, simplify)
        drop = step.max_drop if max_drop is None else max_drop
        if drop is None:
            check_nothing_searched(time_budget_s, resume)
            return apply_steps(run, target, [*before, step])
        goal = Goal(drop, time_budget_s or SEARCH_S, resume)
        with claimed_folder(target, goal.may_replace(target, force), MANIFEST) as claimed:
            contest = Contest(step.name, Assignment(Work.begin(run, [*before, step]), before, claimed), goal)
            return contest.run(QuantizeSearch(contest, step))


@untouched_caller()
def simplify(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Rewrite the graph, verified on the calibration split (on random inputs where there are no data), and write the
    bundle `output`.

    Raises StepError where nothing changes, UsageError, or one of its kinds, where model, recipe, data or arguments
    cannot be used.
    """
    target = as_path("output", output)
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        return apply_steps(run, target, [run.step(Simplify)])


@untouched_caller()
def compress(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    simplify: bool = True,
    max_drop: float | str | None = None,
    aim: Literal["size", "speed"] | None = None,
    time_budget_s: float | None = None,
    resume: bool = False,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Apply the recipe's `compress` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Samples are needed where an algorithm looks at activations.

    With `max_drop` (or that of the recipe's step), search for the smallest model that loses no more of the first metric
    (`aim`: or the fastest), judged on the tuning split. The best so far is on disk at any time, and a journal beside it
    lets `resume` go on with an interrupted search.

    Raises BudgetMissedError where nothing keeps `max_drop`, StepError where NNCF fails, UsageError, or one of its
    kinds, where model, recipe, data or arguments cannot be used.
    """
    target = search_output(output, max_drop, time_budget_s)
    check("aim", aim, "'size' or 'speed'", aim in (None, "size", "speed"))
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        own, before = run.step(Compress), before_step(run, simplify)
        own.check()
        drop = own.max_drop if max_drop is None else max_drop
        if drop is None:
            check_nothing_searched(time_budget_s, resume)
            return apply_steps(run, target, [*before, own])
        goal = Goal(drop, time_budget_s or SEARCH_S, resume, aim or ("size" if max_drop is not None else own.aim))
        step = own.model_copy(update={"max_drop": goal.max_drop})  # which wants samples for all algorithms
        with claimed_folder(target, goal.may_replace(target, force), MANIFEST) as claimed:
            contest = Contest(step.name, Assignment(Work.begin(run, [*before, step]), before, claimed), goal)
            return contest.run(CompressSearch(contest, own))


@untouched_caller()
def embed(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    postprocess: bool = False,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Let the model do the last transforms of the recipe's `preprocess` itself, as many as make the way from a file's
    bytes to the outputs measurably faster, and write the bundle `output`. Its manifest says under `preprocess` what the
    caller still does; it is null where nothing pays.

    `postprocess`: the model also does the first decoders of the recipe's `postprocess` itself, as many as can be; what
    the caller still does to its output is under `postprocess` in the manifest.

    Raises RecipeError where there is nothing to embed, UsageError, or one of its kinds, where model, recipe, data or
    arguments cannot be used.
    """
    target = as_path("output", output)
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        if not run.recipe.preprocess and not postprocess:
            raise RecipeError(NOTHING_LEFT)
        if not run.recipe.postprocess and postprocess:
            raise RecipeError(NO_DECODERS)
        check_device(run.recipe.runtime.device)
        steps = list[Step]()
        if postprocess:  # decoders find the inputs as they are in front of it
            steps.append(run.step(EmbedPostprocessing))
        if not postprocess or left_to_host(run.model.manifest, run.recipe):
            steps.append(run.step(EmbedPreprocessing))
        return apply_steps(run, target, steps)


def before_step(run: Run, simplify: bool) -> list[Step]:
    """The recipe's `simplify` step, where the graph is to be rewritten first."""
    return [run.step(Simplify)] if simplify else []


def search_output(output: str | Path, max_drop: float | str | None, time_budget_s: float | None) -> Path:
    """The folder that a search writes. Raises UsageError where an argument cannot be one."""
    check_drop(max_drop)
    check_number("time_budget_s", time_budget_s, LEAST_S)
    return as_path("output", output)


def check_nothing_searched(time_budget_s: float | None, resume: bool = False) -> None:
    """Raises UsageError where an argument is about a search, and there is none."""
    for said, given in (("--time-budget", time_budget_s), ("--resume", resume)):
        if given:
            raise UsageError(f"{said}: is about a search, and there is none without --max-drop; leave it out")
