"""Folders as publishers lay them out: a tiny model, and files beside it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from PIL import Image

from ovopt.model.described.describe import described
from ovopt.model.described.record import Described
from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import Recipe, parse_recipe

Port = tuple[str, Sequence[int], Any]
PICTURE: Port = ("pixel_values", (1, 3, -1, -1), np.float32)
TOKENS: Sequence[Port] = (("input_ids", (-1, -1), np.int64), ("attention_mask", (-1, -1), np.int64))


def model_of(inputs: Sequence[Port] = (PICTURE,), outputs: Sequence[tuple[str, int]] = (("logits", 5),)) -> ov.Model:
    """A model of these inputs, whose outputs (name, width) are means of them."""
    given, total = [], ops.constant(np.zeros((1, 1), np.float32))
    for name, shape, dtype in inputs:
        parameter = ops.parameter(list(shape), dtype, name=name)
        parameter.output(0).set_names({name})
        given.append(parameter)
        axes = np.arange(1, len(shape))
        mean = ops.reduce_mean(ops.convert(parameter, "f32"), axes, keep_dims=False)
        total = ops.add(total, ops.reshape(mean, np.array([-1, 1]), False))
    made = []
    for name, width in outputs:
        node = ops.multiply(total, np.ones((1, width), np.float32))
        node.output(0).set_names({name})
        made.append(node)
    return ov.Model(made, given, "tiny")


def published(folder: Path, files: Mapping[str, Any], model: ov.Model | None = None) -> Described:
    """The description of a model in a folder with these files: mappings and lists are written as JSON."""
    folder.mkdir(exist_ok=True)
    ov.save_model(model or model_of(), folder / "openvino_model.xml", compress_to_fp16=False)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return described(OpenedModel(folder))


def recipe_of(found: Described) -> Recipe:
    """The recipe of a description, which holds no word that recipes do not have."""
    sections = {name: list(getattr(found, name)) for name in ("preprocess", "postprocess", "metrics")}
    return parse_recipe({"ovopt": 1, "family": "described", **{k: v for k, v in sections.items() if v}}, "it")


def prepared(found: Described, content: Any) -> np.ndarray:
    """What becomes of a sample's content by a description."""
    for transform in recipe_of(found).preprocess:
        content = transform.apply(content)
    return np.asarray(content)


def picture(height: int, width: int) -> Image.Image:
    """An image of patches in random colours, and noise."""
    random = np.random.default_rng(height * width)
    patches = random.integers(0, 200, (height // 7 + 1, width // 7 + 1, 3)).repeat(7, 0).repeat(7, 1)[:height, :width]
    return Image.fromarray((patches + random.integers(0, 56, patches.shape)).astype(np.uint8))


def file_of(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
