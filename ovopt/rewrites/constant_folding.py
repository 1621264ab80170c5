"""Parts of the graph that no input reaches."""

from __future__ import annotations

import math
from typing import ClassVar

import openvino
from openvino import opset13 as ops
from openvino.passes import ConstantFolding as Folding
from openvino.passes import Manager

from ovopt.model.graph.nodes import Rewrite

EXPANDING = frozenset({"Broadcast", "Tile"})
MOST_EXPANDED = 1 << 20
"""Elements beyond which an expansion is not folded."""


class ConstantFolding(Rewrite):
    """Values that depend on constants and on fixed dimensions alone are constants.

    OpenVINO folds them too, but later than quantization: a convolution whose weights or bias are computed in the graph
    is not quantized. Weights kept in fewer bits stay compressed, and what a Broadcast or Tile would expand to more than
    a million elements stays small.
    """

    name: ClassVar[str] = "constant_folding"

    def apply(self, model: openvino.Model) -> int:
        """Fold with OpenVINO's own pass; the number of operations that it spares."""
        before = _computing(model)
        stand_ins = []
        for node in filter(_stays, model.get_ordered_ops()):
            output = node.output(0)
            stand_in = ops.parameter(output.get_partial_shape(), output.get_element_type())
            for reader in output.get_target_inputs():
                reader.replace_source_output(stand_in.output(0))
            stand_ins.append((stand_in, output))
        model.add_parameters([stand_in for stand_in, _ in stand_ins])
        manager = Manager()
        manager.register_pass(Folding())
        manager.run_passes(model)
        for stand_in, output in stand_ins:
            for reader in stand_in.output(0).get_target_inputs():
                reader.replace_source_output(output)
            model.remove_parameter(stand_in)
        return before - _computing(model)


def _computing(model: openvino.Model) -> int:
    return sum(node.get_type_name() != "Constant" for node in model.get_ordered_ops())


def _stays(node: openvino.Node) -> bool:
    """True where folding would take much more memory than the operation does now."""
    kind = node.get_type_name()
    if kind == "Convert":
        wider = node.get_output_element_type(0).bitwidth > node.get_input_element_type(0).bitwidth
        return wider and node.input_value(0).get_node().get_type_name() == "Constant"
    shape = node.get_output_partial_shape(0) if kind in EXPANDING else None
    return shape is not None and shape.is_static and math.prod(shape.to_shape()) > MOST_EXPANDED
