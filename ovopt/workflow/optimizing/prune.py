"""Prune a model: at a given ratio, or as much as a budget allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.caller import untouched_caller
from ovopt.contracts import Step
from ovopt.errors import UsageError
from ovopt.model.files.locate import MANIFEST
from ovopt.model.files.trainable import check_trainable
from ovopt.output import check_free, new_folder
from ovopt.records import Manifest
from ovopt.steps.prune import Prune
from ovopt.steps.prune_torch import PruneTorch
from ovopt.workflow.applying.work import Work, apply_steps
from ovopt.workflow.beginning.options import check_number, options_of
from ovopt.workflow.beginning.run import Run, begin
from ovopt.workflow.optimizing.steps import SEARCH_S, before_step, search_output
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.prune import PruneSearch, least_pruned
from ovopt.workflow.searching.search import Assignment, Goal

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched


@untouched_caller()
def prune(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    simplify: bool = True,
    max_drop: float | None = None,
    target_speedup: float | None = None,
    time_budget_s: float = SEARCH_S,
    fine_tune: bool = False,
    resume: bool = False,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Apply the recipe's `prune` step (its defaults where it has none), behind `simplify` unless that is not wanted,
    and write the bundle `output`. Importance and refit see the calibration split alone.

    With `max_drop`, search for the fastest model that loses no more of the first metric, in its own unit, judged on the
    tuning split; with `target_speedup`, for the least pruning that is so much faster than the original.

    `fine_tune` takes the recipe's `prune_torch` step instead, and `simplify` behind it: single weights of a PyTorch
    model become zero, and the others are trained. After every epoch `OUTPUT.checkpoint.pt` is written, from which
    `resume` goes on.

    Raises BudgetMissedError where nothing keeps `max_drop` or reaches `target_speedup`, StepError where a step fails,
    UsageError, or one of its kinds, where model, recipe, data or arguments cannot be used.
    """
    target = search_output(output, max_drop, time_budget_s)
    check_number("target_speedup", target_speedup, 1)
    if max_drop is not None and target_speedup is not None:
        raise UsageError("max_drop and target_speedup: give one; a search keeps one of them")
    if fine_tune and (max_drop is not None or target_speedup is not None):
        raise UsageError("prune: single zeros save no time that a search could find; fine-tune at a ratio alone")
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        if fine_tune:
            return _fine_tuned(run, target, simplify, resume)
        step, before = run.step(Prune), before_step(run, simplify)
        if max_drop is None and target_speedup is None:
            return apply_steps(run, target, [*before, step])
        if step.kind == "unstructured":
            raise UsageError("prune: single zeros save no time that a search could find; give --ratio alone")
        goal = None if max_drop is None else Goal(max_drop, time_budget_s, resume)
        check_free(target, goal.may_replace(target, force) if goal else force, MANIFEST)
        work = Work.begin(run, [*before, step])
        assignment = Assignment(work, before, target, force)
        if goal is None:
            assert target_speedup is not None
            return least_pruned(step, assignment, target_speedup)
        contest = Contest(step.name, assignment, goal)
        return contest.run(PruneSearch(contest, step))


def _fine_tuned(run: Run, output: Path, simplify: bool, resume: bool) -> Manifest:
    options = run.options
    check_trainable(run.model.path)
    check_free(output, options.force, MANIFEST)
    steps: list[Step] = [run.step(PruneTorch), *before_step(run, simplify)]
    checkpoint = checkpoint_file(output)
    work = Work.begin(run, steps)
    if checkpoint.is_file() and not resume:
        options.progress.say(f"{checkpoint} of an interrupted run is replaced; --resume would go on from it")
        checkpoint.unlink()
    made, reports = replace(work, materials=replace(work.materials, checkpoint=checkpoint)).applied(steps)
    with new_folder(output, options.force, MANIFEST) as folder:
        manifest = work.write(folder, output, made, reports)
    checkpoint.unlink(missing_ok=True)
    return manifest


def checkpoint_file(output: Path) -> Path:
    """Beside the bundle, which is written as a whole."""
    return output.with_name(f"{output.name}.checkpoint.pt")
