"""Save a model as IR, in the precision it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino


def save_model(model: openvino.Model, file: Path, notes: Mapping[str, str]) -> None:
    """Write `file` and its `.bin`; `notes` go into the rt_info section `ovopt`. Never compresses to FP16."""
    import openvino

    labelled = model.clone()
    for key, value in notes.items():
        labelled.set_rt_info(value, ["ovopt", key])
    openvino.save_model(labelled, file, compress_to_fp16=False)
