"""Prune a model: at a given ratio, or as much as a budget allows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.bisection import Bracket
from ovopt.caller import untouched_caller
from ovopt.contracts import Step, Stepped, timed
from ovopt.errors import BudgetMissedError, UsageError
from ovopt.model.files.locate import MANIFEST
from ovopt.model.files.trainable import check_trainable
from ovopt.output import Output, claimed_folder
from ovopt.pruning.structured import Weighed
from ovopt.records import Manifest, StepReport
from ovopt.stats import bounds_of
from ovopt.steps.prune import Prune
from ovopt.steps.prune_torch import PruneTorch
from ovopt.time_budget import TimeBudget
from ovopt.workflow.applying.work import Work, apply_steps
from ovopt.workflow.beginning.options import check_number, options_of
from ovopt.workflow.beginning.run import Run, begin
from ovopt.workflow.optimizing.steps import SEARCH_S, before_step, check_nothing_searched, search_output
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.search import Assignment, Candidate, Goal, Search

if TYPE_CHECKING:
    import openvino

    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

FINEST = 0.02
"""Ratios closer together are not told apart."""
CONFIRMED = 2
"""So many times a speed-up that reaches its target is measured again."""


@untouched_caller()
def prune(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    simplify: bool = True,
    max_drop: float | str | None = None,
    target_speedup: float | None = None,
    time_budget_s: float | None = None,
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
    tuning split; with `target_speedup`, for the least pruning that is so much faster than the original. Either ends
    with the best so far when `time_budget_s` (600 where nothing is said) is over.

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
    if fine_tune and time_budget_s is not None:
        raise UsageError(
            "--time-budget: fine-tuning takes epochs, not seconds; leave it out, and give fewer of them for less time: "
            "--set optimize.prune_torch.epochs=3"
        )
    with begin([model], recipe, data, options_of(seed, force, trust, settings, progress)) as run:
        if fine_tune:
            check_trainable(run.model.path)
            with claimed_folder(target, force, MANIFEST) as claimed:
                return _fine_tuned(run, claimed, simplify, resume)
        step, before = run.step(Prune), before_step(run, simplify)
        if max_drop is None and target_speedup is None:
            check_nothing_searched(time_budget_s, resume)
            return apply_steps(run, target, [*before, step])
        if max_drop is None:
            check_nothing_searched(None, resume)
        if step.kind == "unstructured":
            raise UsageError("prune: single zeros save no time that a search could find; give --ratio alone")
        goal = None if max_drop is None else Goal(max_drop, time_budget_s or SEARCH_S, resume)
        with claimed_folder(target, goal.may_replace(target, force) if goal else force, MANIFEST) as claimed:
            assignment = Assignment(Work.begin(run, [*before, step]), before, claimed)
            if goal is None:
                assert target_speedup is not None
                return _least_pruned(step, assignment, target_speedup, TimeBudget(time_budget_s or SEARCH_S))
            contest = Contest(step.name, assignment, goal)
            return contest.run(PruneSearch(contest, step))


def _fine_tuned(run: Run, claimed: Output, simplify: bool, resume: bool) -> Manifest:
    options, output = run.options, claimed.target
    steps: list[Step] = [run.step(PruneTorch), *before_step(run, simplify)]
    checkpoint = output.parent / f"{output.name}.checkpoint.pt"  # beside the bundle, which is written as a whole
    work = Work.begin(run, steps)
    if checkpoint.is_file() and not resume:
        options.progress.say(f"{checkpoint} of an interrupted run is replaced; --resume would go on from it")
        checkpoint.unlink()
    made, reports = replace(work, materials=replace(work.materials, checkpoint=checkpoint)).applied(steps)
    with claimed.new() as folder:
        manifest = work.write(folder, output, made, reports)
    checkpoint.unlink(missing_ok=True)
    return manifest


@dataclass
class PruneSearch(Search):
    """As much as keeps the budget: the ratio is raised until a candidate misses, then the gap is halved. What every
    layer is worth is found out once, for all ratios."""

    contest: Contest
    step: Prune
    _reports: dict[str, StepReport] = field(default_factory=dict)

    def run(self) -> None:
        """Try ratios, then the best one by time instead of multiply-adds. Raises OutOfTimeError where the time budget
        ends first, StepError where nothing can be removed."""
        start, materials = self.contest.start, self.contest.materials
        weighed = self.step.weighed(start, materials)
        bracket = Bracket(self.step.ratio, self.step.reachable(weighed), FINEST)
        while bracket.next is not None:
            step = _at(self.step, bracket.next)
            trial = self.contest.judge(self._candidate(f"ratio {bracket.next:.3f}", step, weighed))
            bracket.tell(self.contest.acceptable(trial))
        if bracket.best is not None and self.step.price != "time":
            step = _at(self.step.model_copy(update={"price": "time"}), bracket.best)
            priced = step.priced(weighed, materials)
            self.contest.judge_if_faster(self._candidate(f"ratio {bracket.best:.3f} by time", step, priced))

    def report(self, candidate: Candidate, model: openvino.Model) -> StepReport:
        """The account of the step that made a winner."""
        return self._reports[candidate.name]

    def _candidate(self, name: str, step: Prune, weighed: Weighed) -> Candidate:
        make = partial(self._made, name, step, weighed)
        return Candidate(name, step.settled(weighed, self.contest.materials.seed), make)

    def _made(self, name: str, step: Prune, weighed: Weighed) -> openvino.Model:
        stepped = timed(lambda: step.pruned(self.contest.start, weighed, self.contest.materials))
        self._reports[name] = stepped.report
        return stepped.model


def _least_pruned(step: Prune, assignment: Assignment, target: float, time: TimeBudget) -> Manifest:
    """The bundle with the smallest ratio whose model is `target` times as fast as the original, of those that were
    tried in time. Raises BudgetMissedError where none is."""
    work = assignment.work
    start, reports = work.applied(assignment.before)
    weighed = step.weighed(start, work.materials)
    found: dict[float, Stepped] = {}
    bracket = Bracket(step.ratio, step.reachable(weighed), FINEST, rising=False)
    while bracket.next is not None and not (found and time.is_over):
        made = timed(partial(_at(step, bracket.next).pruned, start, weighed, work.materials))
        speedup = _reached(assignment, made.model, target)
        told = {"speedup": speedup, "speedup_bounds": bounds_of(speedup)}
        found[bracket.next] = Stepped(made.model, made.report.model_copy(update=told))
        work.materials.progress.say(f"ratio {bracket.next:.3f}: {units.factor(speedup)}")
        bracket.tell(speedup >= target)
    if bracket.best is None:
        fastest = max(made.report.speedup or 0.0 for made in found.values())
        more = "; the time budget has ended: more may be found in more time (--time-budget)" if time.is_over else ""
        raise BudgetMissedError(
            f"no pruned model is {units.factor(target)} as fast as the original: the fastest of {len(found)} reaches "
            f"{units.factor(fastest)}{more}"
        )
    best = found[bracket.best]
    with assignment.output.new() as folder:
        return work.write(folder, assignment.output.target, best.model, [*reports, best.report])


def _reached(assignment: Assignment, model: openvino.Model, target: float) -> float:
    """The speed-up of a pruned model against the original; the least of several where it seems to be enough, because
    of many ratios one would be lucky."""
    work = assignment.work
    found = work.materials.speedup(work.original, model) or 0.0
    for _ in range(CONFIRMED):
        if found < target:
            break
        found = min(found, work.materials.speedup(work.original, model) or 0.0)
    return found


def _at(step: Prune, ratio: float) -> Prune:
    return step.model_copy(update={"ratio": ratio})
