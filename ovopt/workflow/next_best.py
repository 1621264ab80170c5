"""What makes a model faster where no candidate of a search does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.trial import LEAST_SPEEDUP

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Tensors

PRECISION = "INFERENCE_PRECISION_HINT"


def faster_otherwise(contest: Contest) -> Iterator[str]:
    """What makes the model faster without changing what it computes: another precision, fixed shapes."""
    start, materials = contest.start, contest.materials
    exact = materials.speedup(contest.original, start, {PRECISION: "f32"})
    if exact and exact >= LEAST_SPEEDUP:
        yield f"no change but execution in f32: {units.factor(exact)}; `--property {PRECISION}=f32` sets it"
    fixed = _fixed(start, materials.calibration[0])
    gain = materials.speedup(contest.original, fixed) if fixed else None
    if gain and gain >= LEAST_SPEEDUP:
        yield f"fixed shapes, where all samples have those of one: {units.factor(gain)}; the step freeze_shapes does it"


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
