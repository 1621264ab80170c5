"""Evidence about each layer: the values between the layers, switches between two models, execution graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Array, Progress, Tensors
from ovopt.errors import ArmLostError, SettingsError
from ovopt.model.inspect.layer_errors import Deviation, Deviations, DeviceModel, decibels, deviations
from ovopt.model.inspect.layer_switches import RunningSwitches, Switched
from ovopt.model.inspect.layers import Pairing, in_groups, layers, sizes_bytes
from ovopt.model.inspect.profile import REPLICAS, Profile, Unit, profiles, units
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.model.native import EXACT, reason
from ovopt.records.diagnosis import Blame, Executed, LayerDiagnosis, LayerError
from ovopt.time_budget import TimeBudget

GROUP_BYTES = 64 << 20
"""So much of the values between the layers is held at once, of each of the two models."""
REVERTED = 16
"""For so many layers, the worst ones, it is looked at what is left when they alone are reverted."""
AGREEING = 1e-6
"""Below this error of the outputs (60 dB) nobody is to blame: what layers compute differently makes up for each other,
as where a factor has moved from one into the next."""


@dataclass(frozen=True)
class ModelPair:
    """The models that are held against each other, on the same samples."""

    original: DeviceModel
    optimized: DeviceModel
    samples: Sequence[Sequence[Tensors]]
    """The inferences of each sample."""
    outputs: Sequence[int]
    """The outputs that count."""

    @cached_property
    def pairing(self) -> Pairing:
        """The layers that both have, and those that one has."""
        return Pairing.of(self.original.model, self.optimized.model)

    @property
    def exact(self) -> DeviceModel:
        """The original in f32."""
        return DeviceModel(
            self.original.model,
            self.original.device,
            {**self.original.properties, **EXACT},
            self.original.state,
        )


def compare_values(two: ModelPair, progress: Progress) -> dict[str, LayerError]:
    """Errors of every layer that both models have. Raises ArmLostError where one of them does not run."""
    shared = two.pairing.shared
    shapes = [tensor.shape for tensor in two.samples[0][0]]
    groups = in_groups(shared, sizes_bytes(two.original.model, shared, shapes), GROUP_BYTES)
    found = Deviations()
    with progress.task("values between the layers", total=len(groups)) as advance:
        for group in groups:
            try:
                part = deviations(two.exact, two.optimized, shared, group, two.samples)
            except RuntimeError as error:
                raise ArmLostError(f"the models cannot be run with their layers' values: {reason(error)}") from None
            found.whole.update(part.whole)
            found.own.update(part.own)
            advance()
    return {name: _layer_error(whole, found.own.get(name)) for name, whole in found.whole.items()}


@dataclass(frozen=True)
class Blames:
    """Effects on the outputs of each layer that the models compute differently."""

    by_layer: Mapping[str, Blame]
    error: float
    """Of all of them together."""
    samples: int


def blame_layers(two: ModelPair, budget: TimeBudget, progress: Progress) -> Blames | None:
    """Switch each layer alone, on as many samples as the time allows, at least one; None where the models do not fit
    together."""
    try:
        switched = Switched.of(two.original.model, two.optimized.model, two.pairing.shared)
        if not switched.names:
            return None
        running = RunningSwitches(switched, two.outputs, two.original.state)
    except RuntimeError as error:
        progress.say(f"which layer causes what cannot be told apart: {reason(error)}")
        return None
    return _Blaming(switched.names, running).run(two.samples, budget, progress)


class _Blaming:
    def __init__(self, names: Sequence[str], running: RunningSwitches) -> None:
        self._names = names
        self._running = running
        self._all = Deviation()
        self._alone = [Deviation() for _ in names]
        self._rest: dict[int, Deviation] = {}

    def run(self, samples: Sequence[Sequence[Tensors]], budget: TimeBudget, progress: Progress) -> Blames:
        """Each layer alone, then the worst ones left out one by one; those are settled by the first sample."""
        done = 0
        steps = len(self._names) + min(REVERTED, len(self._names))
        with progress.task("each layer alone", total=steps * len(samples)) as advance:
            for parts in samples:
                exact = self._running.exact(parts)
                self._add(self._all, parts, self._running.all_optimized(), exact)
                for i, deviation in enumerate(self._alone):
                    self._add(deviation, parts, self._running.only(i), exact)
                    advance()
                for i, deviation in self._left_out().items():
                    self._add(deviation, parts, ~self._running.only(i), exact)
                    advance()
                done += 1
                if budget.spent_s * (done + 1) / done > budget.seconds:
                    break
        guilty = self._names if self._all.error > AGREEING else ()
        return Blames({name: self._blame(i) for i, name in enumerate(guilty)}, self._all.error, done)

    def _left_out(self) -> Mapping[int, Deviation]:
        if not self._rest:
            worst = sorted(range(len(self._names)), key=lambda i: -self._alone[i].error)
            self._rest = {i: Deviation() for i in worst[:REVERTED]}
        return self._rest

    def _add(
        self, deviation: Deviation, parts: Sequence[Tensors], on: NDArray[np.bool_], exact: Sequence[Array]
    ) -> None:
        deviation.include(self._running.error(parts, on, exact))

    def _blame(self, index: int) -> Blame:
        rest = self._rest.get(index)
        gain = 1 - rest.error / self._all.error if rest and self._all.error else None
        return Blame(alone=self._alone[index].error, gain=gain)


@dataclass(frozen=True)
class LayerTimes:
    """Execution of both models, by layers."""

    profiles: Sequence[Profile]
    units: Sequence[Unit]


def time_layers(two: ModelPair, progress: Progress) -> LayerTimes:
    """Profile both models, in turns. Raises ArmLostError where a model does not run, SettingsError where the device
    refuses a property."""
    models = [two.original.model, two.optimized.model]
    order = list(dict.fromkeys(name for model in models for name in layers(model)))
    with progress.task("time of each layer", total=REPLICAS) as advance:
        try:
            found = profiles([two.original, two.optimized], two.samples[0][0], frozenset(order), advance)
        except RuntimeError as error:
            if "roperty" in str(error):
                given = ", ".join(f"{key}={value}" for key, value in two.optimized.properties.items())
                raise SettingsError(f"{two.original.device} refuses the properties {given}: {reason(error)}") from None
            raise ArmLostError(f"the models cannot be profiled: {reason(error)}") from None
    return LayerTimes(found, units(models, found, order))


def layer_table(
    two: ModelPair, errors: Mapping[str, LayerError], blames: Mapping[str, Blame], timed: LayerTimes
) -> list[LayerDiagnosis]:
    """A row for each layer of the original, in the order of execution, and for the new ones of the optimized model."""
    quantized = set(quantized_operations(two.optimized.model))
    place = {name: unit for unit in timed.units for name in unit.layers}
    made = {**layers(two.original.model), **layers(two.optimized.model)}
    return [
        LayerDiagnosis(
            name=name,
            kind=layer.kind,
            quantized=name in quantized,
            error=errors.get(name),
            blame=blames.get(name),
            original=_executed(place[name], 0, name),
            optimized=_executed(place[name], 1, name),
            timed_with=place[name].layers[0] if place[name].layers[0] != name else None,
        )
        for name, layer in made.items()
    ]


def _layer_error(whole: Deviation, own: Deviation | None) -> LayerError:
    return LayerError(
        sqnr_db=decibels(whole.error), cosine=whole.cosine, error=whole.error, own=own.error if own else None
    )


def _executed(unit: Unit, place: int, name: str) -> Executed | None:
    work = unit.work[place]
    if work is None or unit.layers[0] != name:
        return None
    return Executed(
        precision=work.precision,
        primitive=work.primitive,
        us=work.us,
        reorders=work.reorders,
        reorders_us=work.reorders_us,
    )
