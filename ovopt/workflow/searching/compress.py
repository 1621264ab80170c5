"""How to compress under a budget: the smallest, or the fastest, model that keeps the quality."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bisection import first_that_holds
from ovopt.contracts import Step
from ovopt.errors import StepError, UsageError
from ovopt.records import Manifest, StepReport
from ovopt.steps.compress import Compress
from ovopt.tune.compressions import OWN, SINGLE, Compression, compressions
from ovopt.workflow.applying.work import Work
from ovopt.workflow.next_best import faster_otherwise
from ovopt.workflow.searching.contest import Contest, Goal
from ovopt.workflow.searching.trial import Trial

if TYPE_CHECKING:
    import openvino

HOPELESS = 5.0
"""Algorithms make up for a part of a loss; one of so many budgets is not worth the time that they take."""


def goal_of(step: Compress) -> Goal | None:
    """That of a step whose settings ask for a search."""
    return None if step.max_drop is None else Goal(step.max_drop, aim=step.aim)


def search_compression(
    step: Compress, work: Work, before: Sequence[Step], goal: Goal, output: Path, force: bool
) -> Manifest:
    """The bundle of the best way that keeps the goal, behind the steps `before`; BudgetMissedError where none does."""
    search = CompressSearch(step)
    contest = Contest(step.name, work, before, goal, output, force, lambda made: {}, search.report)
    return contest.run(lambda: search.run(contest))


class CompressSearch:
    """The recipe's own settings and 8 bits first, then ways with fewer."""

    def __init__(self, own: Compress) -> None:
        """`own` lends the candidates what they do not decide on."""
        self._own = Compression(OWN, own.model_copy(update=SINGLE))
        self._sizes = compressions(own)
        self._reports: dict[str, StepReport] = {}
        self._judged: dict[str, Trial | None] = {}

    def report(self, name: str) -> StepReport | None:
        """Of the step that made the candidate."""
        return self._reports.get(name)

    def run(self, contest: Contest) -> None:
        """Have candidates judged until nothing better is in sight."""
        *fewer, most = self._sizes
        for way in (self._own, *most):
            self._judge(contest, way)
        if contest.goal.aim == "size":
            first_that_holds(len(fewer), lambda place: self._holds(contest, fewer[place]))
        else:
            for ways in fewer:
                self._faster(contest, ways)
            if contest.best is None:
                contest.offers += faster_otherwise(contest)

    def _holds(self, contest: Contest, ways: Sequence[Compression]) -> bool:
        """Whether a size keeps the budget, with one algorithm or another."""
        plain, *corrected = ways
        trial = self._judge(contest, plain)
        return contest.acceptable(trial) or self._saved(contest, trial, corrected)

    def _faster(self, contest: Contest, ways: Sequence[Compression]) -> None:
        """The same where it runs faster than the best so far: algorithms do not change that."""
        plain, *corrected = ways
        if plain.name in self._judged:
            trial = self._judged[plain.name]
        else:
            trial = contest.judge_if_faster(plain.name, cache(partial(self._model, contest, plain)))
        if not contest.acceptable(trial):
            self._saved(contest, trial, corrected)

    def _saved(self, contest: Contest, plain: Trial | None, corrected: Sequence[Compression]) -> bool:
        """Whether an algorithm makes up for what is lost without one."""
        if plain is None or plain.low > HOPELESS * contest.goal.max_drop:
            return False
        return any(contest.acceptable(self._judge(contest, way)) for way in corrected)

    def _judge(self, contest: Contest, way: Compression) -> Trial | None:
        if way.name not in self._judged:
            self._judged[way.name] = contest.judge(way.name, partial(self._model, contest, way))
        return self._judged[way.name]

    def _model(self, contest: Contest, way: Compression) -> openvino.Model:
        try:
            stepped = way.step.apply(contest.start, contest.materials)
        except UsageError as error:
            if way.name == OWN:
                raise
            raise StepError(str(error)) from None
        self._reports[way.name] = stepped.report
        return stepped.model
