"""Labelled objects, moved as their image is."""

from typing import Any, ClassVar

import numpy as np
import pytest

from ovopt.arrays import regions
from ovopt.contracts import Boxes, Transform
from ovopt.errors import DataError
from ovopt.preparing.moving import moved
from ovopt.transforms.geometry import CenterCrop, Pad, Resize
from tests.factories import exactly

ALL = {"outlines", "key_points", "quads"}
SIZE = (40, 20)
DIAMOND = np.array([[10.0, 2], [16, 8], [10, 14], [4, 8]])
POLYGON = np.array([[20.0, 4], [36, 4], [36, 16], [28, 18], [20, 16]])


class Flip(Transform):
    """The image mirrored, left to right."""

    name: ClassVar[str] = "flip"

    def __call__(self, content: Any) -> Any:
        return content[:, ::-1]

    def moved(self, points: Any, size: tuple[int, int]) -> tuple[Any, tuple[int, int]]:
        return points * [-1, 1] + [size[0], 0], size

    def masked(self, mask: Any) -> Any:
        return mask[:, ::-1]


def objects(*polygons: Any, **fields: Any) -> Boxes:
    around = [[*polygon.min(axis=0), *polygon.max(axis=0)] for polygon in polygons]
    n = len(polygons)
    outlines = tuple((polygon,) for polygon in polygons)
    return Boxes(np.array(around).reshape(-1, 4), np.arange(n), np.zeros(n, bool), SIZE, outlines=outlines, **fields)


def painted(polygon: Any) -> Any:
    return regions.mask_of(regions.of_polygons([polygon], SIZE))


WAYS: dict[str, list[Transform]] = {
    "nothing": [],
    "resize": [Resize(size=(60, 80))],
    "letterbox": [Resize(letterbox=80)],
    "crop": [CenterCrop(size=(16, 24))],
    "crop, then pad": [CenterCrop(size=(12, 20)), Pad(size=64, align="center")],
    "flip": [Flip()],
    "resize, then flip": [Resize(size=(40, 120)), Flip(), Pad(left=7, top=3)],
}


@pytest.mark.parametrize("transforms", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("polygon", [DIAMOND, POLYGON], ids=["diamond", "polygon"])
def test_a_moved_polygon_covers_what_the_moved_mask_does(transforms: list[Transform], polygon: Any) -> None:
    (outline,) = moved(objects(polygon), transforms, ALL).outlines or ()
    mask = painted(polygon)
    for transform in transforms:
        mask = transform.masked(mask)
    assert outline.size == mask.shape
    wrong = regions.mask_of(outline) != (mask == 1)
    assert wrong.mean() < 0.03
    assert wrong.sum() < 0.2 * (mask == 1).sum()


@pytest.mark.parametrize("transforms", WAYS.values(), ids=WAYS)
def test_a_mask_moves_as_any_mask_does(transforms: list[Transform]) -> None:
    whole = objects(POLYGON)
    region = regions.of_polygons([POLYGON], SIZE)
    (outline,) = moved(Boxes(whole.corners, whole.classes, whole.crowd, SIZE, (region,)), transforms, ALL).outlines
    mask = painted(POLYGON)
    for transform in transforms:
        mask = transform.masked(mask)
    assert (regions.mask_of(outline) == (mask == 1)).all()


@pytest.mark.parametrize("transforms", WAYS.values(), ids=WAYS)
def test_key_points_and_quads_lie_on_their_corner_of_the_moved_polygon(transforms: list[Transform]) -> None:
    points = np.concatenate([DIAMOND, np.ones((4, 1))], axis=1)[None]
    found = moved(objects(DIAMOND, key_points=points), transforms, ALL)
    expected, size = DIAMOND, SIZE
    for transform in transforms:
        expected, size = transform.moved(expected, size)
    assert found.quads.tolist() == [expected.tolist()]
    assert found.key_points[0, :, :2].tolist() == expected.tolist()
    assert found.size == size


def test_a_key_point_that_is_cut_off_is_no_longer_labelled() -> None:
    points = np.array([[[10, 2, 2], [16, 8, 1], [10, 14, 0], [4, 8, 2]]], float)
    found = moved(objects(DIAMOND, key_points=points), [CenterCrop(size=(20, 24)), Pad(left=40)], ALL)
    assert found.key_points[0, :, 2].tolist() == [2, 1, 0, 0]


def test_what_was_cut_off_does_not_come_back_where_the_canvas_grows() -> None:
    found = moved(objects(DIAMOND), [CenterCrop(size=(20, 24)), Pad(left=40)], ALL)
    assert found.corners.tolist() == [[40, 2, 48, 14]]
    assert regions.mask_of(found.outlines[0])[:, :40].sum() == 0


def test_objects_of_which_nothing_is_left_are_gone_with_all_that_belongs_to_them() -> None:
    points = np.ones((2, 3, 3))
    both = objects(DIAMOND, POLYGON, key_points=points, areas=np.array([72.0, 200]))
    found = moved(both, [CenterCrop(size=(20, 6))], ALL)
    assert (found.classes.tolist(), len(found.outlines), found.key_points.shape) == ([1], 1, (1, 3, 3))
    assert found.areas.tolist() == [200]


def test_areas_grow_as_pixels_do() -> None:
    found = moved(objects(DIAMOND, areas=np.array([72.0])), [Resize(size=(60, 80)), Flip()], ALL)
    assert found.areas.tolist() == [72 * 6]


def test_what_no_metric_looks_at_is_left_out() -> None:
    found = moved(objects(DIAMOND, key_points=np.ones((1, 2, 3))), [Resize(size=8)], ())
    assert (found.outlines, found.key_points, found.quads) == (None, None, None)


def test_outlines_of_other_than_four_points_make_no_oriented_boxes() -> None:
    assert moved(objects(DIAMOND, POLYGON), [], ALL).quads is None
    assert moved(objects(), [], ALL).quads.shape == (0, 4, 2)
    whole = objects(DIAMOND)
    assert moved(Boxes(whole.corners, whole.classes, whole.crowd, SIZE), [], ALL).quads is None


def test_an_outline_that_is_missing_stays_missing() -> None:
    whole = objects(DIAMOND)
    found = moved(Boxes(whole.corners, whole.classes, whole.crowd, SIZE, ((),)), [Resize(size=8)], ALL)
    assert found.outlines == ((),)


def test_an_image_that_becomes_too_large_is_an_error() -> None:
    with pytest.raises(DataError, match="is too large for a mask"):
        moved(objects(DIAMOND), [Resize(size=65536)], ALL)


def test_a_mask_of_another_size_than_its_image_is_an_error() -> None:
    whole = objects(DIAMOND)
    region = regions.of_mask(np.ones((20, 30)))
    with pytest.raises(DataError, match=exactly("mask and image of an object differ in size: 30 x 20 and 40 x 20")):
        moved(Boxes(whole.corners, whole.classes, whole.crowd, SIZE, (region,)), [], ALL)
