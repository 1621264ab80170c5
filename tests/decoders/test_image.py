"""Images that a model makes."""

import numpy as np
import pytest
from pydantic import ValidationError

from ovopt.decoders.image import Image
from ovopt.errors import DataError
from tests.factories import exactly


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255)])
@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_an_image_comes_back(layout, low, high, channels):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, channels))
    output = image / 255 * (high - low) + low
    output = output.transpose(2, 0, 1) if layout == "chw" else output
    found = Image(layout=layout, low=low, high=high)(output, {})
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, image, atol=1e-9)


def test_what_lies_outside_the_range_is_cut_off():
    assert Image()(np.array([[[-3.0, 0.5, 1.1]]]), {}).ravel().tolist() == [0, 127.5, 255]


def test_a_plain_map_is_a_grey_image():
    assert Image()(np.ones((4, 5), np.float16), {}).shape == (4, 5, 1)
    assert Image(layout="hwc")(np.ones((4, 5)), {}).shape == (4, 5, 1)


def test_what_is_no_number_stays_none():
    assert np.isnan(Image()(np.full((1, 2, 2), np.nan), {})).all()


def test_black_is_less_than_white():
    with pytest.raises(ValidationError, match="low must be less than high"):
        Image(low=1, high=1)


def test_values_can_be_rounded_as_in_a_file():
    output = np.array([[[0.5, 0.003, 0.997]]])
    assert Image(rounded=True)(output, {}).ravel().tolist() == np.rint(output * 255).ravel().tolist()


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (Image(), np.zeros((4, 5, 3)), "image: wants an image [C, H, W] of 1 or 3 channels, not [4, 5, 3]"),
        (Image(layout="hwc"), np.zeros((3, 4, 5)), "image: wants an image [H, W, C] of 1 or 3 channels, not [3, 4, 5]"),
        (Image(), np.zeros((1, 2, 3, 3)), "image: wants an image [C, H, W] of 1 or 3 channels, not [1, 2, 3, 3]"),
        (Image(), np.zeros(3), "image: wants an image [C, H, W] of 1 or 3 channels, not [3]"),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})
