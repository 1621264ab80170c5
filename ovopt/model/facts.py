"""What a model is: inputs, outputs, parameters, operations, precision."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ovopt.records import ModelFacts, Port

if TYPE_CHECKING:
    import openvino


def facts(model: openvino.Model) -> ModelFacts:
    """Count what the graph holds."""
    operations: Counter[str] = Counter()
    precisions: Counter[str] = Counter()
    parameters = 0
    for op in model.get_ordered_ops():
        kind = op.get_type_name()
        operations[kind] += 1
        if kind == "Constant":
            parameters += op.get_output_size() and _elements(op)
            precisions[op.get_element_type().get_type_name()] += op.get_byte_size()
    return ModelFacts(
        inputs=tuple(_port(port, f"input {i}") for i, port in enumerate(model.inputs)),
        outputs=tuple(_port(port, f"output {i}") for i, port in enumerate(model.outputs)),
        parameters=parameters,
        operations=dict(sorted(operations.items())),
        precisions=dict(sorted(precisions.items())),
    )


def _elements(constant: openvino.op.Constant) -> int:
    count = 1
    for dim in constant.get_output_shape(0):
        count *= dim
    return count


def _port(port: openvino.Output, fallback: str) -> Port:
    names = port.get_names()
    partial = port.get_partial_shape()
    shape = None
    if not partial.rank.is_dynamic:
        shape = tuple(None if dim.is_dynamic else dim.get_length() for dim in partial)
    return Port(name=min(names) if names else fallback, shape=shape, dtype=port.get_element_type().get_type_name())
