"""Boxes of the objects in a table's images."""

import io

import datasets
import numpy as np
import pytest
from PIL import Image

from ovopt.contracts import BadLabel
from ovopt.data.columns import Choice
from ovopt.data.table import Table, samples_of
from ovopt.records import Port

PORT = [Port(name="x", shape=(1, 3, 32, 32), dtype="f32")]
NAMES = datasets.ClassLabel(names=["cat", "dog"])


def png(width, height):
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "PNG")
    return stream.getvalue()


def samples(objects, feature=None, choice=None, **columns):
    images = [{"bytes": png(40, 20), "path": None}] * len(objects)
    data = datasets.Dataset.from_dict({"image": images, "objects": objects, **columns})
    data = data.cast_column("image", datasets.Image())
    return samples_of(Table(data.cast_column("objects", feature) if feature else data, "t", "f"), PORT, choice)


LISTS = {
    "bbox": datasets.List(datasets.List(datasets.Value("float32"))),
    "category": datasets.List(NAMES),
}


def test_objects_of_a_list_for_each_field_are_boxes_with_the_tables_classes():
    cells = [{"bbox": [[1, 2, 10, 5], [0, 0, 40, 20]], "category": [1, 0]}, {"bbox": [], "category": []}]
    found = samples(cells, LISTS)
    first, second = found.labels
    assert (found.classes, first.size, list(found.load(0)[:4])) == (("cat", "dog"), (40, 20), list(b"\x89PNG"))
    np.testing.assert_array_equal(first.corners, [[1, 2, 11, 7], [0, 0, 40, 20]])
    np.testing.assert_array_equal(first.classes, [1, 0])
    assert len(second.corners) == 0


def test_objects_of_a_mapping_for_each_are_boxes_with_sorted_names_and_regions_of_many():
    cells = [
        [
            {"box": [1.0, 2.0, 3.0, 4.0], "label": "dog", "iscrowd": 0},
            {"box": [0.0, 0.0, 9.0, 9.0], "label": "cat", "iscrowd": 1},
        ]
    ]
    found = samples(cells)
    assert found.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.labels[0].classes, [1, 0])
    np.testing.assert_array_equal(found.labels[0].crowd, [False, True])


def test_two_corners_are_told_by_what_fits_into_the_images_or_by_the_recipe():
    cells = [{"bbox": [[30, 10, 38, 19]], "category": [1]}, {"bbox": [[1, 2, 11, 7]], "category": [0]}]
    np.testing.assert_array_equal(samples(cells, LISTS).labels[1].corners, [[1, 2, 11, 7]])
    alone = samples(cells[1:], LISTS, Choice(corners="xyxy"))
    np.testing.assert_array_equal(alone.labels[0].corners, [[1, 2, 11, 7]])
    np.testing.assert_array_equal(samples(cells[1:], LISTS).labels[0].corners, [[1, 2, 12, 9]])


def test_sizes_are_those_of_columns_where_there_are_some():
    cells = [{"bbox": [[0, 0, 80, 40]], "category": [1]}]
    assert samples(cells, LISTS, width=[80], height=[40]).labels[0].size == (80, 40)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (
            {"bbox": [[1, 2, 90, 5]], "category": [1]},
            "t#0: the box (1, 2, 91, 7) reaches outside the image of 40x20; remove or mend it",
        ),
        (
            {"bbox": [[1, 2, 3]], "category": [1]},
            "t#0: an object without a box of four numbers, or a class; mend the row",
        ),
    ],
)
def test_a_row_of_a_bad_box_is_a_bad_sample(cell, why):
    (label,) = samples([cell], LISTS).labels
    assert label == BadLabel(why)
