"""The shape of arrays."""

import numpy as np
import pytest
from pydantic import ValidationError

from ovopt.contracts import Parts
from ovopt.errors import DataError
from ovopt.transforms.shape import Expand, Layout, Reshape, Slice, Squeeze, StackFrames, Transpose
from tests.factories import exactly

IMAGE = np.arange(4 * 5 * 3).reshape(4, 5, 3).astype(np.uint8)


def _channels_first(image):
    return np.stack([image[..., i] for i in range(image.shape[-1])])


def test_chw_puts_the_channels_first():
    done = Layout(order="chw")(IMAGE)
    assert done.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(done, _channels_first(IMAGE))


def test_nchw_adds_the_batch_dimension():
    np.testing.assert_array_equal(Layout(order="nchw")(IMAGE)[0], _channels_first(IMAGE))


def test_hwc_undoes_chw():
    np.testing.assert_array_equal(Layout(order="hwc")(Layout(order="chw")(IMAGE)), IMAGE)


@pytest.mark.parametrize(("order", "shape"), [("chw", (1, 4, 5)), ("hwc", (4, 5, 1)), ("nchw", (1, 1, 4, 5))])
def test_an_image_without_channels_gets_one(order, shape):
    assert Layout(order=order)(IMAGE[..., 0]).shape == shape


def test_transpose_reorders_any_axes():
    np.testing.assert_array_equal(Transpose(axes=(2, 0, 1))(IMAGE), _channels_first(IMAGE))


def test_reshape_fills_the_shape():
    assert Reshape(shape=(5, -1))(IMAGE).shape == (5, 12)


@pytest.mark.parametrize(("axis", "shape"), [(0, (1, 2, 3)), (1, (2, 1, 3)), (-1, (2, 3, 1)), (2, (2, 3, 1))])
def test_expand_and_squeeze_undo_each_other(axis, shape):
    array = np.zeros((2, 3))
    done = Expand(axis=axis)(array)
    assert done.shape == shape
    assert Squeeze(axis=axis)(done).shape == (2, 3)


def test_slice_keeps_a_stretch_of_an_axis():
    array = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(Slice(axis=1, stop=-1)(array), array[:, :3])
    np.testing.assert_array_equal(Slice(start=1)(array), array[1:])
    np.testing.assert_array_equal(Slice(axis=-1, start=1, stop=3)(array), array[:, 1:3])


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (Layout(order="chw"), np.zeros(3), "layout: wants an image of 2 or 3 dimensions, not of shape [3]"),
        (Layout(order="hwc"), b"x", "layout: wants an array, not bytes; decode the file first"),
        (Transpose(axes=(1, 0)), np.zeros(3), "transpose: wants an array that has the axes [1, 0], not of shape [3]"),
        (Reshape(shape=(2, 2)), [1, 2, 3], "reshape: 3 values of shape [3] do not fill the shape [2, 2]"),
        (Reshape(shape=(0, -1)), [1, 2, 3], "reshape: 3 values of shape [3] do not fill the shape [0, -1]"),
        (Expand(axis=3), [1, 2], "expand: no place for axis 3 in shape [2]"),
        (Squeeze(axis=0), [1, 2], "squeeze: axis 0 of shape [2] is not of length 1"),
        (Squeeze(axis=5), [1], "squeeze: axis 5 of shape [1] is not of length 1"),
        (Slice(axis=1), [1, 2], "slice: wants an array that has an axis 1, not [2]"),
        (Slice(start=2), [1, 2], "slice: nothing is left of axis 0 of shape [2]"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Transpose, {"axes": (0, 0)}),
        (Transpose, {"axes": (1, 2)}),
        (Reshape, {"shape": (-1, -1)}),
        (Reshape, {"shape": (-2,)}),
        (Layout, {"order": "whc"}),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, fields):
    with pytest.raises(ValidationError):
        kind(**fields)


@pytest.mark.parametrize(("order", "shape"), [("chw", (3, 8, 9)), ("nchw", (3, 8, 9)), ("hwc", (8, 9, 3))])
def test_an_image_that_is_in_the_order_already_stays_as_it_is(order, shape):
    image = np.random.default_rng(0).random(shape)
    found = Layout(order=order)(image)
    assert np.array_equal(found[0] if order == "nchw" else found, image)


@pytest.mark.parametrize(("axis", "shape"), [(0, (5, 3, 4, 6)), (1, (3, 5, 4, 6)), (-1, (3, 4, 6, 5))])
def test_the_parts_of_a_sample_become_one_array(axis, shape):
    frames = [np.full((3, 4, 6), number) for number in range(5)]
    done = StackFrames(axis=axis).apply(Parts(frames))
    assert done.shape == shape
    assert [np.unique(np.take(done, number, axis)).tolist() for number in range(5)] == [[0], [1], [2], [3], [4]]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            np.zeros((2, 3)),
            "stack: wants a sample of several parts, as `clip` of `kind: video` and `window` make them, not a ndarray",
        ),
        (Parts([np.zeros(2), np.zeros(3)]), "stack: parts of one shape are wanted, not [2] and [3]"),
        (Parts([np.zeros(2)]), "stack: no place for axis 2 beside shape [2]"),
    ],
)
def test_what_cannot_be_stacked_is_an_error(content, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        StackFrames(axis=2).apply(content)
