"""Convolutions and matrix products as what they are to linear algebra: rows of inputs times a matrix of weights; the
tensors that they take and give inside a model, on samples at f32."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ovopt.model.graph.nodes import constant, producer, set_constant
from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.runs import outputs_in_f32, runs_in_f32
from ovopt.model.ports.inputs import Array

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Tensors

Probe = tuple[str, int]
"""A tensor inside a model: an operation's name, and which of its inputs it is, or -1 for its output."""


@dataclass(frozen=True)
class Bias:
    """A constant that is added to what a reader gives, and nothing but that."""

    node: openvino.Node
    index: int
    values: Array
    """One per output channel."""

    def set(self, values: Array) -> None:
        """Sets another bias, [outputs]."""
        shape = tuple(self.node.input_value(self.index).get_shape())
        set_constant(self.node, self.index, values.reshape(shape))


@dataclass(frozen=True)
class Reader:
    """An operation with constant weights. A feature is what one weight of each output is multiplied with: an input
    channel at one place of the kernel, in the order channel, place."""

    node: openvino.Node

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.node.get_friendly_name()

    @property
    def places(self) -> int:
        """Features per input channel: the places of the kernel."""
        shape = tuple(self.node.input_value(1).get_shape())
        return math.prod(shape[2:]) if self._slides else 1

    def matrix(self) -> Array:
        """The weights [features, outputs]."""
        weights = np.asarray(constant(producer(self.node, 1)), np.float64)
        if self._slides:
            return weights.reshape(len(weights), -1).T
        weights = weights.reshape(weights.shape[-2:])
        return weights.T if self.node.get_attributes()["transpose_b"] else weights

    def set_matrix(self, matrix: Array) -> None:
        """Sets other weights of the same shape, [features, outputs]; those in a shorter format stay in it."""
        shape, kept = tuple(self.node.input_value(1).get_shape()), producer(self.node, 1)
        turned = self._slides or self.node.get_attributes()["transpose_b"]
        values = (matrix.T if turned else matrix).reshape(shape)
        if kept.get_type_name() != "Convert":
            set_constant(self.node, 1, values)
            return
        from openvino import opset13 as ops

        short = kept.input_value(0).get_element_type()
        stored = ops.constant(np.array(values, short.to_dtype(), order="C"))
        self.node.set_argument(1, ops.convert(stored, kept.get_output_element_type(0)).output(0))

    def bias(self) -> Bias | None:
        """The constant per output channel that is added to its output, where nobody else takes the output; None without
        one."""
        readers = list(self.node.output(0).get_target_inputs())
        if len(readers) != 1 or readers[0].get_node().get_type_name() != "Add":
            return None
        node, index = readers[0].get_node(), 1 - readers[0].get_index()
        values, rank = constant(producer(node, index)), len(self.node.output(0).get_partial_shape())
        if values is None or values.ndim > rank:
            return None
        axis = 1 if self._slides else rank - 1
        wide = np.reshape(values, (1,) * (rank - values.ndim) + values.shape)
        outputs = self.node.output(0).get_partial_shape()[axis]
        fits = outputs.is_static and wide.shape[axis] == values.size == outputs.get_length()
        return Bias(node, index, np.asarray(values.reshape(-1), np.float64)) if fits else None

    def positions(self, shape: tuple[int, ...]) -> int:
        """The number of rows of an output of this shape."""
        return int(np.prod(shape)) // shape[1 if self._slides else -1]

    def outputs(self, values: Array, chosen: Array) -> Array:
        """The chosen rows [rows, outputs] of its output."""
        last = np.moveaxis(values, 1, -1) if self._slides else values
        return np.asarray(last.reshape(-1, last.shape[-1])[chosen], np.float64)

    def channels(self, values: Array) -> Array:
        """Its input as rows [positions, channels]."""
        if self._slides:
            last = np.moveaxis(values, 1, -1)
        else:
            last = np.swapaxes(values, -1, -2) if self.node.get_attributes()["transpose_a"] else values
        return last.reshape(-1, last.shape[-1])

    def features(self, values: Array, output_shape: tuple[int, ...], chosen: Array) -> Array:
        """The chosen rows [rows, features] of its input."""
        if not self._slides:
            return np.asarray(self.channels(values)[chosen], np.float64)
        kind, kernel = self.node.get_attributes(), self.node.input_value(1).get_shape()[2:]
        strides, dilations, spatial = kind["strides"], kind["dilations"], output_shape[2:]
        spans = [(size - 1) * gap + 1 for size, gap in zip(kernel, dilations, strict=True)]
        padded = np.pad(values, [(0, 0), (0, 0), *_padding(kind, values.shape[2:], spatial, strides, spans)])
        windows = sliding_window_view(padded, spans, axis=tuple(range(2, values.ndim)))
        sparse = (slice(None),) * values.ndim + tuple(slice(None, None, gap) for gap in dilations)
        sample, *where = np.unravel_index(chosen, (output_shape[0], *spatial))
        places = tuple(index * stride for index, stride in zip(where, strides, strict=True))
        rows = windows[sparse][(sample, slice(None), *places)]
        return np.asarray(rows.reshape(len(chosen), -1), np.float64)

    @property
    def _slides(self) -> bool:
        return self.node.get_type_name() == "Convolution"


def _padding(
    kind: dict[str, Any], given: tuple[int, ...], made: tuple[int, ...], strides: list[int], spans: list[int]
) -> list[tuple[int, int]]:
    """In front of and behind each spatial axis, enough for every position of the output."""
    found = []
    for axis, (before, after) in enumerate(zip(given, made, strict=True)):
        total = max((after - 1) * strides[axis] + spans[axis] - before, 0)
        front = {"same_upper": total // 2, "same_lower": total - total // 2, "valid": 0}.get(
            kind["auto_pad"], kind["pads_begin"][axis] if kind["auto_pad"] in ("explicit", "notset") else 0
        )
        found.append((front, max(total - front, 0)))
    return found


def observed(model: openvino.Model, places: Sequence[Probe], samples: Sequence[Tensors]) -> Iterator[list[Array]]:
    """Tensors [...] at these places, sample by sample (arrays [1, ...]); only what leads to them is computed. The
    arrays are valid until the next sample."""
    import openvino

    copy = model.clone()
    nodes = by_name(copy)
    values = [nodes[name].output(0) if index < 0 else nodes[name].input_value(index) for name, index in places]
    keys = [(value.get_node().get_name(), value.get_index()) for value in values]
    distinct = dict(zip(keys, values, strict=True))
    order = {key: index for index, key in enumerate(distinct)}
    probe = openvino.Model([*distinct.values()], copy.get_sinks(), copy.get_parameters(), "probe")
    for found in runs_in_f32(probe, samples):
        yield [found[order[key]] for key in keys]


def float_outputs(model: openvino.Model, samples: Sequence[Tensors]) -> list[list[Array]]:
    """Outputs of the model in floating point: for each, its values [...] sample by sample (arrays [1, ...])."""
    found, count = outputs_in_f32(model, samples), len(model.outputs)
    return [found[i::count] for i, output in enumerate(model.outputs) if output.get_element_type().is_real()]


def named_apart(model: openvino.Model) -> None:
    """Gives operations names of their own where two share one."""
    taken = set[str]()
    for op in model.get_ordered_ops():
        name = op.get_friendly_name()
        if name in taken:
            op.set_friendly_name(f"{name}/{op.get_name()}")
        taken.add(op.get_friendly_name())


def chosen_rows(positions: int, wanted: int, seed: Sequence[int]) -> Array:
    """Indices [rows] of at most so many rows out of all positions, at random, rising."""
    if positions <= wanted:
        return np.arange(positions)
    return np.sort(np.random.default_rng(list(seed)).choice(positions, wanted, replace=False))
