"""The scale of a model's first layers on its samples. Trained layers expect values of the scale that they were trained
on, and a sum of unnormalised ones is far from all that they know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.graph.nodes import constant, consumers
from ovopt.model.native import EXACT, core

if TYPE_CHECKING:
    import openvino

LAYER_KINDS = frozenset({"Convolution", "GroupConvolution", "MatMul"})
LOUD = 25.0
"""Limit for what a layer makes, in multiples of its own biases, or of 1. Normalised samples gave 0.3 to 4 on the
networks looked at (image classifiers, text detection and recognition), values of 0 to 255 in their place 49 to 480."""


@dataclass(frozen=True)
class FirstLayer:
    """A layer that reads an input, and the root mean square of what it makes of samples, before its biases."""

    name: str
    made: float
    biases: float
    """Their root mean square; 0 where it has none."""

    @property
    def loud(self) -> bool:
        """True where the samples are far from the scale that the layer was trained on."""
        return self.made > LOUD * max(1.0, self.biases)


def first_layers(model: openvino.Model, samples: Sequence[tuple[NDArray[Any], ...]]) -> Sequence[FirstLayer]:
    """The first weighted layers behind the floating-point inputs, looked at on samples (arrays [1, ...] in the model's
    order); none where they cannot be run by themselves."""
    import openvino

    found = list(_scaled(model))
    if not found:
        return ()
    try:
        cut = openvino.Model([scaled for _, scaled in found], model.get_parameters(), "first layers")
        request = core().compile_model(cut, "CPU", EXACT).create_infer_request()
        squares = np.array([_mean_squares(request, sample, len(found)) for sample in samples])
    except RuntimeError:
        return ()
    made = np.sqrt(squares.mean(axis=0))
    return [
        FirstLayer(layer.get_friendly_name(), float(value), _biases(scaled))
        for (layer, scaled), value in zip(found, made, strict=True)
    ]


def _mean_squares(request: openvino.InferRequest, sample: Sequence[NDArray[Any]], outputs: int) -> list[float]:
    request.infer(list(sample))
    values = [np.asarray(request.get_output_tensor(i).data, np.float64) for i in range(outputs)]
    return [float(np.square(value).mean()) if value.size else 0.0 for value in values]


def _scaled(model: openvino.Model) -> Iterator[tuple[openvino.Node, openvino.Output]]:
    """The layers, and their values behind a normalization's scale: without it, weights may be of any scale."""
    waiting = [parameter.output(0) for parameter in model.get_parameters() if parameter.get_element_type().is_real()]
    seen: set[str] = set()
    while waiting:
        output = waiting.pop()
        for node in consumers(output):
            if node.get_name() in seen:
                continue
            seen.add(node.get_name())
            if node.get_type_name() in LAYER_KINDS:
                yield node, _behind_scale(node.output(0))
            else:
                waiting += node.outputs()


def _behind_scale(output: openvino.Output) -> openvino.Output:
    for node in consumers(output):
        if node.get_type_name() == "Multiply" and _operand(node) is not None:
            return node.output(0)
    return output


def _biases(output: openvino.Output) -> float:
    for node in consumers(output):
        operand = _operand(node) if node.get_type_name() == "Add" else None
        if operand is not None:
            return float(np.sqrt(np.square(operand.astype(np.float64)).mean()))
    return 0.0


def _operand(node: openvino.Node) -> NDArray[Any] | None:
    """The constant of an operation on two inputs."""
    return next((found for i in (0, 1) if (found := constant(node.input_value(i).get_node())) is not None), None)
