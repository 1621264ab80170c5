"""Class ids of what stands in masks."""

import numpy as np
import pytest

from ovopt.data.mask_values import MaskValues, values_of
from ovopt.data.masks import Masks
from ovopt.data.voc import Voc
from ovopt.errors import DataError
from ovopt.preparing.label_files import read_label_file
from tests.data.pictures import picture
from tests.factories import exactly

RNG = np.random.default_rng(0)


def saved(file, pixels, mode=None):
    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8))
    (image.convert(mode) if mode else image).save(file)
    return file


def paired(root, *masks, suffix=".png", mode=None):
    """Images and masks of the same names."""
    for place, mask in enumerate(masks):
        picture(root / f"images/{place}.png", 8, 8)
        saved(root / f"masks/{place}{suffix}", mask, mode)


@pytest.mark.parametrize(
    ("suffix", "mode"), [(".png", None), (".png", "RGB"), (".png", "RGBA"), (".png", "LA"), (".jpg", None)]
)
def test_white_is_class_1_where_masks_are_black_and_white(tmp_path, suffix, mode):
    truth = np.zeros((2, 8, 8), int)
    truth[0, 2:6, 3:7] = 1
    paired(tmp_path, *(truth * 255), suffix=suffix, mode=mode)
    labels = Masks(path=str(tmp_path)).open((), seed=0).labels
    np.testing.assert_array_equal([read_label_file(label) for label in labels], truth)


@pytest.mark.parametrize(
    ("values", "mode"),
    [((0, 1), None), ((0, 1, 255), None), ((0,), None), ((0, 3), None), ((0, 250), None), ((0, 255), "P")],
)
def test_other_values_are_the_ids(tmp_path, values, mode):
    mask = RNG.choice(values, size=(8, 8))
    paired(tmp_path, mask, mode=mode)
    (label,) = Masks(path=str(tmp_path)).open((), seed=0).labels
    assert label.ids == ()


def test_one_mask_of_ids_among_black_and_white_ones_is_seen(tmp_path):
    paired(tmp_path, *[np.full((8, 8), 255)] * 9, np.full((8, 8), 2))
    assert all(label.ids == () for label in Masks(path=str(tmp_path)).open((), seed=0).labels)


def test_values_can_be_renamed_and_others_are_ignored(tmp_path):
    paired(tmp_path, [[7, 26], [0, 255]])
    (label,) = Masks(path=str(tmp_path), rename={7: 0, 26: 13}).open((), seed=0).labels
    np.testing.assert_array_equal(read_label_file(label), [[0, 13], [255, 255]])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("class_dict.csv", "name,r,g,b\nsky,128,128,128\nroad,128,64,128\n\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nsky:128,128,128::\nroad:128,64,128:wheel,head:\n"),
        ("label_colors.txt", "128 128 128\t\tsky\n128 64 128 road\n"),
    ],
)
def test_colours_are_the_classes_of_a_table(tmp_path, name, text):
    truth = RNG.integers(2, size=(8, 8))
    paired(tmp_path, np.array([[128, 128, 128], [128, 64, 128]])[truth])
    before = Masks(path=str(tmp_path)).open((), seed=0).fingerprint
    (tmp_path / name).write_text(text)
    samples = Masks(path=str(tmp_path)).open((), seed=0)
    assert samples.classes == ("sky", "road")
    np.testing.assert_array_equal(read_label_file(samples.labels[0]), truth)
    assert samples.fingerprint != before


def test_masks_of_pascal_voc_in_colour_are_read_by_their_list(tmp_path):
    picture(tmp_path / "JPEGImages/a.jpg", 2, 1)
    saved(tmp_path / "SegmentationClass/a.png", [[[0, 0, 0], [128, 0, 0]]])
    (tmp_path / "labelmap.txt").write_text("background:0,0,0::\naeroplane:128,0,0::\n")
    samples = Voc(path=str(tmp_path)).open((), seed=0)
    assert samples.classes == ("background", "aeroplane")
    np.testing.assert_array_equal(read_label_file(samples.labels[0]), [[0, 1]])


@pytest.mark.parametrize("line", ["road,1,2", "road,1,2,x", "road,1,2,256"])
def test_a_line_without_a_colour_is_an_error(tmp_path, line):
    file = tmp_path / "class_dict.csv"
    file.write_text(f"name,r,g,b\nsky,1,2,3\n{line}\n")
    message = f"{file}:3: a class needs a name and the red, green and blue of its colour, 0 to 255"
    with pytest.raises(DataError, match=exactly(message)):
        values_of([saved(tmp_path / "a.png", np.zeros((2, 2, 3)))], tmp_path)


def test_masks_that_cannot_be_read_are_told_where_they_are_used(tmp_path):
    (tmp_path / "a.png").write_bytes(b"junk")
    assert values_of([tmp_path / "a.png", tmp_path / "none.png"], tmp_path) == MaskValues()
    assert values_of([], tmp_path) == MaskValues()
