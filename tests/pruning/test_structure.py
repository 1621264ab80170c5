"""Channels that belong together are found and go together; what cannot be followed stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.pruning.groups import Group
from tests.pruning.networks import Net, assert_exact, found, images, shapes, without

PICTURE = (1, 3, 8, 8)


def test_a_channel_goes_with_its_bias_and_the_next_layers_weights() -> None:
    net = Net(*PICTURE)
    model = net.head(ops.relu(net.conv(ops.relu(net.conv(net.given, 8, "first")), 6, "second")))
    groups = found(model)
    assert {name: len(group.units) for name, group in groups.items()} == {"first": 8, "second": 6, "head": 0}
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["first", "second", "head"]) == {
        "first": (4, 3, 3, 3), "second": (3, 4, 3, 3), "head": (3, 3),
    }  # fmt: skip


def test_channels_of_a_residual_sum_go_together() -> None:
    net = Net(*PICTURE)
    stem = ops.relu(net.conv(net.given, 8, "stem"))
    inner = ops.relu(net.conv(stem, 4, "inner"))
    model = net.head(ops.relu(ops.add(stem, net.conv(inner, 8, "outer"))))
    groups = found(model)
    assert len(groups) == 3
    assert len(groups["stem"].units) == 8
    assert "outer" not in groups, "the sum makes one group of both"
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["stem", "inner", "outer"]) == {
        "stem": (4, 3, 3, 3), "inner": (2, 4, 3, 3), "outer": (4, 2, 3, 3),
    }  # fmt: skip


def test_depthwise_channels_go_with_those_they_read() -> None:
    net = Net(*PICTURE)
    wide = ops.clamp(net.conv(net.given, 8, "expand", kernel=1), 0, 6)
    depthwise = ops.clamp(net.grouped(wide, 8, 1, "depthwise"), 0, 6)
    smaller = assert_exact(net.head(net.conv(depthwise, 4, "project", kernel=1)), images(*PICTURE))
    assert shapes(smaller, ["depthwise", "project"]) == {"depthwise": (4, 1, 1, 3, 3), "project": (2, 4, 1, 1)}


def test_a_group_of_a_convolution_goes_as_a_whole() -> None:
    net = Net(*PICTURE)
    grouped = ops.relu(net.grouped(ops.relu(net.conv(net.given, 12, "first")), 4, 2, "grouped"))
    model = net.head(net.conv(grouped, 6, "last"))
    assert len(found(model)["first"].units) == 4
    assert found(model)["first"].width == 3
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["first", "grouped", "last"]) == {
        "first": (6, 3, 3, 3), "grouped": (2, 2, 3, 3, 3), "last": (3, 4, 3, 3),
    }  # fmt: skip


def test_parts_of_a_concatenation_are_pruned_apart_and_read_together() -> None:
    net = Net(*PICTURE)
    parts = [ops.relu(net.conv(net.given, made, name)) for made, name in ((8, "left"), (4, "right"))]
    model = net.head(net.conv(ops.concat(parts, 1), 4, "both"))
    assert {"left", "right", "both"} <= found(model).keys()
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["both"]) == {"both": (2, 6, 3, 3)}


def test_the_models_input_in_a_concatenation_stays() -> None:
    net = Net(*PICTURE)
    joined = ops.concat([net.given, ops.relu(net.conv(net.given, 8, "made"))], 1)
    smaller = assert_exact(net.head(net.conv(joined, 4, "both")), images(*PICTURE))
    assert shapes(smaller, ["both"]) == {"both": (2, 7, 3, 3)}


@pytest.mark.parametrize("kind", ["equal", "given lengths", "along a list of one axis"])
def test_the_parts_of_a_split_are_groups_of_their_own_and_none_becomes_empty(kind: str) -> None:
    net = Net(*PICTURE)
    made = ops.relu(net.conv(net.given, 8, "made"))
    axis = np.array([1]) if kind.startswith("along") else np.array(1)
    parts = ops.split(made, axis, 2) if kind == "equal" else ops.variadic_split(made, axis, np.array([6, -1]))
    first, second = (ops.relu(output) for output in parts.outputs())
    model = net.head(net.conv(ops.concat([second, net.conv(first, 4, "inner")], 1), 4, "last"))
    groups = found(model)
    assert [len(group.units) for name, group in groups.items() if name.startswith("made")] == (
        [4, 4] if kind == "equal" else [6, 2]
    )
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["inner"]) == {"inner": (2, 2 if kind == "equal" else 3, 3, 3)}


def test_a_flattened_channel_takes_all_its_columns_along() -> None:
    net = Net(*PICTURE)
    flat = ops.reshape(ops.relu(net.conv(net.given, 4, "first")), np.array([0, -1]), True)
    smaller = assert_exact(net.model(net.linear(flat, 3, "head")), images(*PICTURE))
    assert shapes(smaller, ["head"]) == {"head": (3, 128)}


def test_a_target_that_names_the_channels_follows_them() -> None:
    net = Net(*PICTURE)
    rows = ops.reshape(ops.relu(net.conv(net.given, 4, "first")), np.array([1, 4, 64]), False)
    rows = ops.transpose(rows, np.array([0, 2, 1]))
    smaller = assert_exact(net.model(net.linear(rows, 3, "head")), images(*PICTURE))
    assert shapes(smaller, ["head"]) == {"head": (3, 2)}


def test_a_reshape_across_channels_couples_those_that_share_a_row() -> None:
    net = Net(1, 3, 6, 6)
    made = ops.relu(net.conv(net.given, 8, "made"))
    rows = ops.reshape(made, np.array([1, 12, 24, 1]), False)  # 3 rows of 24 hold 2 channels of 36
    model = net.head(net.conv(rows, 4, "last", kernel=1))
    assert found(model)["made"].width == 2
    smaller = assert_exact(model, images(1, 3, 6, 6))
    assert shapes(smaller, ["made", "last"]) == {"made": (4, 3, 3, 3), "last": (2, 6, 1, 1)}


def test_squeeze_and_excitation_goes_with_its_channels() -> None:
    net = Net(*PICTURE)
    made = ops.relu(net.conv(net.given, 8, "made"))
    squeezed = ops.relu(net.conv(ops.reduce_mean(made, np.array([2, 3]), True), 4, "squeeze", kernel=1))
    excited = ops.sigmoid(net.conv(squeezed, 8, "excite", kernel=1))
    model = net.head(net.conv(ops.multiply(made, excited), 4, "last"))
    assert "excite" not in found(model)
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["squeeze", "excite"]) == {"squeeze": (2, 4, 1, 1), "excite": (4, 2, 1, 1)}


def test_a_channel_shuffle_couples_what_it_exchanges() -> None:
    net = Net(*PICTURE)
    made = ops.relu(net.conv(net.given, 8, "made"))
    table = ops.reshape(made, np.array([1, 2, 4, 8, 8]), False)
    mixed = ops.reshape(ops.transpose(table, np.array([0, 2, 1, 3, 4])), np.array([1, 8, 8, 8]), False)
    model = net.head(net.conv(mixed, 4, "last"))
    assert found(model)["made"].width == 2
    smaller = assert_exact(model, images(*PICTURE))
    assert shapes(smaller, ["made", "last"]) == {"made": (4, 3, 3, 3), "last": (2, 4, 3, 3)}


@pytest.mark.parametrize(
    "window",
    [
        lambda x: ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0),
        lambda x: ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], False),
        lambda x: ops.pad(x, np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), "constant", np.float32(0)),
        lambda x: ops.interpolate(x, np.array([16, 16]), "nearest", "sizes", axes=np.array([2, 3])),
        lambda x: ops.slice(x, np.array([0]), np.array([4]), np.array([1]), np.array([2])),
        lambda x: ops.strided_slice(x, [0, 0, 2], [0, 0, 8], [1, 1, 2], [1, 1, 0], [1, 1, 0]),
        lambda x: ops.gather(x, np.array([1, 2]), np.array(3)),
        lambda x: ops.gather(x, np.array([1, 2]), np.array([3])),
        lambda x: ops.mvn(x, np.array([2, 3]), True, 1e-6, "inside_sqrt"),
        lambda x: ops.unsqueeze(ops.squeeze(x, np.array([0])), np.array([0])),
        lambda x: ops.convert(ops.convert(x, "f16"), "f32"),
        lambda x: ops.prelu(x, np.full(8, 0.1, np.float32)),
        lambda x: ops.multiply(x, np.full((1, 8, 1, 1), 1.5, np.float32)),
        lambda x: ops.softmax(x, 3),
    ],
    ids=[
        "max_pool", "avg_pool", "pad", "interpolate", "slice", "strided_slice", "gather", "gather along a list",
        "mvn", "squeeze", "convert", "prelu", "scale", "softmax",
    ],
)  # fmt: skip
def test_operations_on_other_axes_let_channels_through(window: Callable[[ov.Node], ov.Node]) -> None:
    net = Net(*PICTURE)
    seen = window(ops.relu(net.conv(net.given, 8, "made")))
    model = net.head(net.conv(ops.relu(seen), 4, "last"))
    assert len(found(model)["made"].units) == 8
    smaller = without(model, lambda group: range(len(group.units) // 2))
    assert shapes(smaller, ["made", "last"]) == {"made": (4, 3, 3, 3), "last": (2, 4, 3, 3)}
    compiled = ov.Core().compile_model(smaller, "CPU")
    assert compiled([images(*PICTURE)])[0].shape == (1, 3)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (lambda x: ops.mvn(x, np.array([1, 2, 3]), True, 1e-6, "inside_sqrt"), "MVN 'it' normalises over all of them"),
        (lambda x: ops.softmax(x, 1), "Softmax 'it' normalises over all of them"),
        (lambda x: ops.reduce_max(x, np.array([1]), True), "ReduceMax 'it' reduces them to one"),
        (lambda x: ops.cum_sum(x, np.array(1)), "CumSum 'it' is not known to do without some of them"),
        (lambda x: ops.depth_to_space(x, "blocks_first", 2), "DepthToSpace 'it' is not known to do without some of"),
        (lambda x: ops.gather(x, np.array([3, 1]), np.array(1)), "Gather 'it' picks some of them"),
        (lambda x: ops.slice(x, np.array([0]), np.array([4]), np.array([1]), np.array([1])), "Slice 'it' takes a part"),
        (lambda x: ops.slice(x, np.array([-1]), np.array([-99]), np.array([-1]), np.array([1])), "Slice 'it' takes"),
        (
            lambda x: ops.pad(x, np.array([0, 1, 0, 0]), np.array([0, 0, 0, 0]), "constant", np.float32(0)),
            "Pad 'it' pads them",
        ),
        (
            lambda x: ops.convolution_backprop_data(x, np.ones((8, 2, 2, 2), np.float32), [2, 2]),
            "ConvolutionBackpropData 'it' has no weights that could make up for them",
        ),
    ],
    ids=["mvn", "softmax", "reduce", "cumsum", "depth", "gather", "slice", "reverse", "pad", "transposed"],
)
def test_what_needs_all_channels_protects_them_and_says_so(
    operation: Callable[[ov.Node], ov.Node], reason: str
) -> None:
    net = Net(*PICTURE)
    node = operation(ops.relu(net.conv(net.given, 8, "made")))
    node.set_friendly_name("it")
    group = found(net.head(node))["made"]
    assert group.units == ()
    assert group.reason.startswith(reason)


def test_a_count_of_the_channels_protects_them_and_that_of_another_axis_does_not() -> None:
    def group(axis: int) -> Group:
        net = Net(*PICTURE)
        made = ops.relu(net.conv(net.given, 8, "made"))
        size = ops.convert(ops.gather(ops.shape_of(made, name="count"), np.array(axis), np.array(0)), "f32")
        return found(net.head(ops.divide(made, size)))["made"]

    assert group(1).reason == "ShapeOf 'count' counts them"
    assert len(group(2).units) == 8


def test_channels_that_are_added_to_the_models_input_stay() -> None:
    net = Net(1, 8, 4, 4)
    model = net.head(ops.relu(ops.add(net.given, net.conv(net.given, 8, "made"), name="sum")))
    assert found(model)["made"].reason == "Add 'sum' joins them with channels that stay"


def test_one_constant_for_two_layers_couples_them() -> None:
    net = Net(*PICTURE)
    shared = ops.constant(net.weights(8, 8, 1, 1))
    kinds = ([1, 1], [0, 0], [0, 0], [1, 1])
    first = ops.relu(net.conv(net.given, 8, "first"))
    second = ops.relu(ops.convolution(first, shared, *kinds, name="second"))
    model = net.head(ops.relu(ops.convolution(second, shared, *kinds, name="third")))
    assert "second" not in found(model), "what goes in goes out"
    assert_exact(model, images(*PICTURE))


def test_weights_in_a_short_format_are_cut_in_it() -> None:
    net = Net(*PICTURE)
    weights = ops.convert(ops.constant(net.weights(8, 3, 3, 3).astype(np.float16)), "f32")
    made = ops.convolution(net.given, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="made")
    smaller = assert_exact(net.head(ops.relu(made)), images(*PICTURE))
    (constant,) = [op for op in smaller.get_ordered_ops() if op.get_element_type() == ov.Type.f16][:1]
    assert constant.get_output_shape(0) == [4, 3, 3, 3]


def test_a_dynamic_batch_and_picture_are_no_obstacle() -> None:
    net = Net(-1, 3, -1, -1)
    smaller = assert_exact(net.head(ops.relu(net.conv(net.given, 8, "made"))), images(2, 3, 6, 7))
    assert shapes(smaller, ["made"]) == {"made": (4, 3, 3, 3)}
