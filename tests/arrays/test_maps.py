"""Maps with a number for each pixel."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from ovopt.arrays.maps import plane_of, stretched


@pytest.mark.parametrize("shape", [(9, 14), (3, 5), (5, 7), (1, 20), (11, 3)])
def test_another_size_is_interpolated_between_the_centres_of_pixels(shape):
    values = np.random.default_rng(0).normal(size=(5, 7))
    places = [(np.arange(new) + 0.5) * old / new - 0.5 for old, new in zip(values.shape, shape, strict=True)]
    expected = map_coordinates(values, np.meshgrid(*places, indexing="ij"), order=1, mode="nearest")
    np.testing.assert_allclose(stretched(values, shape), expected, atol=1e-12)


def test_the_plane_of_a_map_has_no_further_dimensions_of_1():
    for shape in ((4, 5), (1, 4, 5), (1, 1, 4, 5), (4, 5, 1)):
        assert plane_of(np.zeros(shape, np.float32)).shape == (4, 5)
    assert plane_of(np.zeros((1, 1, 4))).shape == (1, 4)
    assert plane_of(np.zeros((2, 4, 5))).shape == (2, 4, 5)
