"""Whether a model attends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino

PASSING = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Convert", "Multiply", "Add")
"""What may stand between the softmax and the values that it weighs."""


def has_attention(model: openvino.Model) -> bool:
    """Whether it holds attention, as one operation or as a softmax whose result is multiplied with a matrix that is no
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
            elif reader.get_type_name() in PASSING and reader.get_friendly_name() not in seen:
                seen.add(reader.get_friendly_name())
                waiting.append(reader)
    return False
