"""Runs of a model on samples: in f32, in sequences whose state is handed on; how far the outputs of two are apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.native import EXACT, core
from ovopt.model.ports.inputs import Array, Tensors

if TYPE_CHECKING:
    import openvino


def runs_in_f32(model: openvino.Model, samples: Iterable[Sequence[Array]]) -> Iterator[list[Array]]:
    """Outputs [...] of one sample (arrays [1, ...] in the model's order) after the other, valid until the next; a state
    starts each sample anew.

    Raises RuntimeError where the model does not run.
    """
    compiled = core().compile_model(model, "CPU", EXACT)
    request = compiled.create_infer_request()
    for tensors in samples:
        request.reset_state()
        request.infer(list(tensors))
        yield [request.get_output_tensor(i).data for i in range(len(compiled.outputs))]


def outputs_in_f32(model: openvino.Model, samples: Iterable[Sequence[Array]]) -> list[Array]:
    """Every output [...] of every sample (arrays [1, ...]), as float64. Raises RuntimeError as `runs_in_f32` does."""
    return [np.array(output, np.float64) for outputs in runs_in_f32(model, samples) for output in outputs]


def largest_difference(found: Sequence[Array], wanted: Sequence[Array]) -> float:
    """The largest difference between outputs [...] of equal shape, as a share of each output's largest value; infinite
    for other shapes, and for NaN or infinity where the other has none."""
    largest = 0.0
    for mine, theirs in zip(found, wanted, strict=True):
        if mine.shape != theirs.shape:
            return np.inf
        known = np.isfinite(theirs)
        same = mine[~known] == theirs[~known]
        if not np.isfinite(mine[known]).all() or not (same | (np.isnan(mine[~known]) & np.isnan(theirs[~known]))).all():
            return np.inf
        scale = float(np.abs(theirs[known]).max(initial=0)) or 1.0
        largest = max(largest, float(np.abs(mine[known] - theirs[known]).max(initial=0)) / scale)
    return largest


class SequenceRequest:
    """An inference request that puts what an inference hands on in place of inputs of the next one."""

    def __init__(self, compiled: openvino.CompiledModel, state: Mapping[str, str]) -> None:
        """`state` names inputs, and for each the output that follows it."""
        names = [port.get_names() for port in compiled.inputs]
        self._pairs = [
            (next(place for place, known in enumerate(names) if into in known), compiled.output(of))
            for into, of in state.items()
        ]
        self.request = compiled.create_infer_request()
        self._carried: dict[int, Array] = {}

    def begin(self) -> None:
        """Forget what was handed on, and reset a state inside the model: another sequence begins."""
        self.request.reset_state()
        self._carried = {}

    def inputs(self, tensors: Tensors) -> Tensors:
        """Tensors [1, ...] of the next inference, with what the last one handed on in their place."""
        return tuple(self._carried.get(place, tensor) for place, tensor in enumerate(tensors))

    def infer(self, tensors: Tensors) -> None:
        """Runs the next inference of the sequence on arrays [1, ...] in the model's order. Raises RuntimeError where
        the model does not run."""
        self.request.infer(list(self.inputs(tensors)))
        self._carried = {into: np.array(self.request.get_tensor(of).data) for into, of in self._pairs}

    def output(self, place: int) -> Array:
        """The output [...] at this place; valid until the next inference."""
        found: Array = self.request.get_output_tensor(place).data
        return found


def with_state(model: openvino.Model, parts: Sequence[Tensors], state: Mapping[str, str]) -> Iterator[Tensors]:
    """Inputs of each inference of a sequence, arrays [1, ...] in the model's order, with what the inference before
    handed on in place of zeros."""
    request = SequenceRequest(core().compile_model(model, "CPU"), state)
    for tensors in parts:
        yield request.inputs(tensors)
        request.infer(tensors)
