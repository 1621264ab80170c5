"""One output of several, axes, slices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.decoders.shape import DropFirst, Pick, Reshape, Slice, Squeeze, Transpose
from ovopt.errors import DataError
from tests.factories import exactly

AXES = np.arange(24.0).reshape(2, 3, 4)


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


def test_drop_first_leaves_out_the_background():
    assert DropFirst()(np.array([9, 1, 2]), {}).tolist() == [1, 2]
    assert DropFirst(count=2)(AXES, {}).shape == (2, 3, 2)
    assert DropFirst(axis=0)(AXES, {}).shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (Squeeze(axis=0), np.zeros((2, 1)), "squeeze: axis 0 of shape [2, 1] is not of length 1"),
        (Squeeze(axis=4), np.zeros((2, 1)), "squeeze: axis 4 of shape [2, 1] is not of length 1"),
        (Transpose(axes=(1, 0)), AXES, "transpose: wants an array that has the axes [1, 0], not of shape [2, 3, 4]"),
        (Reshape(shape=(5, -1)), AXES, "reshape: 24 values of shape [2, 3, 4] do not fill the shape [5, -1]"),
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
