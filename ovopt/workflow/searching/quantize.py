"""The search for the fastest quantized model that keeps the quality, its candidates, and parts in floating point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ovopt.bisection import shortest_prefix, thinned
from ovopt.errors import StepError, UsageError
from ovopt.model.inspect.layers import weights_by_bits
from ovopt.model.inspect.quantizers import has_attention, layers_in_8_bits, own_errors, quantized_operations, reverted
from ovopt.model.native import reason
from ovopt.model.ports.facts import facts
from ovopt.records import StepReport
from ovopt.records.search import Trial
from ovopt.steps.compress import Compress
from ovopt.steps.quantize import Quantize
from ovopt.time_budget import OutOfTimeError
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.search import NOISE, SMALL, Candidate, Search, settled

if TYPE_CHECKING:
    import openvino

SMOOTHING_OFF = {"smooth_quant_alphas": {"convolution": -1, "matmul": -1}}
QUANTILES = {
    "activations_range_estimator_params": {
        "min": {"statistics_type": "quantile", "aggregator_type": "mean", "quantile_outlier_prob": 0.0001},
        "max": {"statistics_type": "quantile", "aggregator_type": "mean", "quantile_outlier_prob": 0.0001},
    }
}
OWN, MOST, BARE = "recipe", "performance", "transformer, no smoothing"
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    MOST: {"preset": "performance", "model_type": None},
    BARE: {"model_type": "transformer", "advanced_parameters": SMOOTHING_OFF},
    "transformer": {"model_type": "transformer"},
    "mixed": {"preset": "mixed", "model_type": None},
    "transformer, quantiles": {"model_type": "transformer", "advanced_parameters": QUANTILES},
    "transformer, full bias correction": {"model_type": "transformer", "fast_bias_correction": False},
}
"""What changes against the recipe's own settings. Without a model type the most is quantized, which is the fastest
where it keeps the quality. The transformer model type keeps it most often, on convolutional networks too; smoothing
adds multiplications to it. Full bias correction is last because it takes the longest."""


@dataclass(frozen=True)
class Variant:
    """A way to quantize the whole model."""

    name: str
    step: Quantize


def global_candidates(own: Quantize, attention: bool = False) -> Sequence[Variant]:
    """Ways to quantize: the one that quantizes the most, then the recipe's own settings (behind those without
    smoothing, where it smooths), then the other variants; none twice. With `attention` in the model those without
    smoothing come first: next to none bears the most, and the two are nearly as fast."""
    steps = {name: own.model_copy(update={**changes, **_advanced(own, changes)}) for name, changes in VARIANTS.items()}
    first = (BARE, MOST) if attention else (MOST, BARE) if own.model_type else (MOST,)
    ordered = {**{name: steps[name] for name in first if name in steps}, OWN: own, **steps}
    found: dict[str, Variant] = {}
    for name, step in ordered.items():
        found.setdefault(step.model_dump_json(), Variant(OWN if step == own else name, step))
    return tuple(found.values())


def _advanced(own: Quantize, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything a variant says about the advanced parameters, beside the recipe's own."""
    return {key: {**own.advanced_parameters, **changes[key]} for key in ("advanced_parameters",) if key in changes}


PRODUCTS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "MatMul")
"""Sums of products, where 8 bits save work; everywhere else they save memory traffic at most."""
GROUPED = ("GroupConvolution", "GroupConvolutionBackpropData")
MARGIN = 0.9
"""An operation is taken to be slower in 8 bits only where floating point takes less than this share of its time."""
WORTH = 0.02
"""Of the time of all operations: what has to be in sight for a try, which takes longer than to look at the times."""


@dataclass(frozen=True)
class Partial:
    """Operations to leave in floating point, and why."""

    name: str
    reverted: tuple[str, ...]


def partials(
    kinds: Mapping[str, str], quantized_us: Mapping[str, float], float_us: Mapping[str, float]
) -> Sequence[Partial]:
    """Parts that may be worth a try, none twice, none that leaves nothing quantized.

    `kinds` gives the type of every quantized operation in the order of execution; the times, in microseconds, are those
    of operations where they run in 8 bits (with the conversions in front of them) and in floating point. Where they are
    known, only what may save a share of them is worth a try.
    """
    least = WORTH * sum(quantized_us.values())
    saved = {op: max(0.0, us - float_us.get(op, 0.0)) for op, us in quantized_us.items()}
    found: dict[frozenset[str], Partial] = {}
    for name, chosen in _all(kinds, quantized_us, float_us):
        if chosen and len(chosen) < len(kinds) and sum(saved.get(op, 0.0) for op in chosen) >= least:
            found.setdefault(frozenset(chosen), Partial(name, tuple(chosen)))
    return tuple(found.values())


def _all(
    kinds: Mapping[str, str], quantized_us: Mapping[str, float], float_us: Mapping[str, float]
) -> Iterator[tuple[str, list[str]]]:
    yield "products alone", [op for op, kind in kinds.items() if kind not in PRODUCTS]
    yield "no grouped convolutions", [op for op, kind in kinds.items() if kind in GROUPED]
    yield "convolutions alone", [op for op, kind in kinds.items() if "Conv" not in kind]
    yield "matrix products alone", [op for op, kind in kinds.items() if kind != "MatMul"]
    slower = [op for op in kinds if op in quantized_us and float_us.get(op, 0.0) < MARGIN * quantized_us[op]]
    yield "what pays", slower
    yield "products that pay", [op for op, kind in kinds.items() if kind not in PRODUCTS or op in slower]


PROBED = 8
"""Samples that tell the operations' own errors."""
STEPS_BACK = 12
"""Looks at whether less need be reverted."""
FIRST = 2
"""So many ways to quantize the whole model differ in what they quantize. The others differ in the ranges and cost a
calibration each; parts of the operations cost a look each, and come before them."""
UNQUANTIZED = "not quantized"
WEIGHTS = "int8 weights"


class QuantizeSearch(Search):
    """Global candidates first, then a part of the operations of the best one."""

    def __init__(self, contest: Contest, own: Quantize) -> None:
        """`own` lends the candidates what they do not decide on."""
        self.step = own
        self._contest = contest
        self._variants = global_candidates(own.model_copy(update={"max_drop": None}), has_attention(contest.start))
        self._made: dict[str, openvino.Model] = {}

    def run(self) -> None:
        """Have candidates judged until nothing better is in sight. Raises OutOfTimeError where the time budget ends
        first, UsageError where NNCF refuses the recipe's own settings."""
        try:
            self._look()
        except OutOfTimeError:
            if self._gain:
                self._unquantized()
            raise

    def report(self, candidate: Candidate, model: openvino.Model) -> StepReport:
        """The account of a winner: what is quantized, and what is not."""
        count = facts(model).fake_quantize
        return StepReport(
            name=self.step.name,
            parameters={},
            done=layers_in_8_bits(model) if count else weights_by_bits(model) if candidate.name == WEIGHTS else "",
            effect={"fake_quantize": count, "reverted_operations": len(candidate.reverted)},
            quantized=count > 0,
            seconds=0.0,
        )

    def cure(self, candidate: Candidate, within_s: float) -> str:
        """Parts that NNCF quantizes the model without, and the options that leave them out."""
        if not isinstance(candidate.step, Quantize):
            return ""
        contest = self._contest
        return candidate.step.way_round(contest.start, contest.materials, within_s, contest.goal.clock)

    def _look(self) -> None:
        contest = self._contest
        if any(isinstance(step, Compress) for step in contest.recipe.optimize):
            self._weights()
        exact = max(self._gain, (contest.best.speedup if contest.best else None) or 0.0)
        for place, variant in enumerate(self._variants, 1):
            if settled(self._quantized, contest.max_drop, exact or None):
                break
            if place > 1 and self._gain:
                self._unquantized()
            contest.judge(Candidate(variant.name, variant.step, partial(self._model, variant)))
            self._forget()
            if place in (FIRST, len(self._variants)):
                self._fewer_operations()
        if base := _fastest(self._acceptable) or _promising(self._missed):
            self._faster_operations(base)
        if contest.best is None:
            self._unquantized()
        self._weights()

    @property
    def _gain(self) -> float:
        """Speed-up by simplifying alone, where that is more than a lucky measurement; else 0."""
        speedup = self._contest.start_speedup or 0.0
        return speedup if speedup >= SMALL else 0.0

    def _model(self, variant: Variant) -> openvino.Model:
        if variant.name not in self._made:
            try:
                self._made[variant.name] = variant.step.apply(self._contest.start, self._contest.materials).model
            except UsageError as error:
                if variant.name == OWN:
                    raise
                raise StepError(str(error)) from None
        return self._made[variant.name]

    def _forget(self) -> None:
        """Keep in memory only what the search may come back to."""
        wanted = {trial.name for trial in (_fastest(self._acceptable), _promising(self._missed)) if trial}
        self._made = {name: model for name, model in self._made.items() if name in wanted}

    @property
    def _quantized(self) -> Sequence[Trial]:
        return [trial for trial in self._contest.trials if trial.name not in (UNQUANTIZED, WEIGHTS)]

    @property
    def _acceptable(self) -> Sequence[Trial]:
        return [trial for trial in self._quantized if self._contest.acceptable(trial)]

    @property
    def _missed(self) -> Sequence[Trial]:
        return [trial for trial in self._quantized if not self._contest.acceptable(trial)]

    def _variant(self, trial: Trial) -> Variant:
        return next(variant for variant in self._variants if variant.name == trial.name)

    def _reverting(self, variant: Variant, names: Sequence[str]) -> Candidate:
        """The variant with operations put back as they are in front of it."""

        def make() -> openvino.Model:
            return reverted(self._model(variant), self._contest.start, names)

        return Candidate(variant.name, variant.step, make, tuple(names))

    def _fewer_operations(self) -> None:
        """Try one of the candidates with its least exact operations reverted, where none keeps the budget. Only what
        comes of it is timed."""
        contest = self._contest
        base = _promising(self._missed)
        if base is None or self._acceptable or not contest.promises(base):
            return
        variant = self._variant(base)
        samples = contest.time.as_long_as_it_lasts(contest.materials.calibration[:PROBED])
        try:
            errors = own_errors(self._model(variant), contest.start, samples)
        except RuntimeError as error:
            contest.materials.progress.say(f"{base.name}: operations cannot be told apart: {reason(error)}")
            return
        ranked = sorted(quantized_operations(self._model(variant)), key=lambda name: -errors.get(name, 0.0))

        def holds(names: Sequence[str]) -> bool:
            candidate = self._reverting(variant, names)
            model = candidate.make()
            return facts(model).quantizers > 0 and contest.holds(replace(candidate, make=lambda: model))

        prefix = shortest_prefix(ranked[:-1], holds) if len(ranked) > 1 else None
        trial = contest.judge(self._reverting(variant, prefix)) if prefix else None
        if prefix and trial and contest.promises(trial):
            fewest = thinned(prefix, holds, STEPS_BACK)
            if fewest != prefix:
                contest.judge(self._reverting(variant, fewest))

    def _faster_operations(self, base: Trial) -> None:
        """The same model with a part of it in floating point, wherever that alone measures faster."""
        contest, variant = self._contest, self._variant(base)
        quantized = self._model(variant)
        kinds = {op.get_friendly_name(): op.get_type_name() for op in quantized.get_ordered_ops()}
        names = [name for name in quantized_operations(quantized) if name not in base.reverted]
        try:
            times = contest.operation_times([reverted(quantized, contest.start, base.reverted), contest.start])
        except RuntimeError:
            times = [{}, {}]
        for part in partials({name: kinds[name] for name in names}, *times):
            candidate = self._reverting(variant, (*base.reverted, *part.reverted))
            made = candidate.make()
            if facts(made).quantizers:  # without, it is the model not quantized
                contest.judge_if_faster(replace(candidate, make=made.clone))

    def _unquantized(self) -> None:
        """Try the model that is not quantized: it loses nothing, and where it is the fastest, it ships. A small gain
        takes measuring twice, for which there is time where nothing else is found."""
        contest = self._contest
        if contest.start_differs and not contest.tried(UNQUANTIZED):
            contest.judge_if_faster(Candidate(UNQUANTIZED, None, lambda: contest.start), contest.start_speedup)

    def _weights(self) -> None:
        """Try weights alone in 8 bits, which lose next to nothing: where nothing that computes in 8 bits may ship, they
        may be faster, and are the next best where nothing is."""
        contest, step = self._contest, Compress()
        if contest.best in self._acceptable or contest.tried(WEIGHTS):
            return
        judge = contest.judge if contest.best is None else contest.judge_if_faster
        judge(Candidate(WEIGHTS, step, cache(lambda: step.apply(contest.start, contest.materials).model)))


def _fastest(trials: Sequence[Trial]) -> Trial | None:
    return max((trial for trial in trials if trial.speedup), key=lambda trial: trial.speedup or 0.0, default=None)


def _promising(trials: Sequence[Trial]) -> Trial | None:
    """The one that loses the least of those that are as fast as any, within the noise of a quick measurement."""
    least = max((trial.speedup or 0.0 for trial in trials), default=0.0) * (1 - NOISE)
    fast = (trial for trial in trials if trial.speedup and trial.speedup >= least)
    return min(fast, key=lambda trial: trial.drop, default=None)
