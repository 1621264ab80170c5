"""Small networks with coupled channels, and what is left of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovopt.pruning.groups import Group, groups
from ovopt.pruning.rules import trace
from ovopt.pruning.trace import cut
from tests.rewrites.graphs import assert_same


class Net:
    """Builds a network of channels-first images, or of rows of features."""

    def __init__(self, *shape: int) -> None:
        self.rng = np.random.default_rng(1)
        self.given = ops.parameter(list(shape), np.float32, name="x")
        self.given.output(0).set_names({"x"})

    def weights(self, *shape: int) -> np.ndarray:
        return (self.rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    def conv(self, node: ov.Node, made: int, name: str, kernel: int = 3, stride: int = 1, bias: bool = True) -> ov.Node:
        taken, pad = node.get_output_partial_shape(0)[1].get_length(), kernel // 2
        kinds = ([stride] * 2, [pad] * 2, [pad] * 2, [1, 1])
        node = ops.convolution(node, self.weights(made, taken, kernel, kernel), *kinds, name=name)
        return ops.add(node, self.weights(1, made, 1, 1)) if bias else node

    def grouped(self, node: ov.Node, groups: int, out: int, name: str) -> ov.Node:
        taken = node.get_output_partial_shape(0)[1].get_length() // groups
        kinds = ([1, 1], [1, 1], [1, 1], [1, 1])
        return ops.group_convolution(node, self.weights(groups, out, taken, 3, 3), *kinds, name=name)

    def linear(self, node: ov.Node, made: int, name: str) -> ov.Node:
        shape = node.get_output_partial_shape(0)
        taken = shape[len(shape) - 1].get_length()
        node = ops.matmul(node, self.weights(made, taken), transpose_a=False, transpose_b=True, name=name)
        return ops.add(node, self.weights(made))

    def head(self, node: ov.Node) -> ov.Model:
        """Mean over the picture, and three scores."""
        return self.model(self.linear(ops.reduce_mean(node, np.array([2, 3]), keep_dims=False), 3, "head"))

    def model(self, node: ov.Node) -> ov.Model:
        node.output(0).set_names({"scores"})
        return ov.Model([node], [self.given], "net")


def found(model: ov.Model) -> dict[str, Group]:
    return {group.name: group for group in groups(trace(model))}


def without(model: ov.Model, chosen: Callable[[Group], Collection[int]]) -> ov.Model:
    """A copy without some units: `chosen` gives their places in each group."""
    copy = model.clone()
    followed = trace(copy)
    cut(followed, [group.units[place] for group in groups(followed) for place in chosen(group)])
    return copy


def silenced(model: ov.Model, gone: Collection[int]) -> None:
    """Set every element of constants that belongs to one of these units to zero, in place."""
    followed = trace(model)
    for node, axes in followed.constants:
        values = np.array(node.data)
        for axis, labels in enumerate(axes):
            if labels is not None:
                values[(slice(None),) * axis + (np.isin(followed.units.of(labels), list(gone)),)] = 0
        node.output(0).replace(ops.constant(values).output(0))


def assert_exact(model: ov.Model, images: np.ndarray, share: float = 0.5) -> ov.Model:
    """Of every group that may lose some, remove a share at random: the outputs are those of the model in which all
    weights of these units are zero. Activations between must keep zeros."""
    rng = np.random.default_rng(3)
    gone = {
        group.name: sorted(rng.choice(len(group.units), int(len(group.units) * share), replace=False).tolist())
        for group in groups(trace(model))
    }
    assert any(gone.values())
    quiet = model.clone()
    silenced(quiet, [group.units[place] for group in groups(trace(model)) for place in gone[group.name]])
    smaller = without(model, lambda group: gone[group.name])
    assert_same(quiet, smaller, images)
    return smaller


def shapes(model: ov.Model, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of these operations."""
    nodes = {op.get_friendly_name(): op for op in model.get_ordered_ops()}
    return {name: tuple(nodes[name].input_value(1).get_shape()) for name in names}


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).standard_normal(shape).astype(np.float32)
