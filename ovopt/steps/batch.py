"""Several samples per inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Materials, Stage, Step, Stepped, Tolerance
from ovopt.errors import ModelError, NoEffectError, StepError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.native import reason
from ovopt.model.ports.batch import Fit, with_batch
from ovopt.model.ports.facts import facts

if TYPE_CHECKING:
    import openvino


class Batch(Step):
    """Fixes how many samples the model takes per inference. It belongs behind all other steps, which hand over one
    sample at a time.

    A batch is run to verify that every sample gets the answer that it gets alone. The speed-up is per sample.
    """

    name: ClassVar[str] = "batch"
    stage: ClassVar[Stage] = Stage.CALL
    calibrates: ClassVar[bool] = False
    sole: ClassVar[str] = "size"
    size: int = Field(gt=0, description="samples per inference")
    tolerance: Tolerance = 2e-3

    @property
    def wanted(self) -> int:
        """One batch verifies."""
        return self.size

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model for a fixed batch. Raises NoEffectError where it takes that already, and StepError where it cannot,
        or samples influence each other."""
        changed = _with_batch(model, self.size)
        if [port.partial_shape for port in changed.inputs] == [port.partial_shape for port in model.inputs]:
            raise NoEffectError(f"batch changed nothing: the model takes {self.size} at a time already")
        difference = self._difference(model, changed, materials)
        effect, speedup = {"largest_difference": float(f"{difference:.2g}")}, materials.speedup(model, changed)
        report = self.record_effect(effect, speedup=speedup, done=f"{self.size} samples per inference")
        one_sample = {
            port.name: tuple("?" if size is None else size for size in port.shape or ())
            for port in facts(_with_batch(model, 1)).inputs
        }
        more = {"samples_per_inference": self.size, "one_sample": one_sample}
        return Stepped(changed, report.model_copy(update=more))

    def _difference(self, model: openvino.Model, changed: openvino.Model, materials: Materials) -> float:
        samples = [materials.calibration[i % len(materials.calibration)] for i in range(self.size)]
        if any(len({array.shape for array in arrays}) > 1 for arrays in zip(*samples, strict=True)):
            raise StepError(
                "batch: samples differ in shape, and no batch holds them; give all one shape in `preprocess`"
            )
        together = Fit.of(samples[0], facts(model).inputs, changed).inputs(samples)
        try:
            alone = outputs_in_f32(model, samples)
            joined = outputs_in_f32(changed, together)
        except RuntimeError as error:
            raise StepError(f"batch: the model does not run with {self.size} samples: {reason(error)}") from None
        count = len(model.outputs)
        wanted = [_together(alone[place::count], found) for place, found in enumerate(joined)]
        difference = largest_difference(joined, wanted)
        if difference > self.tolerance:
            raise StepError(
                f"batch: outputs of a batch differ by {difference:.2g} from those of its samples alone, more than "
                f"{self.tolerance:g}: samples influence each other; leave this step out"
            )
        return difference


def _with_batch(model: openvino.Model, size: int) -> openvino.Model:
    try:
        return with_batch(model, size, f"batch: {size} samples")
    except ModelError as error:
        raise StepError(str(error)) from None


def _together(alone: list[Array], found: Array) -> Array:
    """The batch's output as it must be; one that is the same for all samples is no batch."""
    return alone[0] if alone[0].shape == found.shape else np.concatenate([np.atleast_1d(one) for one in alone])
