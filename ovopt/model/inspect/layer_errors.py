"""Deviations between the layers of two models on the same samples.

A layer's error comes from its inputs (inherited) or from itself (own). The own error is what is left when the layer of
the optimized model reads the original's exact values: there the model is cut at every layer, so that one compiled model
gives the own errors of all of them. Layers are looked at in groups, so that memory stays bounded.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.graph.nodes import upstream
from ovopt.model.inspect.layers import Layer, by_name, layers
from ovopt.model.inspect.runs import SequenceRequest
from ovopt.model.native import core
from ovopt.model.ports.inputs import Tensors

if TYPE_CHECKING:
    import openvino

LayerOutput = tuple[str, int]
"""A layer's name, and which of its outputs."""
HIGHEST_DB = 120.0
"""A signal-to-noise ratio that stands for no difference that f32 could show."""
VALUES_AT_ONCE = 1 << 14
"""Values that are summed at once: with their squares in f64 they stay in a core's cache."""


@dataclass
class Deviation:
    """Sums over samples of the original's values x and the others' y."""

    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))
    """Of x², (x - y)², x y and y²."""

    def add(self, exact: NDArray[Any], found: NDArray[Any]) -> None:
        """Adds one more array of values [...], in pieces that a processor's cache holds. Values that are not finite
        count as zero, and so do all values of another shape."""
        x, y = exact.ravel(), found.ravel()
        if x.shape != y.shape:
            y = np.zeros_like(x)
        for start in range(0, len(x), VALUES_AT_ONCE):
            piece = slice(start, start + VALUES_AT_ONCE)
            self.sums += _finite_sums(x[piece].astype(np.float64), y[piece].astype(np.float64))

    def include(self, more: Deviation) -> None:
        """Adds the sums that were found elsewhere."""
        self.sums += more.sums

    @property
    def error(self) -> float:
        """The mean square of the difference over that of the original."""
        signal, noise = self.sums[:2].tolist()
        if noise == 0:
            return 0.0
        return noise / signal if signal else 10 ** (HIGHEST_DB / 10)

    @property
    def cosine(self) -> float:
        """The cosine of the angle between both; 1 for equal values, zeros too."""
        signal, noise, product, other = self.sums.tolist()
        if noise == 0:
            return 1.0
        length = math.sqrt(signal * other)
        return max(-1.0, min(1.0, product / length)) if length else 0.0


def _finite_sums(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = _sums(x, y)
    if np.isfinite(sums).all():
        return sums
    known = np.isfinite(x)
    return _sums(x[known], np.nan_to_num(y[known], nan=0.0, posinf=0.0, neginf=0.0))


def _sums(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return np.array([(x * x).sum(), ((x - y) ** 2).sum(), (x * y).sum(), (y * y).sum()])


def decibels(error: float) -> float:
    """A relative error as signal to noise ratio in dB, between -120 and 120."""
    floor = 10 ** (-HIGHEST_DB / 10)
    return float(np.clip(-10 * math.log10(max(error, floor)), -HIGHEST_DB, HIGHEST_DB))


@dataclass
class Deviations:
    """Deviations by layer: in the running model, and of the layer by itself."""

    whole: dict[str, Deviation] = field(default_factory=lambda: defaultdict(Deviation))
    own: dict[str, Deviation] = field(default_factory=lambda: defaultdict(Deviation))


@dataclass(frozen=True)
class DeviceModel:
    """A model with the device and the properties that it runs with."""

    model: openvino.Model
    device: str
    properties: Mapping[str, str]
    state: Mapping[str, str] = field(default_factory=dict)
    """Input -> output: what one inference of a sequence hands on to the next."""


def deviations(
    original: DeviceModel,
    optimized: DeviceModel,
    shared: Sequence[Layer],
    group: Sequence[Layer],
    samples: Iterable[Sequence[Tensors]],
) -> Deviations:
    """Deviations of a group's layers; all that are shared are where the model is cut. A sample is the tensors of its
    inferences, in order, arrays [1, ...] for each.

    Raises RuntimeError where a model does not run.
    """
    alone = _Cut.of(optimized.model, shared, group)
    wanted = list(dict.fromkeys([*_places(group), *alone.boundaries]))
    exact, running = _Running(original, wanted), _Running(optimized, _places(group))
    cut = core().compile_model(alone.model, optimized.device, dict(optimized.properties)).create_infer_request()
    found = Deviations()
    for parts in samples:
        for tensors, known, values in zip(parts, exact.values(parts), running.values(parts), strict=True):
            for place, value in values.items():
                found.whole[place[0]].add(known[place], value)
            cut.infer(alone.inputs(tensors, known))
            for index, place in enumerate(alone.results):
                found.own[place[0]].add(known[place], cut.get_output_tensor(index).data)
    return found


class _Running:
    """A model whose values between the layers come out too."""

    def __init__(self, arm: DeviceModel, places: Sequence[LayerOutput]) -> None:
        compiled = core().compile_model(_tapped(arm.model, places), arm.device, dict(arm.properties))
        self._places = {place: len(arm.model.outputs) + index for index, place in enumerate(places)}
        self._request = SequenceRequest(compiled, arm.state)

    def values(self, parts: Sequence[Tensors]) -> Iterator[dict[LayerOutput, NDArray[Any]]]:
        """Inference by inference; what is given lasts until the next one."""
        self._request.begin()
        for tensors in parts:
            self._request.infer(tensors)
            yield {place: self._request.output(i) for place, i in self._places.items()}


def _tapped(model: openvino.Model, places: Sequence[LayerOutput]) -> openvino.Model:
    import openvino

    tapped = model.clone()
    nodes = by_name(tapped)
    taps = [openvino.op.Result(nodes[name].output(index)) for name, index in places]
    return openvino.Model([*tapped.get_results(), *taps], tapped.get_sinks(), tapped.get_parameters(), "tapped")


@dataclass(frozen=True)
class _Cut:
    """Layers that read exact values: a model with an input for every value that they read."""

    model: openvino.Model
    kept: tuple[int, ...]
    """Places of the model's own inputs that are left."""
    boundaries: tuple[LayerOutput, ...]
    results: tuple[LayerOutput, ...]

    @classmethod
    def of(cls, model: openvino.Model, shared: Sequence[Layer], group: Sequence[Layer]) -> _Cut:
        """A state is read from the original too, so that it is no layer of its own."""
        import openvino
        from openvino import opset13 as ops

        changed = model.clone()
        nodes = by_name(changed)
        known: dict[str, LayerOutput] = {}
        given: dict[str, openvino.op.Parameter] = {}
        for place in _places(shared):
            output = nodes[place[0]].output(place[1])
            exact = ops.parameter(output.get_partial_shape(), output.get_element_type())
            for reader in output.get_target_inputs():
                reader.replace_source_output(exact.output(0))
            known[exact.get_name()], given[exact.get_name()] = place, exact
        places = [place for place in _places(group) if nodes[place[0]].get_type_name() != "ReadValue"]
        results = [openvino.op.Result(nodes[name].output(index)) for name, index in places]
        reached = upstream(results)
        own = [i for i, parameter in enumerate(changed.get_parameters()) if parameter.get_name() in reached]
        parameters = [changed.get_parameters()[i] for i in own]
        boundaries = [name for name in known if name in reached]
        cut = openvino.Model(results, [*parameters, *(given[name] for name in boundaries)], "cut")
        return cls(cut, tuple(own), tuple(known[name] for name in boundaries), tuple(places))

    def inputs(self, tensors: Tensors, known: Mapping[LayerOutput, NDArray[Any]]) -> list[NDArray[Any]]:
        """The inputs of one inference."""
        return [*(tensors[i] for i in self.kept), *(known[place] for place in self.boundaries)]


def _places(chosen: Iterable[Layer]) -> list[LayerOutput]:
    return [(layer.name, index) for layer in chosen for index in layer.outputs]


def first_odd_layer(original: DeviceModel, other: DeviceModel, parts: Sequence[Tensors]) -> Layer | None:
    """The first layer, in the order of execution, that gives NaN or infinity in another model and numbers in the
    original, for the inferences of a sample (arrays [1, ...]); None where that does not show while they are looked at.

    Raises RuntimeError where a model does not run.
    """
    known = _finite(original, parts)
    return next((layer for layer, sound in _finite(other, parts).items() if not sound and known.get(layer, True)), None)


def _finite(arm: DeviceModel, parts: Sequence[Tensors]) -> dict[Layer, bool]:
    """Layers whose values are numbers in all inferences of a sample; the models tell, so that no values are kept."""
    import openvino
    from openvino import opset13 as ops

    tapped = arm.model.clone()
    nodes, found = by_name(tapped), list(layers(tapped).values())
    taps = []
    for name, index in _places(found):
        sound = ops.is_finite(nodes[name].output(index))
        taps.append(openvino.op.Result(ops.reduce_logical_and(ops.reshape(sound, [-1], False), [0]).output(0)))
    whole = openvino.Model([*tapped.get_results(), *taps], tapped.get_sinks(), tapped.get_parameters(), "tapped")
    request = SequenceRequest(core().compile_model(whole, arm.device, dict(arm.properties)), arm.state)
    sounds, owners = dict.fromkeys(found, True), [layer for layer in found for _ in layer.outputs]
    request.begin()
    for tensors in parts:
        request.infer(tensors)
        for place, layer in enumerate(owners, len(arm.model.outputs)):
            sounds[layer] &= bool(request.output(place))
    return sounds
