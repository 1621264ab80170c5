"""The precision that weights are stored in, and that the device computes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ovopt.contracts import Materials, Stage, Step, Stepped
from ovopt.errors import NoEffectError, StepError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.native import core, reason
from ovopt.model.ports.facts import facts
from ovopt.scratch import scratch_folder

if TYPE_CHECKING:
    import openvino

HINT = "INFERENCE_PRECISION_HINT"


class Precision(Step):
    """Stores weights in f16, and says in which precision the device is to compute.

    Storage halves the files of a model in f32; what is computed stays as it is. `execution` changes no model: it is
    OpenVINO's `INFERENCE_PRECISION_HINT`, goes into the `runtime.properties` of the bundle's recipe, and what it gains
    is reported apart from what the model gains.
    """

    name: ClassVar[str] = "precision"
    stage: ClassVar[Stage] = Stage.STORAGE
    calibrates: ClassVar[bool] = False
    storage: Literal["f16"] | None = Field(default=None, description="of floating-point constants")
    execution: Literal["f32", "bf16", "f16"] | None = Field(default=None, description="of floating-point operations")
    samples: int = Field(default=8, gt=0, description="so many samples are run to see what storage changes")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.storage or self.execution):
            raise PydanticCustomError("nothing", "Give storage: f16, execution: f32, bf16 or f16, or both")
        return self

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model with its weights in f16, or as it is. Raises NoEffectError where nothing is stored or executed in
        another precision than before, and StepError where f16 does not hold the weights."""
        changed, effect, properties = model.clone(), dict[str, Any](), dict[str, str]()
        idle, done = list[str](), list[str]()
        if self.storage:
            changed = _in_f16(model)
            effect |= self._stored(model, changed, materials)
            if effect["f16_constant_bytes"] == effect["f16_constant_bytes_before"]:
                idle.append("no weights are left in f32")
            else:
                done.append(f"weights in {self.storage}")
        if self.execution:
            default = _executed(model, materials.device, {})
            taken = _executed(model, materials.device, {HINT: self.execution})
            if taken == self.execution != default:
                properties = {HINT: self.execution}
                done.append(f"execution in {self.execution}")
                if speedup := materials.speedup(changed, changed, properties):
                    effect["execution_speedup"] = round(speedup, 3)
            else:
                idle.append(f"{materials.device} computes in {taken} with {HINT}={self.execution}, {default} without")
        if len(idle) == bool(self.storage) + bool(self.execution):
            raise NoEffectError(f"precision changed nothing: {'; '.join(idle)}")
        said = [f"a runtime setting, not a change of the model: {key}={value}" for key, value in properties.items()]
        report = self.record_effect(effect, [*idle, *said], done=" and ".join(done))
        return Stepped(changed, report.model_copy(update={"properties": properties}))

    def _stored(self, model: openvino.Model, changed: openvino.Model, materials: Materials) -> dict[str, Any]:
        samples = materials.calibration[: self.samples]
        difference = largest_difference(outputs_in_f32(changed, samples), outputs_in_f32(model, samples))
        if difference == float("inf"):
            raise StepError("precision: with its weights in f16 the model gives NaN or infinity; leave storage out")
        before, after = facts(model).precisions, facts(changed).precisions
        return {
            "f16_constant_bytes": after.get("f16", 0),
            "f16_constant_bytes_before": before.get("f16", 0),
            "constant_bytes": sum(after.values()),
            "constant_bytes_before": sum(before.values()),
            "largest_difference": float(f"{difference:.2g}"),
        }


def _in_f16(model: openvino.Model) -> openvino.Model:
    """As `openvino.save_model` stores it by default."""
    import openvino

    with scratch_folder() as scratch:
        file = scratch / "model.xml"
        openvino.save_model(model, file, compress_to_fp16=True)
        return core().read_model(file)


def _executed(model: openvino.Model, device: str, properties: dict[str, str]) -> str:
    """The precision that the device says it computes in."""
    try:
        value = core().compile_model(model, device, properties).get_property(HINT)
    except RuntimeError as error:
        raise StepError(f"precision: {device} does not take {properties or 'the model'}: {reason(error)}") from None
    return str(value.get_type_name()) if hasattr(value, "get_type_name") else str(value)
