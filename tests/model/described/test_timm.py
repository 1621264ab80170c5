"""Configurations of timm and torchvision. What is expected was compared with both libraries' own transforms."""

import numpy as np
import pytest

from tests.model.described.folders import file_of, model_of, picture, prepared, published, recipe_of

HALF = {"mean": [0.5] * 3, "std": [0.5] * 3, "axis": -1}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "axis": -1}
SIDES = {"input_size": [3, 32, 32], "mean": [0.5] * 3, "std": [0.5] * 3}


def timm(folder, inner, **outer):
    """The description by a configuration of timm's with this `pretrained_cfg`."""
    config = {"architecture": "resnet18", "num_classes": 5, "pretrained_cfg": inner, **outer}
    return published(folder, {"config.json": config})


@pytest.mark.parametrize(
    ("settings", "entries"),
    [
        ({}, ({"resize": {"shorter_side": 36, "interpolation": "bicubic"}}, {"center_crop": 32})),
        ({"crop_pct": 0.9, "interpolation": "bilinear"}, ({"resize": {"shorter_side": 35}}, {"center_crop": 32})),
        ({"crop_mode": "squash", "interpolation": "bilinear"}, ({"resize": {"size": 36}}, {"center_crop": 32})),
        (
            {"crop_mode": "border", "crop_pct": 1.0, "mean": [0.48, 0.45, 0.4]},
            (
                {"resize": {"longer_side": 32, "interpolation": "bicubic"}},
                {"center_crop": {"size": 32, "fill": [122, 115, 102]}},
            ),
        ),
    ],
)
def test_sizes_and_crops_are_those_of_timm(settings, entries, tmp_path):
    found = timm(tmp_path, {**SIDES, **settings})
    assert found.preprocess[1:3] == entries
    assert found.doubts == ()
    assert prepared(found, file_of(picture(40, 50))).shape == (3, 32, 32)


def test_what_is_not_said_is_as_timm_assumes(tmp_path):
    found = timm(tmp_path, {"tag": "a1_in1k"})
    assert found.preprocess == (
        "decode_image",
        {"resize": {"shorter_side": 256, "interpolation": "bicubic"}},
        {"center_crop": 224},
        {"scale": 255},
        {"normalize": IMAGENET},
        {"layout": "chw"},
    )
    assert (found.task, found.said["task"]) == ("classification", "config.json: architecture, num_classes")


def test_the_inner_names_of_classes_count(tmp_path):
    found = timm(tmp_path, {**SIDES, "label_names": ["a", "b", "c", "d", "e"]})
    assert (found.classes, found.said["classes"]) == (tuple("abcde"), "config.json: pretrained_cfg: label_names")


def test_an_encoder_without_classes_has_no_task(tmp_path):
    assert timm(tmp_path, SIDES, num_classes=0).task is None


def test_an_older_configuration_has_no_section_of_its_own(tmp_path):
    found = published(tmp_path, {"config.json": {"architecture": "vit", "num_classes": 5, **SIDES, "crop_pct": 1.0}})
    assert found.preprocess[1] == {"resize": {"shorter_side": 32, "interpolation": "bicubic"}}
    assert found.doubts == ()


def test_one_channel_is_read_grey(tmp_path):
    model = model_of([("x", (1, 1, 28, 28), np.float32)])
    inner = {"input_size": [1, 28, 28], "mean": [0.1307], "std": [0.3081], "crop_pct": 1.0}
    found = published(tmp_path, {"config.json": {"architecture": "x", "pretrained_cfg": inner}}, model)
    assert found.preprocess[0] == {"decode_image": "L"}
    assert {"normalize": {"mean": [0.1307], "std": [0.3081], "axis": -1}} in found.preprocess
    assert prepared(found, file_of(picture(30, 30))).shape == (1, 28, 28)


def test_what_is_not_understood_is_said(tmp_path):
    found = timm(tmp_path, {**SIDES, "crop_mode": "odd", "wobble": 1, "interpolation": "cubist"})
    assert found.doubts == (
        "config.json: pretrained_cfg: interpolation: 'cubist' is not understood",
        "config.json: pretrained_cfg: not understood: wobble",
        "config.json: pretrained_cfg: crop_mode: 'odd' is not understood; center is taken",
    )
    found = timm(tmp_path, {**SIDES, "input_size": [3, 32, 64]})
    assert found.doubts == (
        "config.json: pretrained_cfg: input_size: not square; images are squeezed into it, and then cropped",
    )


def test_a_preset_of_torchvision_in_a_file(tmp_path):
    preset = {
        "crop_size": [32],
        "resize_size": [40],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "interpolation": "InterpolationMode.BILINEAR",
        "antialias": True,
    }
    found = published(tmp_path, {"transforms.json": preset})
    assert found.preprocess == (
        "decode_image",
        {"resize": {"shorter_side": 40}},
        {"center_crop": 32},
        {"scale": 255},
        {"normalize": HALF},
        {"layout": "chw"},
    )
    assert found.doubts == ()
    recipe_of(found)


def test_the_categories_of_a_weights_meta_data_are_classes(tmp_path):
    meta = {"categories": ["a", "b", "c"], "num_params": 7, "_docs": "text"}
    found = published(tmp_path, {"weights.json": meta})
    assert (found.classes, found.said["classes"]) == (("a", "b", "c"), "weights.json: categories")


def test_a_file_of_the_same_name_that_says_other_things_is_left_alone(tmp_path):
    found = published(tmp_path, {"meta.json": {"owner": "me"}})
    assert (found.said, found.doubts) == ({}, ())
