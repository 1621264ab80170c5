"""Sizes of a model's tensors against the machine's memory: what cannot fit is refused before it is tried."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.errors import UsageError

if TYPE_CHECKING:
    import openvino


def check_extent(model: openvino.Model, said: str, error: type[UsageError]) -> None:
    """Raises `error`, which begins with `said`, where a tensor of the graph has a fixed shape that cannot fit."""
    sizes = (
        math.prod(output.get_shape()) * output.get_element_type().bitwidth // 8
        for node in model.get_ops()
        for output in node.outputs()
        if output.get_partial_shape().is_static
    )
    check_fits(max(sizes, default=0), f"{said}: the model's largest tensor", error)


def check_fits(size_bytes: int, taker: str, error: type[UsageError]) -> None:
    """Raises `error`, which says who takes them, for so many bytes as half of the machine's memory does not hold: a
    model reads one tensor and writes another."""
    most = physical_bytes() // 2
    if size_bytes > most:
        raise error(
            f"{taker} would take {units.memory(size_bytes)}, more than half of this machine's memory; make it smaller"
        )


def physical_bytes() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
