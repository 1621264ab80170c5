"""Probabilities, the best class, a threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import special

from ovopt.decoders.scores import Argmax, Sigmoid, Softmax, Threshold
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


def test_a_threshold_makes_a_mask_of_ones_and_zeros():
    found = Threshold()(np.array([[0.2, 0.5], [0.6, np.nan]]), {})
    assert found.tolist() == [[0, 0], [1, 0]]
    assert found.dtype.kind == "i"
    assert Threshold(score=-1)(np.array([-2, 0]), {}).tolist() == [0, 1]


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
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})
