"""Pruning of a PyTorch model, and training against the original's answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Materials, Origin, Stage, Step, Stepped, Tensors
from ovopt.errors import ModelError, StepError, UsageError
from ovopt.model.files.trainable import read_trainable
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.shapes import reshape
from ovopt.pruning.unstructured import NO_GAIN
from ovopt.steps.nncf_calls import quiet
from ovopt.training.distillation import Checkpoint, Distillation, Distilled, Schedule, subject_of
from ovopt.training.masks import Masked, Mode, masked
from ovopt.training.targets import DistillationLoss, Error, Targets
from ovopt.units import a_few, share

if TYPE_CHECKING:
    import openvino
    import torch

NAMED = 6
"""So many parameters are named, and the rest counted."""
SAME = 0.01
"""PyTorch and OpenVINO may differ by this share of an output's largest value."""


class PruneTorch(Step):
    """For PyTorch models (extra `torch`): single weights set to zero, and the others trained to answer as the original.

    `nncf.prune` zeroes the weights of the smallest magnitude and holds them at zero; the rest is trained on calibration
    samples without labels, the original's outputs being the target. A fifth of the samples is not trained on and
    chooses the epoch; if none is better than the start, the start it is. It trains the original, so it comes first:
    prune, then simplify, then quantize.
    """

    name: ClassVar[str] = "prune_torch"
    stage: ClassVar[Stage] = Stage.TRAINING
    ratio: float = Field(default=0.5, gt=0, lt=1, description="share of the weights that becomes zero")
    mode: Mode = Field(
        default="unstructured_magnitude_local", description="NNCF's name: the same share of every layer, or of all"
    )
    epochs: int = Field(default=10, ge=0, description="times that every sample is trained on; 0 leaves training out")
    batch: int = Field(default=16, gt=0, description="samples per step")
    learning_rate: float = Field(default=1e-3, gt=0, description="of Adam at the start; it falls to 0 along a cosine")
    error: Literal["auto", "mse", "kl"] = Field(
        default="auto",
        description="`mse` of the outputs as a share of their variance, `kl` of softened classes; `auto` takes kl for "
        "the one output of a classifier",
    )
    temperature: float = Field(default=2.0, gt=0, description="by which `kl` softens")
    samples: int = Field(default=300, gt=0, description="calibration samples used, at most")

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """A model with zeros. Raises StepError where they did not get into it, ModelError where the model cannot be
        trained, and UsageError where it is no longer the original."""
        samples = materials.calibration[: self.samples]
        origin = materials.origin
        if origin is None:
            raise UsageError(
                "prune_torch trains the PyTorch original, and the model in front of it has been changed by a step: put "
                "prune_torch first"
            )
        ports = [frozenset(port.get_names()) for port in model.inputs]
        trainable = read_trainable(origin.path, origin.shapes, ports, origin.trust)
        targets = Targets.of(trainable.said, trainable.module, samples, materials.seed)
        _check_same(trainable.said, trainable.module, model, [samples[i] for i in targets.held_out[:2]])
        with quiet():
            student = masked(trainable, self.mode, self.ratio, targets.given([0]))
        error = self._error(origin, targets)
        distilled = self._distilled(student, targets, error, materials)
        pruned = trainable.convert(distilled.state)
        reshape(pruned, origin.shapes, trainable.said)
        zeros = _zeros(pruned)
        if zeros < student.zeros:
            raise StepError(
                f"prune_torch: {student.zeros:,} weights were zero in PyTorch, but {zeros:,} are in OpenVINO's model"
            )
        effect = {
            "zeros_asked": self.ratio,
            "zeros": round(student.zeros / student.weights, 4),
            "zero_weights": zeros,
            "layers": len(student.masks),
            **_told(distilled, targets, classes=error == "kl"),
            "epochs": self.epochs,
            "best_epoch": distilled.epoch,
        }
        notes = [*_remarks(student), *self._notes(distilled)]
        done = f"{share(student.zeros / student.weights)} of the weights are zero"
        return Stepped(pruned, self.record_effect(effect, notes, done=done))

    def _distilled(self, student: Masked, targets: Targets, error: Error, materials: Materials) -> Distilled:
        loss = DistillationLoss.of(targets, error, self.temperature)
        schedule = Schedule(self.epochs, self.batch, self.learning_rate, materials.seed)
        settings = (self.model_dump_json(), error, materials.seed)
        subject = subject_of(student.module, targets.samples, *settings)
        return Distillation(student, targets, loss, schedule).run(
            Checkpoint(materials.checkpoint, subject), materials.progress
        )

    def _error(self, origin: Origin, targets: Targets) -> Error:
        if self.error != "auto":
            return self.error
        outputs = targets.answer([0])
        return "kl" if origin.task == "classification" and len(outputs) == 1 and outputs[0].ndim == 2 else "mse"

    def _notes(self, distilled: Distilled) -> list[str]:
        notes = []
        if distilled.diverged_in:
            notes.append(f"the error was not finite in epoch {distilled.diverged_in}: give a smaller learning_rate")
        if self.epochs and not distilled.epoch:
            notes.append("no epoch was better than the pruned model as it was, which is what is written")
        return [*notes, NO_GAIN]


def _check_same(said: str, module: torch.nn.Module, model: openvino.Model, samples: Sequence[Tensors]) -> None:
    """Raises ModelError where the module is not what was converted, or takes its inputs in another order."""
    import torch

    mine: list[np.ndarray] = []
    with torch.no_grad():
        for tensors in samples:
            mine += [out.double().numpy() for out in module(*(torch.from_numpy(array.copy()) for array in tensors))]
    theirs = outputs_in_f32(model, samples)
    if len(mine) != len(theirs) or largest_difference(mine, theirs) > SAME:
        raise ModelError(
            f"{said}: PyTorch and OpenVINO answer differently; a function that builds the module must give it the same "
            "weights every time, and an exported program must be exported in eval mode"
        )


def _remarks(student: Masked) -> list[str]:
    remarks = []
    if student.emptied:
        remarks.append(
            f"nothing is left of {a_few(student.emptied, NAMED)}: no signal goes through; give a smaller ratio, or the "
            "other mode"
        )
    if student.whole:
        remarks.append(
            f"not pruned: {a_few(student.whole, NAMED)} (NNCF prunes what convolutions and matrix products have of "
            "their own)"
        )
    return remarks


def _zeros(model: openvino.Model) -> int:
    """The number of weights that are zero: elements of constants in floating point with two or more dimensions."""
    zeros = 0
    for op in model.get_ordered_ops():
        if op.get_type_name() != "Constant" or not op.get_element_type().is_real():
            continue
        data = op.data
        zeros += int((data == 0).sum()) if data.ndim > 1 else 0
    return zeros


def _told(distilled: Distilled, targets: Targets, classes: bool) -> dict[str, float]:
    before, after = distilled.before, distilled.after
    return {
        "held_out": len(targets.held_out),
        "error_before": round(before.error, 6),
        "error": round(after.error, 6),
        "output_cosine_before": round(before.cosine, 5),
        "output_cosine": round(after.cosine, 5),
        **({"top1_agreement_before": round(before.top1, 4), "top1_agreement": round(after.top1, 4)} if classes else {}),
    }
