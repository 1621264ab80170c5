"""The values of arrays: offsets, standardization, limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError

from ovopt.errors import DataError
from ovopt.transforms.numbers import Clip, Scale, Standardize
from tests.factories import exactly

shapes = arrays.array_shapes(min_dims=1, max_dims=3, max_side=5)
floats = st.floats(-1e3, 1e3, width=32)


@given(arrays.arrays(np.uint8, (3, 4)))
def test_scale_subtracts_its_offset_after_the_division(array):
    scaled = Scale(divisor=127.5, offset=1)(array)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, array / 127.5 - 1, atol=1e-6)


def test_a_negative_offset_adds():
    assert Scale(divisor=4, offset=-1)([4, 8]).tolist() == [2, 3]


@given(arrays.arrays(np.float32, shapes, elements=floats))
def test_standardize_takes_all_values_to_mean_0_and_variance_1(array):
    done = Standardize()(array)
    wide = array.astype(np.float64)
    expected = (wide - wide.mean()) / np.sqrt(((wide - wide.mean()) ** 2).mean() + 1e-7)
    assert done.dtype == np.float32
    np.testing.assert_allclose(done, expected, rtol=1e-5, atol=1e-5)


def test_standardize_works_along_its_axis():
    array = np.random.default_rng(0).normal(3, 5, (4, 50)).astype(np.float32)
    done = Standardize(axis=-1, epsilon=1e-9)(array)
    np.testing.assert_allclose(done.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(done.std(1), 1, atol=1e-5)


def test_standardize_of_a_constant_is_zero():
    assert Standardize()([5, 5, 5]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (Standardize(axis=1), [1, 2], "standardize: no values on axis 1 of shape [2]"),
        (Standardize(), np.zeros((0, 2)), "standardize: no values on axis None of shape [0, 2]"),
        (Clip(low=0), "text", "clip: wants an array, not str; decode the file first"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_clip_keeps_the_limits_and_the_type(dtype):
    done = Clip(low=2, high=4)(np.arange(7, dtype=dtype))
    assert done.dtype == dtype
    assert done.tolist() == [2, 2, 2, 3, 4, 4, 4]


def test_clip_needs_only_one_limit():
    assert Clip(low=0)([-1, 5]).tolist() == [0, 5]
    assert Clip(high=0)([-1, 5]).tolist() == [-1, 0]


@pytest.mark.parametrize("fields", [{}, {"low": 2, "high": 1}, {"low": float("nan")}])
def test_limits_that_make_no_sense_are_refused(fields):
    with pytest.raises(ValidationError):
        Clip(**fields)
