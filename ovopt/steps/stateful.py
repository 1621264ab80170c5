"""A state that stays inside the model."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Materials, Stage, Step, Stepped, Tensors, Tolerance
from ovopt.errors import RecipeError, StepError, did_you_mean
from ovopt.model.inspect.runs import SequenceRequest, largest_difference
from ovopt.model.native import EXACT, core, reason
from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import at_first

if TYPE_CHECKING:
    import openvino

INFERENCES = 4
"""Inferences of the sequence that verifies the state: a fault of the first is carried through the others."""


class Stateful(Step):
    """Keeps inside the model what one inference of a sequence hands on to the next: the inputs and outputs that carried
    it are gone, and the caller resets the state where a sequence begins. It starts with zeros.

    A sequence of inferences is run to verify that the outputs are the same.
    """

    name: ClassVar[str] = "stateful"
    stage: ClassVar[Stage] = Stage.CALL
    calibrates: ClassVar[bool] = False
    pairs: dict[str, str] = Field(
        default={}, description="input name -> output name; default: the recipe's `model.state`"
    )
    tolerance: Tolerance = 2e-3

    @property
    def wanted(self) -> int:
        """A few verify."""
        return INFERENCES

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model with a state. Raises StepError where it does not give the same outputs."""
        pairs = self._pairs(model, materials)
        changed = _stateful(model, pairs)
        difference = _difference(model, changed, pairs, materials.calibration[:INFERENCES])
        if difference > self.tolerance:
            raise StepError(
                f"stateful: outputs of a sequence differ by {difference:.2g}, more than {self.tolerance:g}; check "
                "that each pair names an input and the output that follows it"
            )
        effect = {"states": len(pairs), "largest_difference": float(f"{difference:.2g}")}
        notes = [f"inside the model, and reset by the caller: {', '.join(pairs)}"]
        speedup = materials.speedup(model, changed)
        done = f"{units.counted(len(pairs), 'state')} in the model"
        return Stepped(changed, self.record_effect(effect, notes, speedup, done))

    def _pairs(self, model: openvino.Model, materials: Materials) -> Mapping[str, str]:
        pairs = self.pairs or materials.state
        if not pairs:
            raise RecipeError("optimize.stateful.pairs: name the inputs and their outputs here, or under `model.state`")
        found = facts(model)
        for name, output in pairs.items():
            _check(name, [port.get_names() for port in model.inputs], "input")
            _check(output, [port.get_names() for port in model.outputs], "output")
            port = next((port for port in found.inputs if port.name == name), None)
            if port and (port.shape is None or None in port.shape):
                raise StepError(f"stateful: the state {port} has no fixed shape; put `freeze_shapes` in front")
        return pairs


def _check(name: str, known: list[set[str]], kind: str) -> None:
    names = set[str]().union(*known)
    if name not in names:
        raise RecipeError(f"optimize.stateful.pairs: the model has no {kind} {name!r}; {did_you_mean(name, names)}")


def _stateful(model: openvino.Model, pairs: Mapping[str, str]) -> openvino.Model:
    from openvino.passes import MakeStateful, Manager

    changed = model.clone()
    manager = Manager()
    manager.register_pass(MakeStateful(dict(pairs)))
    try:
        manager.run_passes(changed)
        changed.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise StepError(f"stateful: {reason(error)}") from None
    if not changed.outputs:
        raise StepError("stateful: no output is left; keep one that is no state")
    return changed


def _difference(
    model: openvino.Model, changed: openvino.Model, pairs: Mapping[str, str], samples: tuple[Tensors, ...] | Any
) -> float:
    """Over a sequence, in f32; its first sample again where there are few."""
    ports, left = facts(model).inputs, [port.get_names() for port in changed.inputs]
    sequence = [samples[i % len(samples)] for i in range(INFERENCES)]
    first = tuple(
        at_first(port) if pairs.keys() & own.get_names() else tensor
        for port, own, tensor in zip(ports, model.inputs, sequence[0], strict=True)
    )
    free = [place for place, port in enumerate(ports) if any(port.name in known for known in left)]
    try:
        wanted = _outputs(model, pairs, [first, *sequence[1:]])
        found = _outputs(changed, {}, [tuple(tensors[place] for place in free) for tensors in sequence])
    except RuntimeError as error:
        raise StepError(f"stateful: the model does not run: {reason(error)}") from None
    names = [port.get_names() for port in changed.outputs]
    kept = [i for i, port in enumerate(model.outputs) if any(port.get_names() & known for known in names)]
    return largest_difference([*chain(*found)], [outputs[i] for outputs in wanted for i in kept])


def _outputs(model: openvino.Model, pairs: Mapping[str, str], sequence: list[Tensors]) -> list[list[Array]]:
    """Those of every inference."""
    request = SequenceRequest(core().compile_model(model, "CPU", EXACT), pairs)
    found = list[list[Array]]()
    for tensors in sequence:
        request.infer(tensors)
        found.append([np.array(request.output(i), np.float64) for i in range(len(model.outputs))])
    return found
