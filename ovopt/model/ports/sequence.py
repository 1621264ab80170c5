"""Sequences through a model whose state is among its inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ovopt.model.files.read import core

if TYPE_CHECKING:
    import openvino

Tensors = tuple[NDArray[Any], ...]


def with_state(model: openvino.Model, parts: Sequence[Tensors], state: Mapping[str, str]) -> Iterator[Tensors]:
    """The inputs of each inference of a sequence, with what the inference before handed on in place of zeros."""
    compiled = core().compile_model(model, "CPU")
    positions = {
        next(i for i, port in enumerate(compiled.inputs) if into in port.get_names()): compiled.output(of)
        for into, of in state.items()
    }
    carried: dict[int, NDArray[Any]] = {}
    for tensors in parts:
        inputs = tuple(carried.get(i, tensor) for i, tensor in enumerate(tensors))
        yield inputs
        found = compiled(list(inputs))
        carried = {into: np.array(found[of]) for into, of in positions.items()}
