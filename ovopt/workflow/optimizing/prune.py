"""Prune a model: at a given ratio, or as much as a budget allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt import units
from ovopt.bisection import Bracket
from ovopt.contracts import Step, Stepped
from ovopt.errors import BudgetMissedError, UsageError
from ovopt.model.files.locate import MANIFEST
from ovopt.model.files.trainable import check_trainable
from ovopt.output import check_free, new_folder
from ovopt.pruning.costs import multiply_adds, parameters
from ovopt.pruning.structured import Weighed
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.steps.prune import Prune
from ovopt.steps.prune_torch import PruneTorch
from ovopt.steps.simplify import Simplify
from ovopt.workflow.applying.work import Work, apply_steps, step_of
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose
from ovopt.workflow.searching.contest import Contest, Goal

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Tensors
    from ovopt.workflow.options import Data

FINEST = 0.02
"""Ratios closer together are not told apart."""
CONFIRMED = 2
"""So many times a speed-up that reaches its target is measured again."""


def prune(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
    goal: Goal | None = None,
    target_speedup: float | None = None,
    fine_tune: bool = False,
    resume: bool = False,
) -> Manifest:
    """Apply the recipe's `prune` step (its defaults where it has none), behind `simplify` unless that is not wanted,
    and write the bundle `output`. Importance and refit see the calibration split alone.

    With a goal, search for the fastest model that keeps it, judged on the tuning split; with a target, for the least
    pruning that is so much faster than the original. BudgetMissedError where there is none.

    `fine_tune` takes the recipe's `prune_torch` step instead, and `simplify` behind it: single weights of a PyTorch
    model become zero, and the others are trained. After every epoch `OUTPUT.checkpoint.pt` is written, from which
    `resume` goes on.
    """
    options = options or Options()
    if fine_tune:
        if goal or target_speedup is not None:
            raise UsageError("prune: single zeros save no time that a search could find; fine-tune at a ratio alone")
        return _fine_tuned(model, Path(output), recipe, data, options, simplify, resume)
    chosen = choose(recipe, data, [model], options, guess=True)
    step = step_of(chosen, Prune) or Prune()
    before = [step_of(chosen, Simplify) or Simplify()] if simplify else []
    if goal is None and target_speedup is None:
        return apply_steps(model, output, [*before, step], chosen, data, options)
    if step.kind == "unstructured":
        raise UsageError("prune: single zeros save no time that a search could find; give --ratio alone")
    force = goal.may_replace(Path(output), options.force) if goal else options.force
    check_free(Path(output), force, MANIFEST)
    work = Work.begin(model, [*before, step], chosen, data, options)
    if goal is None:
        assert target_speedup is not None
        return _least(work, before, step, target_speedup, Path(output), options)
    sample = work.materials.calibration[0]
    contest = Contest("prune", work, before, goal, Path(output), options.force, lambda made: _effect(made, sample))
    return contest.run(PruneSearch(contest, step).run)


class PruneSearch:
    """As much as keeps the budget: the ratio is raised until a candidate misses, then the gap is halved. What every
    layer is worth is found out once, for all ratios."""

    def __init__(self, contest: Contest, step: Prune) -> None:
        """Candidates are made of the contest's start."""
        self._contest = contest
        self._step = step

    def run(self) -> None:
        """Try ratios, then the best one by time instead of multiply-adds."""
        weighed = self._step.weighed(self._contest.start, self._contest.materials)
        bracket = Bracket(self._step.ratio, self._step.reachable(weighed), FINEST)
        while bracket.next is not None:
            make = partial(self._made, _at(self._step, bracket.next), weighed)
            trial = self._contest.judge(f"ratio {bracket.next:.3f}", make)
            bracket.tell(self._contest.acceptable(trial))
        if bracket.best is not None and self._step.price != "time":
            at = _at(self._step.model_copy(update={"price": "time"}), bracket.best)
            timed = at.priced(weighed, self._contest.materials)
            self._contest.judge_if_faster(f"ratio {bracket.best:.3f} by time", partial(self._made, at, timed))

    def _made(self, step: Prune, weighed: Weighed) -> openvino.Model:
        return step.pruned(self._contest.start, weighed, self._contest.materials).model


def _least(work: Work, before: Sequence[Step], step: Prune, target: float, output: Path, options: Options) -> Manifest:
    """The smallest ratio whose model reaches the speed-up."""
    start, reports = work.applied(before)
    weighed = step.weighed(start, work.materials)
    found: dict[float, tuple[float, Stepped]] = {}
    bracket = Bracket(step.ratio, step.reachable(weighed), FINEST, rising=False)
    while bracket.next is not None:
        ratio = bracket.next
        made = _at(step, ratio).pruned(start, weighed, work.materials)
        speedup = _reached(work, made.model, target)
        found[ratio] = (speedup, made)
        work.materials.progress.say(f"ratio {ratio:.3f}: {units.factor(speedup)}")
        bracket.tell(speedup >= target)
    if bracket.best is None:
        fastest = max(speedup for speedup, _ in found.values())
        raise BudgetMissedError(
            f"no pruned model is {units.factor(target)} as fast as the original: the fastest of {len(found)} reaches "
            f"{units.factor(fastest)}"
        )
    speedup, stepped = found[bracket.best]
    effect = {**stepped.report.effect, "speedup": round(speedup, 3)}
    report = stepped.report.model_copy(update={"effect": effect})
    with new_folder(output, options.force, MANIFEST) as folder:
        return work.write(folder, output, stepped.model, [*reports, report])


def _reached(work: Work, model: openvino.Model, target: float) -> float:
    """The speed-up of a pruned model against the original; the least of several where it seems to be enough, because
    of many ratios one would be lucky."""
    found = work.materials.speedup(work.original, model) or 0.0
    for _ in range(CONFIRMED):
        if found < target:
            break
        found = min(found, work.materials.speedup(work.original, model) or 0.0)
    return found


def _fine_tuned(
    model: str | Path,
    output: Path,
    recipe: Recipe | str | Path | None,
    data: Data,
    options: Options,
    simplify: bool,
    resume: bool,
) -> Manifest:
    check_trainable(model)
    check_free(output, options.force, MANIFEST)
    chosen = choose(recipe, data, [model], options, guess=True)
    steps: list[Step] = [step_of(chosen, PruneTorch) or PruneTorch()]
    if simplify:
        steps.append(step_of(chosen, Simplify) or Simplify())
    checkpoint = checkpoint_file(output)
    work = Work.begin(model, steps, chosen, data, options)
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


def _at(step: Prune, ratio: float) -> Prune:
    return step.model_copy(update={"ratio": ratio})


def _effect(model: openvino.Model, sample: Tensors) -> Mapping[str, Any]:
    return {"multiply_adds": round(sum(multiply_adds(model, sample).values())), "parameters": parameters(model)}
