"""First recipes: what is written for a model and its data, and that it runs at once."""

from __future__ import annotations

import json
import re
import shutil
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as ops
from PIL import Image

import ovopt
from ovopt.errors import DataError, UsageError
from ovopt.locate import shipped
from ovopt.recipe import load_recipe
from ovopt.workflow.comparing.evaluate import evaluate
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.new_recipe import draft_recipe
from tests.cli.run import write_data, write_ir
from tests.factories import exactly
from tests.models import saved
from tests.recipes import models_vision

SHAPES = shipped("calibration_data") / "shapes"
SIDE = 16
MEAN, STD = (np.array(values, np.float32) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))


def written(folder: Path, model: Path, data: object) -> tuple[Draft, Path]:
    """A recipe of the folder, and the draft behind it."""
    made = draft_recipe(model, str(data))
    file = folder / "mine.yaml"
    file.write_text(made.text, encoding="utf-8")
    return made, file


def evaluated(folder: Path, model: Path, data: object) -> tuple[dict[str, Any], dict[str, float]]:
    """The sections that are written, and the figures by them."""
    made, file = written(folder, model, data)
    assert yaml.safe_load(file.read_text()) == made.sections
    assert load_recipe(file) == made.recipe()
    return dict(made.sections), figures(made)


def figures(made: Draft) -> dict[str, float]:
    return {name: one.value for name, one in made.figure.metrics.items()} if made.figure else {}


def classifier(shape: Sequence[int], band: tuple[float, float] | None = None, dtype: Any = np.float32) -> ov.Model:
    """The mean of the channels red, green and blue as scores. With a `band`, only inputs whose mean lies in it are
    told apart; all others are of class 0."""
    given = ops.parameter(list(shape), dtype, name="image")
    given.output(0).set_names({"image"})
    axes = [2, 3] if shape[1] == 3 else [1, 2]
    node = ops.reduce_mean(ops.convert(given, "f32"), np.array(axes), keep_dims=False)
    if band:
        middle = ops.reduce_mean(node, np.array([1]), keep_dims=True)
        inside = ops.logical_and(ops.greater(middle, np.float32(band[0])), ops.less(middle, np.float32(band[1])))
        none = np.array([[1e6, 0, 0]], np.float32)
        node = ops.select(inside, node, none)
    node.output(0).set_names({"scores"})
    return ov.Model([node], [given], "colours")


def draw(folder: Path, per_class: int = 8, mode: str = "RGB", flat: bool = False) -> Path:
    """Bright noisy pictures, one channel brighter than the others; a folder for each unless `flat`."""
    rng = np.random.default_rng(0)
    for place in range(3 * per_class):
        pixels = rng.integers(190, 211, (20, 24, 3))
        pixels[..., place % 3] += 40
        target = folder / ("" if flat else str(place % 3)) / f"{place:02}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(target)
    return folder


def names(steps: Sequence[Any]) -> list[str]:
    return [step if isinstance(step, str) else next(iter(step)) for step in steps]


# What is written


def test_a_draft_writes_its_sections_in_order_each_below_its_comments() -> None:
    made = Draft({}).with_section("ovopt", 1).with_section("family", "größe", "why", "and how")
    assert made.text == "ovopt: 1\n# why\n# and how\nfamily: größe\n"
    changed = made.with_section("ovopt", 2, "new")
    assert list(changed.sections) == ["ovopt", "family"]
    assert changed.text.startswith("# new\novopt: 2\n")
    assert made.text.startswith("ovopt: 1\n")


def test_arrays_with_labels_make_a_classification(tmp_path: Path) -> None:
    model, data = write_ir(tmp_path / "Tiny_Net.xml"), write_data(tmp_path / "data.npz")
    sections, result = evaluated(tmp_path, model, data)
    assert sections["family"] == "tiny-net"
    assert sections["task"] == "classification"
    assert sections["data"]["source"] == {"kind": "npz", "path": str(data)}
    assert "preprocess" not in sections
    assert result["top1"] == pytest.approx(0.95)


def test_arrays_with_numbers_for_labels_make_a_regression(tmp_path: Path) -> None:
    inputs = np.random.default_rng(0).standard_normal((12, 16)).astype(np.float32)
    model = write_ir(tmp_path / "tiny.xml", classes=1)
    data = write_data(tmp_path / "data.npz", inputs=inputs, labels=np.linspace(0, 1, 12))
    sections, result = evaluated(tmp_path, model, data)
    assert sections["task"] == "regression"
    assert {"mae", "rmse"} <= result.keys()


def test_arrays_with_rows_of_numbers_for_labels_make_a_regression(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {"inputs": rng.standard_normal((12, 16)).astype(np.float32), "labels": rng.standard_normal((12, 4))}
    model = write_ir(tmp_path / "tiny.xml")
    sections, result = evaluated(tmp_path, model, write_data(tmp_path / "data.npz", **arrays))
    assert sections["task"] == "regression"
    assert "mae" in result


def test_the_figure_is_that_of_evaluate(tmp_path: Path) -> None:
    model, data = write_ir(tmp_path / "tiny.xml"), write_data(tmp_path / "data.npz")
    made, file = written(tmp_path, model, data)
    (arm,) = evaluate([model], recipe=file).arms
    assert made.figure is not None
    assert dict(made.figure.metrics) == dict(arm.accuracy)


def test_a_shipped_recipe_that_fits_is_the_start_where_it_does_as_well(tmp_path: Path) -> None:
    named = saved(models_vision.resnet(224), tmp_path, "resnet50")
    text = draft_recipe(named, str(draw(tmp_path / "val", per_class=4))).text
    assert "# From the recipe 'resnet', which fits this model: its name fits " in text
    assert "# Tried too: What labels and shapes tell: top1 100.0 % on 12 samples, with this 100.0 %." in text


def test_a_shipped_recipe_whose_sizes_do_not_fit_is_said_and_left(tmp_path: Path) -> None:
    named = saved(models_vision.resnet(SIDE), tmp_path, "resnet50")
    made = draft_recipe(named, str(draw(tmp_path / "val")))
    said = " ".join(made.text.replace("\n#", "").split())
    assert "Tried too: the recipe 'resnet', which fits this model: its name fits " in said
    reason = "shape [3, 224, 224] does not fit the model's input 'image' f32[1,3,16,16] "
    assert re.search(
        rf": does not run: \S+\.png: {re.escape(reason)}\(the batch dimension of 1 may be left out\)\. ", said
    )
    assert figures(made)["top1"] == 1


# Pictures of classes


@pytest.mark.parametrize(
    ("best", "band"),
    [
        ("0 to 255", (128, 256)),
        ("0 to 1", (0.7, 0.99)),
        ("-1 to 1", (0.5, 0.69)),
        ("ImageNet's mean and deviation", (1.0, 3.0)),
    ],
)
def test_the_range_of_pixels_that_the_model_understands_is_found_and_the_shares_are_said(
    tmp_path: Path, best: str, band: tuple[float, float]
) -> None:
    model, data = saved(classifier((1, 3, SIDE, SIDE), band), tmp_path), draw(tmp_path / "val")
    made, file = written(tmp_path, model, data)
    comments, sections = " ".join(file.read_text().replace("\n#", "").split()), made.sections
    (said,) = re.findall(r"Range of pixels, tried by top1 on 24 samples: (.*?)\. ", f"{comments} ")
    shares = dict(pair.rsplit(": ", 1) for pair in said.split(", "))
    assert shares == {name: "100.0 %" if name == best else "33.3 %" for name in shares}
    assert len(shares) == 6
    steps = {
        "0 to 255": ["cast"],
        "0 to 1": ["scale"],
        "-1 to 1": ["normalize"],
        "ImageNet's mean and deviation": ["scale", "normalize"],
    }
    wanted = ["decode_image", "resize", *steps[best], "layout"]
    assert names(sections["preprocess"]) == wanted


def test_fewer_folders_than_the_model_has_scores_are_named_in_the_recipe(tmp_path: Path) -> None:
    data = draw(tmp_path / "val")
    for old, new in (("0", "apple"), ("1", "kiwi")):
        (data / old).rename(data / new)
    shutil.rmtree(data / "2")
    draft = draft_recipe(saved(classifier((1, 3, SIDE, SIDE)), tmp_path), data)
    assert "# The data has 2 classes, the model 3 scores: name every class, at its place.\n" in draft.text


def test_names_of_folders_become_classes_with_a_warning_about_their_order(tmp_path: Path) -> None:
    data = draw(tmp_path / "val")
    for old, new in (("0", "apple"), ("1", "kiwi"), ("2", "plum")):
        (data / old).rename(data / new)
    sections, result = evaluated(tmp_path, saved(classifier((1, 3, SIDE, SIDE)), tmp_path), data)
    assert sections["data"]["classes"] == ["apple", "kiwi", "plum"]
    assert "# `classes` must stand in the order of the model's outputs" in (tmp_path / "mine.yaml").read_text()
    assert result["top1"] == 1


def test_it_runs_with_the_range_that_was_found(tmp_path: Path) -> None:
    model = saved(classifier((1, 3, SIDE, SIDE), (1.0, 3.0)), tmp_path)
    assert evaluated(tmp_path, model, draw(tmp_path / "val"))[1]["top1"] == 1


def test_a_table_in_the_folder_gives_the_labels(tmp_path: Path) -> None:
    data = draw(tmp_path / "val", flat=True)
    rows = [f"{file.name},{int(file.stem) % 3}\n" for file in sorted(data.glob("*.png"))]
    (data / "labels.csv").write_text("".join(["file,label\n", *rows]))
    sections, result = evaluated(tmp_path, saved(classifier((1, 3, SIDE, SIDE)), tmp_path), data)
    assert sections["data"]["source"] == {"kind": "files", "path": str(data), "labels": "labels.csv"}
    assert result["top1"] == 1


def test_bytes_with_channels_last_are_neither_normalized_nor_moved(tmp_path: Path) -> None:
    model = saved(classifier((1, SIDE, SIDE, 3), dtype=np.uint8), tmp_path)
    sections, result = evaluated(tmp_path, model, draw(tmp_path / "val"))
    assert names(sections["preprocess"]) == ["decode_image", "resize"]
    assert "Range of pixels" not in (tmp_path / "mine.yaml").read_text()
    assert result["top1"] == 1


def test_an_open_size_becomes_224_and_one_channel_a_grey_image(tmp_path: Path) -> None:
    given = ops.parameter([1, 1, -1, -1], np.float32, name="image")
    given.output(0).set_names({"image"})
    mean = ops.reduce_mean(given, np.array([2, 3]), keep_dims=False)
    scores = ops.concat([mean, ops.negative(mean), ops.multiply(mean, np.float32(0.5))], 1)
    model = saved(ov.Model([scores], [given], "grey"), tmp_path)
    made, _ = written(tmp_path, model, draw(tmp_path / "val", per_class=4))
    steps = made.sections["preprocess"]
    assert steps[:3] == [
        {"decode_image": {"mode": "L"}},
        {"resize": {"shorter_side": 256}},
        {"center_crop": [224, 224]},
    ]
    assert "0 to 1: " in made.text


# Objects, masks, recordings


def test_coco_data_make_a_detection(tmp_path: Path) -> None:
    model = saved(models_vision.yolo(64), tmp_path, "best")
    sections, result = evaluated(tmp_path, model, "{calibration_data}/shapes")
    assert sections["task"] == "detection"
    assert sections["model"] == {"output": 0}
    assert sections["data"]["source"] == {"kind": "coco", "path": "{calibration_data}/shapes"}
    assert sections["data"]["classes"] == ["circle", "square", "triangle"]
    assert "resize" not in str(sections["preprocess"]), "the images have the model's size"
    assert sections["postprocess"] == ["yolo_v8"]
    assert {"map", "map50"} <= result.keys()


def test_a_detector_of_tensorflow_gets_bytes_and_its_classes_count_from_one(tmp_path: Path) -> None:
    model = saved(models_vision.ssd(64), tmp_path, "ssd")
    made, _ = written(tmp_path, model, "{calibration_data}/shapes")
    assert names(made.sections["preprocess"]) == ["decode_image"]
    assert made.sections["model"] == {"output": [1, 2, 3, 0]}
    assert made.sections["postprocess"] == [{"tf_detections": {"label_offset": 1}}]


def test_masks_make_a_segmentation_of_the_whole_image(tmp_path: Path) -> None:
    folder = tmp_path / "val"
    folder.mkdir()
    for name in ("images", "masks"):
        shutil.copytree(SHAPES / name, folder / name)
    palette = np.array([[0.5, 0.5, 0.5], [0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])
    model = saved(models_vision.segmenter(48, palette, MEAN.tolist(), STD.tolist()), tmp_path)
    sections, result = evaluated(tmp_path, model, folder)
    assert sections["task"] == "segmentation"
    assert sections["data"]["source"]["kind"] == "masks"
    assert {"resize": {"size": [48, 48]}} in sections["preprocess"]
    assert "center_crop" not in names(sections["preprocess"])
    assert sections["postprocess"] == [{"argmax": 0}]
    assert {"miou", "pixel_accuracy"} <= result.keys()


def listener(length: int) -> ov.Model:
    """Scores by loudness."""
    given = ops.parameter([1, length], np.float32, name="wave")
    given.output(0).set_names({"wave"})
    power = ops.reduce_mean(ops.multiply(given, given), np.array([1]), keep_dims=True)
    return ov.Model([ops.concat([ops.subtract(np.float32(0.05), power), power], 1)], [given], "listener")


def record(folder: Path, per_class: int = 4) -> Path:
    """Quiet and loud tones, in folders for both."""
    tone = np.sin(np.arange(1600) / 5)
    for place in range(2 * per_class):
        file = folder / ("0", "1")[place % 2] / f"{place}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as stream:
            stream.setnchannels(1)
            stream.setsampwidth(2)
            stream.setframerate(16000)
            stream.writeframes((tone * (1000, 30000)[place % 2]).astype("<i2").tobytes())
    return folder


def test_recordings_in_folders_make_a_classification(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    sections, result = evaluated(tmp_path, saved(listener(800), tmp_path), record(tmp_path / "val"))
    assert sections["task"] == "classification"
    assert sections["preprocess"] == ["decode_audio", "mono", {"resample": 16000}, {"fix_length": {"samples": 800}}]
    assert result["top1"] == 1


def test_recordings_with_events_are_no_classification(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    model = saved(listener(800), tmp_path)
    said = "the labels are arrays [?, 3], which fit none of the outputs"
    with pytest.raises(UsageError, match=re.escape(said)):
        draft_recipe(model, "{calibration_data}/chords")
    made = draft_recipe(model, "{calibration_data}/chords", task="any")
    assert made.sections["data"]["source"]["kind"] == "events"
    assert made.figure is None


# Without labels


def test_images_in_one_folder_without_labels_can_be_compared_at_once(tmp_path: Path) -> None:
    model, data = saved(classifier((1, 3, SIDE, SIDE)), tmp_path), draw(tmp_path / "val", flat=True)
    made, file = written(tmp_path, model, data)
    assert made.sections["task"] == "any"
    assert "# No labels: agreement with the original stands in for accuracy." in made.text
    plan = ovopt.Plan(scenarios=("latency",), time_budget_s=1)
    result = ovopt.compare(model, [model], recipe=file, plan=plan)
    assert result.pairs[0].accuracy["cosine"].candidate == pytest.approx(1)


# What cannot be


def test_images_for_a_model_that_takes_none_are_refused(tmp_path: Path) -> None:
    model, data = write_ir(tmp_path / "tiny.xml"), draw(tmp_path / "val", per_class=1)
    said = "the data are images, but no input of the model takes one: 'x' f32[1,16]"
    with pytest.raises(DataError, match=exactly(said)):
        draft_recipe(model, str(data))


def test_arrays_of_another_shape_are_refused(tmp_path: Path) -> None:
    rows = {"inputs": np.zeros((6, 16), np.float32), "labels": np.arange(6) % 3}
    model, data = saved(classifier((1, 3, SIDE, SIDE)), tmp_path), write_data(tmp_path / "data.npz", **rows)
    with pytest.raises(DataError, match=r"\Adata\.npz#\d: shape \[16\] does not fit the model's input 'image' f32"):
        draft_recipe(model, str(data))


def test_data_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=exactly(f"{tmp_path}/val: no such data")):
        draft_recipe(write_ir(tmp_path / "tiny.xml"), f"{tmp_path}/val")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    with pytest.raises(DataError, match=f"{tmp_path}/val: no files"):
        draft_recipe(write_ir(tmp_path / "tiny.xml"), str(tmp_path / "val"))


def test_what_is_written_is_plain_yaml_without_code(tmp_path: Path) -> None:
    made, file = written(tmp_path, write_ir(tmp_path / "tiny.xml"), write_data(tmp_path / "data.npz"))
    assert json.loads(json.dumps(made.sections)) == yaml.safe_load(file.read_text())
    assert "!!" not in made.text
