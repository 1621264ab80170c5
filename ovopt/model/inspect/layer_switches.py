"""Original and optimized model in one, with a switch for each layer: the error that a layer causes at the model's
outputs when it alone is optimized, and the error that is left when it alone is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.inspect.layer_errors import Deviation
from ovopt.model.inspect.layers import Layer, by_name
from ovopt.model.inspect.runs import SequenceRequest
from ovopt.model.native import EXACT, core
from ovopt.model.ports.inputs import Tensors

if TYPE_CHECKING:
    import openvino

BODIES = ("If", "Loop", "TensorIterator")
"""Operations with graphs of their own inside: they are not looked into."""


Nodes = Mapping[str, "openvino.Node"]


@dataclass(frozen=True)
class Switched:
    """The two in one. Both read the same values in front of each layer, and a switch says whose result goes on."""

    model: openvino.Model
    names: tuple[str, ...]
    """The layers that the two models compute differently: the last input holds a boolean for each."""

    @classmethod
    def of(cls, original: openvino.Model, optimized: openvino.Model, shared: Sequence[Layer]) -> Switched:
        """Joins two models. Raises RuntimeError where they do not fit together: where one has turned round what depends
        on what."""
        import openvino
        from openvino import opset13 as ops

        first, second = original.clone(), optimized.clone()
        for parameter, twin in zip(first.get_parameters(), second.get_parameters(), strict=True):
            for reader in twin.output(0).get_target_inputs():
                reader.replace_source_output(parameter.output(0))
        mine, theirs = by_name(first), by_name(second)
        apart = [layer for layer in shared if _Likeness({one.name for one in shared}).differs(mine, theirs, layer)]
        names = tuple(layer.name for layer in apart)
        switches = ops.parameter([len(names)], np.bool_, name="switches")
        for layer in shared:
            place = names.index(layer.name) if layer.name in names else None
            turn = None if place is None else ops.gather(switches, np.int64(place), np.int64(0))
            for index in layer.outputs:
                _join(mine[layer.name].output(index), theirs[layer.name].output(index), turn)
        parameters = [*first.get_parameters(), switches]
        model = openvino.Model(first.get_results(), first.get_sinks(), parameters, "switched")
        model.get_ordered_ops()
        return cls(model, names)


class RunningSwitches:
    """Runs samples in f32 under any setting of the switches; `outputs` are those that count."""

    def __init__(self, switched: Switched, outputs: Sequence[int], state: Mapping[str, str]) -> None:
        compiled = core().compile_model(switched.model, "CPU", EXACT)
        self._count, self._outputs = len(switched.names), outputs
        self._request = SequenceRequest(compiled, state)

    def exact(self, parts: Sequence[Tensors]) -> list[NDArray[Any]]:
        """Outputs [...] of the original for all inferences of a sample, arrays [1, ...] for each."""
        return self.values(parts, np.zeros(self._count, bool))

    def all_optimized(self) -> NDArray[np.bool_]:
        """The setting of the optimized model, shape [layers]."""
        return np.ones(self._count, bool)

    def only(self, index: int) -> NDArray[np.bool_]:
        """The setting in which one layer alone is optimized, shape [layers]."""
        return np.equal(np.arange(self._count), index)

    def error(self, parts: Sequence[Tensors], on: NDArray[np.bool_], exact: Sequence[NDArray[Any]]) -> Deviation:
        """Deviation of a sample's outputs under the setting `on`, shape [layers], from the exact ones."""
        found = Deviation()
        for known, value in zip(exact, self.values(parts, on), strict=True):
            found.add(known, value)
        return found

    def values(self, parts: Sequence[Tensors], on: NDArray[np.bool_]) -> list[NDArray[Any]]:
        """Outputs of all inferences of a sample under the setting `on`, shape [layers]."""
        self._request.begin()
        found = []
        for tensors in parts:
            self._request.infer((*tensors, on))
            found += [np.array(self._request.output(place)) for place in self._outputs]
        return found


def _join(mine: openvino.Output, theirs: openvino.Output, switch: openvino.Node | None) -> None:
    """Leads what reads either of the two to one value: the original's where nothing differs, else the switch's
    choice."""
    from openvino import opset13 as ops

    readers = [*(mine.get_target_inputs() if switch else ()), *theirs.get_target_inputs()]
    source = ops.select(switch, theirs, mine).output(0) if switch else mine
    for reader in readers:
        reader.replace_source_output(source)


class _Likeness:
    """Compares what two layers compute from what the layers before them give."""

    def __init__(self, anchors: set[str]) -> None:
        self._anchors = anchors
        self._known: dict[tuple[str, str], bool] = {}

    def differs(self, mine: Nodes, theirs: Nodes, layer: Layer) -> bool:
        """True where the layer itself, or what stands between it and the layers before it, is not the same."""
        return not self._same_node(mine[layer.name], theirs[layer.name])

    def _same(self, mine: openvino.Output, theirs: openvino.Output) -> bool:
        first, second = mine.get_node(), theirs.get_node()
        if mine.get_index() != theirs.get_index():
            return False
        names: tuple[str, str] = first.get_friendly_name(), second.get_friendly_name()
        if any(name in self._anchors for name in names):
            return names[0] == names[1]
        key = first.get_name(), second.get_name()
        if key not in self._known:
            self._known[key] = first.get_name() == second.get_name() or self._same_node(first, second)
        return self._known[key]

    def _same_node(self, mine: openvino.Node, theirs: openvino.Node) -> bool:
        kind = mine.get_type_name()
        if kind != theirs.get_type_name() or kind in BODIES or mine.get_input_size() != theirs.get_input_size():
            return False
        if kind == "Constant":
            return _same_constant(mine, theirs)
        alike = mine.get_attributes() == theirs.get_attributes()
        return alike and all(
            self._same(own, other) for own, other in zip(mine.input_values(), theirs.input_values(), strict=True)
        )


def _same_constant(mine: openvino.Node, theirs: openvino.Node) -> bool:
    return (
        mine.get_element_type() == theirs.get_element_type()
        and mine.get_output_shape(0) == theirs.get_output_shape(0)
        and bool(np.array_equal(mine.get_data(), theirs.get_data()))
    )
