"""Masks of classes, painted from the outlines of objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovopt.arrays import regions
from ovopt.contracts import Boxes, Samples
from ovopt.errors import DataError
from ovopt.preparing.painting import classes_with_background, with_background
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Recipe, parse_recipe
from ovopt.records import Port
from tests.factories import exactly

PORT = Port(name="x", shape=(1, 3, 4, 6), dtype="f32")
SIZE = (6, 4)


def box(x0: float, y0: float, x1: float, y1: float) -> Any:
    return (np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float),)


def objects(classes: list[int], *outlines: Any, crowd: list[bool] | None = None) -> Boxes:
    n = len(classes)
    corners = np.tile([0.0, 0, *SIZE], (n, 1))
    return Boxes(corners, np.array(classes, int), np.array(crowd or [False] * n, bool), SIZE, outlines=outlines)


def prepared(label: Any, names: tuple[str, ...], task: str = "segmentation", **keys: Any) -> Prepared:
    data = {"classes": keys.pop("classes", [])}
    recipe: Recipe = parse_recipe({"ovopt": 1, "family": "mine", "task": task, "data": data, **keys}, "mine")
    samples = Samples(
        source="set", ids=("set#0",), labels=(label,), load=lambda _: np.zeros((4, 6, 3)), fingerprint="", classes=names
    )
    return Prepared(with_background(samples, recipe), {}, 0, recipe, (PORT,))


def mask_of(*arguments: Any, **keys: Any) -> Any:
    return prepared(*arguments, **keys).labels.read(0).tolist()


TWO = objects([0, 1], box(0, 0, 4, 3), box(2, 1, 6, 3))
PAINTED = [[1, 1, 1, 1, 0, 0], [1, 1, 2, 2, 2, 2], [1, 1, 2, 2, 2, 2], [0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("names", [("cat", "dog"), ()])
def test_pixels_have_the_class_of_the_last_object_behind_the_background(names: tuple[str, ...]) -> None:
    data = prepared(TWO, names)
    assert data.labels.read(0).tolist() == PAINTED
    assert data.samples.classes == (("background", "cat", "dog") if names else ())


def test_the_recipes_names_say_which_class_is_which() -> None:
    swapped = np.array([2, 1, 0])[np.array(PAINTED)]
    assert mask_of(TWO, ("cat", "dog"), classes=["dog", "cat", "background"]) == swapped.tolist()


def test_a_background_that_the_data_names_is_the_background() -> None:
    assert mask_of(TWO, ("cat", "background")) == np.array([1, 0, 1])[np.array(PAINTED)].tolist()
    assert classes_with_background(("cat", "background")) == ("cat", "background")


def test_masks_are_painted_too_and_crowds_are_not_counted() -> None:
    region = regions.of_mask(np.array(PAINTED) == 2)
    label = objects([0, 1], box(0, 0, 4, 3), region, crowd=[False, True])
    assert mask_of(label, ("cat", "dog")) == np.where(np.array(PAINTED) == 2, 255, PAINTED).tolist()


def test_the_painted_mask_moves_as_its_image_does_and_margins_do_not_count() -> None:
    found = mask_of(TWO, ("cat", "dog"), preprocess=[{"pad": {"left": 1}}, {"resize": {"size": [8, 14]}}])
    expected = np.pad(PAINTED, ((0, 0), (1, 0)), constant_values=255).repeat(2, 0).repeat(2, 1)
    assert found == expected.tolist()


def test_an_image_without_objects_is_background() -> None:
    assert mask_of(objects([]), ("cat",)) == np.zeros((4, 6), int).tolist()


def test_other_tasks_keep_their_boxes() -> None:
    data = prepared(TWO, ("cat", "dog"), task="detection")
    assert isinstance(data.labels.read(0), Boxes)
    assert data.samples.classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("label", "classes", "said"),
    [
        (
            TWO,
            ["cat", "dog"],
            "`data.classes` lacks 'background', the class of pixels that no object covers; add it at its place, as in "
            '--set "data.classes=[background, cat, dog]"',
        ),
        (
            objects([0, 1], box(0, 0, 2, 2), ()),
            [],
            "set#0: 1 of its 2 objects have no outline, of which masks are painted; take data with polygons or masks "
            "of each",
        ),
    ],
)
def test_what_cannot_be_painted_is_said(label: Boxes, classes: list[str], said: str) -> None:
    data = prepared(label, ("cat", "dog"), classes=classes)
    with pytest.raises(DataError, match=exactly(said)):
        data.labels.read(0)
