"""Recipes held against what the model's publisher wrote down."""

import numpy as np
import pytest

from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import parse_recipe
from ovopt.workflow.described_otherwise import said_otherwise
from tests.model.described.folders import model_of, published

PROCESSOR = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
CONFIG = {"architectures": ["ViTForImageClassification"], "id2label": {"0": "cat", "1": "dog"}}
RIGHT = [
    "decode_image",
    {"resize": 32},
    {"scale": 255},
    {"normalize": {"mean": [0.5] * 3, "std": [0.5] * 3, "axis": -1}},
    {"layout": "chw"},
]
FEEDS = (
    "preprocess: feeds an image otherwise than preprocessor_config.json: size says; `ovopt recipes new` writes a "
    "recipe by that"
)


def remarks(folder, preprocess, classes=(), files=None):
    """The remarks on a recipe for a model with a processor beside it."""
    beside = {"preprocessor_config.json": PROCESSOR, "config.json": CONFIG} if files is None else files
    published(folder, beside, model_of([("pixel_values", (1, 3, 32, 32), np.float32)]))
    recipe = {"ovopt": 1, "family": "f", "preprocess": preprocess, "data": {"classes": list(classes)}}
    return list(said_otherwise(parse_recipe(recipe, "r.yaml"), OpenedModel(folder)))


@pytest.mark.parametrize(
    "same",
    [
        RIGHT,
        ["decode_image", {"resize": 32}, {"scale": {"divisor": 127.5, "offset": 1}}, {"layout": "chw"}],
        [{"decode_image": "BGR"}, {"colour_order": "rgb"}, *RIGHT[1:]],
    ],
)
def test_a_recipe_that_feeds_the_same_has_no_remark(same, tmp_path):
    assert remarks(tmp_path, same, ["cat", "dog"]) == []


@pytest.mark.parametrize(
    "other",
    [
        [{"decode_image": "BGR"}, *RIGHT[1:]],
        ["decode_image", {"resize": 32}, {"scale": 255}, {"layout": "chw"}],
        ["decode_image", {"resize": {"shorter_side": 37}}, {"center_crop": 32}, *RIGHT[2:]],
        ["decode_image", {"resize": 24}, *RIGHT[2:]],
    ],
)
def test_a_recipe_that_feeds_otherwise_has_a_remark(other, tmp_path):
    assert remarks(tmp_path, other) == [FEEDS]


def test_classes_in_another_order_have_a_remark(tmp_path):
    assert remarks(tmp_path, RIGHT, ["dog", "cat"]) == [
        "data.classes: are those of config.json: id2label, in another order"
    ]


def test_what_cannot_be_told_has_no_remark(tmp_path):
    assert remarks(tmp_path / "a", ["decode_audio"]) == []
    assert remarks(tmp_path / "b", RIGHT, files={}) == []
    assert remarks(tmp_path / "c", []) == []
