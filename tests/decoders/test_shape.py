"""Scores, axes, parts of an array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import special

from ovopt.decoders.shape import (
    Argmax,
    DropFirst,
    Pick,
    Reshape,
    Sigmoid,
    Slice,
    Softmax,
    Squeeze,
    Threshold,
    Transpose,
)
from ovopt.errors import DataError
from tests.factories import exactly

scores = arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, max_side=4), elements=st.floats(-200, 200, width=32))
AXES = np.arange(24.0).reshape(2, 3, 4)


@given(scores, st.data())
def test_softmax_is_scipys(array, data):
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1))
    found = Softmax(axis=axis)(array, {})
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, special.softmax(array.astype(float), axis), rtol=1e-4, atol=1e-30)


@given(scores)
def test_sigmoid_is_scipys(array):
    found = Sigmoid()(array, {})
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, special.expit(array.astype(float)), rtol=1e-4, atol=1e-37)


@pytest.mark.parametrize("dtype", [np.float16, np.int32])
def test_probabilities_of_other_types_are_float32(dtype):
    array = np.array([1, 2, 3], dtype)
    assert Softmax()(array, {}).dtype == Sigmoid()(array, {}).dtype == np.float32


def test_extreme_scores_neither_overflow_nor_warn():
    assert Sigmoid()(np.array([-1e30, 0, 1e30, -np.inf, np.inf]), {}).tolist() == [0, 0.5, 1, 0, 1]
    assert Softmax()(np.array([-1e30, 1e30, -np.inf]), {}).tolist() == [0, 1, 0]


def test_what_is_no_number_stays_none():
    assert np.isnan(Softmax()(np.array([np.nan, 1]), {})).all()
    assert np.isnan(Sigmoid()(np.array([np.nan, 1]), {})).tolist() == [True, False]


@given(scores.filter(lambda array: min(array.shape) > 1), st.data())
def test_argmax_is_the_first_of_the_highest(array, data):
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1))
    found = Argmax(axis=axis)(array, {})
    moved = np.moveaxis(array, axis, -1)
    for index in np.ndindex(found.shape):
        row = moved[index].tolist()
        assert found[index] == row.index(max(row))


def test_argmax_of_one_row_is_a_number():
    assert Argmax()(np.array([1, 3, 2]), {}) == 1


def test_squeeze_leaves_out_axes_of_one():
    array = np.zeros((1, 3, 1, 2))
    assert Squeeze()(array, {}).shape == (3, 2)
    assert Squeeze(axis=0)(array, {}).shape == (3, 1, 2)
    assert Squeeze(axis=(0, -2))(array, {}).shape == (3, 2)


def test_transpose_and_reshape_are_numpys():
    np.testing.assert_array_equal(Transpose(axes=(2, 0, 1))(AXES, {}), np.moveaxis(AXES, 2, 0))
    np.testing.assert_array_equal(Reshape(shape=(-1, 6))(AXES, {}), np.arange(24.0).reshape(4, 6))


def test_pick_takes_one_output_or_some_in_their_order():
    outputs = (np.zeros(1), np.ones(2), np.full(3, 2.0))
    assert Pick(index=1)(outputs, {}) is outputs[1]
    assert Pick(index=-1)(outputs, {}) is outputs[2]
    picked = Pick(index=(2, 0))(outputs, {})
    assert isinstance(picked, tuple)
    assert [one.shape for one in picked] == [(3,), (1,)]


@given(st.integers(-3, 2), st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5))
def test_slice_is_pythons(axis, start, stop):
    found = Slice(axis=axis, start=start, stop=stop)(AXES, {})
    expected = np.take(AXES, list(range(AXES.shape[axis]))[start:stop], axis)
    np.testing.assert_array_equal(found, expected)


def test_a_threshold_makes_a_mask_of_ones_and_zeros():
    found = Threshold()(np.array([[0.2, 0.5], [0.6, np.nan]]), {})
    assert found.tolist() == [[0, 0], [1, 0]]
    assert found.dtype.kind == "i"
    assert Threshold(score=-1)(np.array([-2, 0]), {}).tolist() == [0, 1]


def test_drop_first_leaves_out_the_background():
    assert DropFirst()(np.array([9, 1, 2]), {}).tolist() == [1, 2]
    assert DropFirst(count=2)(AXES, {}).shape == (2, 3, 2)
    assert DropFirst(axis=0)(AXES, {}).shape == (1, 3, 4)


ARRAY = "wants an array; `pick` one of the outputs, not"


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (Softmax(), (np.zeros(2), np.zeros(3)), f"softmax: {ARRAY} 2 arrays: [2], [3]"),
        (Sigmoid(), "text", f"sigmoid: {ARRAY} str"),
        (Sigmoid(), [[1], [1, 2]], f"sigmoid: {ARRAY} list"),
        (Sigmoid(), ["a"], f"sigmoid: {ARRAY} list"),
        (Softmax(axis=1), np.zeros(2), "softmax: wants an array that has an axis 1, not [2]"),
        (
            Argmax(),
            np.zeros((2, 1)),
            "argmax: wants at least two scores on the axis (or are these class ids already?), not [2, 1]",
        ),
        (Argmax(), np.zeros(()), "argmax: wants an array that has an axis -1, not []"),
        (Squeeze(axis=0), np.zeros((2, 1)), "squeeze: wants a dimension of 1 at axis 0, not [2, 1]"),
        (Squeeze(axis=4), np.zeros((2, 1)), "squeeze: wants a dimension of 1 at axis 4, not [2, 1]"),
        (Transpose(axes=(1, 0)), AXES, "transpose: wants an array that has the axes [1, 0], not [2, 3, 4]"),
        (Reshape(shape=(5, -1)), AXES, "reshape: wants an array that fits [5, -1], not [2, 3, 4]"),
        (
            Pick(index=2),
            (np.zeros(2), np.zeros(3)),
            "pick: wants several outputs, [2] among them (list them in `model.output`), not 2 arrays: [2], [3]",
        ),
        (
            Pick(index=0),
            AXES,
            "pick: wants several outputs, [0] among them (list them in `model.output`), not [2, 3, 4]",
        ),
        (Slice(axis=3), AXES, "slice: wants an array that has an axis 3, not [2, 3, 4]"),
        (DropFirst(count=4), AXES, "drop_first: wants more than 4 entries on axis -1, not [2, 3, 4]"),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})
