"""Instance masks, key points and oriented boxes, from files to figures: models that look their answer up, judged as
pycocotools judges the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from PIL import Image

from ovopt.arrays import oriented, regions
from ovopt.recipe import Recipe, parse_recipe
from ovopt.workflow.comparing.evaluate import evaluate
from tests.metrics.coco_reference import average_precisions, overall

SIDE, SCALE, COUNT, OBJECTS, POINTS = 64, 2, 8, 3, 5
CLASSES = ("ship", "plane")
INPUT = SIDE * SCALE
RNG = np.random.default_rng()


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order() -> None:
    RNG.bit_generator.state = np.random.default_rng(5).bit_generator.state


def looked_up(tables: list[np.ndarray], file: Path) -> Path:
    """A model whose outputs are the rows of tables at the number that an image's first pixel is."""
    image = op.parameter([1, 3, INPUT, INPUT], np.float32, name="images")
    first = op.reshape(op.slice(image, *(np.array(ends) for ends in ([0] * 4, [1] * 4, [1] * 4))), np.array([1]), False)
    number = op.convert(op.round(op.multiply(first, np.float32(255)), "half_to_even"), "i64")
    outputs = [op.gather(op.constant(table.astype(np.float32)), number, np.array(0)) for table in tables]
    ov.save_model(ov.Model(outputs, [image], "looked_up"), file, compress_to_fp16=False)
    return file


def images(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(COUNT):
        pixels = np.full((SIDE, SIDE, 3), number, np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def recipe(folder: Path, task: str, decoder: Any, **keys: Any) -> Recipe:
    return parse_recipe(
        {
            "ovopt": 1,
            "family": "mine",
            "task": task,
            "data": {"source": {"kind": keys.pop("kind", "yolo"), "path": str(folder)}},
            "preprocess": ["decode_image", {"resize": INPUT}, {"scale": 255}, {"layout": "chw"}],
            "postprocess": [decoder],
            **keys,
        },
        "mine",
    )


def figures(model: Path, chosen: Recipe, predictions: Path | None = None) -> dict[str, float]:
    (found,) = evaluate(model, recipe=chosen, part="all", predictions=predictions).arms
    return {name: quality.value for name, quality in found.accuracy.items()}


def boxes() -> np.ndarray:
    """Corners [images, objects, 4] in whole pixels of the model's input, which no other of the image overlaps."""
    low = RNG.integers(0, 6, (COUNT, OBJECTS, 2)) * 4
    low[..., 0] += np.arange(OBJECTS) * 40
    return np.concatenate([low, low + RNG.integers(2, 5, (COUNT, OBJECTS, 2)) * 4 + [0, 60]], axis=2)


def cxcywh(corners: np.ndarray) -> np.ndarray:
    return np.concatenate([corners[..., :2] + corners[..., 2:], 2 * (corners[..., 2:] - corners[..., :2])], axis=-1) / 2


def head(centred: np.ndarray, kinds: np.ndarray, classes: int, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output [images, columns, boxes] of these objects, and their scores [images, objects]."""
    scores = RNG.permutation(COUNT * OBJECTS).reshape(COUNT, OBJECTS) / 50 + 0.3
    hot = (kinds[..., None] == np.arange(classes)) * scores[..., None]
    return np.concatenate([centred, hot, more], axis=2).transpose(0, 2, 1), scores.astype(np.float32)


@pytest.mark.parametrize("output", ["yolo", "mask_rcnn"])
def test_masks_are_judged_as_pycocotools_judges_them(tmp_path: Path, output: str) -> None:
    images(tmp_path / "data")
    real, kinds = boxes(), RNG.integers(0, 2, (COUNT, OBJECTS))
    seen = real.copy()
    seen[..., 3] -= RNG.integers(0, 10, (COUNT, OBJECTS)) * 4  # masks that end too early
    annotations = [
        {"image_id": i, "category_id": int(kinds[i, k]), "bbox": [x0, y0, x1 - x0, y1 - y0], "iscrowd": 0,
         "area": 1, "segmentation": [[x0, y0, x1, y0, x1, y1, x0, y1]]}
        for i in range(COUNT) for k in range(OBJECTS) for x0, y0, x1, y1 in [(real[i, k] / SCALE).tolist()]
    ]  # fmt: skip
    document = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE} for i in range(COUNT)],
        "annotations": [{"id": i, **one} for i, one in enumerate(annotations, 1)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(CLASSES)],
    }
    (tmp_path / "data/annotations.json").write_text(json.dumps(document))
    if output == "yolo":
        prototypes = np.full((COUNT, OBJECTS, INPUT // 4, INPUT // 4), -1.0)
        for i, k in np.ndindex(COUNT, OBJECTS):
            x0, y0, x1, y1 = seen[i, k] // 4
            prototypes[i, k, y0:y1, x0:x1] = 1
        table, scores = head(cxcywh(real), kinds, 2, np.broadcast_to(np.eye(OBJECTS), (COUNT, OBJECTS, OBJECTS)))
        model, decoder, places = looked_up([table, prototypes], tmp_path / "m.xml"), "yolo_v8_seg", [0, 1]
    else:
        scores = (RNG.permutation(COUNT * OBJECTS).reshape(COUNT, OBJECTS) / 50 + 0.3).astype(np.float32)
        masks = np.ones((COUNT, OBJECTS, 28, 28))
        tables = [np.concatenate([seen, scores[..., None]], axis=2), kinds, masks]
        model, decoder, places = looked_up(tables, tmp_path / "m.xml"), "mask_rcnn", [0, 1, 2]
    found = figures(
        model, recipe(tmp_path / "data", "instance-segmentation", decoder, kind="coco", model={"output": places})
    )
    scenes = [
        (
            [object_of(kinds[i, k], real[i, k]) for k in range(OBJECTS)],
            [{**object_of(kinds[i, k], seen[i, k]), "score": float(scores[i, k])} for k in range(OBJECTS)],
        )
        for i in range(COUNT)
    ]
    for name, thresholds in (("mask_map", None), ("mask_map50", [0.5])):
        expected = overall(average_precisions(scenes, "segm", 2, size=(INPUT, INPUT), thresholds=thresholds))
        assert 0.1 < expected < 1
        assert found[name] == pytest.approx(expected, abs=1e-6)


def object_of(kind: int, corners: np.ndarray) -> dict[str, Any]:
    region = regions.of_box(corners.tolist(), (INPUT, INPUT))
    mask = {"size": list(region.size), "counts": region.counts}
    return {"category_id": int(kind), "segmentation": mask, "iscrowd": 0, "area": 1, "bbox": [0, 0, 1, 1]}


def yolo_data(folder: Path, lines: list[list[str]], described: str) -> None:
    images(folder / "images")
    (folder / "labels").mkdir()
    for number, own in enumerate(lines):
        (folder / "labels" / f"{number}.txt").write_text("\n".join(own))
    (folder / "data.yaml").write_text(described)


def words(*numbers: float) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def test_key_points_are_judged_as_pycocotools_judges_them(tmp_path: Path) -> None:
    real = boxes()
    points = real[..., None, :2] + RNG.random((COUNT, OBJECTS, POINTS, 2)) * (real[..., 2:] - real[..., :2])[:, :, None]
    shown = RNG.integers(0, 3, (COUNT, OBJECTS, POINTS, 1))
    labelled = np.concatenate([points / INPUT, shown], axis=3).reshape(COUNT, OBJECTS, -1)
    lines = [
        [f"0 {words(*box, *own)}" for box, own in zip(*pair, strict=True)]
        for pair in zip(cxcywh(real) / INPUT, labelled, strict=True)
    ]
    yolo_data(tmp_path / "data", lines, f"names: [person]\nkpt_shape: [{POINTS}, 3]")
    seen = (points + RNG.normal(0, 1, points.shape) * RNG.uniform(1, 9, (COUNT, OBJECTS, 1, 1))).astype(np.float32)
    more = np.concatenate([seen, np.ones_like(seen[..., :1])], axis=3).reshape(COUNT, OBJECTS, -1)
    table, scores = head(cxcywh(real), np.zeros((COUNT, OBJECTS)), 1, more)
    model = looked_up([table], tmp_path / "m.xml")
    found = figures(model, recipe(tmp_path / "data", "keypoints", "yolo_v8_pose"))
    extent = real[..., 2:] - real[..., :2]
    scenes = [
        (
            [
                {"category_id": 0, "keypoints": np.concatenate([points[i, k], shown[i, k]], 1).ravel().tolist(),
                 "num_keypoints": int((shown[i, k] > 0).sum()), "iscrowd": 0, "area": extent[i, k].prod() * 0.53,
                 "bbox": [*real[i, k, :2].tolist(), *extent[i, k].tolist()]}
                for k in range(OBJECTS)
            ],
            [
                {"category_id": 0, "keypoints": more[i, k].ravel().tolist(), "score": float(scores[i, k])}
                for k in range(OBJECTS)
            ],
        )
        for i in range(COUNT)
    ]  # fmt: skip
    for name, thresholds in (("keypoint_map", None), ("keypoint_map50", [0.5])):
        expected = average_precisions(
            scenes, "keypoints", 1, size=(INPUT, INPUT), limit=20, thresholds=thresholds, sigmas=[1 / POINTS] * POINTS
        )
        assert 0.1 < overall(expected) < 1
        assert found[name] == pytest.approx(overall(expected), abs=1e-6)


def test_oriented_boxes_are_judged_and_kept(tmp_path: Path) -> None:
    centred = cxcywh(boxes()).astype(float)
    centred[..., 2:] = [24, 10]
    angles = RNG.uniform(0, 1.5, (COUNT, OBJECTS, 1))
    quads = oriented.quads_of(np.concatenate([centred, angles], 2).reshape(-1, 5)).reshape(COUNT, OBJECTS, 8) / INPUT
    kinds = RNG.integers(0, 2, (COUNT, OBJECTS))
    inside = ((quads >= 0) & (quads <= 1)).all(axis=2)
    lines = [
        [f"{c} {words(*quad)}" for c, quad, fits in zip(*own, strict=True) if fits]
        for own in zip(kinds, quads, inside, strict=True)
    ]
    yolo_data(tmp_path / "data", lines, f"names: [{', '.join(CLASSES)}]")
    table, _ = head(centred, kinds, 2, angles)
    table = table * np.repeat(inside[:, None], table.shape[1], axis=1)
    model, chosen = (
        looked_up([table], tmp_path / "m.xml"),
        recipe(tmp_path / "data", "oriented-detection", "yolo_v8_obb"),
    )
    found = figures(model, chosen, predictions=tmp_path / "p.jsonl")
    assert found == pytest.approx({"oriented_map": 1, "oriented_map50": 1})
    first = json.loads((tmp_path / "p.jsonl").read_text().splitlines()[0])["prediction"]
    assert sorted(first) == ["quads", "rows"]
    saved = np.array(first["quads"])[np.argsort(np.array(first["rows"])[:, 0])]
    expected = quads[0][inside[0]].reshape(-1, 4, 2) * INPUT
    np.testing.assert_allclose(saved, expected[np.argsort(expected[..., 0].min(axis=1))], atol=1e-3)
