from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.pad_into_convolution import PadIntoConvolution
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (2, 4, 9, 9)
TOLERANCE = 1e-6


def padded(x: ov.Node, begin: Sequence[int] = (0, 0), end: Sequence[int] = (1, 2), value: float = 0.0) -> ov.Node:
    return ops.pad(x, np.array([0, 0, *begin]), np.array([0, 0, *end]), "constant", np.float32(value))


def convolved(x: ov.Node, pads: Sequence[int] = (0, 1), auto: str = "explicit", stride: int = 2) -> ov.Node:
    weights = values((6, 4, 3, 3), 1)
    return ops.convolution(x, weights, [stride, stride], [pads[0]] * 2, [pads[1]] * 2, [1, 1], auto)


def largest(x: ov.Node, pad: int = 0, kernel: int = 3, rounding: str = "floor", dilation: int = 1) -> ov.Node:
    pads = [pad, pad]
    pool = ops.max_pool(x, [2, 2], [dilation] * 2, pads, pads, [kernel] * 2, rounding)
    return pool.output(0)


def mean(x: ov.Node, pad: int = 0, exclude: bool = False) -> ov.Node:
    return ops.avg_pool(x, [2, 2], [pad, pad], [pad, pad], [4, 4], exclude)


@pytest.mark.parametrize("auto", ["explicit", "valid"])
@pytest.mark.parametrize("begin", [(0, 0), (2, 1)])
def test_zeros_before_a_convolution_become_its_pads(auto, begin):
    model = named(lambda x: convolved(padded(x, begin), auto=auto), SHAPE)
    changed = moves_data(PadIntoConvolution(), model, 1, values(SHAPE), tolerance=TOLERANCE)
    (node,) = (node for node in changed.get_ordered_ops() if node.get_type_name() == "Convolution")
    own = 1 if auto == "explicit" else 0
    assert kinds(changed) == {"Convolution": 1}
    assert node.get_attributes()["pads_begin"] == list(begin)
    assert node.get_attributes()["pads_end"] == [1 + own, 2 + own]


def test_pads_in_a_row_are_added_up():
    model = named(lambda x: convolved(padded(padded(x), (3, 0), (0, 0))), SHAPE)
    changed = moves_data(PadIntoConvolution(), model, 2, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed) == {"Convolution": 1}


@pytest.mark.parametrize("shape", [SHAPE, (-1, 4, -1, -1)])
def test_a_depthwise_convolution_takes_pads_over(shape):
    def build(x: ov.Node) -> ov.Node:
        return ops.group_convolution(padded(x), values((4, 2, 1, 3, 3), 1), [1, 1], [0, 0], [0, 0], [2, 2])

    changed = moves_data(PadIntoConvolution(), named(build, shape), 1, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed) == {"GroupConvolution": 1}


def test_each_reader_takes_its_pads_over_and_others_keep_the_pad():
    model = named(lambda x: (convolved(y := padded(x)), convolved(y, (1, 1)), ops.relu(y)), SHAPE)
    changed = moves_data(PadIntoConvolution(), model, 2, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed) == {"Convolution": 2, "Pad": 1, "Relu": 1}


@pytest.mark.parametrize(
    "before",
    [
        lambda x: padded(ops.relu(x)),
        lambda x: padded(ops.clamp(x, 0, 6)),
        lambda x: padded(largest(ops.sigmoid(x), 1)),
        lambda x: padded(ops.concat([ops.abs(x), ops.exp(ops.tanh(x))], 1)),
        lambda x: padded(x, value=-np.inf),
        lambda x: padded(x, value=float(np.finfo(np.float32).min)),
        lambda x: padded(ops.relu(x), value=-1),
    ],
    ids=["relu", "clamp", "pool", "concat", "infinite", "lowest", "below zero"],
)
@pytest.mark.parametrize("pad", [0, 1])
def test_what_is_never_larger_may_be_the_pads_of_a_maximum(before, pad):
    model = named(lambda x: largest(before(x), pad, kernel=4), SHAPE)
    changed = moves_data(PadIntoConvolution(), model, 1, values(SHAPE))
    assert kinds(changed)["Pad"] == 0


@pytest.mark.parametrize("pad", [0, 1])
def test_zeros_that_are_counted_become_pads_of_the_mean(pad):
    model = named(lambda x: mean(padded(x), pad), SHAPE)
    assert kinds(moves_data(PadIntoConvolution(), model, 1, values(SHAPE), tolerance=TOLERANCE)) == {"AvgPool": 1}


def test_zeros_before_a_mean_without_padding_are_counted():
    model = named(lambda x: mean(padded(x), exclude=True), SHAPE)
    assert kinds(moves_data(PadIntoConvolution(), model, 1, values(SHAPE), tolerance=TOLERANCE)) == {"AvgPool": 1}


@pytest.mark.parametrize(
    "build",
    [
        lambda x: convolved(padded(x, value=1)),
        lambda x: convolved(padded(x), auto="same_upper"),
        lambda x: convolved(padded(x, (-1, 0))),
        lambda x: convolved(ops.pad(x, [0, 0, 1, 1], [0, 0, 1, 1], "reflect")),
        lambda x: convolved(ops.pad(x, [1, 0, 0, 0], [0, 0, 0, 0], "constant")),
        lambda x: largest(padded(x)),
        lambda x: largest(padded(ops.elu(x, 1.0))),
        lambda x: largest(padded(ops.relu(x), value=0.5)),
        lambda x: largest(padded(ops.clamp(x, -1, 6))),
        lambda x: largest(padded(ops.relu(x), (0, 0), (3, 3))),
        lambda x: largest(padded(ops.relu(x)), 1),
        lambda x: largest(padded(ops.relu(x)), kernel=4, rounding="ceil"),
        lambda x: largest(padded(ops.relu(x), (1, 1)), kernel=3, dilation=2),
        lambda x: mean(padded(x), 1, exclude=True),
        lambda x: mean(padded(x, value=1)),
        lambda x: ops.relu(padded(x)),
    ],
)
def test_other_padding_stays(build):
    assert_untouched(PadIntoConvolution(), named(build, SHAPE))


def test_positions_of_the_largest_need_the_pad():
    def build(x: ov.Node) -> tuple[ov.Node, ...]:
        pool = ops.max_pool(padded(ops.relu(x)), [2, 2], [1, 1], [0, 0], [0, 0], [3, 3])
        return pool.output(0), pool.output(1)

    assert_untouched(PadIntoConvolution(), named(build, SHAPE))


def test_pads_that_are_computed_stay():
    def build(x: ov.Node, y: ov.Node) -> ov.Node:
        pads = ops.convert(y, "i64")
        return convolved(ops.pad(x, pads, pads, "constant"))

    assert_untouched(PadIntoConvolution(), named(build, SHAPE, (4,)))
