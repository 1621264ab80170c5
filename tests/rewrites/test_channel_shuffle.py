from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.channel_permutations import ChannelShuffle
from tests.rewrites.graphs import assert_untouched, kinds, moves_data, named, values

SHAPE = (2, 12, 5, 5)
TOLERANCE = 1e-5
Change = Callable[[ov.Node], ov.Node]


def spelled(x: ov.Node, groups: int = 3, channels: int = 12) -> ov.Node:
    parted = ops.reshape(x, np.array([0, groups, channels // groups, 5, 5]), True)
    return ops.reshape(ops.transpose(parted, np.array([0, 2, 1, 3, 4])), np.array([0, channels, 5, 5]), True)


def flat(x: ov.Node) -> ov.Node:
    """As exporters write it that know the sizes."""
    parted = ops.reshape(x, np.array([2, 3, 4, 25]), False)
    return ops.reshape(ops.transpose(parted, np.array([0, 2, 1, 3])), np.array([2, 12, 5, 5]), False)


SHUFFLES: dict[str, Change] = {
    "spelled out": spelled,
    "rows and columns as one": flat,
    "operation": lambda x: ops.shuffle_channels(x, 1, 3),
    "operation from behind": lambda x: ops.shuffle_channels(x, -3, 4),
}


def convolved(x: ov.Node, channels: int = 12, seed: int = 1) -> ov.Node:
    return ops.convolution(x, values((6, channels, 1, 1), seed), [1, 1], [0, 0], [0, 0], [1, 1])


def grouped(x: ov.Node, groups: int, channels: int = 12, out: int = 1) -> ov.Node:
    weights = values((groups, out, channels // groups, 3, 3), 2)
    return ops.group_convolution(x, weights, [1, 1], [1, 1], [1, 1], [1, 1])


@pytest.mark.parametrize("shuffle", SHUFFLES)
def test_the_convolution_takes_the_shuffle_over(shuffle):
    model = named(lambda x: ops.tanh(convolved(SHUFFLES[shuffle](ops.relu(x)))), SHAPE)
    changed = moves_data(ChannelShuffle(), model, 1, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed) == {"Relu": 1, "Convolution": 1, "Tanh": 1}


BETWEEN: dict[str, Change] = {
    "relu": ops.relu,
    "bias": lambda x: ops.add(x, values((1, 12, 1, 1))),
    "bias of lower rank": lambda x: ops.add(values((12, 1, 5)), x),
    "picture": lambda x: ops.multiply(x, values((5, 5))),
    "number": lambda x: ops.multiply(x, np.float32(2)),
    "itself": lambda x: ops.multiply(x, ops.sigmoid(x)),
    "depthwise": lambda x: grouped(x, 12),
    "pool": lambda x: ops.max_pool(x, [1, 1], [1, 1], [1, 1], [1, 1], [3, 3]).output(0),
    "mean": lambda x: ops.reduce_mean(x, np.array([2, 3]), True),
    "scaled by its mean": lambda x: ops.multiply(x, ops.reduce_mean(x, np.array([2, 3]), True)),
    "pad": lambda x: ops.pad(x, np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), "constant"),
    "again": lambda x: ops.shuffle_channels(ops.relu(x), 1, 2),
    "split of the batch": lambda x: ops.concat(ops.split(x, 0, 2).outputs()[::-1], 0),
    "joined": lambda x: ops.split(ops.concat([x, ops.tanh(x)], 1), 1, 2).output(0),
}


@pytest.mark.parametrize("between", BETWEEN)
def test_what_works_channel_by_channel_may_stand_between(between):
    model = named(lambda x: convolved(BETWEEN[between](spelled(x))), SHAPE)
    places = 2 if between == "again" else 1
    changed = moves_data(ChannelShuffle(), model, places, values(SHAPE), tolerance=TOLERANCE)
    assert not {"Transpose", "Reshape", "ShuffleChannels"} & set(kinds(changed))


def test_a_depthwise_convolution_may_widen():
    model = named(lambda x: convolved(grouped(spelled(x), 12, out=2), 24), SHAPE)
    moves_data(ChannelShuffle(), model, 1, values(SHAPE), tolerance=TOLERANCE)


def test_groups_that_are_mixed_need_the_shuffle():
    assert_untouched(ChannelShuffle(), named(lambda x: convolved(grouped(spelled(x), 3, out=4)), SHAPE))


def test_groups_that_change_places_as_a_whole_do_not():
    def build(x: ov.Node) -> ov.Node:
        parted = ops.reshape(x, np.array([2, 2, 3, 2, 25]), False)
        swapped = ops.reshape(ops.transpose(parted, np.array([0, 2, 1, 3, 4])), np.array([2, 12, 5, 5]), False)
        return convolved(grouped(swapped, 6, out=2))

    changed = moves_data(ChannelShuffle(), named(build, SHAPE), 1, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed) == {"GroupConvolution": 1, "Convolution": 1}


def test_blocks_that_split_shuffle_and_join_need_none():
    def build(x: ov.Node) -> ov.Node:
        for seed in range(4):
            halves = ops.split(x, 1, 2)
            branch = ops.relu(grouped(convolved(halves.output(1), 6, seed), 6, 6))
            x = spelled(ops.concat([halves.output(0), branch], 1), 2)
        return convolved(x)

    changed = moves_data(ChannelShuffle(), named(build, SHAPE), 4, values(SHAPE), tolerance=1e-4)
    assert not {"Transpose", "Reshape"} & set(kinds(changed))


def test_parts_in_too_many_pieces_need_the_shuffle():
    def build(x: ov.Node) -> ov.Node:
        halves = ops.split(spelled(x, 36, 72), 1, 2)
        return ops.concat([convolved(half, 36, seed) for seed, half in enumerate(halves.outputs())], 1)

    assert_untouched(ChannelShuffle(), named(build, (2, 72, 5, 5)))


def test_two_shuffled_alike_may_be_added():
    model = named(lambda x, y: convolved(ops.add(spelled(x), flat(y))), SHAPE, SHAPE)
    moves_data(ChannelShuffle(), model, 2, values(SHAPE), values(SHAPE, 1), tolerance=TOLERANCE)


def test_one_reader_that_needs_the_shuffle_keeps_it_and_another_place_goes():
    def build(x: ov.Node) -> tuple[ov.Node, ...]:
        y = spelled(ops.relu(x))
        return convolved(y), ops.tanh(y), convolved(spelled(ops.sigmoid(x)))

    changed = moves_data(ChannelShuffle(), named(build, SHAPE), 1, values(SHAPE), tolerance=TOLERANCE)
    assert kinds(changed)["Transpose"] == 1


@pytest.mark.parametrize("shape", [(-1, 12, 5, 5)])
def test_the_number_of_pictures_may_be_open(shape):
    def build(x: ov.Node) -> ov.Node:
        parted = ops.reshape(x, np.array([-1, 3, 4, 5, 5]), False)
        y = ops.reshape(ops.transpose(parted, np.array([0, 2, 1, 3, 4])), np.array([-1, 12, 5, 5]), False)
        return convolved(y)

    moves_data(ChannelShuffle(), named(build, shape), 1, values(SHAPE), tolerance=TOLERANCE)


@pytest.mark.parametrize(
    "build",
    [
        spelled,
        lambda x: ops.add(spelled(x), x),
        lambda x: convolved(ops.add(spelled(x), x)),
        lambda x: convolved(ops.add(spelled(x), spelled(x, 2))),
        lambda x: convolved(ops.softmax(spelled(x), 1)),
        lambda x: ops.relu(ops.reduce_mean(spelled(x), np.array([1]), False)),
        lambda x: convolved(ops.pad(spelled(x), [0, 1, 0, 0], [0, -1, 0, 0], "constant")),
        lambda x: convolved(ops.shuffle_channels(x, 2, 5)),
        lambda x: convolved(
            ops.reshape(
                ops.transpose(ops.reshape(x, np.array([2, 12, 25]), False), [0, 2, 1]), np.array([2, 12, 5, 5]), False
            )
        ),
        lambda x: convolved(ops.reshape(ops.transpose(ops.reshape(x, [3, 8, 25], False), [1, 0, 2]), SHAPE, False)),
    ],
    ids=["output", "unshuffled", "unshuffled before", "other", "softmax", "sum", "shift", "rows", "pictures", "batch"],
)
def test_others_stay(build):
    assert_untouched(ChannelShuffle(), named(build, SHAPE))


def test_unknown_channels_and_pictures_that_mix_stay():
    model = named(lambda x: ops.relu(ops.shuffle_channels(x, 1, 3)), (2, -1, 5, 5))
    assert_untouched(ChannelShuffle(), model)

    def mixed(x: ov.Node) -> ov.Node:
        parted = ops.transpose(ops.reshape(x, np.array([3, -1, 4, 25]), False), np.array([1, 2, 0, 3]))
        return convolved(ops.reshape(parted, np.array([-1, 12, 5, 5]), False))

    assert_untouched(ChannelShuffle(), named(mixed, (-1, 12, 5, 5)))


def test_weights_that_are_computed_need_the_shuffle():
    def build(x: ov.Node, w: ov.Node) -> ov.Node:
        return ops.convolution(spelled(x), w, [1, 1], [0, 0], [0, 0], [1, 1])

    assert_untouched(ChannelShuffle(), named(build, SHAPE, (6, 12, 1, 1)))
