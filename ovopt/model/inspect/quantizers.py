"""Quantizers of a model: the operations they feed, the error they cause, how to take them back; and attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt import units
from ovopt.model.graph.nodes import constant_names
from ovopt.model.inspect.layers import PLAIN, by_name, weights
from ovopt.model.inspect.runs import runs_in_f32

if TYPE_CHECKING:
    import openvino

LEAST_POWER = 1e-12
"""Mean square below which an output counts as this large, so that an output of zeros has an error."""
INTEGER = ("i8", "u8")


def quantized_operations(model: openvino.Model) -> list[str]:
    """Names of the operations with a FakeQuantize right before one of their inputs, or with weights in 8 bits, in the
    order of execution."""
    weights = _Weights.of(model)
    return [op.get_friendly_name() for op in model.get_ordered_ops() if weights.is_quantized(op)]


def layers_in_8_bits(model: openvino.Model) -> str:
    """The count of layers with weights that compute in 8 bits, by kind: `8 bits in 49 of 50 convolutions`."""
    low, kinds = set(quantized_operations(model)), {w.operation: PLAIN[w.kind] for w in weights(model)}
    every, hit = Counter(kinds.values()), Counter(kind for name, kind in kinds.items() if name in low)
    counts = [f"{hit[kind]:,} of {units.counted(total, kind)}" for kind, total in every.items() if hit[kind]]
    return f"8 bits in {units.listed(counts) or units.counted(len(low), 'operation')}"


def reverted(quantized: openvino.Model, original: openvino.Model, names: Collection[str]) -> openvino.Model:
    """A copy of the quantized model in which these operations take floating point again: activations from in front of
    the quantizer and of what smooths them, weights from the original, and the original's bias behind them."""
    changed = quantized.clone()
    lender = original.clone()  # its constants get a consumer in another model
    mine, theirs = by_name(changed), by_name(lender)
    weights, exact = _Weights.of(changed), _Weights.of(lender)
    for op in changed.get_ordered_ops():
        shape = op.get_type_name() == "ShapeOf" and op.get_friendly_name() in theirs  # would keep a quantizer alive
        if shape or op.get_friendly_name() in names:
            own = theirs[op.get_friendly_name()]
            for place, wanted in enumerate(own.input_values()):
                value = op.input_value(place)
                found = wanted if weights.quantized(value) else _unquantized(value, wanted, mine)
                op.input(place).replace_source_output(found)
            for bias in _biases(op):
                _restore_constants(bias, theirs.get(bias.get_friendly_name()), exact)
    changed.validate_nodes_and_infer_types()
    return changed


def own_errors(
    quantized: openvino.Model, original: openvino.Model, samples: Iterable[Sequence[NDArray[Any]]]
) -> dict[str, float]:
    """Each quantized operation's own error: the mean square of what its quantizers change in its output, over the mean
    square of that output, its inputs being the original's. Samples are arrays [1, ...] in the model's order; one pass
    per sample looks at all operations."""
    import openvino

    tapped, lender = original.clone(), quantized.clone()
    mine, weights = by_name(tapped), _Weights.of(lender)
    names, results = [], []
    for op in lender.get_ordered_ops():
        name = op.get_friendly_name()
        if name in mine and weights.is_quantized(op):
            results.append(_relative_error(op, mine[name], mine, weights).output(0))
            names.append(name)
    if not names:
        return {}
    probe = openvino.Model(results, tapped.get_sinks(), tapped.get_parameters(), "errors")
    rows = [[float(error) for error in errors] for errors in runs_in_f32(probe, samples)]
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def _relative_error(
    quantized: openvino.Node, original: openvino.Node, known: Mapping[str, openvino.Node], weights: _Weights
) -> openvino.Node:
    from openvino import opset13 as op
    from openvino.utils.node_factory import NodeFactory

    inputs: list[openvino.Node | openvino.Output] = []
    for theirs, own in zip(quantized.input_values(), original.input_values(), strict=True):
        if weights.quantized(theirs):
            inputs.append(theirs)
        elif _is_quantizer(theirs):
            node = theirs.get_node()
            limits = [node.input_value(i) for i in range(1, 5)]
            smoothed = _smoothed(node.input_value(0).get_node(), own, known)
            inputs.append(op.fake_quantize(smoothed, *limits, levels=node.get_attributes()["levels"]).output(0))
        else:
            inputs.append(own)
    again = NodeFactory("opset13").create(quantized.get_type_name(), inputs, quantized.get_attributes())
    exact = original.output(0)
    difference = op.subtract(again.output(0), exact)
    return op.divide(_power(difference), op.maximum(_power(exact), np.float32(LEAST_POWER)))


def _smoothed(before: openvino.Node, own: openvino.Output, known: Mapping[str, openvino.Node]) -> openvino.Output:
    """SmoothQuant divides an activation by a constant that it multiplies the weights with."""
    from openvino import opset13 as op

    inserted = before.get_type_name() == "Multiply" and before.get_friendly_name() not in known
    return op.multiply(own, before.input_value(1)).output(0) if inserted else own


def _power(value: openvino.Node | openvino.Output) -> openvino.Node:
    """The mean square."""
    from openvino import opset13 as op

    flat = op.reshape(value, np.array([-1]), special_zero=False)
    return op.reduce_mean(op.multiply(flat, flat), np.array([0]), keep_dims=False)


def _is_quantizer(value: openvino.Output) -> bool:
    return bool(value.get_node().get_type_name() == "FakeQuantize")


@dataclass(frozen=True)
class _Weights:
    """Names of a model's operations that follow from constants alone, and of those among them that follow from
    quantized ones."""

    constant: frozenset[str]
    low: frozenset[str]

    @classmethod
    def of(cls, model: openvino.Model) -> _Weights:
        """Names in one pass, in the order of execution."""
        constant, low = constant_names(model), set[str]()
        for op in model.get_ordered_ops():
            before = [value.get_node().get_name() for value in op.input_values()]
            lower = op.get_type_name() == "FakeQuantize" or _widens(op) or not low.isdisjoint(before)
            if lower and op.get_name() in constant:
                low.add(op.get_name())
        return cls(constant, frozenset(low))

    def quantized(self, value: openvino.Output) -> bool:
        """True for a value that is quantized weights."""
        return value.get_node().get_name() in self.low

    def is_quantized(self, op: openvino.Node) -> bool:
        """True for an operation that computes with something quantized; one that asks for its shape does not."""
        if op.get_type_name() in ("FakeQuantize", "ShapeOf") or op.get_name() in self.constant:
            return False
        return any(_is_quantizer(value) or self.quantized(value) for value in op.input_values())


def _widens(op: openvino.Node) -> bool:
    return op.get_type_name() == "Convert" and op.get_input_element_type(0).get_type_name() in INTEGER


def _unquantized(value: openvino.Output, wanted: openvino.Output, mine: Mapping[str, openvino.Node]) -> openvino.Output:
    """An activation as it was in the original: the output of the operation of the same name here."""
    if not _is_quantizer(value):
        return value
    same = mine.get(wanted.get_node().get_friendly_name())
    return same.output(wanted.get_index()) if same else value.get_node().input_value(0)


def _biases(op: openvino.Node) -> Iterator[openvino.Node]:
    """The additions to an operation's output: NNCF corrects the constants in them."""
    for target in op.output(0).get_target_inputs():
        if target.get_node().get_type_name() == "Add":
            yield target.get_node()


def _restore_constants(op: openvino.Node, original: openvino.Node | None, exact: _Weights) -> None:
    for place, value in enumerate(original.input_values() if original else ()):
        if value.get_node().get_name() in exact.constant:
            op.input(place).replace_source_output(value)


BEHIND_SOFTMAX = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Convert", "Multiply", "Add")
"""Operations that may stand between the softmax and the values that it weighs."""


def has_attention(model: openvino.Model) -> bool:
    """Detects attention, as one operation or as a softmax whose result is multiplied with a matrix that is no
    constant."""
    return any(
        op.get_type_name() == "ScaledDotProductAttention" or (op.get_type_name() == "Softmax" and _weighs(op))
        for op in model.get_ops()
    )


def _weighs(softmax: openvino.Node) -> bool:
    waiting, seen = [softmax], set[str]()
    while waiting:
        node = waiting.pop()
        for reader in (target.get_node() for output in node.outputs() for target in output.get_target_inputs()):
            if reader.get_type_name() == "MatMul":
                if all(value.get_node().get_type_name() != "Constant" for value in reader.input_values()):
                    return True
            elif reader.get_type_name() in BEHIND_SOFTMAX and reader.get_friendly_name() not in seen:
                seen.add(reader.get_friendly_name())
                waiting.append(reader)
    return False
