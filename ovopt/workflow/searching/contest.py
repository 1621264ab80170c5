"""Candidates of a search, judged by quality and speed; the best so far is on disk at any time."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ovopt import units
from ovopt.contracts import Advance, Step
from ovopt.errors import ArmLostError, BudgetMissedError, StepError
from ovopt.model.files.locate import MANIFEST
from ovopt.model.inspect.profile import operation_times
from ovopt.model.ports.facts import facts
from ovopt.output import new_folder
from ovopt.records import Manifest, StepReport
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.applying.tuning_quality import Validator
from ovopt.workflow.applying.work import Work
from ovopt.workflow.comparing.arms import properties_of
from ovopt.workflow.searching.journal import Journal
from ovopt.workflow.searching.outcome import doubts, refusal
from ovopt.workflow.searching.trial import NOISE, SMALL, Aim, Trial, state_of, unjudged, winner

if TYPE_CHECKING:
    import openvino

T = TypeVar("T")


@dataclass(frozen=True)
class Goal:
    """How much quality may be lost, in the metric's own unit, and how long the search may take."""

    max_drop: float
    time_budget_s: float = 600.0
    resume: bool = False
    """Go on from the journal of an interrupted search."""
    aim: Aim = "speed"
    """What the best candidate is best at."""

    def may_replace(self, output: Path, force: bool) -> bool:
        """Whether a bundle of that name may be replaced: by force, or because the interrupted search wrote it."""
        return force or (self.resume and journal_file(output).is_file())


class OutOfTimeError(Exception):
    """The time budget has ended; the best so far counts."""


class Contest:
    """Judges candidates by the recipe's first metric on the tuning split and by their speed against the original,
    writes down what came of each, and keeps the best one on disk."""

    def __init__(
        self,
        step: str,
        work: Work,
        before: Sequence[Step],
        goal: Goal,
        output: Path,
        force: bool,
        effect: Callable[[openvino.Model], Mapping[str, Any]] = lambda model: {
            "fake_quantize": facts(model).fake_quantize
        },
        made_by: Callable[[str], StepReport | None] = lambda name: None,
    ) -> None:
        """`step` names the winner's report. The steps `before` are applied to the original at once: what candidates
        are made of is `start`. `effect` counts on a candidate's model what took effect; `made_by` gives the report of
        the one step that made the candidate of a name, where it is to be told."""
        self._began = time.perf_counter()
        self.recipe = recipe = work.prepared.recipe
        self.start, self._reports = work.applied(before)
        self.original = work.original
        self.materials = work.materials
        self.goal = goal
        self.trials: list[Trial] = []
        self.offers: list[str] = []
        """What to do where no candidate may ship."""
        self.validator = Validator(
            work.prepared, work.original, facts(work.original), recipe.runtime.device, properties_of(recipe)
        )
        self._step, self._work, self._output, self._effect = step, work, output, effect
        self._made_by = made_by
        self._replaces = goal.may_replace(output, force)
        source, data = work.source.sha256, work.prepared.samples.fingerprint
        aim = () if goal.aim == "speed" else (goal.aim,)
        subject = subject_of(step, source, data, work.materials.seed, recipe.resolved(), before, goal.max_drop, *aim)
        self._journal = Journal(journal_file(output), subject, goal.resume)
        self._advance: Advance = lambda amount=1, note="": None
        self._written: Manifest | None = None
        self._ended = False

    def run(self, search: Callable[[], None]) -> Manifest:
        """The bundle of the best candidate that the search tried; BudgetMissedError, with the figures, where none may
        ship."""
        progress = self.materials.progress
        for doubt in self.validator.doubts:
            progress.say(doubt)
        title = f"search within {units.points(self.goal.max_drop, self.validator.metric.unit).lstrip('+')}"
        with progress.task(title, total=self.goal.time_budget_s) as self._advance:
            try:
                search()
            except OutOfTimeError:
                progress.say("the time budget has ended; the best so far counts")
            except KeyboardInterrupt:
                kept = "the best so far is kept" if self._written else "nothing was found so far"
                progress.say(f"{kept}; --resume goes on with the search")
                raise
        if self._written is None:
            goal = self.goal
            raise BudgetMissedError(refusal(self.trials, self.validator, goal.max_drop, goal.aim, self.offers))
        return self._written

    @property
    def best(self) -> Trial | None:
        """The acceptable candidate so far that is best at what is aimed at."""
        return winner(self.trials, self.goal.max_drop, self.goal.aim)

    @property
    def _beaten(self) -> float:
        """The speed-up from which a candidate is faster than the best so far."""
        return LEAST_SPEEDUP * ((self.best.speedup if self.best else None) or 1.0)

    def acceptable(self, trial: Trial | None) -> bool:
        """Whether it may ship as far as the tuning samples can tell."""
        return trial is not None and trial.acceptable(self.goal.max_drop)

    def operation_times(self, models: Sequence[openvino.Model]) -> list[dict[str, float]]:
        """Microseconds by operation, at the settings that will be used; RuntimeError where a model does not run."""
        device, properties = self.recipe.runtime.device, properties_of(self.recipe)
        return operation_times(models, self.materials.calibration[0], device, properties)

    @property
    def start_differs(self) -> bool:
        """Whether the steps before changed anything."""
        return any(report.effect for report in self._reports)

    @property
    def start_speedup(self) -> float | None:
        """What `start` gains over the original, where the one step before measured it."""
        return self._reports[0].effect.get("speedup") if len(self._reports) == 1 else None

    def judge_if_faster(
        self,
        name: str,
        make: Callable[[], openvino.Model],
        reverted: Sequence[str] = (),
        speedup: float | None = None,
    ) -> Trial | None:
        """Judge a candidate only if it runs faster than the best so far: that is cheaper to find out."""
        self._check_time()
        began = time.perf_counter()
        known = self._journal.find(name, reverted)
        if known and known.state == "slower":
            return None
        try:
            if known:
                speedup = known.speedup
            elif speedup is None:
                speedup = self.materials.speedup(self.original, make(), least=self._beaten)
        except StepError as error:
            self.materials.progress.say(f"{name}: {error}")
            return None
        if speedup and speedup >= self._beaten:
            return self.judge(name, make, reverted, speedup)
        self._journal.add(unjudged(name, reverted, speedup, round(time.perf_counter() - began, 3)))
        return None

    def holds(self, name: str, make: Callable[[], openvino.Model], reverted: Sequence[str] = ()) -> bool:
        """Whether a candidate may ship by its quality alone: it is written down, not timed, and does not compete."""
        self._check_time()
        began = time.perf_counter()
        trial = self._known(name, reverted)
        if trial is None:
            try:
                trial = self._valued(name, tuple(reverted), make())
            except (StepError, ArmLostError) as error:
                self.materials.progress.say(f"{name}: {error}")
                return False
            self._finished(trial, began)
            self._tell(began)
        return self.acceptable(trial)

    def judge(
        self,
        name: str,
        make: Callable[[], openvino.Model],
        reverted: Sequence[str] = (),
        speedup: float | None = None,
    ) -> Trial | None:
        """What came of a candidate: measured now, or as the journal has it. None where it cannot be made or run.

        Raises OutOfTimeError where the time budget has ended, except for the first candidate.
        """
        self._check_time()
        began = time.perf_counter()
        trial = self._known(name, reverted)
        done = trial is not None and not self._wants_time(trial)
        if trial and done and winner([*self.trials, trial], self.goal.max_drop, self.goal.aim) is not trial:
            self.trials.append(trial)
            return trial
        try:
            model = make()
            trial = trial or self._valued(name, tuple(reverted), model)
        except (StepError, ArmLostError) as error:
            self.materials.progress.say(f"{name}: {error}")
            return None
        if self._wants_time(trial):
            least = 0.0 if self.acceptable(trial) else math.inf  # of what cannot ship, a first look tells enough
            speedup = speedup or self.materials.speedup(self.original, model, least=least)
            trial = trial.model_copy(update={"speedup": self._confirmed(speedup, model)})
        trial = trial if done else self._finished(trial, began)
        self.trials.append(trial)
        self._tell(began)
        if self.best is trial:
            self._keep(trial, model)
        return trial

    def promises(self, trial: Trial) -> bool:
        """Whether it may be faster than the best so far, for all that a first look tells."""
        return (trial.speedup or 0.0) * (1 + NOISE) >= self._beaten

    def in_time(self, items: Iterable[T]) -> Iterator[T]:
        """The first of them, and the others as long as the time budget lasts."""
        for item in items:
            yield item
            if self._is_late:
                return

    @property
    def _is_late(self) -> bool:
        return time.perf_counter() - self._began > self.goal.time_budget_s

    def _check_time(self) -> None:
        """OutOfTimeError, once: what a search still does then is little, and its own decision."""
        if self.trials and not self._ended and self._is_late:
            self._ended = True
            raise OutOfTimeError

    def _standing(self) -> str:
        best = self.best
        if best is None:
            return "none yet"
        figure = best.size_ratio if self.goal.aim == "size" else best.speedup
        return f"best {units.factor(figure or 0.0)}{' the size' if self.goal.aim == 'size' else ''}"

    def _confirmed(self, speedup: float | None, model: openvino.Model) -> float | None:
        """A gain so small that one instance of the original may have made it is measured again, beside another one."""
        if speedup is None or not LEAST_SPEEDUP <= speedup < SMALL:
            return speedup
        again = self.materials.speedup(self.original.clone(), model)
        return again and math.sqrt(speedup * again)

    def _known(self, name: str, reverted: Sequence[str]) -> Trial | None:
        trial = self._journal.find(name, reverted)
        return None if trial and trial.state == "slower" else trial

    def _wants_time(self, trial: Trial) -> bool:
        return trial.speedup is None and (self.goal.aim == "speed" or self.acceptable(trial))

    def _valued(self, name: str, reverted: tuple[str, ...], model: openvino.Model) -> Trial:
        delta = self.validator.delta(model, self.goal.max_drop)
        drop, low, high = delta.drop
        sizes = [sum(facts(each).precisions.values()) for each in (self.original, model)]
        return Trial(
            name=name,
            reverted=reverted,
            drop=drop,
            low=low,
            high=high,
            n=delta.n,
            state=state_of(low, high, self.goal.max_drop),
            speedup=None,
            seconds=0.0,
            size_ratio=sizes[1] / sizes[0] if sizes[0] else None,
        )

    def _finished(self, trial: Trial, began: float) -> Trial:
        """Written down."""
        trial = trial.model_copy(update={"seconds": round(time.perf_counter() - began, 3)})
        self._journal.add(trial)
        return trial

    def _tell(self, began: float) -> None:
        self._advance(time.perf_counter() - began, f"{len(self.trials)} tried, {self._standing()}")

    def _keep(self, trial: Trial, model: openvino.Model) -> None:
        with new_folder(self._output, self._replaces or self._written is not None, MANIFEST) as folder:
            reports = [*self._reports, self._report(trial, model)]
            self._written = self._work.write(folder, self._output, model, reports)

    def _report(self, trial: Trial, model: openvino.Model) -> StepReport:
        own = self._made_by(trial.name)
        asked = {"max_drop": self.goal.max_drop, "candidate": trial.name}
        ways = {"aim": self.goal.aim, "settings": own.parameters} if own else {"reverted": list(trial.reverted)}
        return StepReport(
            name=self._step,
            parameters={**asked, **ways},
            effect={
                **(own.effect if own else {}),
                **self._effect(model),
                **({} if own else {"reverted_operations": len(trial.reverted)}),
                "tuning_samples": trial.n,
                "drop": round(trial.drop, 6) + 0.0,  # never -0.0
                "speedup": round(trial.speedup or 0.0, 3),
                "size_ratio": round(trial.size_ratio or 0.0, 3),
                "tried": len(self.trials),
            },
            notes=(
                *(own.notes if own else ()),
                *self.validator.doubts,
                *doubts(trial, self.validator.metric.unit),
            ),
            seconds=round(time.perf_counter() - self._began, 3),
        )


def subject_of(*parts: object) -> str:
    """One hash of what a search is about."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def journal_file(output: Path) -> Path:
    """Beside the bundle, which is replaced as a whole."""
    return output.with_name(f"{output.name}.search.jsonl")
