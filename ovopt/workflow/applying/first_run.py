"""A model's first run: compiled, and run once, on the device that it is made for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.contracts import Tensors
from ovopt.model.native import core, reason
from ovopt.recipe import Recipe
from ovopt.workflow.comparing.arms import check_device

if TYPE_CHECKING:
    import openvino

OTHER_DEVICE = "another device: --set runtime.device=..., of those that `ovopt doctor` names"


def check_here(recipe: Recipe) -> None:
    """Raises SettingsError where this machine lacks the recipe's device, on which nothing could be tried."""
    check_device(recipe.runtime.device, "--set runtime.device")


def why_not(
    model: openvino.Model | Path, tensors: Tensors | None, device: str, properties: Mapping[str, str]
) -> str | None:
    """OpenVINO's reason where a model, or that of a file, cannot be compiled, or run on inputs [batch, ...] in its
    order; None where it can. Without inputs it is compiled alone."""
    try:
        compiled = core().compile_model(model, device, dict(properties))
        if tensors is not None:
            compiled.create_infer_request().infer(list(tensors), share_inputs=True)
    except RuntimeError as error:
        return reason(error)
    return None
