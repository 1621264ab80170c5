"""Labels that are files."""

import numpy as np
import pytest
from PIL import Image

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.preparing.label_files import read_label_file
from tests.factories import exactly

RNG = np.random.default_rng(0)
GREY = RNG.integers(256, size=(5, 7), dtype=np.uint8)
DEEP = RNG.integers(65536, size=(5, 7), dtype=np.uint16)
FLOATS = RNG.normal(size=(5, 7)).astype(np.float32)
COLOURS = RNG.integers(256, size=(5, 7, 3), dtype=np.uint8)


def written(folder, pixels, suffix=".png", mode=None):
    file = folder / f"label{suffix}"
    if suffix == ".npy":
        np.save(file, pixels)
    else:
        image = Image.fromarray(pixels)
        (image.convert(mode) if mode else image).save(file)
    return file


@pytest.mark.parametrize(
    ("pixels", "suffix"),
    [
        (GREY, ".png"),
        (DEEP, ".png"),
        (DEEP, ".tif"),
        (FLOATS, ".tif"),
        (COLOURS, ".png"),
        (COLOURS, ".npy"),
        (DEEP, ".npy"),
    ],
)
def test_an_image_keeps_its_channels_and_depth(tmp_path, pixels, suffix):
    found = read_label_file(LabelFile(written(tmp_path, pixels, suffix), "image"))
    expected = pixels if pixels.ndim == 3 else pixels[..., None]
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "1"])
def test_transparency_is_dropped_and_a_palette_is_colours(tmp_path, mode):
    file = written(tmp_path, COLOURS if mode in ("RGBA", "P") else GREY, mode=mode)
    found = read_label_file(LabelFile(file, "image"))
    with Image.open(file) as image:
        expected = np.asarray(image.convert("L" if mode in ("LA", "1") else "RGB"))
    np.testing.assert_array_equal(found, expected.reshape(found.shape))


@pytest.mark.parametrize("channels", ["L", "Y", "RGB"])
def test_an_image_has_the_channels_that_are_asked_for(tmp_path, channels):
    found = read_label_file(LabelFile(written(tmp_path, COLOURS), "image", channels))
    image = Image.fromarray(COLOURS)
    expected = {"L": image.convert("L"), "Y": image.convert("YCbCr").getchannel(0), "RGB": image}[channels]
    np.testing.assert_array_equal(found, np.asarray(expected).reshape(found.shape))


@pytest.mark.parametrize(("pixels", "suffix"), [(GREY, ".png"), (DEEP, ".png"), (FLOATS, ".tif"), (FLOATS, ".npy")])
def test_numbers_are_those_of_the_file_times_the_scale(tmp_path, pixels, suffix):
    found = read_label_file(LabelFile(written(tmp_path, pixels, suffix), "values", scale=0.25))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, pixels.astype(np.float32) * np.float32(0.25))


def test_numbers_need_one_channel(tmp_path):
    file = written(tmp_path, COLOURS)
    with pytest.raises(DataError, match=exactly(f"{file}: shape [5, 7, 3], where one number for each pixel is needed")):
        read_label_file(LabelFile(file, "values"))


def test_a_region_is_all_that_is_not_0(tmp_path):
    for pixels in (GREY, COLOURS):
        expected = pixels > 0 if pixels.ndim == 2 else (pixels > 0).any(axis=2)
        np.testing.assert_array_equal(read_label_file(LabelFile(written(tmp_path, pixels), "region")), expected)


@pytest.mark.parametrize(
    ("suffix", "content", "fault"),
    [
        (".png", b"no image", "{0}: not a readable image: cannot identify image file {0!r}"),
        (".npy", b"no array", "{0}: not a readable array: "),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path, suffix, content, fault):
    file = tmp_path / f"label{suffix}"
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_label_file(LabelFile(file, "image"))
    assert str(caught.value).startswith(fault.format(str(file)))


def test_an_array_of_names_is_an_error(tmp_path):
    file = tmp_path / "label.npy"
    np.save(file, np.array([["a"]]))
    with pytest.raises(DataError, match=exactly(f"{file}: an array of <U1, not of numbers")):
        read_label_file(LabelFile(file, "values"))


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_values_of_a_mask_become_the_ids_that_the_label_says(tmp_path, suffix):
    mask = np.array([[0, 7, 26], [8, 200, 7]], np.uint8)
    ids = tuple({7: 0, 26: 13}.get(value, 255) for value in range(27))
    found = read_label_file(LabelFile(written(tmp_path, mask, suffix), "mask", ids=ids))
    np.testing.assert_array_equal(found, [[255, 0, 13], [255, 255, 0]])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_grey_that_is_written_in_channels_is_the_value(tmp_path, mode):
    mask = np.array([[0, 255], [255, 0]], np.uint8)
    ids = tuple(int(value > 127) for value in range(256))
    found = read_label_file(LabelFile(written(tmp_path, mask, mode=mode), "mask", ids=ids))
    np.testing.assert_array_equal(found, [[0, 1], [1, 0]])


def test_colours_of_a_mask_become_the_ids_of_their_classes(tmp_path):
    colours = ((0, 0, 0), (128, 64, 128), (0, 0, 1))
    ids = RNG.integers(3, size=(5, 7))
    pixels = np.array(colours, np.uint8)[ids]
    np.testing.assert_array_equal(read_label_file(LabelFile(written(tmp_path, pixels), "mask", colours=colours)), ids)
    pixels[2, 3] = 9
    file = written(tmp_path, pixels)
    message = f"{file}: the colour 9, 9, 9 (at 3, 2) is that of no class; add or mend its line"
    with pytest.raises(DataError, match=exactly(message)):
        read_label_file(LabelFile(file, "mask", colours=colours))
