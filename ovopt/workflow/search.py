"""Quantization under a budget: the fastest model that keeps the quality, found on the calibration and tuning splits."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.contracts import Materials
from ovopt.errors import ArmLostError, BudgetMissedError, StepError, UsageError
from ovopt.model.facts import facts
from ovopt.model.quantizers import own_errors, quantized_operations, reverted
from ovopt.records import StepReport
from ovopt.steps.quantize import Quantize
from ovopt.tune.candidates import OWN, Candidate, global_candidates
from ovopt.tune.journal import Journal
from ovopt.tune.prefix import shortest_prefix, thinned
from ovopt.tune.trial import Trial, settled, state_of, winner
from ovopt.workflow.validate import Validator

if TYPE_CHECKING:
    import openvino

PROBED = 8
"""Samples that tell the operations' own errors."""


@dataclass(frozen=True)
class Found:
    """The winner, and how it came about."""

    model: openvino.Model
    trial: Trial
    report: StepReport


@dataclass(frozen=True)
class Goal:
    """How much quality may be lost, in the metric's own unit, and how long the search may take."""

    max_drop: float
    time_budget_s: float = 600.0
    resume: bool = False
    """Go on from the journal of an interrupted search."""


class OutOfTimeError(Exception):
    """The time budget has ended; the best so far counts."""


class Search:
    """Global candidates first, then fewer operations of the fastest one that misses."""

    def __init__(
        self,
        original: openvino.Model,
        start: openvino.Model,
        validator: Validator,
        materials: Materials,
        goal: Goal,
        journal: Journal,
        keep: Callable[[openvino.Model, StepReport], None],
    ) -> None:
        """`original` is what speed is measured against, `start` (simplified, perhaps) is what is quantized. `keep` puts
        the best so far on disk."""
        self._original = original
        self._start = start
        self._validator = validator
        self._materials = materials
        self._goal = goal
        self._journal = journal
        self._keep = keep
        self._began = time.perf_counter()
        self._trials: list[Trial] = []
        self._made: dict[str, openvino.Model] = {}
        self._best: Found | None = None

    def run(self, own: Quantize) -> Found:
        """BudgetMissedError, with the figures, where no candidate may ship."""
        candidates = global_candidates(own)
        title = f"search within {units.points(self._goal.max_drop, self._validator.metric.unit).lstrip('+')}"
        with self._materials.progress.task(title, total=self._goal.time_budget_s) as advance:
            self._advance = advance
            try:
                for candidate in candidates:
                    if settled(self._trials, self._goal.max_drop):
                        break
                    self._try_global(candidate)
                self._fewer_operations(candidates)
            except OutOfTimeError:
                self._materials.progress.say("the time budget has ended; the best so far counts")
            except KeyboardInterrupt:
                kept = "the best so far is kept" if self._best else "nothing was found so far"
                self._materials.progress.say(f"{kept}; --resume goes on with the search")
                raise
        if self._best is None:
            raise BudgetMissedError(self._refusal())
        return self._best

    def _try_global(self, candidate: Candidate) -> None:
        self._check_time()
        known = self._journal.find(candidate.name, ())
        if known and not known.acceptable(self._goal.max_drop):
            self._trials.append(known)
            return
        try:
            model = self._model(candidate)
        except (StepError, UsageError) as error:
            if candidate.name == OWN and isinstance(error, UsageError):
                raise
            self._materials.progress.say(f"{candidate.name}: {error}")
            return
        self._judge(candidate.name, (), model)

    def _model(self, candidate: Candidate) -> openvino.Model:
        if candidate.name not in self._made:
            self._made[candidate.name] = candidate.step.apply(self._start, self._materials).model
        return self._made[candidate.name]

    def _fewer_operations(self, candidates: Sequence[Candidate]) -> None:
        """Where no candidate keeps the budget: the operations of the fastest one, the least exact ones reverted."""
        if self._best is not None:
            return
        missed = [trial for trial in self._trials if trial.speedup]
        if not missed:
            return
        base = max(missed, key=lambda trial: trial.speedup or 0.0)
        quantized = self._model(next(candidate for candidate in candidates if candidate.name == base.name))
        errors = own_errors(quantized, self._start, self._materials.calibration[:PROBED])
        ranked = sorted(quantized_operations(quantized), key=lambda name: -errors.get(name, 0.0))

        def holds(names: Sequence[str]) -> bool:
            self._check_time()
            trial = self._judge(base.name, tuple(names), reverted(quantized, self._start, names))
            return trial is not None and trial.acceptable(self._goal.max_drop)

        prefix = shortest_prefix(ranked[:-1], holds) if len(ranked) > 1 else None
        if prefix:
            thinned(prefix, holds)

    def _judge(self, name: str, names: tuple[str, ...], model: openvino.Model) -> Trial | None:
        began = time.perf_counter()
        trial = self._journal.find(name, names) or self._measure(name, names, model, began)
        if trial is None:
            return None
        self._trials.append(trial)
        best = winner(self._trials, self._goal.max_drop)
        if best is trial:
            self._best = Found(model, trial, self._report(trial, model))
            self._keep(model, self._best.report)
        note = f"best {units.factor(best.speedup)}" if best and best.speedup else "none yet"
        self._advance(time.perf_counter() - began, f"{len(self._trials)} tried, {note}")
        return trial

    def _measure(self, name: str, names: tuple[str, ...], model: openvino.Model, began: float) -> Trial | None:
        try:
            delta = self._validator.delta(model, self._goal.max_drop)
        except ArmLostError as error:
            self._materials.progress.say(f"{name}: {error}")
            return None
        drop, low, high = delta.drop
        state = state_of(low, high, self._goal.max_drop)
        speedup = self._materials.speedup(self._original, model)
        trial = Trial(
            name=name,
            reverted=names,
            drop=drop,
            low=low,
            high=high,
            n=delta.n,
            state=state,
            speedup=speedup,
            seconds=round(time.perf_counter() - began, 3),
        )
        self._journal.add(trial)
        return trial

    def _check_time(self) -> None:
        if time.perf_counter() - self._began > self._goal.time_budget_s:
            raise OutOfTimeError

    def _report(self, trial: Trial, model: openvino.Model) -> StepReport:
        unit = self._validator.metric.unit
        return StepReport(
            name="quantize",
            parameters={"max_drop": self._goal.max_drop, "candidate": trial.name, "reverted": list(trial.reverted)},
            effect={
                "fake_quantize": facts(model).fake_quantize,
                "reverted_operations": len(trial.reverted),
                "tuning_samples": trial.n,
                "drop": round(trial.drop, 6),
                "speedup": round(trial.speedup or 0.0, 3),
                "tried": len(self._trials),
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
        unit = self._validator.metric.unit
        lines = [
            f"  {trial.name}{f', {len(trial.reverted)} operations reverted' if trial.reverted else ''}: "
            f"{units.points(-trial.drop, unit)}, {units.factor(trial.speedup) if trial.speedup else units.MISSING}"
            for trial in sorted(self._trials, key=lambda trial: trial.drop)[:5]
        ]
        budget = units.points(-self._goal.max_drop, unit)
        said = "\n".join(lines) or "  no candidate could be made"
        return (
            f"ship the original: none of {len(self._trials)} candidates is faster and keeps "
            f"{self._validator.metric.label} within {budget} on {self._validator.samples} tuning samples; the best of "
            f"them:\n{said}"
        )


def subject_of(*parts: object) -> str:
    """One hash of what a search is about."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def journal_file(output: Path) -> Path:
    """Beside the bundle, which is replaced as a whole."""
    return output.with_name(f"{output.name}.search.jsonl")
