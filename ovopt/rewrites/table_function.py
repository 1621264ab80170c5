"""Functions of what is looked up in a table."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from ovopt.model.graph.nodes import Rewrite, constant, consumers, dimensions, producer, substitute

CURVES = frozenset({"Erf", "Exp", "Gelu", "HSigmoid", "HSwish", "Mish", "Sigmoid", "SoftPlus", "Swish", "Tanh"})
OF_ONE = CURVES | {"Abs", "Clamp", "Negative", "Relu", "Sqrt"}
OF_TWO = frozenset({"Add", "Divide", "Maximum", "Minimum", "Multiply", "Power", "Subtract"})


class TableFunction(Rewrite):
    """f(T[i]) = f(T)[i]: a function of each element, after a lookup in the rows of a constant table, can be applied to
    the table ahead. Another operand may be a constant with one value for all rows or for each column."""

    name: ClassVar[str] = "table_function"

    def apply(self, model: openvino.Model) -> int:
        """The functions go into the tables; how many went."""
        places = 0
        for function in model.get_ordered_ops():
            for index in range(function.get_input_size()):
                lookup = producer(function, index)
                table = _evaluated(function, index) if _is_lookup(lookup) and _is_function(function, index) else None
                if table is not None:
                    substitute(function, ops.gather(ops.constant(table), lookup.input_value(1), np.int64(0)))
                    places += 1
                    break
        return places


def _is_lookup(node: openvino.Node) -> bool:
    """In rows of a table of floats which nothing else uses, as a whole or row by row."""
    if node.get_type_name() != "Gather" or node.get_attributes().get("batch_dims"):
        return False
    table, axis = producer(node), constant(producer(node, 2))
    return bool(
        table.get_type_name() == "Constant"
        and table.get_output_element_type(0).get_type_name() == "f32"
        and len(table.get_output_shape(0)) == 2
        and axis is not None
        and (axis == 0).all()
        and len(consumers(table.output(0))) == 1
        and len(node.output(0).get_target_inputs()) == 1
    )


def _is_function(function: openvino.Node, index: int) -> bool:
    """True where each element of the result depends on one element of the input `index` and its column."""
    kind = function.get_type_name()
    others = [constant(producer(function, i)) for i in range(function.get_input_size()) if i != index]
    if kind not in OF_ONE | OF_TWO or (kind in OF_ONE and index) or function.get_output_size() != 1:
        return False
    shape, result = dimensions(function.input_value(index)), dimensions(function.output(0))
    return (
        shape is not None
        and result is not None
        and len(result) == len(shape)
        and result[-1] == shape[-1]
        and all(values is not None and values.size == (values.shape or (1,))[-1] for values in others)
    )


def _evaluated(function: openvino.Node, index: int) -> NDArray[Any] | None:
    """The function of the table that the input `index` looks up; None where OpenVINO cannot tell ahead."""
    table = np.array(producer(producer(function, index)).data)
    found = openvino.Tensor(function.get_output_element_type(0), table.shape)
    operands = [
        openvino.Tensor(table if i == index else np.array(constant(producer(function, i))).reshape(-1))
        for i in range(function.get_input_size())
    ]
    return np.array(found.data) if function.evaluate([found], operands) else None
