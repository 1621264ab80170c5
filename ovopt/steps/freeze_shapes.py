"""Fixed shapes where the model left them open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Materials, Step, Stepped, Tensors, Tolerance
from ovopt.errors import NoEffectError, StepError, UsageError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.native import reason
from ovopt.model.ports.facts import facts, is_stateful
from ovopt.model.ports.open_sizes import (
    InputAxis,
    SideBySide,
    Sizes,
    UnfitError,
    frequent_sizes,
    open_sizes,
    padded_sizes,
)
from ovopt.model.ports.shapes import reshape
from ovopt.records import MadeBy
from ovopt.turns import LEAST_SPEEDUP

if TYPE_CHECKING:
    import openvino

COMMON = 0.5
"""Sizes that each have a place of their own are worth it only if so large a share of the samples has one of them."""
Held = Literal["filled", "apart"]
"""Sizes side by side: shorter inputs filled up to the next one, or each size for inputs of just that size."""
ADVICE = "give `shapes`, and make the samples so in `preprocess` (tokenize: {pad: max_length}, resize, fix_length)"


class FreezeShapes(Step):
    """Fixes open dimensions of the inputs: to `shapes`, else to the one size that all calibration samples have there.

    Where samples differ in one length, such as that of texts, the model is held side by side for a few sizes, and as it
    was for all others; inputs and outputs stay what they were. A shorter input is filled up with zeros to the next
    size, and outputs are cut again, if that changes no output (where a mask leaves padding out, it does not); else the
    most frequent sizes have a place of their own. All of it is run on samples, and kept only if it is faster.

    Steps that look for operations do not find them side by side: put this one behind `quantize` where samples differ.
    """

    name: ClassVar[str] = "freeze_shapes"
    sole: ClassVar[str] = "shapes"
    shapes: dict[str, tuple[int | str, ...]] = Field(
        default={}, description="input name (or index) -> shape, as in `model.shapes`; default: what samples have"
    )
    sizes: int = Field(default=3, ge=0, description="so many sizes side by side at the most; 0 leaves the length open")
    side_by_side: Held | None = Field(
        default=None, description="shorter inputs filled up to the next size, or each size apart; default: the faster"
    )
    samples: int = Field(default=16, gt=0, description="so many samples are run to verify")
    tolerance: Tolerance = 2e-3

    @property
    def wanted(self) -> int:
        """As many as show which sizes there are; `samples` of them verify."""
        return 300

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model with fixed shapes. Raises NoEffectError where nothing is open, or nothing can be fixed that
        pays."""
        return _Freezing(self, model, materials).done()


@dataclass
class _Freezing:
    step: FreezeShapes
    model: openvino.Model
    materials: Materials
    notes: list[str] = field(default_factory=list)

    def done(self) -> Stepped:
        """The model with the fixed shapes that pay. Raises NoEffectError where none do."""
        if all(port.get_partial_shape().is_static for port in self.model.inputs):
            raise NoEffectError("freeze_shapes changed nothing: every input has a fixed shape already")
        fixed, count = self._fixed()
        sizes = open_sizes(fixed, self.materials.calibration)
        several = self._several(fixed, sizes) if sizes.varying else None
        if several is None and not count:
            raise NoEffectError(f"freeze_shapes changed nothing: {'; '.join(self.notes)}")
        effect: dict[str, Any] = {"fixed_dimensions": count}
        chosen = fixed
        if several:
            chosen = several.model
            effect |= {
                "side_by_side": len(several.plan.sizes),
                "largest_difference": float(f"{several.difference:.2g}"),
            }
        taken = ", ".join(map(str, facts(chosen).inputs))
        speedup = several.speedup if several else self.materials.speedup(self.model, fixed)
        done = f"{units.counted(count, 'dimension')} fixed"
        if several:
            done = f"{len(several.plan.sizes)} sizes side by side"
        report = self.step.record_effect(effect, [f"the model takes {taken}", *self.notes], speedup, done)
        made_by = self._settled(several) if sizes.varying else None
        return Stepped(chosen, report.model_copy(update={"made_by": made_by}))

    def _settled(self, several: _Several | None) -> MadeBy | None:
        """The call that holds as many sizes in the same way without measuring; None where this one is it."""
        if self.step.side_by_side is not None or not self.step.sizes:
            return None
        settled = {"side_by_side": several.way} if several else {"sizes": 0}
        return self.step.model_copy(update=settled).record_call("the faster way")

    def _fixed(self) -> tuple[openvino.Model, int]:
        """Every dimension that is given, or the same in all samples; how many."""
        fixed = self.model.clone()
        if self.step.shapes:
            reshape(fixed, self.step.shapes, "optimize.freeze_shapes.shapes")
        _check_fit(fixed, self.materials.calibration)
        found = open_sizes(fixed, self.materials.calibration).fixed
        if found:
            _fix(fixed, found)
        return fixed, _open(self.model) - _open(fixed)

    def _several(self, fixed: openvino.Model, sizes: Sizes) -> _Several | None:
        """The fastest way to hold the model for several sizes, if one is right and faster."""
        if self.step.sizes == 0:
            self.notes.append("the length stays open, as `sizes: 0` says")
            return None
        if is_stateful(fixed) or not sizes.length:
            why = "the model keeps a state" if is_stateful(fixed) else "samples differ in more than one size"
            self.notes.append(f"{_said(fixed, sizes)} stay open: {why}; {ADVICE}")
            return None
        places = sorted(sizes.varying)
        plans: dict[Held, SideBySide] = {
            "filled": SideBySide(places, padded_sizes(sizes.length, self.step.sizes), True)
        }
        frequent = frequent_sizes(sizes.length, self.step.sizes)
        if sum(length in frequent for length in sizes.length) >= COMMON * len(sizes.length):
            plans["apart"] = SideBySide(places, frequent, False)
        for way, plan in plans.items():
            if self.step.side_by_side in (None, way) and (several := self._tried(fixed, way, plan, sizes.length)):
                return several
        self.notes.append(f"{_said(fixed, sizes)} stay open; {ADVICE}")
        return None

    def _tried(self, fixed: openvino.Model, way: Held, plan: SideBySide, lengths: Sequence[int]) -> _Several | None:
        listed = ", ".join(map(str, plan.sizes))
        said = f"sizes {listed}, {'filled up to the next' if plan.fills else 'each for itself'}"
        try:
            made = plan.build(fixed)
            difference = self._difference(fixed, made, lengths)
        except (UnfitError, RuntimeError) as error:
            why = str(error) if isinstance(error, UnfitError) else reason(error)
            self.notes.append(f"{said}: left out, for {why}")
            return None
        if difference > self.step.tolerance:
            self.notes.append(f"{said}: left out, for outputs differ by {difference:.2g}")
            return None
        speedup = self.materials.speedup(self.model, made)
        if self.step.side_by_side is None and speedup is not None and speedup < LEAST_SPEEDUP:
            self.notes.append(f"{said}: left out, for that is no faster ({units.factor(speedup)})")
            return None
        self.notes.append(f"{said}; any other length runs as before")
        return _Several(made, way, plan, difference, speedup)

    def _difference(self, fixed: openvino.Model, made: openvino.Model, lengths: Sequence[int]) -> float:
        """On samples of all lengths."""
        order = np.argsort(lengths, kind="stable")
        chosen = order[np.linspace(0, len(order) - 1, min(self.step.samples, len(order))).astype(int)]
        samples = [self.materials.calibration[i] for i in chosen]
        return largest_difference(outputs_in_f32(made, samples), outputs_in_f32(fixed, samples))


@dataclass(frozen=True)
class _Several:
    """A model side by side, verified."""

    model: openvino.Model
    way: Held
    plan: SideBySide
    difference: float
    speedup: float | None


def _fix(model: openvino.Model, sizes: dict[InputAxis, int]) -> None:
    import openvino

    shapes = {}
    for index, port in enumerate(model.inputs):
        shape = port.get_partial_shape()
        found = {axis: size for (place, axis), size in sizes.items() if place == index}
        rank = len(found) if shape.rank.is_dynamic else shape.rank.get_length()
        dims = [openvino.Dimension(found[axis]) if axis in found else shape[axis] for axis in range(rank)]
        shapes[index] = openvino.PartialShape(dims)
    try:
        model.reshape(shapes)
    except RuntimeError as error:
        wanted = ", ".join(map(str, shapes.values()))
        raise StepError(f"freeze_shapes: the model cannot take {wanted}: {reason(error)}") from None


def _check_fit(model: openvino.Model, samples: Sequence[Tensors]) -> None:
    import openvino

    for place, port in enumerate(model.inputs):
        shape, given = port.get_partial_shape(), dict.fromkeys(sample[place].shape for sample in samples)
        other = next((own for own in given if not shape.compatible(openvino.PartialShape(list(own)))), None)
        if other is not None:
            raise UsageError(
                f"optimize.freeze_shapes.shapes: {shape} for the input {min(port.get_names(), default=str(place))!r}, "
                f"and a calibration sample has {list(other)}; make samples so in `preprocess`, or give another"
            )


def _open(model: openvino.Model) -> int:
    """Dimensions of inputs without a fixed size; one where even their number is open."""
    shapes = [port.get_partial_shape() for port in model.inputs]
    return sum(1 if shape.rank.is_dynamic else sum(dim.is_dynamic for dim in shape) for shape in shapes)


def _said(model: openvino.Model, sizes: Sizes) -> str:
    ports = facts(model).inputs
    return ", ".join(f"dimension {axis} of {ports[place].name!r}" for place, axis in sorted(sizes.varying))
