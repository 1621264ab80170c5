"""Labels with a value for each pixel, as metrics take them: cut and padded as their image is."""

import io

import numpy as np
import pytest
from PIL import Image

from ovopt.contracts import LabelFile, Samples
from ovopt.errors import DataError
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.preparing.labels import Labels
from ovopt.recipe import Recipe
from ovopt.transforms.geometry import CenterCrop, Pad, Resize
from tests.factories import exactly

SIZE = (6, 8)
DEPTHS = np.arange(1, 49, dtype=np.float32).reshape(SIZE)


def read(folder, kind, transforms, size=SIZE):
    file = folder / "label.npy"
    np.save(file, DEPTHS if kind == "values" else (DEPTHS > 20).astype(np.uint8) * 255)
    image = io.BytesIO()
    Image.new("RGB", size[::-1]).save(image, "PNG")
    samples = Samples("set", ("a.png",), (LabelFile(file, kind),), lambda index: image.getvalue(), "0" * 64)
    preparation = HostPreparation(tuple(transforms), (), {})
    return Labels(samples, Recipe(ovopt=1, family="example"), preparation).read(0)


@pytest.mark.parametrize(
    "transforms", [[], [Resize(size=(3, 5))], [Resize(shorter_side=12)], [Resize(letterbox=(12, 16))]]
)
def test_numbers_keep_their_size_where_the_image_only_gets_another_one(tmp_path, transforms):
    np.testing.assert_array_equal(read(tmp_path, "values", transforms), DEPTHS)
    np.testing.assert_array_equal(read(tmp_path, "values", transforms, size=(60, 80)), DEPTHS)


def test_numbers_are_cut_and_padded_as_their_image_is(tmp_path):
    np.testing.assert_array_equal(read(tmp_path, "values", [CenterCrop(size=(4, 4))]), DEPTHS[1:5, 2:6])
    padded = read(tmp_path, "values", [Pad(left=1, bottom=2)])
    np.testing.assert_array_equal(padded, np.pad(DEPTHS, ((0, 2), (1, 0)), constant_values=np.nan))


def test_a_region_moves_with_its_image_and_is_below_0_around_it(tmp_path):
    wrong = (DEPTHS > 20).astype(np.int8)
    np.testing.assert_array_equal(read(tmp_path, "region", [Resize(size=(12, 16))]), np.kron(wrong, np.ones((2, 2))))
    padded = read(tmp_path, "region", [Pad(left=1, bottom=2)])
    np.testing.assert_array_equal(padded, np.pad(wrong, ((0, 2), (1, 0)), constant_values=-1))


@pytest.mark.parametrize("kind", ["values", "region"])
def test_what_is_cut_has_its_images_size(tmp_path, kind):
    fault = f"{tmp_path}/label.npy: 8x6 pixels, but its image has 16x12"
    with pytest.raises(DataError, match=exactly(fault)):
        read(tmp_path, kind, [CenterCrop(size=(4, 4))], size=(12, 16))
