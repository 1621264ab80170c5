"""Probabilities in a form that does not overflow."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import special

from ovopt.arrays.probabilities import activated, log_softmax, sigmoid, softmax

scores = arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, max_side=4), elements=st.floats(-200, 200, width=32))


@given(scores)
def test_log_softmax_is_scipys(array: np.ndarray) -> None:
    found = log_softmax(array)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, special.log_softmax(array.astype(float), axis=-1), rtol=1e-12, atol=1e-12)


def test_scores_without_an_activation_stay_as_they_are() -> None:
    array = np.array([[1.0, 2.0]], np.float32)
    assert activated(array, None) is array
    np.testing.assert_array_equal(activated(array, "softmax"), softmax(array))
    np.testing.assert_array_equal(activated(array, "sigmoid"), sigmoid(array))
