"""Channels put into another order: shuffles, and a Gather of all channels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, axis_of, constant, dimensions, producer
from ovopt.model.graph.orders import Permutation, Permuting, fold, order_of

if TYPE_CHECKING:
    import openvino


MOST_ELEMENTS = 1 << 24
"""Elements of a sample beyond which a shuffle is not followed: their numbers would take 128 MiB."""


class ChannelShuffle(Rewrite):
    """conv(shuffle(x), w) = conv(x, shuffle⁻¹(w)), with the shuffle given as ShuffleChannels or spelled out as Reshape,
    Transpose, Reshape.

    What works channel by channel may stand between, and the channels may be split and joined: all is kept in the order
    in which it comes in, and the constants are permuted instead. OpenVINO executes every shuffle.
    """

    name: ClassVar[str] = "channel_shuffle"

    def apply(self, model: openvino.Model) -> int:
        """Drop the shuffles whose readers can do without."""
        return fold(model, list(_shuffles(model)))


def _shuffles(model: openvino.Model) -> Iterator[Permuting]:
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        found = _operation(node) if kind == "ShuffleChannels" else _spelled_out(node) if kind == "Reshape" else None
        if found is not None:
            yield found


def _operation(node: openvino.Node) -> Permuting | None:
    shape, attributes = dimensions(node.input_value(0)), node.get_attributes()
    if shape is None or attributes["axis"] % len(shape) != 1 or shape[1].is_dynamic:
        return None
    channels = np.arange(shape[1].get_length())
    return Permuting(node, node.input_value(0), channels.reshape(attributes["group"], -1).T.reshape(-1))


def _spelled_out(last: openvino.Node) -> Permuting | None:
    transpose = producer(last)
    order, first = order_of(transpose), producer(transpose) if transpose.get_input_size() else transpose
    if order is None or first.get_type_name() != "Reshape":
        return None
    if any(len(node.output(0).get_target_inputs()) != 1 for node in (first, transpose)):
        return None
    source = first.input_value(0)
    shapes = [_item(output) for output in (source, first.output(0), last.output(0))]
    if any(shape is None for shape in shapes) or shapes[0] != shapes[2]:
        return None
    batches = {output.get_partial_shape()[0].is_dynamic for output in (source, first.output(0))}
    if len(batches) != 1 or (batches == {True} and order[0] != 0):
        return None
    whole, parted = shapes[0], shapes[1]
    assert whole is not None
    assert parted is not None
    permutation = _permutation(whole, parted, order)
    return None if permutation is None else Permuting(last, source, permutation)


def _permutation(whole: tuple[int, ...], parted: tuple[int, ...], order: tuple[int, ...]) -> Permutation | None:
    """The order of channels that a reshape, a transpose and a reshape back make, found by sending each element's number
    through; None unless whole channels change places."""
    if len(whole) < 3 or math.prod(whole) != math.prod(parted) or math.prod(whole) > MOST_ELEMENTS:
        return None
    numbers = np.arange(math.prod(whole)).reshape(whole)
    found = numbers.reshape(parted).transpose(order).reshape(whole)
    permutation = found[0].reshape(whole[1], -1)[:, 0] // math.prod(whole[2:])
    valid = bool(((permutation >= 0) & (permutation < whole[1])).all())
    return permutation if valid and np.array_equal(found, numbers[:, permutation]) else None


def _item(output: openvino.Output) -> tuple[int, ...] | None:
    """The shape, with 1 for a first dimension that is not fixed; None where another is not."""
    shape = dimensions(output)
    if not shape or any(size.is_dynamic for size in shape[1:]):
        return None
    return tuple(1 if size.is_dynamic else size.get_length() for size in shape)


class PermutedGather(Rewrite):
    """conv(x[:, p], w) = conv(x, w[:, p⁻¹]) for a permutation p, such as the one from RGB to BGR.

    OpenVINO folds one that a convolution follows (2026.4 does so wrongly where the order does not undo itself), but not
    one that a pooling, a depthwise convolution, Split or Concat follows.
    """

    name: ClassVar[str] = "permuted_gather"

    def apply(self, model: openvino.Model) -> int:
        """Drop the permutations whose readers can do without."""
        found = [_permuting(node) for node in model.get_ordered_ops() if node.get_type_name() == "Gather"]
        return fold(model, [one for one in found if one is not None])


def _permuting(node: openvino.Node) -> Permuting | None:
    shape = dimensions(node.input_value(0))
    indices = constant(producer(node, 1))
    if shape is None or len(shape) < 2 or shape[1].is_dynamic or indices is None:
        return None
    count = shape[1].get_length()
    if axis_of(node, len(shape), 2) != 1 or indices.ndim != 1 or node.get_attributes().get("batch_dims", 0):
        return None
    channels = np.where(indices < 0, indices + count, indices).astype(np.int64)
    return Permuting(node, node.input_value(0), channels) if sorted(channels) == list(range(count)) else None
