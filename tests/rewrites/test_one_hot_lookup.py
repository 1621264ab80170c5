from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino import opset16

from ovopt.rewrites.one_hot_lookup import OneHotLookup
from tests.rewrites.graphs import assert_untouched, computed, graph, kinds, rewritten

DEPTH = 5
MATRIX = np.random.default_rng(0).standard_normal((DEPTH, 3)).astype(np.float32)
Build = Callable[[ov.Node], ov.Node]


def with_unit(x: ov.Node) -> ov.Node:
    return ops.unsqueeze(x, np.array([-1]))


def reshaped(x: ov.Node) -> ov.Node:
    return ops.reshape(x, np.array([0, 0, 1]), True)


def domain(x: ov.Node, shape: tuple[int, ...] = (DEPTH,)) -> ov.Node:
    return ops.constant(np.arange(DEPTH, dtype=x.get_output_element_type(0).to_dtype()).reshape(shape))


def compared(x: ov.Node) -> ov.Node:
    return ops.convert(ops.equal(with_unit(x), domain(x)), "f32")


def compared_back(x: ov.Node) -> ov.Node:
    return ops.convert(ops.equal(domain(x, (1, 1, DEPTH)), reshaped(x)), "f32")


def selected(x: ov.Node) -> ov.Node:
    return ops.select(ops.equal(with_unit(x), domain(x)), np.float32(1), np.float32(0))


def operation(x: ov.Node) -> ov.Node:
    return ops.one_hot(x, np.int32(DEPTH), np.float32(1), np.float32(0), -1)


def whole_operation(x: ov.Node) -> ov.Node:
    return ops.convert(ops.one_hot(x, np.int32(DEPTH), np.int32(1), np.int32(0), 2), "f32")


CASES: list[tuple[Build, type]] = [
    *((hot, dtype) for hot in (compared, compared_back, selected) for dtype in (np.int8, np.uint8, np.int32, np.int64)),
    *((hot, dtype) for hot in (operation, whole_operation) for dtype in (np.int32, np.int64)),
]


def product(hot: Build, matrix: np.ndarray = MATRIX, transposed: bool = False) -> Build:
    return lambda x: ops.matmul(hot(x), matrix.T.copy() if transposed else matrix, False, transposed)


def rows(indices: np.ndarray) -> np.ndarray:
    """The matrix's row for each index, zeros where there is none."""
    inside = (indices >= 0) & (indices < DEPTH)
    return np.where(inside[..., None], MATRIX[np.where(inside, indices, 0)], 0)


@pytest.mark.parametrize(("hot", "dtype"), CASES)
@pytest.mark.parametrize("transposed", [True, False])
@pytest.mark.parametrize("shape", [(2, 4), (-1, 4)])
def test_every_spelling_becomes_a_lookup(hot: Build, transposed: bool, dtype: type, shape: tuple[int, ...]) -> None:
    model = graph(product(hot, transposed=transposed), shape, dtype=dtype)
    new = rewritten(OneHotLookup(), model)
    assert "MatMul" not in kinds(new)
    assert kinds(new)["Gather"] == 1
    indices = np.array([[0, 4, 5, 127], [3, 2, 1, 6]])
    if dtype != np.uint8:
        indices[1, 3] = -1
        indices[0, 2] = -DEPTH
    for each in (model, new):
        np.testing.assert_array_equal(computed(each, indices.astype(dtype))[0], rows(indices))


def test_extreme_indices_look_up_zeros() -> None:
    indices = np.array([[np.iinfo(np.int32).min, np.iinfo(np.int32).max, -2, 1]], np.int32)
    new = rewritten(OneHotLookup(), graph(product(compared), (1, 4), dtype=np.int32))
    np.testing.assert_array_equal(computed(new, indices)[0], rows(indices))


def test_what_cannot_lie_outside_is_not_limited() -> None:
    matrix = np.random.default_rng(0).standard_normal((256, 3)).astype(np.float32)

    def build(x: ov.Node) -> ov.Node:
        hot = ops.convert(ops.equal(with_unit(x), np.arange(256, dtype=np.uint8)), "f32")
        return ops.matmul(hot, matrix, False, False)

    new = rewritten(OneHotLookup(), graph(build, (16, 16), dtype=np.uint8))
    assert kinds(new) == {"Convert": 1, "Gather": 1}
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(computed(new, indices)[0], matrix[indices])


def test_a_bias_stays() -> None:
    model = graph(lambda x: ops.add(product(compared)(x), np.float32(1)), (2, 4), dtype=np.int32)
    assert kinds(rewritten(OneHotLookup(), model)) == {"Maximum": 1, "Minimum": 1, "Gather": 1, "Add": 1}


@pytest.mark.parametrize(
    "hot",
    [
        lambda x: ops.convert(ops.equal(with_unit(x), np.array([1, 2, 3, 4, 5], np.int32)), "f32"),
        lambda x: ops.convert(ops.equal(with_unit(x), np.array([0, 1, 2, 4, 3], np.int32)), "f32"),
        lambda x: ops.convert(ops.less(with_unit(x), domain(x)), "f32"),
        lambda x: ops.convert(ops.not_equal(with_unit(x), domain(x)), "f32"),
        lambda x: ops.select(ops.equal(with_unit(x), domain(x)), np.float32(2), np.float32(0)),
        lambda x: ops.select(ops.equal(with_unit(x), domain(x)), np.float32(0), np.float32(1)),
        lambda x: ops.one_hot(x, np.int32(DEPTH), np.float32(1), np.float32(-1), -1),
        lambda x: ops.transpose(ops.one_hot(x, np.int32(4), np.float32(1), np.float32(0), -1), np.array([0, 2, 1])),
    ],
    ids=["from_one", "order", "less", "not_equal", "two", "inverted", "minus_one", "transposed"],
)
def test_look_alikes_are_left_alone(hot: Build) -> None:
    matrix = MATRIX if hot(ops.parameter([2, 4], np.int32)).get_output_shape(0)[-1] == DEPTH else MATRIX[:4]
    assert_untouched(OneHotLookup(), graph(product(hot, matrix), (2, 4), dtype=np.int32))


def test_one_hot_along_another_axis_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.matmul(ops.one_hot(x, np.int32(DEPTH), np.float32(1), np.float32(0), 1), MATRIX, False, False)

    assert_untouched(OneHotLookup(), graph(build, (2, DEPTH), dtype=np.int32))


def test_indices_that_count_from_the_end_are_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        hot = opset16.one_hot(x, np.int32(DEPTH), np.float32(1), np.float32(0), -1, "normalize")
        return ops.matmul(hot, MATRIX, False, False)

    assert_untouched(OneHotLookup(), graph(build, (2, 4), dtype=np.int32))


def test_a_comparison_of_floats_is_left_alone() -> None:
    assert_untouched(OneHotLookup(), graph(product(compared), (2, 4)))


def test_a_comparison_of_several_values_with_several_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.matmul(ops.convert(ops.equal(x, domain(x)), "f32"), MATRIX, False, False)

    assert_untouched(OneHotLookup(), graph(build, (2, DEPTH), dtype=np.int32))


def test_a_product_with_a_matrix_that_is_an_input_is_left_alone() -> None:
    x, matrix = ops.parameter([2, 4], np.int32), ops.parameter([DEPTH, 3], np.float32)
    assert_untouched(
        OneHotLookup(), ov.Model([ops.matmul(compared(x), matrix, False, False)], [x, matrix], "two inputs")
    )


def test_a_product_from_the_left_is_left_alone() -> None:
    def build(x: ov.Node) -> ov.Node:
        return ops.matmul(compared(x), np.ones((4, 3), np.float32), True, False)

    assert_untouched(OneHotLookup(), graph(build, (2, 4), dtype=np.int32))


def test_a_stack_of_matrices_is_left_alone() -> None:
    stack = np.stack([MATRIX, MATRIX])
    assert_untouched(OneHotLookup(), graph(product(compared, stack), (2, 4), dtype=np.int32))
