"""Structured pruning: fewer channels, neurons and attention heads, without training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.arrays.pairs import cosine, fit
from ovopt.contracts import Materials, Stage, Step, Stepped, Tensors
from ovopt.errors import DataError, RecipeError, StepError, UsageError, did_you_mean
from ovopt.model.inspect.profile import operation_times
from ovopt.model.native import reason
from ovopt.model.ports.facts import facts
from ovopt.pruning.costs import costs, multiply_adds, parameters
from ovopt.pruning.importance import Importance, Survey
from ovopt.pruning.readers import float_outputs
from ovopt.pruning.reconstruct import Refit
from ovopt.pruning.structured import Allocation, Pruned, PruneSettings, Weighed, amounts, prune
from ovopt.pruning.unstructured import NO_GAIN, sparsified

if TYPE_CHECKING:
    import openvino

CHECKED = 32
"""Samples on which the smaller model is held against the original."""
POOR = 0.2
"""A layer that misses a larger share of its output's variance is worth a word."""
NAMED = 12
"""Layers that a note names; the rest are counted."""


class Prune(Step):
    """Fewer channels, neurons and attention heads, and their readers' weights refitted by least squares.

    What goes is chosen by what it is worth to those who read it, on calibration samples; nothing is trained. Coupled
    channels go together: through residual sums, depthwise convolutions, concatenations. What an unknown operation reads
    stays. Prune first, then quantize.
    """

    name: ClassVar[str] = "prune"
    stage: ClassVar[Stage] = Stage.STRUCTURE
    kind: Literal["structured", "unstructured"] = Field(
        default="structured", description="smaller layers, or single weights set to zero (`ratio` of each layer's)"
    )
    ratio: float = Field(default=0.3, ge=0, lt=1, description="share of the multiply-adds that is to go")
    ratios: dict[str, float] = Field(
        default={}, description="layer -> share of its channels, for layers that are not left to the search"
    )
    allocation: Allocation = Field(
        default="sensitivity", description="take from where it costs the least error, or the same share everywhere"
    )
    price: Literal["multiply_adds", "time"] = Field(
        default="multiply_adds", description="what a layer's channels save: work, or time measured on the CPU"
    )
    most: float = Field(default=0.9, gt=0, lt=1, description="no layer loses a larger share of its channels")
    multiple: int = Field(default=8, gt=0, description="what is left in a layer is a multiple of so many channels")
    importance: Importance = Field(
        default="least_squares", description="what the others cannot make up for, what it adds, or its weights alone"
    )
    refit: Refit = Field(
        default="sequential", description="layer after layer on inputs that are already pruned; one_shot; none"
    )
    samples: int = Field(default=300, gt=0, description="calibration samples used, at most")

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """A smaller model. Raises StepError where nothing could be removed."""
        if self.kind == "unstructured":
            return self._sparsified(model, materials)
        return self.pruned(model, self.weighed(model, materials), materials)

    def weighed(self, model: openvino.Model, materials: Materials) -> Weighed:
        """Error, work and savings of every layer, for any ratio. Raises StepError where nothing can be removed, and
        DataError where the model does not take the samples."""
        _check_exact(model)
        samples = materials.calibration[: self.samples]
        survey = Survey.of(model, self.multiple)
        self._check_names(survey)
        if not survey.groups:
            raise StepError(f"prune found nothing to remove: {'; '.join(_reasons(survey)) or 'no layer has weights'}")
        try:
            work = multiply_adds(survey.model, samples[0])
        except RuntimeError as error:
            raise DataError(f"prune: the model does not take the calibration samples: {reason(error)}") from None
        with materials.progress.task("weigh channels", total=len(samples)) as advance:
            importances = survey.importances(samples, self.importance, materials.seed, advance)
        return self.priced(Weighed(survey, importances, costs(survey.trace, survey.groups, work)), materials)

    def priced(self, weighed: Weighed, materials: Materials) -> Weighed:
        """The same, savings counted as `price` says."""
        if self.price == "multiply_adds":
            return replace(weighed, price=None)
        survey = weighed.survey
        times = operation_times([survey.model], materials.calibration[0], "CPU", {})[0]
        return replace(weighed, price=costs(survey.trace, survey.groups, times))

    def reachable(self, weighed: Weighed) -> float:
        """The largest share of the multiply-adds that can go."""
        removed = amounts(weighed, replace(self._settings(0), ratio=1.0))
        return 1 - weighed.costs.left(removed) / weighed.costs.full

    def settled(self, weighed: Weighed, seed: int) -> Prune:
        """The step whose settings alone lead to what this one removes: shares of layers in place of measured times."""
        if self.price == "multiply_adds":
            return self
        groups, removed = weighed.survey.groups, amounts(weighed, self._settings(seed))
        shares = {
            group.name: count / (len(group.units) + group.fixed) for group, count in zip(groups, removed, strict=True)
        }
        return self.model_copy(update={"ratio": 0.0, "ratios": shares, "price": "multiply_adds"})

    def pruned(self, model: openvino.Model, weighed: Weighed, materials: Materials) -> Stepped:
        """The model pruned by what was found out about it. Raises StepError where nothing would be removed."""
        samples = materials.calibration[: self.samples]
        settings = self._settings(materials.seed)
        removed = amounts(weighed, settings)
        if not any(removed):
            raise StepError("prune removed nothing: ask for a larger ratio, or a smaller multiple")
        with materials.progress.task("prune and refit") as advance:
            pruned = prune(weighed, removed, samples, settings, advance)
        similarity = _similarity(model, pruned.model, samples[-CHECKED:])
        before, after = weighed.costs.full, sum(multiply_adds(pruned.model, samples[0]).values())
        effect = {
            "multiply_adds_before": round(before),
            "multiply_adds": round(after),
            "multiply_adds_removed": round(1 - after / before, 4),
            "parameters_before": parameters(model),
            "parameters": parameters(pruned.model),
            "channels_before": {name: before for name, (before, _) in pruned.kept.items()},
            "channels": {name: after for name, (_, after) in pruned.kept.items()},
            "output_cosine": round(similarity, 5),
        }
        notes = self._notes(weighed.survey, pruned, 1 - after / before)
        done = f"{units.share(1 - after / before)} of the multiply-adds removed"
        report = self.record_effect(effect, notes, materials.speedup(model, pruned.model), done)
        if self.price != "multiply_adds":
            made_by = self.settled(weighed, materials.seed).record_call("priced by time")
            report = report.model_copy(update={"made_by": made_by})
        return Stepped(pruned.model, report)

    def _sparsified(self, model: openvino.Model, materials: Materials) -> Stepped:
        _check_exact(model)
        samples = materials.calibration[: self.samples]
        with materials.progress.task("weigh weights", total=len(samples)) as advance:
            sparse = sparsified(model, samples, self.ratio, advance)
        if not sparse.layers or not sparse.zeros:
            raise StepError("prune set no weight to zero: the model has no constant weights, or the ratio is too small")
        effect = {
            "zeros": round(sparse.zeros, 4),
            "layers": sparse.layers,
            "output_cosine": round(_similarity(model, sparse.model, samples[-CHECKED:]), 5),
        }
        speedup = materials.speedup(model, sparse.model)
        done = f"{units.share(sparse.zeros)} of the weights are zero"
        return Stepped(sparse.model, self.record_effect(effect, [NO_GAIN], speedup, done))

    def _settings(self, seed: int) -> PruneSettings:
        return PruneSettings(self.ratio, self.ratios, self.allocation, self.most, self.refit, self.multiple, seed)

    def _check_names(self, survey: Survey) -> None:
        known = {group.name: group for group in (*survey.groups, *survey.left_out)}
        for name, share in self.ratios.items():
            if name not in known:
                raise RecipeError(
                    f"optimize.prune.ratios: no layer that makes channels is called {name!r}; "
                    f"{did_you_mean(name, known)}"
                )
            if known[name] in survey.left_out:
                raise UsageError(f"optimize.prune.ratios: {name!r} cannot be pruned: {known[name].reason or 'too few'}")
            if not 0 <= share < 1:
                raise RecipeError(f"optimize.prune.ratios: {name!r}: {share} is no share from 0 to below 1")

    def _notes(self, survey: Survey, pruned: Pruned, reached: float) -> list[str]:
        notes = []
        if self.ratio and not self.ratios and reached < self.ratio - 0.02:
            notes.append(f"{reached:.0%} of the multiply-adds could be removed, not the {self.ratio:.0%} asked for")
        few = [one.name for one in pruned.refitted if not one.enough]
        if few:
            named = units.a_few(few, NAMED)
            notes.append(f"too few samples to refit (4 per channel), biases alone were moved: {named}")
        poor = [f"{one.name} {one.missed:.0%}" for one in pruned.refitted if one.missed > POOR]
        if poor:
            notes.append(f"share of their output's variance that layers lost for good: {units.a_few(poor, NAMED)}")
        return [*notes, *(f"left as it was: {said}" for said in _reasons(survey))]


def _check_exact(model: openvino.Model) -> None:
    quantized = facts(model).quantization
    if quantized:
        raise UsageError(f"the model is quantized already, {quantized}: prune the original first, then quantize")


def _reasons(survey: Survey) -> list[str]:
    """Why groups were left out, those of the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for group in survey.left_out:
        by_reason.setdefault(group.reason or "no more channels than the multiple", []).append(group.name)
    return [f"{units.a_few(names, NAMED)}: {said}" for said, names in by_reason.items()]


def _similarity(before: openvino.Model, after: openvino.Model, samples: Sequence[Tensors]) -> float:
    """The mean cosine with the original's, at f32, of the output where it is lowest. Raises StepError where one is not
    finite where the original's is, or of another shape than its own length makes it."""
    mine, theirs = (float_outputs(model, samples) for model in (before, after))
    lowest = 1.0
    for wanted, found in zip(mine, theirs, strict=True):
        pairs = list(zip(found, wanted, strict=True))
        if not all(fit(*pair) for pair in pairs):
            raise StepError("the pruned model's output has another shape")
        if any(np.isfinite(one).all() > np.isfinite(two).all() for two, one in pairs):
            raise StepError("the pruned model's output is not finite")
        lowest = min(lowest, float(np.mean([cosine(*pair) for pair in pairs])))
    return lowest
