"""The search for a pruned model: the fastest one that keeps the quality, or the least pruning that is fast enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.bisection import Bracket
from ovopt.contracts import Stepped
from ovopt.errors import BudgetMissedError
from ovopt.model.files.locate import MANIFEST
from ovopt.output import new_folder
from ovopt.pruning.structured import Weighed
from ovopt.records import Manifest, StepReport
from ovopt.steps.prune import Prune
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.search import Assignment, Candidate, Search

if TYPE_CHECKING:
    import openvino

FINEST = 0.02
"""Ratios closer together are not told apart."""
CONFIRMED = 2
"""So many times a speed-up that reaches its target is measured again."""


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
            timed = step.priced(weighed, materials)
            self.contest.judge_if_faster(self._candidate(f"ratio {bracket.best:.3f} by time", step, timed))

    def report(self, candidate: Candidate, model: openvino.Model) -> StepReport:
        """The account of the step that made a winner."""
        return self._reports[candidate.name]

    def _candidate(self, name: str, step: Prune, weighed: Weighed) -> Candidate:
        make = partial(self._made, name, step, weighed)
        return Candidate(name, step.settled(weighed, self.contest.materials.seed), make)

    def _made(self, name: str, step: Prune, weighed: Weighed) -> openvino.Model:
        stepped = step.pruned(self.contest.start, weighed, self.contest.materials)
        self._reports[name] = stepped.report
        return stepped.model


def least_pruned(step: Prune, assignment: Assignment, target: float) -> Manifest:
    """The bundle with the smallest ratio whose model is `target` times as fast as the original. Raises
    BudgetMissedError where none is."""
    work = assignment.work
    start, reports = work.applied(assignment.before)
    weighed = step.weighed(start, work.materials)
    found: dict[float, Stepped] = {}
    bracket = Bracket(step.ratio, step.reachable(weighed), FINEST, rising=False)
    while bracket.next is not None:
        made = _at(step, bracket.next).pruned(start, weighed, work.materials)
        speedup = _reached(assignment, made.model, target)
        found[bracket.next] = Stepped(made.model, made.report.model_copy(update={"speedup": speedup}))
        work.materials.progress.say(f"ratio {bracket.next:.3f}: {units.factor(speedup)}")
        bracket.tell(speedup >= target)
    if bracket.best is None:
        fastest = max(made.report.speedup or 0.0 for made in found.values())
        raise BudgetMissedError(
            f"no pruned model is {units.factor(target)} as fast as the original: the fastest of {len(found)} reaches "
            f"{units.factor(fastest)}"
        )
    best = found[bracket.best]
    with new_folder(assignment.output, assignment.force, MANIFEST) as folder:
        return work.write(folder, assignment.output, best.model, [*reports, best.report])


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
