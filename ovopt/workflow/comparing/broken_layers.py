"""The layer that begins with NaN or infinity, told of a model that gives them where its original does not."""

from __future__ import annotations

from collections.abc import Sequence

from ovopt.contracts import Tensors
from ovopt.errors import ModelError
from ovopt.model.inspect.layer_errors import DeviceModel, first_odd_layer
from ovopt.recipe import Recipe
from ovopt.workflow.comparing.arms import properties_of
from ovopt.workflow.comparing.scoring import Blame
from ovopt.workflow.comparing.taking_part import NamedModel


def blamed_layer(original: DeviceModel, other: DeviceModel, parts: Sequence[Tensors]) -> str:
    """The end of a sentence on the outputs of parts, arrays [...] in the order of the inputs; empty where no layer
    shows it, or a model does not run with all its values given out."""
    try:
        layer = first_odd_layer(original, other, parts)
    except RuntimeError:
        return ""
    return f"; the first layer to give it is {layer.name!r} ({layer.kind})" if layer else ""


def blame_of(taking_part: Sequence[NamedModel], recipe: Recipe) -> Blame:
    """The function that blames a layer of those models that take the original's inputs."""

    def on_device(one: NamedModel) -> DeviceModel:
        properties = {**properties_of(recipe), **one.own}
        return DeviceModel(one.opened.shaped(one.shapes), recipe.runtime.device, properties, recipe.model.state)

    def blame(arm: str, parts: Sequence[Tensors]) -> str:
        found = next((one for one in taking_part[1:] if one.name == arm and not one.embedded), None)
        try:
            return blamed_layer(on_device(taking_part[0]), on_device(found), parts) if found else ""
        except ModelError:
            return ""

    return blame
