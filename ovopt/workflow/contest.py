"""Candidates of a search, judged by quality and speed; the best so far is on disk at any time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt import units
from ovopt.contracts import Advance, Step
from ovopt.errors import ArmLostError, BudgetMissedError, StepError
from ovopt.model.facts import facts
from ovopt.model.files import MANIFEST
from ovopt.model.operation_times import operation_times
from ovopt.output import new_folder
from ovopt.records import Manifest, StepReport
from ovopt.tune.journal import Journal
from ovopt.tune.trial import LEAST_SPEEDUP, Trial, state_of, winner
from ovopt.workflow.arms import properties_of
from ovopt.workflow.validate import Validator
from ovopt.workflow.work import Work

if TYPE_CHECKING:
    import openvino


@dataclass(frozen=True)
class Goal:
    """How much quality may be lost, in the metric's own unit, and how long the search may take."""

    max_drop: float
    time_budget_s: float = 600.0
    resume: bool = False
    """Go on from the journal of an interrupted search."""

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
    ) -> None:
        """`step` names the winner's report. The steps `before` are applied to the original at once: what candidates
        are made of is `start`. `effect` counts on a candidate's model what took effect."""
        recipe = work.prepared.recipe
        self.start, self._reports = work.applied(before)
        self.original = work.original
        self.materials = work.materials
        self.goal = goal
        self.trials: list[Trial] = []
        self.validator = Validator(
            work.prepared, work.original, facts(work.original), recipe.runtime.device, properties_of(recipe)
        )
        self._step, self._work, self._output, self._effect = step, work, output, effect
        self._replaces = goal.may_replace(output, force)
        source, data = work.source.sha256, work.prepared.samples.fingerprint
        subject = subject_of(step, source, data, work.materials.seed, recipe.resolved(), before, goal.max_drop)
        self._journal = Journal(journal_file(output), subject, goal.resume)
        self._began = time.perf_counter()
        self._advance: Advance = lambda amount=1, note="": None
        self._written: Manifest | None = None

    def run(self, search: Callable[[], None]) -> Manifest:
        """The bundle of the best candidate that the search tried; BudgetMissedError, with the figures, where none may
        ship."""
        progress = self.materials.progress
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
            raise BudgetMissedError(self._refusal())
        return self._written

    @property
    def best(self) -> Trial | None:
        """The fastest acceptable candidate so far."""
        return winner(self.trials, self.goal.max_drop)

    def acceptable(self, trial: Trial | None) -> bool:
        """Whether it may ship as far as the tuning samples can tell."""
        return trial is not None and trial.acceptable(self.goal.max_drop)

    def operation_times(self, models: Sequence[openvino.Model]) -> list[dict[str, float]]:
        """Microseconds by operation, at the settings that will be used; RuntimeError where a model does not run."""
        recipe = self._work.prepared.recipe
        return operation_times(models, self.materials.calibration[0], recipe.runtime.device, properties_of(recipe))

    def judge_if_faster(self, name: str, make: Callable[[], openvino.Model], reverted: Sequence[str] = ()) -> None:
        """Judge a candidate only if it runs faster than the best so far: that is cheaper to find out."""
        known = self._journal.find(name, reverted)
        speedup = known.speedup if known else self.materials.speedup(self.original, make())
        best = self.best.speedup if self.best else 1.0
        if speedup and speedup >= LEAST_SPEEDUP * (best or 1.0):
            self.judge(name, make, reverted, speedup)

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
        began = time.perf_counter()
        if self.trials and began - self._began > self.goal.time_budget_s:
            raise OutOfTimeError
        trial = self._journal.find(name, reverted)
        if trial and not self.acceptable(trial):
            self.trials.append(trial)
            return trial
        try:
            model = make()
            trial = trial or self._measured(name, tuple(reverted), model, speedup, began)
        except (StepError, ArmLostError) as error:
            self.materials.progress.say(f"{name}: {error}")
            return None
        self.trials.append(trial)
        if self.best is trial:
            self._keep(trial, model)
        note = f"best {units.factor(self.best.speedup)}" if self.best and self.best.speedup else "none yet"
        self._advance(time.perf_counter() - began, f"{len(self.trials)} tried, {note}")
        return trial

    def _measured(
        self, name: str, reverted: tuple[str, ...], model: openvino.Model, speedup: float | None, began: float
    ) -> Trial:
        delta = self.validator.delta(model, self.goal.max_drop)
        drop, low, high = delta.drop
        trial = Trial(
            name=name,
            reverted=reverted,
            drop=drop,
            low=low,
            high=high,
            n=delta.n,
            state=state_of(low, high, self.goal.max_drop),
            speedup=self.materials.speedup(self.original, model) if speedup is None else speedup,
            seconds=round(time.perf_counter() - began, 3),
        )
        self._journal.add(trial)
        return trial

    def _keep(self, trial: Trial, model: openvino.Model) -> None:
        with new_folder(self._output, self._replaces or self._written is not None, MANIFEST) as folder:
            reports = [*self._reports, self._report(trial, model)]
            self._written = self._work.write(folder, self._output, model, reports)

    def _report(self, trial: Trial, model: openvino.Model) -> StepReport:
        unit = self.validator.metric.unit
        return StepReport(
            name=self._step,
            parameters={"max_drop": self.goal.max_drop, "candidate": trial.name, "reverted": list(trial.reverted)},
            effect={
                **self._effect(model),
                "reverted_operations": len(trial.reverted),
                "tuning_samples": trial.n,
                "drop": round(trial.drop, 6),
                "speedup": round(trial.speedup or 0.0, 3),
                "tried": len(self.trials),
            },
            notes=()
            if trial.state == "kept"
            else (
                f"{trial.n} tuning samples leave the budget open: {units.points(-trial.drop, unit)} "
                f"{units.quality_interval(-trial.high, -trial.low, unit)}; `ovopt compare` decides",
            ),
            seconds=round(time.perf_counter() - self._began, 3),
        )

    def _refusal(self) -> str:
        unit = self.validator.metric.unit
        lines = [
            f"  {trial.name}{f', {len(trial.reverted)} operations reverted' if trial.reverted else ''}: "
            f"{units.points(-trial.drop, unit)}, {units.factor(trial.speedup) if trial.speedup else units.MISSING}"
            for trial in sorted(self.trials, key=lambda trial: trial.drop)[:5]
        ]
        budget = units.points(-self.goal.max_drop, unit)
        said = "\n".join(lines) or "  no candidate could be made"
        return (
            f"ship the original: none of {len(self.trials)} candidates is faster and keeps "
            f"{self.validator.metric.label} within {budget} on {self.validator.samples} tuning samples; the best of "
            f"them:\n{said}"
        )


def subject_of(*parts: object) -> str:
    """One hash of what a search is about."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def journal_file(output: Path) -> Path:
    """Beside the bundle, which is replaced as a whole."""
    return output.with_name(f"{output.name}.search.jsonl")
