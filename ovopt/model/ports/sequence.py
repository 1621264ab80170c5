"""Sequences of inferences through a model whose state is among its inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.native import core

if TYPE_CHECKING:
    import openvino

    from ovopt.model.ports.inputs import Array, Tensors


class SequenceRequest:
    """An inference request that puts what an inference hands on in place of inputs of the next one."""

    def __init__(self, compiled: openvino.CompiledModel, state: Mapping[str, str]) -> None:
        """`state` names inputs, and for each the output that follows it."""
        names = [port.get_names() for port in compiled.inputs]
        self._pairs = [
            (next(place for place, known in enumerate(names) if into in known), compiled.output(of))
            for into, of in state.items()
        ]
        self._request = compiled.create_infer_request()
        self._carried: dict[int, Array] = {}

    def begin(self) -> None:
        """Forget what was handed on, and reset a state inside the model: another sequence begins."""
        self._request.reset_state()
        self._carried = {}

    def inputs(self, tensors: Tensors) -> Tensors:
        """Tensors [1, ...] of the next inference, with what the last one handed on in their place."""
        return tuple(self._carried.get(place, tensor) for place, tensor in enumerate(tensors))

    def infer(self, tensors: Tensors) -> None:
        """Runs the next inference of the sequence on arrays [1, ...] in the model's order. Raises RuntimeError where
        the model does not run."""
        self._request.infer(list(self.inputs(tensors)))
        self._carried = {into: np.array(self._request.get_tensor(of).data) for into, of in self._pairs}

    def output(self, place: int) -> Array:
        """The output [...] at this place; valid until the next inference."""
        found: Array = self._request.get_output_tensor(place).data
        return found


def with_state(model: openvino.Model, parts: Sequence[Tensors], state: Mapping[str, str]) -> Iterator[Tensors]:
    """Inputs of each inference of a sequence, arrays [1, ...] in the model's order, with what the inference before
    handed on in place of zeros."""
    request = SequenceRequest(core().compile_model(model, "CPU"), state)
    for tensors in parts:
        yield request.inputs(tensors)
        request.infer(tensors)
