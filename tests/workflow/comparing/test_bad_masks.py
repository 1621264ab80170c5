"""Masks that cannot be judged by: refused with the data's own place, or left out like any bad sample."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ovopt.errors import DataError
from ovopt.locate import shipped
from ovopt.recipe import Recipe, parse_recipe
from ovopt.workflow.comparing.evaluate import evaluate
from tests.models import saved
from tests.recipes import models_vision

SHAPES = shipped("calibration_data") / "shapes"
SKIP = "; --on-bad-sample skip leaves such samples out"
PALETTE = np.array([[0.5, 0.5, 0.5], [0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("images", "masks"):
        shutil.copytree(SHAPES / name, tmp_path / name)
    saved(models_vision.segmenter(48, PALETTE, [0.0] * 3, [1.0] * 3), tmp_path)
    return tmp_path


def mask_of(folder: Path) -> Path:
    return min((folder / "masks").iterdir())


def recipe(folder: Path, on_bad_sample: str = "refuse") -> Recipe:
    return parse_recipe(
        {
            "ovopt": 1,
            "family": "mine",
            "task": "segmentation",
            "data": {"source": {"kind": "masks", "path": str(folder)}, "on_bad_sample": on_bad_sample},
            "preprocess": ["decode_image", {"resize": {"size": 48}}, {"scale": 255}, {"layout": "chw"}],
            "postprocess": [{"argmax": {"axis": 0}}],
            "metrics": ["miou"],
        },
        "mine",
    )


def model_in(folder: Path) -> Path:
    return next(folder.glob("*.xml"))


def write_smaller(file: Path) -> str:
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(file)
    return "5x3 pixels, but its image has "


def write_colours(file: Path) -> str:
    Image.open(file).convert("RGB").save(file)
    return "a mask of colours (RGB), where class ids are needed: one channel, or a palette"


def cut_off(file: Path) -> str:
    file.write_bytes(file.read_bytes()[:60])
    return "not a readable image: "


@pytest.mark.parametrize("spoil", [write_smaller, write_colours, cut_off])
def test_a_bad_mask_is_named_once_and_can_be_left_out(folder: Path, spoil: Callable[[Path], str]) -> None:
    file = mask_of(folder)
    image = min((folder / "images").iterdir())
    said = spoil(file)
    with pytest.raises(DataError) as raised:
        evaluate([model_in(folder)], recipe=recipe(folder))
    message = str(raised.value)
    assert message.startswith(f"images/{image.name}: {file}: {said}")
    assert message.endswith(SKIP)
    result = evaluate([model_in(folder)] * 2, recipe=recipe(folder, "skip"))
    assert list(result.data.left_out) == [f"images/{image.name}"]
    count = len(list((folder / "images").iterdir()))
    assert [arm.accuracy["miou"].n for arm in result.arms] == [count - 1] * 2


def test_nothing_but_bad_masks_leaves_nothing_to_judge_by(folder: Path) -> None:
    for file in (folder / "masks").iterdir():
        write_colours(file)
    message = f"{folder / 'images'}: no sample is left to judge by; images/"
    with pytest.raises(DataError, match=re.escape(message)):
        evaluate([model_in(folder)], recipe=recipe(folder, "skip"))


def test_masks_of_sixteen_bits_are_the_same_as_of_eight(folder: Path) -> None:
    before = evaluate([model_in(folder)], recipe=recipe(folder)).arms[0].accuracy["miou"].value
    for file in (folder / "masks").iterdir():
        wide = Image.fromarray(np.asarray(Image.open(file)).astype(np.uint16))
        assert wide.mode == "I;16"
        wide.save(file)
    assert evaluate([model_in(folder)], recipe=recipe(folder)).arms[0].accuracy["miou"].value == before
