"""How to quantize under a budget: the fastest model that keeps the quality, found on the calibration and tuning splits.

Ways to quantize the whole model come first. Where none keeps the budget, the operations that lose the most stay in
floating point; where 8 bits do not pay, so do those that they slow down. What is simplified only may win, too, and so
may weights in 8 bits alone. Where nothing does, the refusal offers what else helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from ovopt.errors import StepError, UsageError
from ovopt.model.facts import facts
from ovopt.model.quantizers import own_errors, quantized_operations, reverted
from ovopt.steps.compress import Compress
from ovopt.steps.quantize import Quantize
from ovopt.tune.candidates import OWN, Candidate, global_candidates
from ovopt.tune.partial import partials
from ovopt.tune.prefix import shortest_prefix, thinned
from ovopt.tune.trial import Trial, settled
from ovopt.workflow.contest import Contest
from ovopt.workflow.next_best import faster_otherwise, smaller

if TYPE_CHECKING:
    import openvino

PROBED = 8
"""Samples that tell the operations' own errors."""
UNQUANTIZED = "not quantized"
WEIGHTS = "int8 weights"


class QuantizeSearch:
    """Global candidates first, then a part of the operations of the best one."""

    def __init__(self, contest: Contest, own: Quantize) -> None:
        self._contest = contest
        self._candidates = global_candidates(own)
        self._made: dict[str, openvino.Model] = {}

    def run(self) -> None:
        """Have candidates judged until nothing better is in sight."""
        contest = self._contest
        for candidate in self._candidates:
            if settled(contest.trials, contest.goal.max_drop):
                break
            contest.judge(candidate.name, partial(self._model, candidate))
            self._forget()
        if contest.best is None:
            self._fewer_operations()
        if contest.best is not None:
            self._faster_operations(contest.best)
        self._unquantized()
        self._weights()
        if contest.best is None:
            contest.offers += [*smaller(contest, "`ovopt compress` takes it"), *faster_otherwise(contest)]

    def _model(self, candidate: Candidate) -> openvino.Model:
        if candidate.name not in self._made:
            try:
                self._made[candidate.name] = candidate.step.apply(self._contest.start, self._contest.materials).model
            except UsageError as error:
                if candidate.name == OWN:
                    raise
                raise StepError(str(error)) from None
        return self._made[candidate.name]

    def _forget(self) -> None:
        """Keep in memory only what the search may come back to: the best model, and the fastest."""
        trials = self._contest.trials
        wanted = {trial.name for trial in (self._contest.best, _fastest(trials)) if trial}
        self._made = {name: model for name, model in self._made.items() if name in wanted}

    def _quantized(self, name: str) -> openvino.Model:
        return self._model(next(candidate for candidate in self._candidates if candidate.name == name))

    def _fewer_operations(self) -> None:
        """Where no candidate keeps the budget: the operations of the fastest one, the least exact ones reverted."""
        contest = self._contest
        base = _fastest(contest.trials)
        if base is None:
            return
        quantized = self._quantized(base.name)
        errors = own_errors(quantized, contest.start, contest.materials.calibration[:PROBED])
        ranked = sorted(quantized_operations(quantized), key=lambda name: -errors.get(name, 0.0))

        def holds(names: Sequence[str]) -> bool:
            made = reverted(quantized, contest.start, names)
            return facts(made).quantizers > 0 and contest.acceptable(contest.judge(base.name, made.clone, names))

        prefix = shortest_prefix(ranked[:-1], holds) if len(ranked) > 1 else None
        if prefix:
            thinned(prefix, holds)

    def _faster_operations(self, best: Trial) -> None:
        """The same model with a part of it in floating point, wherever that alone measures faster."""
        contest = self._contest
        quantized = self._quantized(best.name)
        kinds = {op.get_friendly_name(): op.get_type_name() for op in quantized.get_ordered_ops()}
        names = [name for name in quantized_operations(quantized) if name not in best.reverted]
        try:
            times = contest.operation_times([reverted(quantized, contest.start, best.reverted), contest.start])
        except RuntimeError:
            times = [{}, {}]
        for part in partials({name: kinds[name] for name in names}, *times):
            exact = (*best.reverted, *part.reverted)
            made = reverted(quantized, contest.start, exact)
            if facts(made).quantizers:  # without, it is the model not quantized
                contest.judge_if_faster(best.name, made.clone, exact)

    def _unquantized(self) -> None:
        """What is not quantized at all loses nothing: where it is the fastest, it ships."""
        if self._contest.start is not self._contest.original:
            self._contest.judge_if_faster(UNQUANTIZED, lambda: self._contest.start)

    def _weights(self) -> None:
        """Weights alone in 8 bits lose next to nothing: they may be faster, and are the next best where nothing is."""
        contest = self._contest
        judge = contest.judge if contest.best is None else contest.judge_if_faster
        judge(WEIGHTS, cache(lambda: Compress().apply(contest.start, contest.materials).model))


def _fastest(trials: Sequence[Trial]) -> Trial | None:
    timed = [trial for trial in trials if trial.speedup]
    return max(timed, key=lambda trial: trial.speedup or 0.0) if timed else None
