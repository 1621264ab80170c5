"""The bundle: a folder with the model and its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ovopt.contracts import Decoder, Transform
from ovopt.errors import ModelError
from ovopt.model.files.opened import OpenedModel
from ovopt.model.ports.facts import chosen_outputs
from ovopt.model.ports.shapes import Shapes
from ovopt.recipe import Recipe
from ovopt.recipe.own_code import alike
from ovopt.records import Manifest, Port, Postprocessing, Preprocessing


def read_manifest(path: str | Path) -> Manifest | None:
    """The manifest of a bundle, None where `path` is none. Raises ModelError where it does not fit its model."""
    return OpenedModel(path).manifest


def left_to_host(manifest: Manifest | None, recipe: Recipe) -> tuple[Transform, ...]:
    """The transforms of the recipe's `preprocess` that are not inside the model of a bundle: all of it where
    `manifest` is none of a bundle that embedded some. Raises ModelError where the bundle embedded a part of another
    `preprocess`."""
    if manifest is None or (inside := manifest.preprocess) is None:
        return recipe.preprocess
    if not alike([*inside.host, *inside.embedded], recipe.resolved().get("preprocess", [])):
        raise ModelError(
            f"{manifest.model.path}: a part of the `preprocess` that it was made with is inside the model, and this "
            "recipe's is another; leave --recipe out to go by its own, or make it again with this recipe"
        )
    return recipe.preprocess[: len(inside.host)]


def left_behind(manifest: Manifest | None, recipe: Recipe) -> tuple[Decoder, ...]:
    """The decoders of the recipe's `postprocess` that are not inside the model of a bundle. Raises ModelError where
    the bundle embedded a part of another `postprocess`, or put it behind another output."""
    if manifest is None or (inside := manifest.postprocess) is None:
        return recipe.postprocess
    resolved = recipe.resolved()
    same = alike([*inside.embedded, *inside.host], resolved.get("postprocess", []))
    if not same or _output(manifest.recipe) != _output(resolved):
        raise ModelError(
            f"{manifest.model.path}: a part of the `postprocess` that it was made with is inside the model, and this "
            "recipe's, or its `model.output`, is another; leave --recipe out to go by its own, or make it again with "
            "this recipe"
        )
    return recipe.postprocess[len(inside.embedded) :]


def _output(recipe: Mapping[str, Any]) -> Any:
    return recipe.get("model", {}).get("output", 0)


def shapes_to_give(manifest: Manifest | None, recipe: Recipe) -> Shapes:
    """The recipe's `model.shapes`; none for a bundle that takes something else, and was given them when it was made;
    those of one sample for a bundle that takes several at a time."""
    if manifest and (one := next((report.one_sample for report in manifest.steps if report.one_sample), None)):
        return one
    return {} if manifest and manifest.preprocess else recipe.model.shapes


def preprocessing(recipe: Recipe, left: int, inputs: Sequence[Port], whole: Sequence[Port]) -> Preprocessing | None:
    """The division of the recipe's `preprocess` where the first `left` of it are left to the host, in front of a model
    with these `inputs`; None where that is all of it. `whole`: what all of it leads to, of which the model may take a
    part only."""
    if left == len(recipe.preprocess) and len(inputs) == len(whole):
        return None
    listed = recipe.resolved().get("preprocess", [])
    layout, colours = _image(recipe.preprocess[:left])
    return Preprocessing(
        host=tuple(listed[:left]),
        embedded=tuple(listed[left:]),
        inputs=tuple(inputs),
        layout=layout,
        colours=colours,
        whole=tuple(whole),
    )


def postprocessing(recipe: Recipe, inside: int, outputs: Sequence[Port]) -> Postprocessing | None:
    """The division of the recipe's `postprocess` where the first `inside` of it are in a model with these
    `outputs`; None where that is nothing."""
    if not inside:
        return None
    listed = recipe.resolved()["postprocess"]
    return Postprocessing(
        embedded=tuple(listed[:inside]),
        host=tuple(listed[inside:]),
        output=chosen_outputs(outputs, recipe.model.output)[0],
    )


def _image(transforms: Sequence[Transform]) -> tuple[str | None, str | None]:
    """The layout and the order of channels of an image behind these transforms, as far as they tell."""
    layout: str | None = None
    colours: str | None = None
    for transform in transforms:
        match transform.name, transform.model_dump():
            case "decode_image", {"mode": mode}:
                layout, colours = "NHWC", mode
            case "colour_order", {"order": order}:
                colours = order.upper()
            case "grayscale", _:
                colours = "L"
            case "layout", {"order": order}:
                layout = "NHWC" if order == "hwc" else "NCHW"
            case "resize" | "center_crop" | "pad" | "cast" | "scale" | "normalize" | "clip", _:
                pass
            case _:
                layout = None
    return layout, colours
