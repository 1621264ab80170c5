"""Peak signal-to-noise ratio, and structural similarity."""

from pathlib import Path

import numpy as np
import pytest
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.image_quality import Psnr, Ssim
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

BOTH = [Psnr, Ssim]


def pair(seed, shape=(24, 31, 3), noise=12.0):
    rng = np.random.default_rng(seed)
    smooth = rng.uniform(40, 200, shape).cumsum(axis=0) / np.arange(1, shape[0] + 1).reshape(
        -1, *[1] * (len(shape) - 1)
    )
    return np.clip(smooth + rng.normal(0, noise, shape), 0, 255).astype(np.uint8), smooth.astype(np.uint8)


def reference(kind, output, target, data_range=255):
    if kind is Psnr:
        return peak_signal_noise_ratio(target.astype(float), output.astype(float), data_range=data_range)
    axis = -1 if output.ndim == 3 else None
    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(
        target.astype(float), output.astype(float), data_range=data_range, channel_axis=axis, **how
    )


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("shape", [(24, 31, 3), (11, 11, 1), (40, 12), (13, 50, 4)])
def test_a_row_is_scikit_images(kind, shape):
    for seed in range(4):
        output, target = pair(seed, shape, noise=3.0 * (seed + 1))
        assert kind().row(output, target) == pytest.approx(reference(kind, output, target), abs=1e-10)


@pytest.mark.parametrize("kind", BOTH)
def test_the_range_of_values_can_be_set(kind):
    output, target = (image / 255 for image in pair(0))
    found = kind(data_range=1).row(output, target)
    assert found == pytest.approx(reference(kind, output, target, 1), abs=1e-10)
    assert found == pytest.approx(kind().row(output * 255, target * 255))


@pytest.mark.parametrize("kind", BOTH)
def test_the_border_can_be_left_out(kind):
    output, target = pair(1)
    expected = reference(kind, output[4:-4, 4:-4], target[4:-4, 4:-4])
    assert kind(crop_border=4).row(output, target) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("data_range", [1, 255])
def test_luma_is_scikit_images(kind, data_range):
    output, target = pair(2)
    luma = [rgb2ycbcr(image)[..., :1] for image in (output, target)]
    scaled = [image / 255 * data_range for image in (output, target)]
    assert kind(y_only=True, data_range=data_range).row(*scaled) == pytest.approx(reference(kind, *luma), abs=1e-10)


@pytest.mark.parametrize("kind", BOTH)
def test_luma_without_headroom_is_that_of_jpeg(kind):
    output, target = pair(4)
    luma = [
        (0.299 * r + 0.587 * g + 0.114 * b)[..., None] for r, g, b in (np.moveaxis(i, 2, 0) for i in (output, target))
    ]
    found = kind(y_only=True, luma="full").row(output, target)
    assert found == pytest.approx(reference(kind, *luma), abs=1e-10)


@pytest.mark.parametrize("kind", BOTH)
def test_an_output_of_one_channel_is_compared_as_luma_with_the_luma_of_a_target_in_colours(kind):
    output, target = pair(5)
    luma = [rgb2ycbcr(image)[..., :1] for image in (output, target)]
    assert kind(y_only=True).row(luma[0], target) == pytest.approx(reference(kind, *luma), abs=1e-10)
    fault = (
        f"{kind.name} needs images [height, width, channels] of one size; the output has shape (24, 31, 1), the "
        "label (24, 31, 3); `data.source.channels: L` (or Y) reads targets in one channel, and `y_only: true` makes "
        "luma of them"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        kind().row(luma[0], target)


@pytest.mark.parametrize("kind", BOTH)
def test_a_target_of_16_bits_is_compared_in_its_own_range(kind):
    output, target = (np.clip(image * 257.0 + 13, 0, 65535) for image in pair(6, (20, 22, 1)))
    target = target.astype(np.uint16)
    expected = reference(kind, output, target, 65535)
    assert kind().row(output / 257, target) == pytest.approx(expected, abs=1e-9)
    assert kind(data_range=65535).row(output, target) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", BOTH)
def test_channels_may_stand_first_on_either_side(kind):
    output, target = pair(7)
    expected = reference(kind, output, target)
    turned = [np.moveaxis(image, 2, 0) for image in (output, target)]
    assert kind().row(turned[0], turned[1]) == pytest.approx(expected, abs=1e-10)
    assert kind().row(output, turned[1]) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kind", BOTH)
def test_labels_of_0_to_1_ask_for_their_range(kind):
    output, target = (image / 255 for image in pair(8))
    fault = (
        f"the label goes from {target.min():.3g} to {target.max():.3g}; --set metrics.{kind.name}.data_range=1 if "
        "output and labels have 0 to 1, =255 if they have 0 to 255"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        kind().row(output, target)


@pytest.mark.parametrize("kind", BOTH)
def test_the_value_is_the_mean_over_the_drawn_images(kind):
    pairs = [pair(seed) for seed in range(5)]
    rows = rows_of([kind().row(*own) for own in pairs])
    for drawn in draws(5, count=3):
        expected = np.mean([reference(kind, *pairs[i]) for i in drawn])
        assert kind().value(rows[drawn]) == pytest.approx(expected)


def test_equal_images_have_a_ratio_of_100_db_and_a_similarity_of_1():
    image, _ = pair(3)
    assert Psnr().row(image, image) == 100
    assert Psnr(data_range=1).row(image / 1.0, image + 1e-9) == 100
    assert Ssim().row(image, image) == pytest.approx(1)


def test_flat_images_are_compared_by_their_brightness_alone():
    dark, light = np.zeros((11, 11)), np.full((11, 11), 255.0)
    assert Psnr().row(dark, light) == 0
    assert Ssim().row(dark, light) == pytest.approx(reference(Ssim, dark, light))
    assert Ssim().row(dark, dark) == 1


@pytest.mark.parametrize("kind", BOTH)
def test_whole_numbers_do_not_wrap_around(kind):
    dark, light = np.zeros((11, 11), np.uint8), np.full((11, 11), 255, np.uint8)
    assert kind().row(dark, light) == kind().row(light.astype(float), dark.astype(float))


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("shapes", [((12, 12, 3), (12, 13, 3)), ((12, 12, 3), (12, 12)), ((1, 12, 12, 3),) * 2])
def test_images_of_two_sizes_are_an_error(kind, shapes):
    fault = (
        f"{kind.name} needs images [height, width, channels] of one size; the output has shape {shapes[0]}, the label "
        f"{shapes[1]}"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        kind().row(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("kind", BOTH)
def test_images_too_small_or_without_colour_are_errors(kind):
    with pytest.raises(
        DataError, match=exactly("nothing is left of an image of (12, 14) pixels without a border of 6")
    ):
        kind(crop_border=6).row(np.zeros((12, 14)), np.zeros((12, 14)))
    fault = "y_only needs images of 3 channels, RGB, or of 1, not of shape (12, 14, 4)"
    with pytest.raises(DataError, match=exactly(fault)):
        kind(y_only=True).row(np.zeros((12, 14, 4)), np.zeros((12, 14, 4)))


def test_an_image_smaller_than_the_window_is_an_error():
    with pytest.raises(DataError, match=exactly("ssim needs images of 11 x 11 pixels or more, not (10, 30)")):
        Ssim().row(np.zeros((10, 30)), np.zeros((10, 30)))


@pytest.mark.parametrize("kind", BOTH)
def test_a_label_is_an_image_or_a_file_of_one(kind):
    kind().check(np.zeros((2, 2, 3)), [], "s#0")
    kind().check(LabelFile(Path("image.png"), "image"), [], "s#0")
    fault = (
        f"s#0: the label is no image [height, width, channels], which {kind.name} needs; take a data source whose "
        "labels are images"
    )
    for label in (3, np.zeros(4), LabelFile(Path("mask.png"), "mask")):
        with pytest.raises(DataError, match=exactly(fault)):
            kind().check(label, [], "s#0")
