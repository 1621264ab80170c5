"""A recipe held against what the model's publisher wrote down: remarks where what is fed, or the classes, differ."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np

from ovopt.contracts import Array, Transform
from ovopt.errors import OvoptError
from ovopt.locate import optional
from ovopt.model.described.describe import described
from ovopt.model.described.record import Described
from ovopt.model.files.opened import OpenedModel
from ovopt.recipe import Recipe, parse_recipe

HEIGHT, WIDTH, PATCH = 96, 132, 6
"""Of the image by which two preparations are compared, and of its patches."""
LIKE = 0.01
"""A difference that only rounding makes, as a share of the range of what is fed."""


def said_otherwise(recipe: Recipe, model: OpenedModel) -> Iterator[str]:
    """Remarks on a recipe for a model that somebody has described; none where nobody has, or both agree."""
    found = described(model)
    named, known = recipe.data.classes, found.classes
    if named and known and named != known and {*named} == {*known}:
        yield f"data.classes: are those of {found.said['classes']}, in another order"
    if _feeds_otherwise(recipe.preprocess, found):
        yield (
            f"preprocess: feeds an image otherwise than {found.said['preprocess']} says; `ovopt recipes new` writes a "
            "recipe by that"
        )


def _feeds_otherwise(own: Sequence[Transform], found: Described) -> bool:
    """True where an image comes out in another size or other values; False where that cannot be told."""
    if not found.preprocess or not own or not all(type(one).__module__.startswith("ovopt.") for one in own):
        return False
    try:
        said = parse_recipe({"ovopt": 1, "family": "it", "preprocess": list(found.preprocess)}, "it").preprocess
        if any(one.name == "python" for one in own) or "decode_image" not in {one.name for one in said}:
            return False
        one, other = _fed(own), _fed(said)
    except OvoptError:
        return False
    if one.shape != other.shape:
        return True
    spread = float(np.ptp(other)) or 1.0
    return bool(np.abs(one - other).mean() > LIKE * spread)


def _fed(transforms: Sequence[Transform]) -> Array:
    """The fate of an image of patches in many colours."""
    content = _image()
    for transform in transforms:
        content = transform.apply(content)
    return np.asarray(content, np.float64)


def _image() -> bytes:
    """A PNG file."""
    colours = np.random.default_rng(0).integers(0, 256, (HEIGHT // PATCH, WIDTH // PATCH, 3), np.uint8)
    buffer = io.BytesIO()
    pixels = colours.repeat(PATCH, 0).repeat(PATCH, 1)
    optional("PIL.Image", "images need Pillow", "vision").fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
