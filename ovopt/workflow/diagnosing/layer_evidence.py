"""Evidence about each layer: the values between the layers, switches between two models, execution graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ovopt.contracts import Progress, Tensors
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
        return replace(self.original, properties={**self.original.properties, **EXACT})


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
    own = {name: deviation.error for name, deviation in found.own.items()}
    return {
        name: LayerError(sqnr_db=decibels(whole.error), cosine=whole.cosine, error=whole.error, own=own.get(name))
        for name, whole in found.whole.items()
    }


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
    return _blames(switched.names, running, two.samples, budget, progress)


def _blames(
    names: Sequence[str],
    running: RunningSwitches,
    samples: Sequence[Sequence[Tensors]],
    budget: TimeBudget,
    progress: Progress,
) -> Blames:
    """Each layer alone, then the worst ones left out one by one; those are settled by the first sample."""
    together, alone, rest = Deviation(), [Deviation() for _ in names], dict[int, Deviation]()
    done = 0
    steps = len(names) + min(REVERTED, len(names))
    with progress.task("each layer alone", total=steps * len(samples)) as advance:
        for parts in samples:
            exact = running.exact(parts)
            together.include(running.error(parts, running.all_optimized(), exact))
            for i, deviation in enumerate(alone):
                deviation.include(running.error(parts, running.only(i), exact))
                advance()
            if not rest:
                worst = sorted(range(len(names)), key=lambda i: -alone[i].error)
                rest = {i: Deviation() for i in worst[:REVERTED]}
            for i, deviation in rest.items():
                deviation.include(running.error(parts, ~running.only(i), exact))
                advance()
            done += 1
            if budget.spent_s * (done + 1) / done > budget.seconds:
                break
    error = together.error
    gains = {i: 1 - deviation.error / error for i, deviation in rest.items()} if error > AGREEING else {}
    guilty = names if error > AGREEING else ()
    blames = {name: Blame(alone=alone[i].error, gain=gains.get(i)) for i, name in enumerate(guilty)}
    return Blames(blames, error, done)


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
