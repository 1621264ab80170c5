"""Read a model from disk, with an error that a person can act on."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.errors import ModelError
from ovopt.model.files import locate

if TYPE_CHECKING:
    import openvino


@cache
def core() -> openvino.Core:
    """The process's one OpenVINO core."""
    import openvino

    return openvino.Core()


def read_model(path: str | Path, shapes: Mapping[str, Sequence[int]] | None = None) -> openvino.Model:
    """The model at `path` (a file or a bundle), its inputs fixed to `shapes` where given."""
    file = locate(path)
    try:
        with _silent_stderr():
            model = core().read_model(file)
    except RuntimeError as error:
        raise ModelError(f"{file}: OpenVINO cannot read it: {_damage(error)}; export or copy it again") from None
    if shapes:
        _reshape(model, shapes, file)
    return model


def with_batch(model: openvino.Model, batch: int) -> openvino.Model:
    """A copy that takes `batch` samples at a time; ModelError where it cannot."""
    import openvino

    changed = model.clone()
    try:
        for parameter in changed.get_parameters():
            if parameter.layout.empty:
                rank = parameter.get_output_partial_shape(0).rank.get_length()
                parameter.layout = openvino.Layout("N" + "?" * (rank - 1))
        openvino.set_batch(changed, batch)
        changed.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise ModelError(f"--batch {batch}: the model cannot take it: {reason(error)}") from None
    return changed


def reason(error: Exception) -> str:
    """The telling last line of an OpenVINO error, without source positions."""
    noise = re.compile(r"^(Exception from |Check '|FrontEnd API failed)")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not noise.match(line)] or lines or [type(error).__name__]
    return telling[-1].rstrip(".!")


def _damage(error: Exception) -> str:
    """What is wrong with a file that no reader takes; OpenVINO's own list of readers would not help."""
    said = reason(error)
    return "it is damaged, or not what its suffix says" if said.startswith("Unable to read the model") else said


def _reshape(model: openvino.Model, shapes: Mapping[str, Sequence[int]], file: Path) -> None:
    try:
        model.reshape({name: list(shape) for name, shape in shapes.items()})
    except RuntimeError as error:
        wanted = ", ".join(f"{name}: {list(shape)}" for name, shape in shapes.items())
        raise ModelError(f"{file}: cannot take the shapes {wanted}: {reason(error)}") from None


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Hide what native readers print while they try one format after another."""
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
