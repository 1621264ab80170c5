"""Leading the readers of one output to another, so that inputs and outputs of the model keep their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import openvino


def lead(old: openvino.Output, new: openvino.Output) -> bool:
    """Let all that reads `old` read `new`, which takes the name of an output of the model over; whether it was done.

    It is not where two of the model's inputs and outputs would become one and share their names.
    """
    readers = old.get_target_inputs()
    if any(_is_result(reader) for reader in readers):
        if new.get_node().get_type_name() == "Parameter" or any(map(_is_result, new.get_target_inputs())):
            return False
        new.add_names(old.get_names())
    for reader in readers:
        reader.replace_source_output(new)
    return bool(readers)


def feeds_result(output: openvino.Output) -> bool:
    """Whether it is an output of the model."""
    return any(map(_is_result, output.get_target_inputs()))


def set_constant(node: openvino.Node, index: int, values: NDArray[Any]) -> None:
    """Give an operation a constant of its own, of the element type that the input had."""
    from openvino import opset13 as ops

    dtype = node.input_value(index).get_element_type().to_dtype()
    node.set_argument(index, ops.constant(np.array(values, dtype, order="C")).output(0))


def _is_result(reader: openvino.Input) -> bool:
    return bool(reader.get_node().get_type_name() == "Result")
