"""What decoders need to say what they do as operations of a model: on a batch of outputs [n, ...]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import openvino


def sizes(batch: openvino.Output) -> list[int | None]:
    """The sizes of one output without its batch dimension, None where they are dynamic."""
    return [None if dim.is_dynamic else dim.get_length() for dim in batch.get_partial_shape()][1:]


def place_of(axis: int, batch: openvino.Output) -> int | None:
    """The place among all dimensions of an axis of one output; None where it has no such axis."""
    rank = len(sizes(batch))
    return axis % rank + 1 if -rank <= axis < rank else None


def as_float(batch: openvino.Output) -> openvino.Output:
    """The same values in float32; float64 stays."""
    from openvino import opset13 as op

    kept = batch.get_element_type().get_type_name() in ("f32", "f64")
    return batch if kept else op.convert(batch, "f32").output(0)


def of_rank(batch: openvino.Output, rank: int) -> openvino.Output | None:
    """Outputs of this rank once leading dimensions of 1 are gone, as the host takes them; None for another rank."""
    from openvino import opset13 as op

    found = sizes(batch)
    surplus = len(found) - rank
    if surplus < 0 or any(size != 1 for size in found[:surplus]):
        return None
    return op.squeeze(batch, np.arange(1, surplus + 1)).output(0) if surplus else batch


def stretch(batch: openvino.Output, place: int, start: int | None, stop: int | None) -> openvino.Output:
    """A part of the dimension at this place, counted as NumPy does."""
    from openvino import opset13 as op

    last = np.iinfo(np.int64).max
    ends = ([0 if start is None else start], [last if stop is None else stop], [1], [place])
    return op.slice(batch, *(np.array(end, np.int64) for end in ends)).output(0)
