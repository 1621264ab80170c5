"""`--data` of a folder as annotation tools leave it, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from PIL import Image

from tests.cli import run

RECIPE = """
ovopt: 1
family: blocks
task: detection
preprocess: [decode_image, {layout: chw}, {cast: float32}]
postprocess: [yolo_end_to_end]
metrics: [map50]
data: {classes: [block]}
"""
OBJECT = (
    "<annotation><object><name>block</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>10</xmax><ymax>10</ymax>"
    "</bndbox></object></annotation>"
)
ASKED = (
    "error: set: 2 layouts fit: images and XML files of Pascal VOC (voc), images and texts of boxes as shares (yolo); "
    "say which with --set data.source.kind=voc or --set data.source.kind=yolo"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A detector that always finds one block, and images with it, labelled in XML and in text alike."""
    image = ops.parameter([1, 3, 16, 16], np.float32, name="image")
    found = ops.constant(np.array([[[2, 2, 10, 10, 0.9, 0]]], np.float32))
    rows = ops.add(found, ops.multiply(ops.reduce_mean(image, np.array([0, 1, 2, 3]), keep_dims=False), np.float32(0)))
    ov.save_model(ov.Model([rows], [image], "blocks"), tmp_path / "m.xml", compress_to_fp16=False)
    (tmp_path / "r.yaml").write_text(RECIPE)
    lists = tmp_path / "set" / "ImageSets" / "Main"
    for place in ("images", "annotations", "labels", "ImageSets/Main"):
        (tmp_path / "set" / place).mkdir(parents=True)
    for number in range(12):
        Image.new("RGB", (16, 16)).save(tmp_path / "set" / "images" / f"{number}.png")
        (tmp_path / "set" / "annotations" / f"{number}.xml").write_text(OBJECT)
        (tmp_path / "set" / "labels" / f"{number}.txt").write_text("0 0.375 0.375 0.5 0.5")
    for name, numbers in (("train", range(5)), ("val", range(5, 8)), ("test", range(8, 12))):
        (lists / f"{name}.txt").write_text("\n".join(map(str, numbers)))
    return tmp_path


def test_of_two_layouts_one_is_asked_for_and_the_answer_is_taken(folder: Path) -> None:
    command = ("evaluate", "m.xml", "--recipe", "r.yaml", "--data", "set", "-q", "--format", "json")
    asked = run.ovopt(*command, cwd=folder)
    assert (asked.code, asked.message) == (2, ASKED)
    for kind, samples in (("voc", 4), ("yolo", 12)):  # the test list of ImageSets, and all of what has no splits
        done = run.ovopt(*command, "--set", f"data.source.kind={kind}", cwd=folder)
        assert done.code == 0, done.stderr
        found = json.loads(done.stdout)["arms"][0]["accuracy"]["map50"]
        assert (found["n"], found["value"]) == (samples, 1)
