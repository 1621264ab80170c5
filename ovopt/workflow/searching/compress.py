"""The search for the smallest compressed model that keeps the quality: its candidates, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.bisection import first_that_holds
from ovopt.contracts import Step
from ovopt.errors import StepError, UsageError
from ovopt.records import Manifest, StepReport
from ovopt.steps.compress import Compress
from ovopt.workflow.applying.work import Work
from ovopt.workflow.searching.contest import Contest, Goal
from ovopt.workflow.searching.outcome import faster_otherwise
from ovopt.workflow.searching.trial import Trial

if TYPE_CHECKING:
    import openvino

OWN = "recipe"
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "int4, groups of 128, all layers": {"mode": "int4_asym", "group_size": 128, "all_layers": True},
    "int4, groups of 32, all layers": {"mode": "int4_asym", "group_size": 32, "all_layers": True},
    "int4, groups of 128": {"mode": "int4_asym", "group_size": 128},
    "int4, groups of 64": {"mode": "int4_asym", "group_size": 64},
    "int4, groups of 32": {"mode": "int4_asym", "group_size": 32},
    "int4, 80 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.8},
    "int4, 60 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.6},
    "int4, 40 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.4},
    "int4, 20 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.2},
    "int8": {"mode": "int8_asym"},
}
"""What decides on the size, and so on the speed. The rest is in 8 bits; none is more exact than the next."""
ALGORITHMS: Mapping[str, Mapping[str, Any]] = {
    "scale estimation": {"scale_estimation": True},
    "awq and scale estimation": {"awq": True, "scale_estimation": True},
    "gptq": {"gptq": True},
}
"""What makes the same size more exact: the quickest first."""
PLAIN: Mapping[str, Any] = {
    "ratio": None, "group_size": None, "all_layers": None, "sensitivity_metric": None, "awq": None,
    "scale_estimation": None, "gptq": None, "lora_correction": None, "backup_mode": None,
}  # fmt: skip
"""What a way leaves to NNCF unless it says so itself."""
SINGLE: Mapping[str, Any] = {"max_drop": None, "aim": "size"}
"""One way to compress, and no search for it."""
FALLBACK = "group_size_fallback_mode"


@dataclass(frozen=True)
class Compression:
    """A way to compress."""

    name: str
    step: Compress


def compressions(own: Compress) -> Sequence[Sequence[Compression]]:
    """For each size, the smallest first: without an algorithm, then with each. What the recipe says bears its name."""
    own = own.model_copy(update=SINGLE)
    return tuple(
        tuple(Compression(OWN, own) if way.step == own else way for way in _of_shape(own, *shape))
        for shape in SHAPES.items()
    )


def _of_shape(own: Compress, name: str, shape: Mapping[str, Any]) -> Iterator[Compression]:
    adjusted = {FALLBACK: "adjust", **own.advanced_parameters} if "group_size" in shape else {}
    plain = own.model_copy(update={**PLAIN, **shape, "advanced_parameters": adjusted})
    yield Compression(name, plain)
    if "group_size" in shape:
        for algorithm, settings in ALGORITHMS.items():
            yield Compression(f"{name}, {algorithm}", plain.model_copy(update=settings))


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
