"""Key points of the one object that an image shows: known points, encoded by hand, come back."""

import numpy as np
import pytest

from ovopt.decoders.pose import HeatmapPoints, Points, SimccPoints
from ovopt.errors import DataError
from tests.decoders.scenes import HEIGHT, IMAGE, WIDTH
from tests.factories import exactly

RNG = np.random.default_rng(0)
COUNT = 7


def whole(found, points, score):
    np.testing.assert_allclose(found.rows, [[0, 0, WIDTH, HEIGHT, score, 0]], rtol=1e-6)
    np.testing.assert_allclose(found.key_points, [points], atol=1e-9)


def heat_maps(cells, width=64, height=48):
    """Bumps around points in cells, of falling height."""
    y, x = np.mgrid[:height, :width]
    return np.stack(
        [np.exp(-((x - u) ** 2 + (y - v) ** 2) / 8) * (1 - 0.1 * k) for k, (u, v) in enumerate(cells.tolist())]
    )


def test_heat_maps_give_the_highest_cell_a_quarter_towards_its_higher_neighbour():
    cells = np.array([[10, 20], [30.2, 5.9], [40.9, 11.1], [0, 0], [63, 47]])
    expected = np.array([[10, 20], [30.25, 5.75], [40.75, 11.25], [0, 0], [63, 47]])
    maps = heat_maps(cells)
    whole(HeatmapPoints()(maps[None], IMAGE), expected * 4, maps.max((1, 2)).mean())
    whole(HeatmapPoints(shift=False)(maps, IMAGE), expected.round() * 4, maps.max((1, 2)).mean())


def test_two_axes_give_the_place_of_the_highest_of_each():
    cells = np.stack((RNG.integers(0, 2 * WIDTH, COUNT), RNG.integers(0, 2 * HEIGHT, COUNT)), axis=1)
    x, y = RNG.random((COUNT, 2 * WIDTH)), RNG.random((COUNT, 2 * HEIGHT))
    x[np.arange(COUNT), cells[:, 0]], y[np.arange(COUNT), cells[:, 1]] = 3, np.linspace(2, 4, COUNT)
    whole(SimccPoints()((x[None], y[None]), IMAGE), cells / 2, np.minimum(3, np.linspace(2, 4, COUNT)).mean())


@pytest.mark.parametrize("order", ["xy", "yx"])
@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("shape", ["rows", "a long row", "more dimensions"])
def test_coordinates_come_back(order, normalised, columns, shape):
    points, scores = RNG.random((COUNT, 2)), RNG.random(COUNT) if columns == 3 else np.ones(COUNT)
    given = points * (1 if normalised else [WIDTH, HEIGHT])
    table = np.column_stack((given if order == "xy" else given[:, ::-1], scores))[:, :columns]
    output = {"rows": table, "a long row": table.ravel(), "more dimensions": table[None, None]}[shape]
    found = Points(order=order, normalised=normalised, columns=columns)(output, IMAGE)
    whole(found, points * [WIDTH, HEIGHT], scores.mean())


def test_points_that_are_no_numbers_are_no_detection():
    table = np.full((COUNT, 3), 0.5)
    table[2, 0] = np.nan
    found = Points()(table, IMAGE)
    assert (found.rows.shape, found.key_points.shape) == ((0, 6), (0, COUNT, 2))


@pytest.mark.parametrize(
    ("decoder", "output", "fault"),
    [
        (HeatmapPoints(), np.zeros((3, 4)), "heatmap_points: wants heat maps [k, h, w], not [3, 4]"),
        (
            SimccPoints(),
            (np.zeros((3, 4)), np.zeros((2, 4))),
            "simcc_points: wants scores of columns [k, n] and of rows [k, m], not 2 arrays: [3, 4], [2, 4]",
        ),
        (Points(), np.zeros((3, 2)), "points: wants coordinates [k, 3], not [3, 2]"),
        (Points(columns=2), np.zeros(5), "points: wants coordinates [k, 2], not [5]"),
        (Points(), np.zeros(0), "points: wants coordinates [k, 3], not [0]"),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        decoder(output, IMAGE)
