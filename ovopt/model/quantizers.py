"""The quantizers of a model: which operations they feed, what error they cause there, and how to take them back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.native import core

if TYPE_CHECKING:
    import openvino

Tensors = tuple[NDArray[Any], ...]
LEAST_POWER = 1e-12


def quantized_operations(model: openvino.Model) -> list[str]:
    """Names of the operations with a FakeQuantize right before one of their inputs, in the order of execution."""
    return [
        op.get_friendly_name()
        for op in model.get_ordered_ops()
        if op.get_type_name() != "FakeQuantize" and any(_is_quantizer(value) for value in op.input_values())
    ]


def reverted(quantized: openvino.Model, original: openvino.Model, names: Collection[str]) -> openvino.Model:
    """A copy of the quantized model in which these operations take floating point again: activations from in front of
    the quantizer, weights from the original."""
    changed = quantized.clone()
    lender = original.clone()  # its constants get a consumer in another model
    theirs = {op.get_friendly_name(): op for op in lender.get_ordered_ops()}
    for op in changed.get_ordered_ops():
        if op.get_friendly_name() in names:
            for place, value in enumerate(op.input_values()):
                if _is_quantizer(value):
                    op.input(place).replace_source_output(_unquantized(value, theirs[op.get_friendly_name()], place))
    changed.validate_nodes_and_infer_types()
    return changed


def own_errors(
    quantized: openvino.Model, original: openvino.Model, samples: Iterable[Sequence[NDArray[Any]]]
) -> dict[str, float]:
    """Each quantized operation's own error: the mean square of what its quantizers change in its output, over the mean
    square of that output, its inputs being the original's. All operations in one pass per sample."""
    import openvino

    tapped, lender = original.clone(), quantized.clone()
    mine = {op.get_friendly_name(): op for op in tapped.get_ordered_ops()}
    names, results = [], []
    for op in lender.get_ordered_ops():
        name = op.get_friendly_name()
        if op.get_type_name() == "FakeQuantize" or not any(map(_is_quantizer, op.input_values())) or name not in mine:
            continue
        results.append(_relative_error(op, mine[name]))
        names.append(name)
    if not names:
        return {}
    probe = openvino.Model(results, tapped.get_parameters(), "errors")
    compiled = core().compile_model(probe, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows = [[float(value) for value in compiled(list(tensors)).values()] for tensors in samples]
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def _relative_error(quantized: openvino.Node, original: openvino.Node) -> openvino.Node:
    from openvino import opset13 as op
    from openvino.utils.node_factory import NodeFactory

    inputs = []
    for theirs, own in zip(quantized.input_values(), original.input_values(), strict=True):
        node = theirs.get_node()
        if not _is_quantizer(theirs) or _is_weights(node):
            inputs.append(theirs if _is_quantizer(theirs) else own)
            continue
        limits = [node.input_value(i) for i in range(1, 5)]
        inputs.append(op.fake_quantize(own, *limits, levels=node.get_attributes()["levels"]).output(0))
    again = NodeFactory("opset13").create(quantized.get_type_name(), inputs, quantized.get_attributes())
    exact = original.output(0)
    difference = op.subtract(again.output(0), exact)
    return op.divide(_power(difference), op.maximum(_power(exact), np.float32(LEAST_POWER)))


def _power(value: Any) -> openvino.Node:
    """The mean square."""
    from openvino import opset13 as op

    flat = op.reshape(value, np.array([-1]), special_zero=False)
    return op.reduce_mean(op.multiply(flat, flat), np.array([0]), keep_dims=False)


def _is_quantizer(value: openvino.Output) -> bool:
    return bool(value.get_node().get_type_name() == "FakeQuantize")


def _is_weights(quantizer: openvino.Node) -> bool:
    """Whether what it quantizes is a constant, through conversions and scales."""
    node = quantizer.input_value(0).get_node()
    while node.get_type_name() in ("Convert", "Multiply", "Subtract"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def _unquantized(value: openvino.Output, original: openvino.Node, place: int) -> openvino.Output:
    quantizer = value.get_node()
    return original.input_value(place) if _is_weights(quantizer) else quantizer.input_value(0)
