"""Ways to make a model faster that change nothing of what it computes: another precision, fixed shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ovopt.records.search import Gain
from ovopt.turns import LEAST_SPEEDUP

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Materials, Tensors

F32 = {"INFERENCE_PRECISION_HINT": "f32"}


def gains(original: openvino.Model, start: openvino.Model, materials: Materials) -> Iterator[Gain]:
    """Those that make `start` measurably faster than the original."""
    exact = materials.speedup(original, start, F32)
    if exact and exact >= LEAST_SPEEDUP:
        yield Gain(kind="f32", speedup=exact)
    fixed = _fixed(start, materials.calibration[0])
    speedup = materials.speedup(original, fixed) if fixed else None
    if speedup and speedup >= LEAST_SPEEDUP:
        yield Gain(kind="fixed shapes", speedup=speedup)


def _fixed(model: openvino.Model, sample: Tensors) -> openvino.Model | None:
    """A copy with the shapes of a sample; None where they are fixed already, or it cannot have them."""
    if not any(port.get_partial_shape().is_dynamic for port in model.inputs):
        return None
    fixed = model.clone()
    try:
        fixed.reshape({place: list(array.shape) for place, array in enumerate(sample)})
    except RuntimeError:
        return None
    return fixed
