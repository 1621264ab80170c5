"""Public layouts and exports, as people have them: the draft reaches the figure that model and data were made for."""

from __future__ import annotations

import csv
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
from openvino import opset13 as ops
from PIL import Image

from ovopt.errors import ModelError, UsageError
from ovopt.locate import shipped
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.new_recipe import draft_recipe
from ovopt.workflow.drafting.trials import Score
from tests.factories import exactly
from tests.models import saved
from tests.recipes import models_text_audio, models_vision

SHAPES = shipped("calibration_data") / "shapes"
SIDE = 16
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
NAMES = ("apple", "kiwi", "plum")


def model_of(inputs: Sequence[ov.Node], **outputs: ov.Node) -> ov.Model:
    for node in inputs:
        node.output(0).set_names({node.get_friendly_name()})
    for name, node in outputs.items():
        node.output(0).set_names({name})
    return ov.Model(list(outputs.values()), list(inputs), "tiny")


def given(name: str, *shape: int, dtype: Any = np.float32) -> ov.Node:
    return ops.parameter(list(shape), dtype, name=name)


def colours(
    band: tuple[float, float], last: bool = False, order: Sequence[int] = (0, 1, 2), batch: int = 1
) -> ov.Model:
    """Which channel is the brightest, in this order; pictures whose mean is outside a band are all of class 0."""
    image = given("image", *([batch, SIDE, SIDE, 3] if last else [batch, 3, SIDE, SIDE]))
    mean = ops.reduce_mean(image, np.array([1, 2] if last else [2, 3]), keep_dims=False)
    middle = ops.reduce_mean(mean, np.array([1]), keep_dims=True)
    inside = ops.logical_and(ops.greater(middle, np.float32(band[0])), ops.less(middle, np.float32(band[1])))
    scores = ops.select(inside, ops.gather(mean, np.array(order), np.array(1)), np.array([[1e6, 0, 0]], np.float32))
    return model_of([image], scores=scores)


def draw(
    folder: Path, names: Sequence[str] = ("0", "1", "2"), per_class: int = 8, size: tuple[int, int] = (20, 24)
) -> Path:
    rng = np.random.default_rng(len(folder.name))
    for place in range(3 * per_class):
        pixels = rng.integers(190, 211, (*size, 3))
        pixels[..., place % 3] += 40
        file = folder / names[place % 3] / f"{place:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(file)
    return folder


def drafted(folder: Path, model: ov.Model, data: object, **answers: Any) -> Draft:
    return draft_recipe(saved(model, folder), data if isinstance(data, dict) else str(data), **answers)


def value(made: Draft, metric: str) -> float:
    assert made.figure is not None, made.text
    return made.figure.metrics[metric].value


def steps(made: Draft, section: str = "preprocess") -> list[Any]:
    return list(made.sections.get(section, ()))


# Images of classes


@pytest.mark.parametrize(
    ("band", "last"),
    [((0.7, 0.99), False), ((1.0, 3.0), False), ((128, 256), True), ((0.5, 0.69), True)],
    ids=["0 to 1", "torchvision", "Keras", "-1 to 1"],
)
def test_folders_of_classes_in_the_range_that_the_model_was_trained_with(
    tmp_path: Path, band: tuple[float, float], last: bool
) -> None:
    made = drafted(tmp_path, colours(band, last), draw(tmp_path / "val", NAMES))
    assert made.sections["data"]["classes"] == list(NAMES)
    assert value(made, "top1") == 1


def test_folders_of_train_val_and_test_are_judged_by_what_no_training_saw(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        draw(tmp_path / "set" / part, NAMES, per_class=3 if part == "test" else 4)
    made = drafted(tmp_path, colours((0.7, 0.99)), tmp_path / "set")
    assert value(made, "top1") == 1
    assert made.figure is not None
    assert made.figure.n == 9
    assert made.sections["data"]["classes"] == list(NAMES)


def test_a_model_that_wants_blue_first_is_found_out(tmp_path: Path) -> None:
    made = drafted(tmp_path, colours((0.7, 0.99), order=(2, 1, 0)), draw(tmp_path / "val"))
    assert steps(made)[0] == {"decode_image": {"mode": "BGR"}}
    assert value(made, "top1") == 1


def test_what_only_the_margins_show_is_not_cropped_away(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for place in range(24):
        pixels = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        pixels[:, :2], pixels[:, -2:] = (255, 0) if place % 2 else (0, 255)
        file = tmp_path / "val" / str(place % 2) / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    image = given("image", 1, 3, 32, 32)
    weights = np.zeros((32, 2), np.float32)
    weights[:2, 1] = weights[-2:, 0] = 1
    columns = ops.reduce_mean(image, np.array([1, 2]), keep_dims=False)
    made = drafted(tmp_path, model_of([image], scores=ops.matmul(columns, weights, False, False)), tmp_path / "val")
    assert value(made, "top1") == 1
    assert not [step for step in steps(made) if "center_crop" in step or "resize" in step]


def test_names_in_another_order_than_the_scores_are_put_in_theirs(tmp_path: Path) -> None:
    made = drafted(tmp_path, colours((0.7, 0.99)), draw(tmp_path / "val", ("plum", "apple", "kiwi"), per_class=12))
    assert made.sections["data"]["classes"] == ["plum", "apple", "kiwi"]
    assert value(made, "top1") == 1


def test_a_background_class_is_left_out(tmp_path: Path) -> None:
    image = given("image", 1, 3, SIDE, SIDE)
    mean = ops.reduce_mean(image, np.array([2, 3]), keep_dims=False)
    scores = ops.concat([ops.constant(np.full((1, 1), 1e6, np.float32)), mean], 1)
    made = drafted(tmp_path, model_of([image], scores=scores), draw(tmp_path / "val"))
    assert steps(made, "postprocess") == ["drop_first"]
    assert value(made, "top1") == 1


def test_a_batch_that_is_baked_in_becomes_one(tmp_path: Path) -> None:
    made = drafted(tmp_path, colours((0.7, 0.99), batch=8), draw(tmp_path / "val"))
    assert made.sections["model"] == {"shapes": {"image": [1, 3, SIDE, SIDE]}}
    assert value(made, "top1") == 1


def test_an_output_that_is_much_wider_than_the_classes_is_asked_about(tmp_path: Path) -> None:
    image = given("image", 1, 3, SIDE, SIDE)
    mean = ops.reduce_mean(image, np.array([2, 3]), keep_dims=False)
    weights = np.random.default_rng(0).standard_normal((3, 64)).astype(np.float32)
    model = model_of([image], vectors=ops.matmul(mean, weights, False, False))
    data = draw(tmp_path / "val")
    with pytest.raises(UsageError, match=r"are they scores, or an embedding; add one of --task classification, "):
        drafted(tmp_path, model, data)
    assert drafted(tmp_path, model, data, task="any").figure is None
    assert drafted(tmp_path, model, data, task="classification").figure is not None


# Objects, masks, images


def block_finder() -> ov.Model:
    """End to end: the brightest cell of 8 pixels in red and in blue, as rows of corners, score and class."""
    image = given("image", 1, 3, 64, 64)
    cells = ops.reshape(ops.avg_pool(image, [8, 8], [0, 0], [0, 0], [8, 8], True, "floor"), np.array([1, 3, 64]), False)
    found = ops.topk(cells, np.array(1), 2, "max", "value", "i32")
    place = ops.convert(found.output(1), "f32")
    row = ops.floor(ops.divide(place, np.float32(8)))
    column = ops.subtract(place, ops.multiply(row, np.float32(8)))
    x, y = ops.multiply(column, np.float32(8)), ops.multiply(row, np.float32(8))
    eight, classes = np.float32(8), ops.constant(np.array([[[0], [0], [1]]], np.float32))
    rows = ops.concat([x, y, ops.add(x, eight), ops.add(y, eight), found.output(0), classes], 2)
    return model_of([image], dets=ops.gather(rows, np.array([0, 2]), np.array(1)))


def test_yolo_folders_with_splits_of_their_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "valid"):
        images, labels = tmp_path / "rf" / part / "images", tmp_path / "rf" / part / "labels"
        images.mkdir(parents=True)
        labels.mkdir()
        for number in range(12):
            pixels, lines = rng.integers(0, 60, (64, 64, 3)).astype(np.uint8), []
            for index, channel in ((0, 0), (1, 2)):
                row, column = rng.integers(0, 8, 2)
                pixels[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8, channel] = 255
                lines.append(f"{index} {(column * 8 + 4) / 64} {(row * 8 + 4) / 64} {8 / 64} {8 / 64}")
            Image.fromarray(pixels).save(images / f"{number}.png")
            (labels / f"{number}.txt").write_text("\n".join(lines))
    (tmp_path / "rf" / "data.yaml").write_text("train: ../train/images\nval: ../valid/images\nnames: [red, blue]\n")
    made = drafted(tmp_path, block_finder(), tmp_path / "rf")
    assert made.sections["task"] == "detection"
    assert value(made, "map50") == pytest.approx(1)
    assert made.figure is not None
    assert made.figure.n == 12


def test_masks_beside_images(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        shutil.copytree(SHAPES / name, tmp_path / "val" / name)
    palette = np.array([[0.5, 0.5, 0.5], [0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])
    made = drafted(tmp_path, models_vision.segmenter(48, palette, MEAN.tolist(), STD.tolist()), tmp_path / "val")
    assert steps(made, "postprocess") == [{"argmax": 0}]
    assert "normalize" in str(steps(made))


def test_masks_of_pascal_voc_where_boxes_lie_too(tmp_path: Path) -> None:
    root = tmp_path / "voc"
    shutil.copytree(SHAPES / "images", root / "JPEGImages")
    shutil.copytree(SHAPES / "masks", root / "SegmentationClass")
    (root / "Annotations").mkdir()
    box = "<object><name>disk</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"
    for image in (root / "JPEGImages").iterdir():
        (root / "Annotations" / f"{image.stem}.xml").write_text(f"<annotation>{box}</annotation>")
    palette = np.array([[0.5, 0.5, 0.5], [0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])
    made = drafted(tmp_path, models_vision.segmenter(48, palette, MEAN.tolist(), STD.tolist()), root)
    assert made.sections["data"]["source"] == {"kind": "voc", "path": str(root), "target": "masks"}
    assert made.sections["task"] == "segmentation"


def test_masks_in_arrays(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    masks = rng.integers(0, 3, (16, 8, 8))
    pictures = np.eye(3, dtype=np.float32)[masks].transpose(0, 3, 1, 2) + 0.1
    np.savez(tmp_path / "data.npz", image=pictures, labels=masks)
    image = given("image", 1, 3, 8, 8)
    made = drafted(tmp_path, model_of([image], out=ops.multiply(image, np.float32(2))), tmp_path / "data.npz")
    assert made.sections["task"] == "segmentation"
    assert value(made, "miou") == pytest.approx(1)


def test_images_that_are_to_become_larger(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 1, (12, 1, 12, 12)).astype(np.float32)
    np.savez(tmp_path / "data.npz", image=low, labels=low.repeat(3, 2).repeat(3, 3)[:, 0])
    image = given("image", 1, 1, 12, 12)
    larger = ops.interpolate(image, np.array([3, 3], np.float32), "nearest", "scales", axes=np.array([2, 3]),
                             coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
    made = drafted(tmp_path, model_of([image], out=larger), tmp_path / "data.npz")
    assert made.sections["task"] == "image-to-image"
    assert value(made, "psnr") == 100


# Arrays


def features(count: int = 60, width: int = 4, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples, weights, and the classes that these give."""
    rng = np.random.default_rng(0)
    rows, weights = rng.standard_normal((count, width)).astype(np.float32), rng.standard_normal((width, classes))
    return rows, weights.astype(np.float32), (rows @ weights.astype(np.float32)).argmax(1)


def linear(weights: np.ndarray, *shape: int) -> ov.Model:
    x = given("features", *(shape or (-1, len(weights))))
    flat = ops.reshape(x, np.array([0, -1]), True) if len(shape) > 2 else x
    return model_of([x], y=ops.matmul(flat, weights, False, False))


def test_digits_in_bytes_without_a_channel(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (40, 8, 8), dtype=np.uint8)
    weights = rng.standard_normal((64, 10)).astype(np.float32)
    np.savez(tmp_path / "digits.npz", x=pictures, y=(pictures.reshape(40, -1) / 255 @ weights).argmax(1))
    made = drafted(tmp_path, linear(weights, 1, 1, 8, 8), tmp_path / "digits.npz")
    assert value(made, "top1") == 1


def test_two_inputs_by_their_names(tmp_path: Path) -> None:
    rows, weights, labels = features()
    np.savez(tmp_path / "data.npz", left=rows[:, :2], right=rows[:, 2:], label=labels)
    left, right = given("left", 1, 2), given("right", 1, 2)
    model = model_of([right, left], y=ops.matmul(ops.concat([left, right], 1), weights, False, False))
    assert value(drafted(tmp_path, model, tmp_path / "data.npz"), "top1") == 1


def test_numbers_are_a_regression(tmp_path: Path) -> None:
    rows, weights, _ = features(classes=1)
    np.savez(tmp_path / "data.npz", features=rows, target=(rows @ weights)[:, 0] + np.tile([0.5, -0.5], 30))
    assert value(drafted(tmp_path, linear(weights), tmp_path / "data.npz"), "mae") == pytest.approx(0.5, abs=1e-5)


def test_answers_of_yes_and_no(tmp_path: Path) -> None:
    rows, weights, _ = features(classes=8)
    np.savez(tmp_path / "data.npz", features=rows, label=rows @ weights > 0)
    made = drafted(tmp_path, linear(weights), tmp_path / "data.npz")
    assert steps(made, "postprocess") == ["sigmoid"]
    assert value(made, "frame_f1") == 1


def test_one_score_for_two_classes(tmp_path: Path) -> None:
    rows, weights, _ = features(classes=1)
    np.savez(tmp_path / "data.npz", features=rows, label=(rows @ weights)[:, 0] > 0)
    made = drafted(tmp_path, linear(weights), tmp_path / "data.npz")
    assert steps(made, "postprocess") == ["sigmoid"]
    assert [value(made, metric) for metric in ("accuracy", "f1", "auroc")] == [1, 1, 1]


def test_labels_that_count_from_one(tmp_path: Path) -> None:
    rows, weights, labels = features()
    np.savez(tmp_path / "data.npz", features=rows, label=labels + 1)
    assert value(drafted(tmp_path, linear(weights), tmp_path / "data.npz"), "top1") == 1


def test_the_output_whose_scores_are_as_many_as_the_classes(tmp_path: Path) -> None:
    rows, weights, labels = features()
    np.savez(tmp_path / "data.npz", features=rows, label=labels)
    x = given("features", 1, 4)
    scores = ops.matmul(x, weights, False, False)
    made = drafted(tmp_path, model_of([x], hidden=ops.relu(x), y=scores), tmp_path / "data.npz")
    assert made.sections["model"] == {"output": 1}
    assert value(made, "top1") == 1


def test_a_state_that_the_data_do_not_hold(tmp_path: Path) -> None:
    rows, weights, labels = features()
    np.savez(tmp_path / "data.npz", x=rows, label=labels)
    x, state = given("x", 1, 4), given("state", 1, 3)
    scores = ops.add(ops.matmul(x, weights, False, False), state)
    made = drafted(
        tmp_path, model_of([x, state], y=scores, state_out=ops.multiply(state, np.float32(1))), tmp_path / "data.npz"
    )
    assert made.sections["model"] == {"state": {"state": "state_out"}}
    assert value(made, "top1") == 1


# Tables


COLUMNS = ["sepal length", "sepal width", "petal length", "petal width"]


def write_table(file: Path, label: str, labels: Sequence[Any], rows: np.ndarray) -> Path:
    with file.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.writer(stream)
        writer.writerow([*COLUMNS, label])
        writer.writerows([*map(str, row), one] for row, one in zip(rows.tolist(), labels, strict=True))
    return file


def test_images_in_a_table_of_the_hub(tmp_path: Path) -> None:
    import datasets

    files = sorted(draw(tmp_path / "val").rglob("*.png"))
    rows = {"image": [str(file) for file in files], "label": [int(file.parent.name) for file in files]}
    features_ = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=list(NAMES))})
    table = datasets.Dataset.from_dict(rows, features=features_)
    table.to_parquet(tmp_path / "hub.parquet")
    made = drafted(tmp_path, colours((0.7, 0.99)), tmp_path / "hub.parquet")
    assert made.sections["data"]["classes"] == list(NAMES)
    assert value(made, "top1") == 1


# Texts and sounds


REVIEWS = ["good film", "bad film", "great plot", "awful plot", "good good plot", "bad awful film"] * 6


def words_model(folder: Path, texts: Sequence[str]) -> ov.Model:
    known = models_text_audio.vocabulary(texts)
    models_text_audio.write_tokenizer(folder, known)
    weights = np.zeros((len(known), 2), np.float32)
    for place, word in enumerate(known):
        weights[place, 1], weights[place, 0] = word in ("good", "great"), word in ("bad", "awful")
    return models_text_audio.text_classifier(weights)


def test_lines_of_json_beside_a_tokenizer(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text, "label": int("good" in text or "great" in text)}) for text in REVIEWS]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    made = drafted(tmp_path, words_model(tmp_path, REVIEWS), tmp_path / "rows.jsonl")
    assert value(made, "top1") == 1
    assert "tokenize" in str(steps(made))


@pytest.mark.parametrize("named", [True, False])
def test_tags_of_words_are_those_of_the_first_token_of_each(tmp_path: Path, named: bool) -> None:
    sentences, tags = [["the", "U.S.", "Anna"], ["Anna"], ["Rome", "and", "Anna", "and"]], ["O", "B-PER", "B-LOC"]
    entities = {"Anna": 1, "U.S.": 2, "Rome": 2}
    known = models_text_audio.vocabulary(["the u . s and anna rome"])
    models_text_audio.write_tokenizer(tmp_path, known)
    id2label = {str(place): tag for place, tag in enumerate(tags)}
    config = {"architectures": ["BertForTokenClassification"], "model_type": "bert", "id2label": id2label}
    (tmp_path / "config.json").write_text(json.dumps(config))
    scores = np.eye(3, dtype=np.float32)[[{"anna": 1, "u": 2, "rome": 2}.get(word, 0) for word in known]]
    ids = given("input_ids", 1, -1, dtype=np.int64)
    model = model_of([ids], logits=ops.gather(ops.constant(scores), ids, np.array(0)))
    with (tmp_path / "test.jsonl").open("w") as stream:
        for place, words in enumerate(sentences * 4):
            found = [entities.get(word, 0) for word in words]
            row = {"id": str(place), "tokens": words, "ner_tags": [tags[one] for one in found] if named else found}
            stream.write(json.dumps(row) + "\n")
    made = drafted(tmp_path, model, tmp_path / "test.jsonl")
    assert value(made, "token_f1") == 1
    if named:
        lines = ["".join(f"{word}\t{tags[entities.get(word, 0)]}\n" for word in words) for words in sentences]
        (tmp_path / "test.conll").write_text("\n".join(lines))
        assert value(drafted(tmp_path, model, tmp_path / "test.conll"), "token_f1") == 1
    settings = {"labels": tags, "mask": "word_starts"} if named else {"mask": "word_starts"}
    assert made.sections["postprocess"] == [{"tags": settings}]
    assert made.sections.get("metrics") == (None if named else [{"token_f1": {"tags": tags}}])


def test_texts_without_a_tokenizer_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    model = words_model(tmp_path / "texts", REVIEWS)
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps({"text": text, "label": 1}) for text in REVIEWS))
    with pytest.raises(
        UsageError, match=r"which tokenizer is the model's; add --set 'preprocess=\[\{tokenize: FILE\}\]'"
    ):
        drafted(tmp_path, model, tmp_path / "rows.jsonl")
    answer = {"preprocess": [{"tokenize": str(tmp_path / "texts" / "tokenizer.json")}]}
    assert drafted(tmp_path, model, tmp_path / "rows.jsonl", settings=answer).figure is not None


def test_recordings_at_the_rate_that_they_have(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    tone = np.sin(np.arange(800) / 5)
    for place in range(12):
        file = tmp_path / "val" / ("0", "1")[place % 2] / f"{place}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as stream:
            stream.setnchannels(1)
            stream.setsampwidth(2)
            stream.setframerate(8000)
            stream.writeframes((tone * (1000, 30000)[place % 2]).astype("<i2").tobytes())
    sound = given("wave", 1, 800)
    power = ops.reduce_mean(ops.multiply(sound, sound), np.array([1]), keep_dims=True)
    scores = ops.concat([ops.subtract(np.float32(0.05), power), power], 1)
    made = drafted(tmp_path, model_of([sound], scores=scores), tmp_path / "val")
    assert {"resample": 8000} in steps(made)
    assert value(made, "top1") == 1


def test_a_table_whose_label_has_a_name_of_its_own(tmp_path: Path) -> None:
    rows, weights, labels = features()
    table = write_table(tmp_path / "iris.csv", "species", [NAMES[label] for label in labels], rows)
    made = drafted(tmp_path, linear(weights), table)
    assert value(made, "top1") == 1


def test_a_table_whose_classes_count_from_one(tmp_path: Path) -> None:
    rows, weights, labels = features()
    made = drafted(tmp_path, linear(weights), write_table(tmp_path / "iris.csv", "species", labels + 1, rows))
    assert value(made, "top1") == 1


def test_a_table_of_which_any_column_may_be_the_label_is_asked_about(tmp_path: Path) -> None:
    rows, weights, _ = features(classes=1)
    table = write_table(tmp_path / "houses.csv", "price", (rows @ weights)[:, 0] + 1.5, rows)
    with pytest.raises(UsageError, match=r"which column is the label; add one of .*--label price"):
        drafted(tmp_path, linear(weights), table)
    made = drafted(tmp_path, linear(weights), table, label="price")
    assert value(made, "mae") == pytest.approx(1.5, abs=1e-5)


def test_a_table_of_more_numbers_than_the_model_takes_is_asked_about(tmp_path: Path) -> None:
    rows, weights, labels = features()
    table = write_table(tmp_path / "iris.csv", "species", labels, rows)
    lines = table.read_text("utf-8-sig").splitlines()
    wide = [f"{line},{place % 7 / 2 if place else 'weight'}" for place, line in enumerate(lines)]
    table.write_text("\n".join(wide))
    said = f"{table}: 5 columns hold numbers, and the model takes .*: which 4 does it read; add one of --set "
    with pytest.raises(UsageError, match=said) as asked:
        drafted(tmp_path, linear(weights), table, label="species")
    answer = re.findall(r"--set '(.*?)'", str(asked.value))[0]
    assert answer == f"data.source.inputs=[{','.join(COLUMNS)}]"
    assert value(drafted(tmp_path, linear(weights), table, label="species", settings=[answer]), "top1") == 1


def test_a_data_set_of_splits_that_was_saved(tmp_path: Path) -> None:
    import datasets

    parts = {}
    for part in ("train", "test"):
        files = sorted(draw(tmp_path / part, per_class=5 if part == "test" else 4).rglob("*.png"))
        rows = {"image": [str(file) for file in files], "label": [int(file.parent.name) for file in files]}
        features_ = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=list(NAMES))})
        parts[part] = datasets.Dataset.from_dict(rows, features=features_)
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
    made = drafted(tmp_path, colours((0.7, 0.99)), tmp_path / "saved")
    assert value(made, "top1") == 1
    assert made.figure is not None
    assert made.figure.n == 15


def test_pairs_of_sentences_and_an_encoder(tmp_path: Path) -> None:
    texts = ["a b c d", "a b c e", "a b x y", "p q r s", "a q r s", "u v w z", "a b c d"]
    known = models_text_audio.vocabulary(texts)
    models_text_audio.write_tokenizer(tmp_path, known)
    with (tmp_path / "pairs.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["genre", "sentence1", "sentence2", "score"])
        for first in texts:
            for second in texts:
                writer.writerow(
                    [
                        "news" if first < "b" else "main",
                        first,
                        second,
                        len({*first.split()} & {*second.split()}) / 4 + 0.01,
                    ]
                )
    made = drafted(tmp_path, models_text_audio.encoder(len(known)), tmp_path / "pairs.csv")
    assert made.sections["task"] == "similarity"
    assert value(made, "pearson") == pytest.approx(1, abs=1e-6)


def test_lines_with_labels_behind_a_tab(tmp_path: Path) -> None:
    lines = [f"{text}\t{int('good' in text or 'great' in text)}\n" for text in REVIEWS]
    (tmp_path / "lines.txt").write_text("".join(lines))
    made = drafted(tmp_path, words_model(tmp_path, REVIEWS), tmp_path / "lines.txt")
    assert made.sections["data"]["source"]["label"] == "tab"
    assert value(made, "top1") == 1


def test_vectors_are_told_apart_in_pairs_of_labelled_images(tmp_path: Path) -> None:
    image = given("image", 1, 3, SIDE, SIDE)
    mean = ops.reduce_mean(image, np.array([2, 3]), keep_dims=False)
    centred = ops.subtract(mean, ops.reduce_mean(mean, np.array([1]), keep_dims=True))
    weights = np.linalg.qr(np.random.default_rng(0).standard_normal((64, 64)))[0][:3].astype(np.float32)
    model = model_of([image], vectors=ops.matmul(centred, weights, False, False))
    rng = np.random.default_rng(0)
    for person in range(9):
        colour = rng.permutation([30, 120, 220]) + rng.integers(-20, 20, 3)
        for shot in range(4):
            file = tmp_path / "faces" / f"person {person}" / f"{shot}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.clip(colour + rng.integers(-3, 4, (SIDE, SIDE, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(file)
    made = drafted(tmp_path, model, tmp_path / "faces", task="verification")
    assert made.sections["data"]["pairs"]["same"] == 18
    assert steps(made, "postprocess") == ["cosine_of_parts"]
    assert made.figure is not None
    assert value(made, "auroc") > 0.5


def test_boxes_for_a_classifier_are_asked_about(tmp_path: Path) -> None:
    said = (
        "the labels are boxes, and none of the outputs 'scores' f32[1,3] holds such: name the task, or another kind of "
    )
    with pytest.raises(UsageError, match=re.escape(f"{said}data; add one of --task any, --set data.source.kind=files")):
        drafted(tmp_path, colours((0.7, 0.99)), "{calibration_data}/shapes")


def test_what_stands_beside_the_model_is_taken_and_said(tmp_path: Path) -> None:
    settings = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIDE, "width": SIDE},
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3, "resample": 2,
    }  # fmt: skip
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    (tmp_path / "config.json").write_text(json.dumps({"id2label": dict(enumerate(["red", "green", "blue"]))}))
    made = drafted(tmp_path, colours((0.5, 0.69)), draw(tmp_path / "val", ("red", "green", "blue")))
    assert value(made, "top1") == 1
    assert made.sections["data"]["classes"] == ["red", "green", "blue"]
    assert "preprocessor_config.json" in made.text


def test_what_stands_beside_the_model_and_is_wrong_is_said_and_left(tmp_path: Path) -> None:
    settings = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIDE, "width": SIDE},
        "do_rescale": True, "do_normalize": True, "image_mean": MEAN.tolist(), "image_std": STD.tolist(),
    }  # fmt: skip
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    made = drafted(tmp_path, colours((0.7, 0.99)), draw(tmp_path / "val"))
    assert value(made, "top1") == 1
    assert "Tried too: what preprocessor_config.json says: top1 33.3 % on 24 samples, with this 100.0 %." in " ".join(
        made.text.replace("\n#", "").split()
    )
    assert made.figure is not None
    assert list(made.figure.lines)[1:] == [
        "doubt: what preprocessor_config.json says reaches top1 33.3 % on 24 samples, this recipe 100.0 %: it may be "
        "about another model"
    ]


@pytest.mark.parametrize("mode", ["BGR", "RGB"])
def test_bytes_less_the_mean_of_imagenet_go_with_an_order_of_colours(tmp_path: Path, mode: str) -> None:
    mean = [123.68, 116.779, 103.939] if mode == "RGB" else [103.939, 116.779, 123.68]
    image = given("image", 1, SIDE, SIDE, 3)
    told = ops.add(ops.reduce_mean(image, np.array([1, 2]), keep_dims=False), np.array([mean], np.float32))
    order = np.array([0, 1, 2] if mode == "RGB" else [2, 1, 0])
    level = ops.reduce_mean(told, np.array([1]), keep_dims=True)
    near = ops.logical_and(ops.greater(level, np.float32(205)), ops.less(level, np.float32(225)))
    scores = ops.select(near, ops.gather(told, order, np.array(1)), np.array([[1e6, 0, 0]], np.float32))
    made = drafted(tmp_path, model_of([image], scores=scores), draw(tmp_path / "val"))
    assert value(made, "top1") == 1
    assert steps(made)[0] == {"decode_image": {"mode": mode}}
    assert steps(made)[-1] == {"normalize": {"mean": mean, "std": [1.0, 1.0, 1.0], "axis": -1}}
    assert "Order of colours" not in made.text


def test_ten_folders_for_a_model_of_many_more_classes(tmp_path: Path) -> None:
    image = given("image", 1, 3, SIDE, SIDE)
    mean = ops.reduce_mean(image, np.array([2, 3]), keep_dims=False)
    weights = np.zeros((3, 100), np.float32)
    weights[[0, 1, 2], [70, 12, 41]] = 1
    model = model_of([image], scores=ops.matmul(mean, weights, False, False))
    made = drafted(tmp_path, model, draw(tmp_path / "val", ("n01", "n02", "n03"), per_class=10))
    assert made.sections["data"]["source"]["rename"] == {"n01": 70, "n02": 12, "n03": 41}
    assert value(made, "top1") == 1


def test_a_reader_of_text_by_the_alphabet_that_its_scores_have(tmp_path: Path) -> None:
    words, alphabet = ["1", "27", "308", "4", "59", "60", "7", "88", "9", "12"], "0123456789"
    rows = []
    for place, word in enumerate(words):
        pixels = np.zeros((8, 3 * 11, 1), np.uint8)
        for step, character in enumerate(word):
            pixels[:, 11 * step + 1 + alphabet.index(character)] = 255
        file = tmp_path / "lines" / f"{place}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels[..., 0]).save(file)
        rows.append(f"{file.name},{word}\n")
    (tmp_path / "lines" / "labels.csv").write_text("file,text\n" + "".join(rows))
    image = given("image", 1, 1, 8, 33)
    steps_ = ops.reshape(ops.reduce_mean(image, np.array([1, 2]), keep_dims=False), np.array([1, 3, 11]), False)
    bias = np.zeros((1, 1, 11), np.float32)
    bias[..., 0] = 0.001
    made = drafted(tmp_path, model_of([image], scores=ops.add(steps_, bias)), tmp_path / "lines")
    assert made.sections["task"] == "recognition"
    assert steps(made, "postprocess") == [{"ctc_greedy": {"characters": alphabet}}]
    assert value(made, "exact_match") == 0.9, "88 reads as 8"


def test_a_few_samples_more_that_are_right_are_luck_unless_all_are() -> None:
    def score(hits: Sequence[int]) -> Score:
        return Score("top1", sum(hits) / len(hits), "share", True, 0.5, len(hits), hits=tuple(map(float, hits)))

    plain = score([1] * 40 + [0] * 8)
    assert not score([1] * 41 + [0] * 7).beats(plain)
    assert not score([0] * 10 + [1] * 38).beats(score([1] * 30 + [0] * 10 + [1] * 6 + [0] * 2))
    assert score([1] * 43 + [0] * 5).beats(plain)
    assert score([1] * 48).beats(score([1] * 47 + [0]))
    assert not plain.beats(plain)


def test_boxes_in_arrays_beside_the_images(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, boxes = rng.integers(0, 60, (12, 64, 64, 3)).astype(np.uint8), np.full((12, 3, 5), -1, np.float32)
    for number in range(12):
        for index, channel in ((0, 0), (1, 2)):
            row, column = 8 * rng.integers(0, 8, 2)
            images[number, row : row + 8, column : column + 8, channel] = 255
            boxes[number, index] = column, row, column + 8, row + 8, index
    np.savez(tmp_path / "data.npz", images=images, boxes=boxes)
    made = drafted(tmp_path, block_finder(), tmp_path / "data.npz", label="boxes")
    assert made.sections["task"] == "detection"
    assert value(made, "map50") == pytest.approx(1)


def test_a_test_set_without_labels_is_left_out_and_said(tmp_path: Path) -> None:
    for part in ("train", "val"):
        draw(tmp_path / "set" / part, NAMES, per_class=4)
    (tmp_path / "set" / "test").mkdir()
    for place, file in enumerate(sorted((tmp_path / "set" / "val").rglob("*.png"))):
        shutil.copy(file, tmp_path / "set" / "test" / f"{place}.png")
    made = drafted(tmp_path, colours((0.7, 0.99)), tmp_path / "set")
    assert "# Left out, for there are no labels in it: test.\n" in made.text
    assert value(made, "top1") == 1
    assert made.figure is not None
    assert made.figure.n == 12


def test_a_model_that_finds_nothing_right_is_doubted(tmp_path: Path) -> None:
    rows, weights, labels = features()
    np.savez(tmp_path / "data.npz", features=rows, label=(labels + 1) % 3)
    made = drafted(tmp_path, linear(weights), tmp_path / "data.npz")
    assert made.figure is not None
    assert made.figure.doubts


def test_notes_among_images_are_left_out_and_said(tmp_path: Path) -> None:
    data = draw(tmp_path / "val", NAMES)
    (data / "kiwi" / "notes.txt").write_text("green")
    made = drafted(tmp_path, colours((0.7, 0.99)), data)
    assert made.sections["data"]["source"]["suffixes"] == [".png"]
    assert "# Only images are read; among them lie 1 files of .txt.\n" in made.text
    assert value(made, "top1") == 1


def test_a_batch_that_cannot_become_one_is_said(tmp_path: Path) -> None:
    image = given("image", 8, 3, SIDE, SIDE)
    mean = ops.reduce_mean(image, np.array([2, 3]), keep_dims=False)
    scores = ops.add(ops.reshape(mean, np.array([8, 3]), False), np.zeros((8, 3), np.float32))
    said = "takes 8 samples at a time, and cannot be given one; export it with a batch of one, or of any"
    with pytest.raises(ModelError, match=re.escape(said)):
        drafted(tmp_path, model_of([image], scores=scores), draw(tmp_path / "val"))


def test_texts_and_a_model_of_the_next_word(tmp_path: Path) -> None:
    texts = ["a b a b", "b a b a b"] * 6
    known = models_text_audio.vocabulary(texts)
    models_text_audio.write_tokenizer(tmp_path, known)
    (tmp_path / "texts.txt").write_text("".join(f"{text}\n" for text in texts))
    table = np.full((len(known), len(known)), -50, np.float32)
    table[known.index("a"), known.index("b")] = table[known.index("b"), known.index("a")] = 0
    model = models_text_audio.token_scores(table)
    made = drafted(tmp_path, model, tmp_path / "texts.txt", task="language-modelling")
    assert value(made, "perplexity") == pytest.approx(1)


def test_folders_of_text_files_beside_a_tokenizer(tmp_path: Path) -> None:
    for place, text in enumerate(REVIEWS):
        file = tmp_path / "val" / ("bad", "good")["good" in text or "great" in text] / f"{place}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    made = drafted(tmp_path, words_model(tmp_path, REVIEWS), tmp_path / "val")
    assert made.sections["data"]["classes"] == ["bad", "good"]
    assert value(made, "top1") == 1


def test_a_table_of_images_and_numbers_is_a_regression(tmp_path: Path) -> None:
    lines = ["file,age\n"]
    (tmp_path / "faces").mkdir()
    for place in range(20):
        Image.fromarray(np.full((SIDE, SIDE, 3), 5 + 10 * place, np.uint8)).save(tmp_path / "faces" / f"{place}.png")
        lines.append(f"{place}.png,{(5 + 10 * place) / 2}\n")
    (tmp_path / "faces" / "labels.csv").write_text("".join(lines))
    image = given("image", 1, 3, SIDE, SIDE)
    mean = ops.reshape(ops.reduce_mean(image, np.array([1, 2, 3]), keep_dims=True), np.array([1, 1]), False)
    made = drafted(tmp_path, model_of([image], age=ops.multiply(mean, np.float32(127.5))), tmp_path / "faces")
    assert made.sections["task"] == "regression"
    assert value(made, "mae") == pytest.approx(0, abs=1e-4)


def test_a_table_in_another_folder_tells_the_classes_and_without_one_that_is_asked(tmp_path: Path) -> None:
    files = sorted(draw(tmp_path / "set/photos").rglob("*.png"))
    fault = (
        f"all {len(files)} files lie in the folder 'photos', and output 'scores' f32[1,3] tells 3 classes apart: what "
        f'is the label; add one of --set \'data.source={{kind: files, path: "{tmp_path / "set"}", labels: TABLE.csv, '
        "column: NAME}', --task classification, --task any"
    )
    with pytest.raises(UsageError, match=exactly(fault)):
        drafted(tmp_path, colours((0, 1)), tmp_path / "set")
    rows = [f"{file.name},{place % 5},{file.parent.name}" for place, file in enumerate(files)]
    (tmp_path / "set/about").mkdir()
    (tmp_path / "set/about/photos.csv").write_text("\n".join(("file,fold,category", *rows)))
    made = drafted(tmp_path, colours((0, 1)), tmp_path / "set")
    source = {"kind": "files", "path": str(tmp_path / "set"), "labels": "about/photos.csv", "column": "category"}
    assert made.sections["data"]["source"] == source
    assert value(made, "top1") == 1
    (tmp_path / "set/about/photos.csv").write_text("\n".join(("file,fold,what", *rows)))
    asked = f"data.source={{kind: files, path: {tmp_path / 'set'}, labels: about/photos.csv, column: what}}"
    assert value(drafted(tmp_path, colours((0, 1)), tmp_path / "set", settings=[asked]), "top1") == 1
