"""The layers of a model and their weights, which layers of two models are the same, and the scale of the first on
samples.

Trained layers expect values of the scale that they were trained on, and a sum of unnormalised ones is far from all that
they know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt import units
from ovopt.model.graph.nodes import constant, constant_names, consumers
from ovopt.model.inspect.runs import runs_in_f32

if TYPE_CHECKING:
    import openvino

NO_LAYERS = ("Constant", "Parameter", "Result", "FakeQuantize", "FakeConvert", "Assign")
"""Operations that compute nothing of a layer's own."""
FLOATS = ("f32", "f16", "bf16", "f64")


@dataclass(frozen=True)
class Layer:
    """An operation that computes numbers from the model's inputs."""

    name: str
    kind: str
    outputs: tuple[int, ...]
    """Places of its outputs that hold floating point."""


@dataclass(frozen=True)
class Pairing:
    """The layers of an original and of what was made of it, in the order of execution."""

    shared: tuple[Layer, ...]
    """Layers of the same name, with outputs of one type and shape: their values can be held against each other."""
    reshaped: tuple[Layer, ...]
    """Layers of the same name, with outputs of another shape: pruned, for example."""
    gone: tuple[Layer, ...]
    new: tuple[Layer, ...]

    @classmethod
    def of(cls, original: openvino.Model, optimized: openvino.Model) -> Pairing:
        """Pairs the layers of two models by friendly name."""
        before, after = layers(original), layers(optimized)
        theirs, found = by_name(original), by_name(optimized)
        common = [layer for name, layer in before.items() if name in after]
        alike = {layer.name for layer in common if _alike(theirs[layer.name], found[layer.name], layer)}
        return cls(
            shared=tuple(layer for layer in common if layer.name in alike),
            reshaped=tuple(layer for layer in common if layer.name not in alike),
            gone=tuple(layer for name, layer in before.items() if name not in after),
            new=tuple(layer for name, layer in after.items() if name not in before),
        )


def layers(model: openvino.Model) -> dict[str, Layer]:
    """Layers by name, in the order of execution: operations with an output in floating point that is not known
    beforehand. Operations that share a name are left out, since there is no telling which is which."""
    operations, constant, found = model.get_ordered_ops(), constant_names(model), list[Layer]()
    for op in operations:
        kind = op.get_type_name()
        if kind not in NO_LAYERS and op.get_name() not in constant:
            outputs = [i for i, value in enumerate(op.outputs()) if value.get_element_type().get_type_name() in FLOATS]
            found += [Layer(op.get_friendly_name(), kind, tuple(outputs))] if outputs else []
    names = Counter(op.get_friendly_name() for op in operations)
    return {layer.name: layer for layer in found if names[layer.name] == 1}


def by_name(model: openvino.Model) -> dict[str, openvino.Node]:
    """Every operation by its friendly name."""
    return {op.get_friendly_name(): op for op in model.get_ordered_ops()}


def sizes_bytes(model: openvino.Model, names: Sequence[Layer], shapes: Sequence[Sequence[int]]) -> dict[str, int]:
    """Bytes that the values of layers take as f32 for inputs of these shapes; a dimension that is open even then counts
    as one."""
    nodes = {**by_name(model), **by_name(_reshaped(model, shapes))}  # to reshape folds transposes into their readers
    return {layer.name: 4 * sum(_elements(nodes[layer.name].output(i)) for i in layer.outputs) for layer in names}


def in_groups(chosen: Sequence[Layer], sizes: Mapping[str, int], limit: int) -> list[tuple[Layer, ...]]:
    """Successive layers, as many together as take at most `limit` bytes, but at least one."""
    groups: list[list[Layer]] = []
    room = 0
    for layer in chosen:
        if not groups or sizes[layer.name] > room:
            groups.append([])
            room = limit
        groups[-1].append(layer)
        room -= sizes[layer.name]
    return [tuple(group) for group in groups]


def _alike(mine: openvino.Node, theirs: openvino.Node, layer: Layer) -> bool:
    return len(mine.outputs()) == len(theirs.outputs()) and all(
        mine.get_output_element_type(i) == theirs.get_output_element_type(i)
        and mine.get_output_partial_shape(i).compatible(theirs.get_output_partial_shape(i))
        for i in layer.outputs
    )


def _reshaped(model: openvino.Model, shapes: Sequence[Sequence[int]]) -> openvino.Model:
    import openvino

    fixed = model.clone()
    try:
        fixed.reshape({index: openvino.PartialShape(list(shape)) for index, shape in enumerate(shapes)})
    except RuntimeError:
        return model
    return fixed


def _elements(output: openvino.Output) -> int:
    shape = output.get_partial_shape()
    return 1 if shape.rank.is_dynamic else prod(size.get_length() for size in shape if size.is_static)


RECURRENT = (
    "LSTMCell", "LSTMSequence", "GRUCell", "GRUSequence", "RNNCell", "RNNSequence", "AUGRUCell", "AUGRUSequence",
)  # fmt: skip
EMBEDDINGS = ("Gather",)
WEIGHTED = (
    *RECURRENT, *EMBEDDINGS, "MatMul", "Convolution", "GroupConvolution", "ConvolutionBackpropData",
    "GroupConvolutionBackpropData",
)  # fmt: skip
PLAIN: Mapping[str, str] = {
    **dict.fromkeys(WEIGHTED, "convolution"), **dict.fromkeys(RECURRENT, "recurrent layer"), "Gather": "embedding",
    "MatMul": "matrix multiplication",
}  # fmt: skip
"""What weighted layers are called, by type."""
LOW_BITS = 8
LOOPS = ("TensorIterator", "Loop")
"""Operations with a body whose weights count too."""


@dataclass(frozen=True)
class Weights:
    """A constant of at least two dimensions that an operation multiplies with, or takes rows of."""

    operation: str
    kind: str
    """The operation's type."""
    dtype: str
    """The constant's element type, as it is stored."""
    bits: int
    """Bits of an element, as it is stored."""
    size_bytes: int


def weights(model: openvino.Model) -> list[Weights]:
    """All of a model's weights, those in the bodies of loops too; what two operations share comes twice."""
    return list(_weights(model))


def weights_by_bits(model: openvino.Model) -> str:
    """The count of weights by their bits: `weights of 4 bits in 20 and of 8 bits in 3 of 24 layers`."""
    stored = {w.operation: w.bits for w in weights(model)}
    counts = Counter(bits for bits in stored.values() if bits <= LOW_BITS)
    said = " and ".join(f"of {bits} bits in {count:,}" for bits, count in sorted(counts.items()))
    return f"weights {said} of {units.counted(len(stored), 'layer')}"


def _weights(model: openvino.Model) -> Iterator[Weights]:
    constant = constant_names(model)
    for op in model.get_ordered_ops():
        kind = op.get_type_name()
        if op.get_name() in constant:
            continue
        if kind in LOOPS:
            yield from _weights(op.get_function())
        elif kind in WEIGHTED:
            for node in (value.get_node() for value in op.input_values()):
                stored = _largest(node) if node.get_name() in constant else None
                if stored is not None:
                    element = stored.get_element_type()
                    name, size = element.get_type_name(), stored.get_byte_size()
                    yield Weights(op.get_friendly_name(), kind, name, element.bitwidth, size)


def _largest(node: openvino.Node) -> openvino.Node | None:
    """The constant with the most elements among those that a value is made of (scales, zero points and a codebook among
    them); None where that is a vector or a number."""
    found = [node] if node.get_type_name() == "Constant" else []
    found += [leaf for value in node.input_values() if (leaf := _largest(value.get_node())) is not None]
    matrices = [leaf for leaf in found if sum(size > 1 for size in leaf.get_output_shape(0)) > 1]
    return max(matrices, key=lambda leaf: prod(leaf.get_output_shape(0)), default=None)


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
        squares = np.array([[_mean_square(value) for value in values] for values in runs_in_f32(cut, samples)])
    except RuntimeError:
        return ()
    made = np.sqrt(squares.mean(axis=0))
    return [
        FirstLayer(layer.get_friendly_name(), float(value), _biases(scaled))
        for (layer, scaled), value in zip(found, made, strict=True)
    ]


def _mean_square(value: NDArray[Any]) -> float:
    return float(np.square(value.astype(np.float64)).mean()) if value.size else 0.0


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
