"""First recipes of models whose publishers wrote down how they are used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
import yaml
from openvino import opset13 as ops
from PIL import Image

from ovopt.transforms.geometry import CenterCrop, Resize
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.new_recipe import draft_recipe

SIDE, PATCH = 32, 8
NAMES = ("teal", "amber", "rose")
"""Not in the order of the alphabet, which is that of the folders."""


def patches(mean: tuple[float, ...] = (0.5, 0.5, 0.5)) -> ov.Model:
    """The means of red, green and blue, over patches of which there must be 4 x 4: of any other size it does not run.
    Scores are right where what is fed was normalized with `mean`."""
    given = ops.parameter([-1, 3, -1, -1], np.float32, name="pixel_values")
    given.output(0).set_names({"pixel_values"})
    kernel = np.eye(3, dtype=np.float32)[:, :, None, None] * np.ones((1, 1, PATCH, PATCH), np.float32) / PATCH**2
    cut = ops.convolution(given, kernel, [PATCH, PATCH], [0, 0], [0, 0], [1, 1])
    flat = ops.reshape(cut, np.array([0, 3, -1]), True)
    placed = ops.add(flat, ops.constant(np.zeros((1, 3, (SIDE // PATCH) ** 2), np.float32)))
    scores = ops.add(ops.reduce_mean(placed, np.array([2]), False), np.array([mean], np.float32))
    scores.output(0).set_names({"logits"})
    return ov.Model([scores], [given], "patches")


def images(folder: Path, shown: tuple[Resize | CenterCrop, ...], count: int = 6) -> Path:
    """A folder of noisy images for each class: in what the model is shown of one, its channel is the brightest."""
    random = np.random.default_rng(0)
    kept = dict.fromkeys(NAMES, 0)
    while min(kept.values()) < count:
        image = random.integers(0, 256, (random.integers(40, 70), random.integers(40, 90), 3), np.uint8)
        image[:, : random.integers(5, 20), random.integers(0, 3)] = 255  # a margin that a crop must leave out
        seen = image
        for transform in shown:
            seen = transform(seen)
        means = seen.mean((0, 1))
        name = NAMES[int(means.argmax())]
        if kept[name] < count and np.diff(np.sort(means))[-1] > 0.3:
            (folder / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / name / f"{kept[name]}.png")
            kept[name] += 1
    return folder


def drafted(folder: Path, files: dict[str, object], shown: tuple[Resize | CenterCrop, ...]) -> Draft:
    """A first recipe for the model with these files beside it."""
    (folder / "model").mkdir()
    ov.save_model(patches(), folder / "model" / "openvino_model.xml", compress_to_fp16=False)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / "model" / name).write_text(text, encoding="utf-8")
    return draft_recipe(folder / "model", images(folder / "val", shown))


def top1(draft: Draft) -> float:
    assert draft.figure is not None
    return draft.figure.metrics["top1"].value


def test_a_processor_beside_the_model_prepares_it_right_where_no_guess_runs(tmp_path):
    processor = {
        "image_processor_type": "ConvNextImageProcessor",
        "size": {"shortest_edge": SIDE},
        "crop_pct": 0.8,
        "image_mean": [0.5] * 3,
        "image_std": [1.0] * 3,
    }
    config = {"architectures": ["ConvNextForImageClassification"], "id2label": dict(enumerate(NAMES))}
    shown = (Resize(shorter_side=40, interpolation="bicubic"), CenterCrop(size=SIDE, rounding="down"))
    made = drafted(tmp_path, {"config.json": config, "preprocessor_config.json": processor}, shown)
    assert top1(made) == 1
    assert made.sections["data"]["classes"] == list(NAMES)
    assert made.sections["preprocess"][1] == {"resize": {"shorter_side": 40, "interpolation": "bicubic"}}


def test_a_list_of_labels_beside_it_orders_the_classes(tmp_path):
    preset = {"resize_size": [SIDE], "crop_size": [SIDE], "mean": [0.5] * 3, "std": [1.0] * 3}
    shown = (Resize(shorter_side=SIDE), CenterCrop(size=SIDE))
    made = drafted(tmp_path, {"transforms.json": preset, "labels.txt": "\n".join(NAMES)}, shown)
    assert top1(made) == 1
    assert made.sections["data"]["classes"] == list(NAMES)


def test_a_file_of_paddle_beside_it_prepares_it_right(tmp_path):
    written = {
        "PreProcess": {
            "transform_ops": [
                {"ResizeImage": {"resize_short": 36}},
                {"CropImage": {"size": SIDE}},
                {"NormalizeImage": {"mean": [0.5] * 3, "std": [1.0] * 3, "scale": 1 / 255, "order": ""}},
                {"ToCHWImage": None},
            ]
        },
        "PostProcess": {"Topk": {"topk": 1, "label_list": list(NAMES)}},
    }
    resize = Resize(shorter_side=36, rounding="nearest", antialias=False)
    shown = (resize, CenterCrop(size=SIDE, rounding="down"))
    assert top1(drafted(tmp_path, {"inference.yml": yaml.safe_dump(written)}, shown)) == 1
