from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.rewrites.layer_norm import LayerNorm
from tests.rewrites.graphs import assert_same, assert_untouched, computed, graph, kinds, rewritten

SHAPE = (3, 6, 8)
EPS = 1e-3
Unary = Callable[[ov.Node], ov.Node]
Spelled = Callable[[ov.Node, ov.Node, ov.Node], ov.Node]


def number(value: float) -> ov.Node:
    return ops.constant(np.float32(value))


def mean(x: ov.Node, axes: Sequence[int] = (-1,), how: str = "mean") -> ov.Node:
    """Over axes of a value [3, 6, 8] (the first dimension perhaps unknown), which stay as dimensions of 1."""
    dims = [d.get_length() if d.is_static else -1 for d in x.get_output_partial_shape(0)]
    count = float(np.prod([dims[axis] for axis in axes]))
    kept = [1 if axis in axes or axis - len(dims) in axes else d for axis, d in enumerate(dims)]
    wanted = np.array(list(axes))
    if how == "mean":
        return ops.reduce_mean(x, wanted, True)
    if how == "mean_reshaped":
        return ops.reshape(ops.reduce_mean(x, wanted, False), np.array(kept), False)
    if how == "sum_divided":
        return ops.divide(ops.reduce_sum(x, wanted, True), number(count))
    total = ops.multiply(ops.reduce_sum(x, wanted, False), number(1 / count))
    if how == "sum_unsqueezed":
        return ops.unsqueeze(total, np.array(sorted(axis % len(dims) for axis in axes)))
    return ops.reshape(total, np.array(kept), False)


MEANS = ("mean", "mean_reshaped", "sum_divided", "sum_unsqueezed", "sum_reshaped")


def variance(x: ov.Node, centre: ov.Node, how: str, average: Unary) -> ov.Node:
    centred = ops.subtract(x, centre)
    if how == "power":
        return average(ops.power(centred, number(2)))
    if how == "product":
        return average(ops.multiply(centred, centred))
    if how == "squared_difference":
        return average(ops.squared_difference(x, centre))
    moment = average(ops.multiply(x, x) if how == "moments" else ops.power(x, number(2)))
    raw = ops.subtract(moment, ops.multiply(centre, centre))
    if how == "moments_relu":
        return ops.relu(raw)
    return raw if how == "moments" else ops.maximum(number(0), raw)


VARIANCES = ("power", "product", "squared_difference", "moments", "moments_clamped", "moments_relu")


def by_root(x: ov.Node, centre: ov.Node, spread: ov.Node) -> ov.Node:
    return ops.divide(ops.subtract(x, centre), ops.sqrt(ops.add(spread, number(EPS))))


def by_power(x: ov.Node, centre: ov.Node, spread: ov.Node) -> ov.Node:
    return ops.multiply(ops.power(ops.add(number(EPS), spread), number(-0.5)), ops.subtract(x, centre))


def by_reciprocal(x: ov.Node, centre: ov.Node, spread: ov.Node) -> ov.Node:
    root = ops.power(ops.add(spread, number(EPS)), number(0.5))
    return ops.multiply(ops.subtract(x, centre), ops.divide(number(1), root))


def by_power_of_root(x: ov.Node, centre: ov.Node, spread: ov.Node) -> ov.Node:
    return ops.multiply(ops.subtract(x, centre), ops.power(ops.sqrt(ops.add(spread, number(EPS))), number(-1)))


NORMALIZATIONS: dict[str, Spelled] = {
    "root": by_root,
    "power": by_power,
    "reciprocal": by_reciprocal,
    "power_of_root": by_power_of_root,
}


def spelled(
    x: ov.Node, axes: Sequence[int] = (-1,), means: str = "mean", spread: str = "power", last: Spelled = by_root
) -> ov.Node:
    centre = mean(x, axes, means)
    return last(x, centre, variance(x, centre, spread, lambda value: mean(value, axes, means)))


def samples(shape: Sequence[int] = SHAPE) -> np.ndarray:
    """Rows of every size; the last two are constant, and zero."""
    rng = np.random.default_rng(0)
    found = rng.standard_normal(shape) * 10.0 ** rng.integers(-4, 3, (*shape[:-1], 1))
    found[-1, -2] = 5
    found[-1, -1] = 0
    return found.astype(np.float32)


def normalized(x: np.ndarray, axes: Sequence[int], eps: float = EPS) -> np.ndarray:
    wide = x.astype(np.float64)
    centred = wide - wide.mean(tuple(axes), keepdims=True)
    return centred / np.sqrt((centred**2).mean(tuple(axes), keepdims=True) + eps)


@pytest.mark.parametrize(("means", "spread", "last"), list(product(MEANS, VARIANCES, NORMALIZATIONS)))
def test_every_spelling_becomes_one_operation(means: str, spread: str, last: str) -> None:
    model = graph(lambda x: spelled(x, (-1,), means, spread, NORMALIZATIONS[last]), (-1, 6, 8))
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1}
    np.testing.assert_allclose(computed(new, samples())[0], normalized(samples(), (-1,)), atol=2e-5)


@pytest.mark.parametrize("spread", VARIANCES)
def test_the_outputs_stay_the_same_on_values_of_one_size(spread: str) -> None:
    model = graph(lambda x: spelled(x, (-1,), "sum_reshaped", spread), SHAPE)
    x = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
    assert_same(model, rewritten(LayerNorm(), model), x)


@pytest.mark.parametrize("axes", [(-1,), (1,), (2,), (1, 2), (0, 1), (0, 1, 2), (-2,)])
@pytest.mark.parametrize("means", MEANS)
def test_the_axes_may_be_any(axes: tuple[int, ...], means: str) -> None:
    model = graph(lambda x: spelled(x, axes, means), SHAPE)
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1}
    np.testing.assert_allclose(computed(new, samples())[0], normalized(samples(), axes), atol=2e-5)


def test_several_unknown_dimensions_are_carried_along() -> None:
    model = graph(lambda x: spelled(x, (-1,), "mean"), (-1, -1, 8))
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1}
    np.testing.assert_allclose(computed(new, samples())[0], normalized(samples(), (-1,)), atol=2e-5)


def test_a_dimension_that_shape_inference_does_not_know_is_carried_along() -> None:
    def build(x: ov.Node) -> ov.Node:
        shorter = ops.strided_slice(x, np.array([0, 1]), np.array([0, 0]), np.array([1, 1]), [1, 0], [1, 1])
        return spelled(ops.concat([shorter, shorter], 1), (-1,), "mean")

    model = graph(build, (-1, -1, 8))
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"StridedSlice": 1, "Concat": 1, "MVN": 1}
    assert_same(model, new, np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32))


def test_scale_and_shift_stay_as_they_are() -> None:
    scale, shift = (np.random.default_rng(s).standard_normal(8).astype(np.float32) for s in (1, 2))
    model = graph(lambda x: ops.add(ops.multiply(spelled(x), scale), shift), SHAPE)
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1, "Multiply": 1, "Add": 1}
    assert_same(model, new, samples())


@pytest.mark.parametrize("side", ["reciprocal", "difference"])
def test_the_scale_may_be_multiplied_in_before(side: str) -> None:
    scale = np.random.default_rng(1).standard_normal((6, 1)).astype(np.float32)

    def build(x: ov.Node) -> ov.Node:
        centre = mean(x, (1,), "sum_reshaped")
        spread = variance(x, centre, "moments_clamped", lambda value: mean(value, (1,), "sum_reshaped"))
        reciprocal = ops.divide(number(1), ops.sqrt(ops.add(spread, number(EPS))))
        centred = ops.subtract(x, centre)
        if side == "reciprocal":
            return ops.multiply(centred, ops.multiply(reciprocal, scale))
        return ops.multiply(ops.multiply(scale, centred), reciprocal)

    model = graph(build, (-1, 6, 8))
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1, "Multiply": 1}
    np.testing.assert_allclose(computed(new, samples())[0], normalized(samples(), (1,)) * scale, atol=5e-5)


@pytest.mark.parametrize("shifts", [True, False])
@pytest.mark.parametrize("scales", [True, False])
def test_a_normalization_spread_over_scale_and_shift_is_found(shifts: bool, scales: bool) -> None:
    scale, shift = (np.random.default_rng(s).standard_normal(8).astype(np.float32) for s in (1, 2))

    def build(x: ov.Node) -> ov.Node:
        centre = mean(x)
        spread = variance(x, centre, "squared_difference", mean)
        factor = ops.power(ops.add(spread, number(EPS)), number(-0.5))
        factor = ops.multiply(factor, scale) if scales else factor
        away = ops.multiply(centre, factor)
        if shifts:
            return ops.add(ops.multiply(x, factor), ops.subtract(shift, away))
        return ops.subtract(ops.multiply(x, factor), away)

    x = np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32)
    model = graph(build, SHAPE)
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1} | ({"Multiply": 1} if scales else {}) | ({"Add": 1} if shifts else {})
    assert_same(model, new, x)


def test_epsilon_may_stand_outside_the_root() -> None:
    def last(x: ov.Node, centre: ov.Node, spread: ov.Node) -> ov.Node:
        return ops.divide(ops.subtract(x, centre), ops.add(ops.sqrt(spread), number(0.5)))

    model = graph(lambda x: spelled(x, last=last), SHAPE)
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1}
    assert_same(model, new, samples())


def test_half_of_the_work_may_be_done_on_reduced_shapes() -> None:
    """Moments without their axes, which only return where they meet the value: as jax2tf writes it."""

    def build(x: ov.Node) -> ov.Node:
        axes, count = np.array([1]), number(1 / 6)
        flat = ops.multiply(ops.reduce_sum(x, axes, False), count)
        square = ops.multiply(ops.reduce_sum(ops.multiply(x, x), axes, False), count)
        spread = ops.maximum(number(0), ops.subtract(square, ops.multiply(flat, flat)))
        spread, centre = (ops.reshape(value, np.array([-1, 1, 8]), False) for value in (spread, flat))
        return by_reciprocal(x, centre, spread)

    x = np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32)
    model = graph(build, (-1, 6, 8))
    new = rewritten(LayerNorm(), model)
    assert kinds(new) == {"MVN": 1}
    assert_same(model, new, x)


def test_normalizing_twice_becomes_two_operations() -> None:
    model = graph(lambda x: spelled(spelled(x), (1,)), SHAPE)
    new = rewritten(LayerNorm(), model, 2)
    assert kinds(new) == {"MVN": 2}
    assert_same(model, new, np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32))


def unbiased(x: ov.Node) -> ov.Node:
    centred = ops.subtract(x, mean(x))
    total = ops.reduce_sum(ops.multiply(centred, centred), np.array([-1]), True)
    return by_root(x, mean(x), ops.divide(total, number(7)))


def other_axes(x: ov.Node) -> ov.Node:
    return by_root(x, mean(x), variance(x, mean(x), "power", lambda value: mean(value, (1,))))


def other_centre(x: ov.Node) -> ov.Node:
    return by_root(x, mean(x, (1,)), variance(x, mean(x), "power", mean))


def not_centred(x: ov.Node) -> ov.Node:
    return ops.divide(x, ops.sqrt(ops.add(mean(ops.multiply(x, x)), number(EPS))))


def centred_moment(x: ov.Node) -> ov.Node:
    return by_root(x, mean(x), mean(ops.multiply(x, x)))


def no_epsilon(x: ov.Node) -> ov.Node:
    return ops.divide(ops.subtract(x, mean(x)), ops.sqrt(variance(x, mean(x), "power", mean)))


def negative_epsilon(x: ov.Node) -> ov.Node:
    spread = ops.add(variance(x, mean(x), "power", mean), number(-EPS))
    return ops.divide(ops.subtract(x, mean(x)), ops.sqrt(spread))


def other_power(x: ov.Node) -> ov.Node:
    spread = ops.add(variance(x, mean(x), "power", mean), number(EPS))
    return ops.multiply(ops.subtract(x, mean(x)), ops.power(spread, number(-1)))


def cubed(x: ov.Node) -> ov.Node:
    return by_root(x, mean(x), mean(ops.power(ops.subtract(x, mean(x)), number(3))))


def clamped_high(x: ov.Node) -> ov.Node:
    return by_root(x, mean(x), ops.maximum(number(1), variance(x, mean(x), "power", mean)))


def upside_down(x: ov.Node) -> ov.Node:
    return ops.divide(ops.sqrt(ops.add(variance(x, mean(x), "power", mean), number(EPS))), ops.subtract(x, mean(x)))


def reversed_difference(x: ov.Node) -> ov.Node:
    spread = variance(x, mean(x), "power", mean)
    return ops.divide(ops.subtract(mean(x), x), ops.sqrt(ops.add(spread, number(EPS))))


def by_scale_of_sum(x: ov.Node) -> ov.Node:
    centre = ops.multiply(ops.reduce_sum(x, np.array([-1]), True), number(1 / 7))
    return by_root(x, centre, variance(x, centre, "power", mean))


@pytest.mark.parametrize(
    "build",
    [
        unbiased,
        other_axes,
        other_centre,
        not_centred,
        centred_moment,
        no_epsilon,
        negative_epsilon,
        other_power,
        cubed,
        clamped_high,
        upside_down,
        reversed_difference,
        by_scale_of_sum,
    ],
)
def test_look_alikes_are_left_alone(build: Unary) -> None:
    assert_untouched(LayerNorm(), graph(build, SHAPE))


def test_moments_of_another_value_are_left_alone() -> None:
    def build(x: ov.Node, y: ov.Node) -> tuple[ov.Node, ov.Node]:
        return by_root(x, mean(y), variance(x, mean(x), "power", mean)), by_root(
            x, mean(x), variance(y, mean(y), "power", mean)
        )

    assert_untouched(LayerNorm(), graph(build, SHAPE, SHAPE))


def test_moments_that_meet_the_value_along_another_axis_are_left_alone() -> None:
    """On a square the shapes fit, but not the axes."""

    def build(x: ov.Node) -> ov.Node:
        centre = ops.reshape(ops.reduce_mean(x, np.array([1]), False), np.array([6, 1]), False)
        spread = variance(x, mean(x, (1,)), "power", lambda value: mean(value, (1,)))
        return by_root(x, ops.transpose(centre, np.array([1, 0])), spread)

    assert_untouched(LayerNorm(), graph(build, (6, 6)))


def test_moments_that_broadcast_among_themselves_are_left_alone() -> None:
    """E x² as a row less (E x)² as a column is a matrix."""

    def build(x: ov.Node) -> ov.Node:
        square = ops.reduce_mean(ops.multiply(x, x), np.array([1]), False)
        centre = mean(x, (1,))
        return by_root(x, centre, ops.subtract(square, ops.multiply(centre, centre)))

    assert_untouched(LayerNorm(), graph(build, (6, 6)))


def test_dimensions_that_may_differ_are_left_alone() -> None:
    def build(x: ov.Node, shape: ov.Node) -> ov.Node:
        centre = ops.reshape(ops.reduce_mean(x, np.array([2]), False), ops.convert(shape, "i64"), False)
        return by_root(x, centre, variance(x, centre, "power", mean))

    assert_untouched(LayerNorm(), graph(build, (-1, -1, 8), (3,)))


def test_a_value_of_unknown_rank_is_left_alone() -> None:
    x = ops.parameter(ov.PartialShape.dynamic(), np.float32)
    centre = ops.reduce_mean(x, np.array([-1]), True)
    spread = ops.reduce_mean(ops.power(ops.subtract(x, centre), number(2)), np.array([-1]), True)
    assert_untouched(LayerNorm(), ov.Model([by_root(x, centre, spread)], [x], "unknown"))
