"""Candidates of a search, judged by quality and speed; the best so far is on disk at any time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ovopt.contracts import Advance
from ovopt.errors import ArmLostError, BudgetMissedError, OvoptError, StepError
from ovopt.loss import BUDGET, allowed, budgeted
from ovopt.model.inspect.profile import operation_times
from ovopt.model.ports.facts import facts
from ovopt.records import Judged, Manifest, StepReport
from ovopt.records.search import Gain, SearchOutcome, Trial
from ovopt.reports.steps import doubts, may_lose, refusal, standing
from ovopt.resumable import digest
from ovopt.stats import bounds_of, midway
from ovopt.time_budget import OutOfTimeError, TimeBudget
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.applying.tuning_quality import Validator
from ovopt.workflow.comparing.arms import properties_of
from ovopt.workflow.comparing.taking_part import lacking_outputs
from ovopt.workflow.searching.journal import Journal
from ovopt.workflow.searching.search import (
    NOISE,
    SMALL,
    Assignment,
    Candidate,
    Goal,
    Search,
    journal_file,
    state_of,
    unjudged,
    winner,
)

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Materials, Tensors


class Contest:
    """Judges candidates by the recipe's first metric on the tuning split and by their speed against the original,
    writes down what came of each, and keeps the best one on disk."""

    def __init__(self, step: str, assignment: Assignment, goal: Goal) -> None:
        """Apply the steps in front of the search: what candidates are made of is `start`. Nothing but the journal is
        written yet. Raises OutputError where that is one of something else, DataError where nothing can be judged."""
        self.time = TimeBudget(goal.time_budget_s, goal.clock)
        self.goal, self._assignment = goal, assignment
        work = assignment.work
        self.recipe = recipe = work.prepared.recipe
        limits = budgeted(recipe.budgets, recipe.metrics[0].label) if goal.max_drop == BUDGET else None
        self.start, self._reports = work.applied(assignment.before)
        self.original = work.original
        self.materials = work.materials
        self.trials: list[Trial] = []
        self._faults: list[tuple[Candidate, OvoptError]] = []
        self._judged_steps: set[str | None] = set()
        original = facts(work.original)
        lacking = lacking_outputs(original.outputs, {"what the steps before made": facts(self.start).outputs})
        self.validator = Validator(
            work.prepared, work.original, original, recipe.runtime.device, properties_of(recipe), lacking
        )
        self.max_drop = allowed(goal.max_drop, self.validator.baseline.value, self.validator.metric.unit, limits)
        source, data = work.source.sha256, work.prepared.samples.fingerprint
        subject = digest(
            step, source, data, self.materials.seed, recipe.resolved(), assignment.before, goal.max_drop, goal.aim
        )
        self._journal = Journal(journal_file(assignment.output.target), subject, goal.resume)
        self._advance: Advance = lambda amount=1, note="": None
        self._written: Manifest | None = None
        self._begun = self._ended = False

    def run(self, search: Search) -> Manifest:
        """The bundle of the best candidate. Raises BudgetMissedError, with the figures, where none may ship, and any
        error of the recipe's own settings."""
        self._search = search
        progress, found = self.materials.progress, list[Gain]()
        for doubt in self.validator.doubts:
            progress.say(doubt)
        with progress.task(
            may_lose(self.max_drop, self.validator.metric), total=self.goal.time_budget_s
        ) as self._advance:
            try:
                search.run()
                if self._written is None and self.goal.aim == "speed":
                    found += _gains(self.original, self.start, self.materials)
            except OutOfTimeError:
                progress.say("the time budget has ended; the best so far counts")
            except KeyboardInterrupt:
                kept = "the best so far is kept" if self._written else "nothing was found so far"
                progress.say(f"{kept}; --resume goes on with the search")
                raise
        fault = self._fault()
        if self._written is None:
            raise BudgetMissedError(refusal(self._outcome(found, fault)))
        if fault:
            progress.say(fault)
        return self._written

    @property
    def best(self) -> Trial | None:
        """The acceptable candidate so far that is best at what is aimed at."""
        return winner(self.trials, self.max_drop, self.goal.aim)

    def acceptable(self, trial: Trial | None) -> bool:
        """True where it may ship, as far as the tuning samples can tell."""
        return trial is not None and trial.acceptable(self.max_drop)

    def promises(self, trial: Trial) -> bool:
        """True where it may be faster than the best so far, for all that a first look tells."""
        return (trial.speedup or 0.0) * (1 + NOISE) >= self._beaten

    def tried(self, name: str) -> bool:
        """True once a candidate of this name was judged."""
        return any(trial.name == name for trial in self.trials)

    def operation_times(self, models: Sequence[openvino.Model]) -> list[dict[str, float]]:
        """Microseconds by operation, at the settings that will be used; RuntimeError where a model does not run."""
        device, properties = self.recipe.runtime.device, properties_of(self.recipe)
        return operation_times(models, self.materials.calibration[0], device, properties)

    @property
    def start_differs(self) -> bool:
        """True where the steps before changed anything."""
        return any(report.changed for report in self._reports)

    @property
    def start_speedup(self) -> float | None:
        """Speed-up of `start` over the original, where the one step before measured it."""
        return self._reports[0].speedup if len(self._reports) == 1 else None

    def judge_if_faster(self, candidate: Candidate, speedup: float | None = None) -> Trial | None:
        """Judge a candidate only if it runs faster than the best so far: that is cheaper to find out.

        Raises OutOfTimeError where the time budget has ended, except for the first candidate.
        """
        self._check_time()
        began = self.time.spent_s
        known = self._journal.find(candidate.name, candidate.reverted)
        if known and known.state == "slower":
            return None
        try:
            if known:
                speedup = known.speedup
            elif speedup is None:
                speedup = self.materials.speedup(self.original, candidate.make(), least=self._beaten)
        except StepError as error:
            self._fail(candidate, error)
            return None
        if speedup and speedup >= self._beaten:
            return self._judged(candidate, speedup)
        seconds = round(self.time.spent_s - began, 3)
        self._journal.add(unjudged(candidate.name, candidate.reverted, speedup, seconds))
        return None

    def holds(self, candidate: Candidate) -> bool:
        """Judge a candidate by its quality alone: it is written down, not timed, and does not compete.

        Raises OutOfTimeError where the time budget has ended, except for the first candidate.
        """
        self._check_time()
        began = self.time.spent_s
        trial = self._known(candidate)
        if trial is None:
            try:
                trial = self._valued(candidate, candidate.make())
            except (StepError, ArmLostError) as error:
                self._fail(candidate, error)
                return False
            self._finished(trial, began)
            self._tell(began)
        return self.acceptable(trial)

    def judge(self, candidate: Candidate) -> Trial | None:
        """Measure a candidate, or take what the journal has. None where it cannot be made or run.

        Raises OutOfTimeError where the time budget has ended, except for the first candidate.
        """
        self._check_time()
        return self._judged(candidate)

    def _judged(self, candidate: Candidate, speedup: float | None = None) -> Trial | None:
        began = self.time.spent_s
        trial = self._known(candidate)
        done = trial is not None and not self._wants_time(trial)
        if trial and done and winner([*self.trials, trial], self.max_drop, self.goal.aim) is not trial:
            self._judged_steps.add(candidate.made_by.step)
            self.trials.append(trial)
            return trial
        try:
            model = candidate.make()
            trial = trial or self._valued(candidate, model)
        except (StepError, ArmLostError) as error:
            self._fail(candidate, error)
            return None
        if self._wants_time(trial):
            least = 0.0 if self.acceptable(trial) else math.inf  # of what cannot ship, a first look tells enough
            speedup = speedup or self.materials.speedup(self.original, model, least=least)
            speedup = self._confirmed(speedup, model)
            trial = trial.model_copy(update={"speedup": speedup, "speedup_bounds": bounds_of(speedup)})
        trial = trial if done else self._finished(trial, began)
        self._judged_steps.add(candidate.made_by.step)
        self.trials.append(trial)
        self._tell(began)
        if self.best is trial:
            self._keep(candidate, trial, model)
        return trial

    @property
    def _beaten(self) -> float:
        """The speed-up from which a candidate is faster than the best so far."""
        return LEAST_SPEEDUP * ((self.best.speedup if self.best else None) or 1.0)

    def _check_time(self) -> None:
        """OutOfTimeError, once: what a search still does then is little, and its own decision."""
        if self._begun and not self._ended and self.time.is_over:
            self._ended = True
            raise OutOfTimeError
        self._begun = True

    def _fail(self, candidate: Candidate, error: OvoptError) -> None:
        self._faults.append((candidate, error))
        self.materials.progress.say(f"{candidate.name}: {error}")

    def _confirmed(self, speedup: float | None, model: openvino.Model) -> float | None:
        """A gain so small that one instance of the original may have made it is measured again, beside another one."""
        if speedup is None or not LEAST_SPEEDUP <= speedup < SMALL:
            return speedup
        again = self.materials.speedup(self.original.clone(), model)
        return again and midway(speedup, again)

    def _known(self, candidate: Candidate) -> Trial | None:
        trial = self._journal.find(candidate.name, candidate.reverted)
        return None if trial and trial.state == "slower" else trial

    def _wants_time(self, trial: Trial) -> bool:
        return trial.speedup is None and (self.goal.aim == "speed" or self.acceptable(trial))

    def _valued(self, candidate: Candidate, model: openvino.Model) -> Trial:
        delta = self.validator.delta(model, self.max_drop)
        drop, low, high = delta.drop
        sizes = [sum(facts(each).precisions.values()) for each in (self.original, model)]
        return Trial(
            name=candidate.name,
            reverted=candidate.reverted,
            drop=drop,
            low=low,
            high=high,
            n=delta.n,
            state=state_of(low, high, self.max_drop),
            speedup=None,
            seconds=0.0,
            size_ratio=sizes[1] / sizes[0] if sizes[0] else None,
        )

    def _finished(self, trial: Trial, began: float) -> Trial:
        """The trial, written down."""
        trial = trial.model_copy(update={"seconds": round(self.time.spent_s - began, 3)})
        self._journal.add(trial)
        return trial

    def _tell(self, began: float) -> None:
        self._advance(self.time.spent_s - began, standing(self.best, len(self.trials), self.goal.aim))

    def _keep(self, candidate: Candidate, trial: Trial, model: openvino.Model) -> None:
        output = self._assignment.output
        with output.new() as folder:
            reports = [*self._reports, self._report(candidate, trial, model)]
            self._written = self._assignment.work.write(folder, output.target, model, reports)

    def _report(self, candidate: Candidate, trial: Trial, model: openvino.Model) -> StepReport:
        own = self._search.report(candidate, model)
        asked = self._search.step.model_dump(mode="json", exclude_defaults=True)
        judged = {
            "tuning_samples": trial.n,
            "drop": round(trial.drop, 6) + 0.0,  # never -0.0
            "size_ratio": round(trial.size_ratio or 0.0, 3),
            "tried": len(self.trials),
        }
        return own.model_copy(
            update={
                "parameters": {**asked, "max_drop": self.max_drop},
                "made_by": candidate.made_by,
                "effect": {**own.effect, **judged},
                "judged": self._judgement(trial),
                "speedup": trial.speedup,
                "speedup_bounds": trial.speedup_bounds,
                "notes": (*own.notes, *self.validator.doubts, *doubts(trial, self.validator.metric.unit)),
                "seconds": round(self.time.spent_s, 3),
            }
        )

    def _judgement(self, trial: Trial) -> Judged:
        metric = self.validator.metric
        return Judged(
            metric=metric.label,
            unit=metric.unit,
            drop=trial.drop,
            low=trial.low,
            high=trial.high,
            limit=self.max_drop,
            samples=trial.n,
            kept=trial.state == "kept",
            tried=len(self.trials),
        )

    def _outcome(self, found: Sequence[Gain], fault: str | None) -> SearchOutcome:
        goal = self.goal
        return SearchOutcome(
            aim=goal.aim,
            max_drop=self.max_drop,
            metric=self.validator.metric.label,
            unit=self.validator.metric.unit,
            samples=self.validator.samples,
            trials=tuple(self.trials),
            smallest=winner(self.trials, self.max_drop, "size"),
            gains=tuple(found),
            fault=fault,
        )

    def _fault(self) -> str | None:
        """The error that kept all candidates of the search's own step from being made, with what can be done about it,
        which is looked for as long as the time lasts."""
        if not self._faults or self._search.step.name in self._judged_steps:
            return None
        candidate, error = self._faults[0]
        left = self.time.left_s
        return f"{candidate.name}: {error}{self._search.cure(candidate, left) if left else ''}"


F32 = {"INFERENCE_PRECISION_HINT": "f32"}


def _gains(original: openvino.Model, start: openvino.Model, materials: Materials) -> Iterator[Gain]:
    """Ways to make a model faster that change nothing of what it computes, another precision and fixed shapes: those
    that make `start` measurably faster than the original."""
    exact = materials.speedup(original, start, F32)
    if exact and exact >= LEAST_SPEEDUP:
        yield Gain(kind="f32", speedup=exact)
    fixed = _fixed(start, materials.calibration[0])
    speedup = materials.speedup(original, fixed) if fixed else None
    if speedup and speedup >= LEAST_SPEEDUP:
        yield Gain(kind="fixed shapes", speedup=speedup)


def _fixed(model: openvino.Model, sample: Tensors) -> openvino.Model | None:
    """A copy with the shapes of a sample; None where they are fixed already, or it cannot have them."""
    if not any(port.get_partial_shape().is_dynamic for port in model.inputs):
        return None
    fixed = model.clone()
    try:
        fixed.reshape({place: list(array.shape) for place, array in enumerate(sample)})
    except RuntimeError:
        return None
    return fixed
