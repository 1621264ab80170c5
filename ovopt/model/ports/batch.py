"""Let a model take several samples per inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovopt.errors import ModelError
from ovopt.model.native import reason

if TYPE_CHECKING:
    import openvino


def with_batch(model: openvino.Model, batch: int) -> openvino.Model:
    """A copy that takes `batch` samples at a time. Raises ModelError where the model cannot.

    The batch is the first dimension of every input whose first dimension is 1 or dynamic, and of inputs whose layout
    says so; other inputs are the same for all samples.
    """
    import openvino

    changed, one = model.clone(), model.clone()
    if not any(_has_batch(parameter) for parameter in changed.get_parameters()):
        raise ModelError(
            f"--batch {batch}: no input has a batch dimension of 1 or of any size ({_shapes(changed.inputs)}); export "
            "the model with a dynamic batch"
        )
    try:
        for copy, size in ((one, 1), (changed, batch)):
            for parameter in filter(_has_batch, copy.get_parameters()):
                if parameter.layout.empty:
                    parameter.layout = openvino.Layout("N...")
            openvino.set_batch(copy, size)
            copy.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise ModelError(f"--batch {batch}: the model cannot take it: {reason(error)}") from None
    if not any(_grows(*ports, batch) for ports in zip(one.outputs, changed.outputs, strict=True)):
        raise ModelError(
            f"--batch {batch}: the model's graph fixes the batch: its outputs become {_shapes(changed.outputs)}; "
            "export the model with a dynamic batch"
        )
    return changed


def _has_batch(parameter: openvino.op.Parameter) -> bool:
    if not parameter.layout.empty:
        return parameter.layout.has_name("N")
    shape = parameter.get_output_partial_shape(0)
    if shape.rank.is_dynamic or shape.rank.get_length() == 0:
        return False
    return shape[0].is_dynamic or shape[0].get_length() == 1


def _grows(one: openvino.Output, many: openvino.Output, batch: int) -> bool:
    """True where an output of one sample becomes one of `batch` samples: a 1 becomes the batch, or there are as many
    times more rows."""
    before, after = one.get_partial_shape(), many.get_partial_shape()
    if after.rank.is_dynamic or any(dim.is_dynamic for dim in after):
        return True
    sizes = list(zip(before.to_shape(), after.to_shape(), strict=True)) if before.is_static else []
    return (1, batch) in sizes or bool(sizes and sizes[0][1] == batch * sizes[0][0])


def _shapes(ports: list[openvino.Output]) -> str:
    return ", ".join(str(port.get_partial_shape()) for port in ports)
