from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.gelu import Gelu
from tests.rewrites.graphs import assert_same, assert_untouched, graph, kinds, rewritten, values

SHAPE = (2, 5, 8)
Unary = Callable[[ov.Node], ov.Node]


def number(value: float, shape: tuple[int, ...] = ()) -> ov.Node:
    return ops.constant(np.full(shape, value, np.float32))


def cubes() -> dict[str, Unary]:
    return {
        "power": lambda x: ops.power(x, number(3.0)),
        "square_first": lambda x: ops.multiply(ops.multiply(x, x), x),
        "square_last": lambda x: ops.multiply(x, ops.multiply(x, x)),
        "square_power": lambda x: ops.multiply(ops.power(x, number(2.0)), x),
    }


def inner_of_tanh(x: ov.Node, cube: Unary, cubic: float = 0.044715, root: float = 0.7978846) -> ov.Node:
    return ops.multiply(number(root), ops.add(x, ops.multiply(number(cubic, (1, 1, 1)), cube(x))))


def factored_inner(x: ov.Node, root: float = 0.7978846) -> ov.Node:
    return ops.multiply(
        ops.multiply(x, number(root)), ops.add(number(1.0), ops.multiply(ops.multiply(x, x), number(0.044715)))
    )


def halves(x: ov.Node, curve: ov.Node) -> dict[str, ov.Node]:
    one_more = ops.add(curve, number(1.0, (1, 1, 1)))
    return {
        "half_x_times": ops.multiply(ops.multiply(x, number(0.5)), one_more),
        "x_times_half": ops.multiply(x, ops.multiply(number(0.5), one_more)),
        "half_last": ops.multiply(ops.multiply(one_more, x), number(0.5)),
        "divided_by_two": ops.divide(ops.multiply(x, one_more), number(2.0)),
        "spread": ops.add(ops.multiply(ops.multiply(x, number(0.5)), curve), ops.multiply(x, number(0.5))),
    }


HALVES = ("half_x_times", "x_times_half", "half_last", "divided_by_two", "spread")


@pytest.mark.parametrize(("cube", "half"), list(product(cubes(), HALVES)))
def test_the_tanh_form_becomes_gelu_however_it_is_factored(cube: str, half: str) -> None:
    model = graph(lambda x: halves(x, ops.tanh(inner_of_tanh(x, cubes()[cube])))[half], SHAPE)
    new = rewritten(Gelu(), model)
    assert kinds(new) == {"Gelu": 1}
    assert_same(model, new, values(SHAPE))


@pytest.mark.parametrize("half", HALVES)
def test_the_polynomial_may_be_factored_too(half: str) -> None:
    model = graph(lambda x: halves(x, ops.tanh(factored_inner(x)))[half], SHAPE)
    new = rewritten(Gelu(), model)
    assert [op.get_attributes()["approximation_mode"] for op in new.get_ops() if op.get_type_name() == "Gelu"] == [
        "TANH"
    ]
    assert_same(model, new, values(SHAPE))


def test_x_times_sigmoid_of_twice_the_polynomial_is_the_same_function() -> None:
    model = graph(
        lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(number(2.0), inner_of_tanh(x, cubes()["power"])))), SHAPE
    )
    new = rewritten(Gelu(), model)
    assert kinds(new) == {"Gelu": 1}
    assert_same(model, new, values(SHAPE))


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("divides", [True, False])
def test_the_erf_form_becomes_gelu_however_it_is_factored(half: str, divides: bool) -> None:
    def build(x: ov.Node) -> ov.Node:
        scaled = ops.divide(x, number(2**0.5)) if divides else ops.multiply(number(0.5**0.5), x)
        return halves(x, ops.erf(scaled))[half]

    model = graph(build, SHAPE)
    new = rewritten(Gelu(), model)
    assert kinds(new) == {"Gelu": 1}
    assert_same(model, new, values(SHAPE))


def test_constants_may_have_been_rounded_to_half_precision() -> None:
    half = float(np.float16(2**0.5))
    model = graph(lambda x: halves(x, ops.erf(ops.divide(x, number(half))))["half_last"], SHAPE)
    assert kinds(rewritten(Gelu(), model)) == {"Gelu": 1}


def test_what_comes_before_and_behind_stays() -> None:
    def build(x: ov.Node) -> ov.Node:
        shifted = ops.multiply(ops.add(x, number(1.0)), number(2.0))
        return ops.add(halves(shifted, ops.erf(ops.divide(shifted, number(2**0.5))))["x_times_half"], number(3.0))

    model = graph(build, (-1, 5, 8))
    new = rewritten(Gelu(), model)
    assert kinds(new) == {"Add": 2, "Multiply": 1, "Gelu": 1}
    assert_same(model, new, values((3, 5, 8)))


def test_two_in_a_row_become_two() -> None:
    def once(x: ov.Node) -> ov.Node:
        return halves(x, ops.erf(ops.divide(x, number(2**0.5))))["half_x_times"]

    model = graph(lambda x: once(once(x)), SHAPE)
    new = rewritten(Gelu(), model, 2)
    assert kinds(new) == {"Gelu": 2}
    assert_same(model, new, values(SHAPE))


@pytest.mark.parametrize(
    "build",
    [
        lambda x: halves(x, ops.erf(ops.divide(x, number(1.41))))["half_last"],
        lambda x: halves(x, ops.erf(x))["half_last"],
        lambda x: halves(x, ops.tanh(inner_of_tanh(x, cubes()["power"], cubic=0.05)))["half_last"],
        lambda x: halves(x, ops.tanh(inner_of_tanh(x, cubes()["power"], root=0.8)))["half_last"],
        lambda x: halves(x, ops.tanh(ops.multiply(x, number(0.7978846))))["half_last"],
        lambda x: ops.multiply(x, ops.sigmoid(ops.multiply(x, number(1.702)))),
        lambda x: ops.multiply(x, ops.add(ops.erf(ops.divide(x, number(2**0.5))), number(1.0))),
        lambda x: ops.multiply(x, ops.tanh(x)),
        lambda x: ops.add(ops.multiply(x, number(0.5)), number(1.0)),
    ],
    ids=["root", "no_root", "cubic", "scale", "no_cubic", "quick_gelu", "no_half", "tanh_shrink", "straight"],
)
def test_other_functions_are_left_alone(build: Unary) -> None:
    assert_untouched(Gelu(), graph(build, SHAPE))


def test_a_function_of_two_values_is_left_alone() -> None:
    assert_untouched(
        Gelu(), graph(lambda x, y: halves(x, ops.erf(ops.divide(y, number(2**0.5))))["half_x_times"], SHAPE, SHAPE)
    )


def test_a_part_that_something_else_needs_is_left_alone() -> None:
    def build(x: ov.Node) -> tuple[ov.Node, ov.Node]:
        curve = ops.erf(ops.divide(x, number(2**0.5)))
        return halves(x, curve)["half_last"], ops.relu(curve)

    assert_untouched(Gelu(), graph(build, SHAPE))


def test_constants_of_more_dimensions_than_the_value_are_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        curve = ops.erf(ops.divide(x, number(2**0.5)))
        return ops.multiply(ops.multiply(ops.add(curve, number(1.0)), x), number(0.5, (1, 1, 1)))

    assert_untouched(Gelu(), graph(build, (8,)))


def test_a_constant_for_each_channel_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        roots = np.full(8, 2**0.5, np.float32)
        return halves(x, ops.erf(ops.divide(x, roots)))["half_last"]

    assert_untouched(Gelu(), graph(build, SHAPE))
