"""Tiny models, built in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops

SHAPE = (1, 3, 8, 8)


def conv_model(shape: Sequence[int] = SHAPE, channels: int = 4, classes: int = 5) -> ov.Model:
    """Two convolutions named `first` and `second`, ReLUs between, mean over the picture, and a MatMul named `head`."""
    rng = np.random.default_rng(0)

    def weights(*dims: int) -> np.ndarray:
        return rng.standard_normal(dims).astype(np.float32)

    picture = ops.parameter(list(shape), np.float32, name="picture")
    picture.output(0).set_names({"picture"})
    node = picture
    for name, inward in (("first", shape[1]), ("second", channels)):
        node = ops.convolution(node, weights(channels, inward, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1], name=name)
        node = ops.relu(node, name=f"{name}_relu")
    node = ops.reduce_mean(node, np.array([2, 3]), keep_dims=False, name="pool")
    node = ops.matmul(node, weights(channels, classes), False, False, name="head")
    node.output(0).set_names({"scores"})
    return ov.Model([node], [picture], "conv")


def adding_model(*inputs: tuple[str, Sequence[int], type]) -> ov.Model:
    """The sum of its inputs (name, shape with -1 for a dynamic dimension, element type), as f32."""
    parameters = [ops.parameter(list(shape), dtype, name=name) for name, shape, dtype in inputs]
    for parameter, (name, _, _) in zip(parameters, inputs, strict=True):
        parameter.output(0).set_names({name})
    node = ops.convert(parameters[0], "f32")
    for parameter in parameters[1:]:
        node = ops.add(node, ops.convert(parameter, "f32"))
    return ov.Model([ops.add(node, np.float32(1), name="sum")], parameters, "adding")


def saved(model: ov.Model, folder: Path, name: str = "model") -> Path:
    """The model as IR in a folder."""
    file = folder / f"{name}.xml"
    ov.save_model(model, file, compress_to_fp16=False)
    return file


def accumulating_model(width: int = 2) -> ov.Model:
    """Twice the sum of all inputs since the state was reset, with the sum as a state of its own."""
    given = ops.parameter([1, width], np.float32, name="x")
    given.output(0).set_names({"x"})
    known = ops.read_value(ops.constant(np.zeros((1, width), np.float32)), "sum")
    total = ops.add(known, given)
    kept = ops.assign(total, "sum")
    twice = ops.multiply(total, np.float32(2))
    twice.output(0).set_names({"twice"})
    return ov.Model([ops.result(twice)], [kept], [given], "accumulating")


def recurrent_model(width: int = 2) -> ov.Model:
    """h' = h / 2 + x, with h as an input, h' as the output `h_next`, and y = x - h' as the first output."""
    given, state = (ops.parameter([1, width], np.float32, name=name) for name in ("x", "h"))
    given.output(0).set_names({"x"})
    state.output(0).set_names({"h"})
    new = ops.add(ops.multiply(state, np.float32(0.5)), given)
    new.output(0).set_names({"h_next"})
    answer = ops.subtract(given, new)
    answer.output(0).set_names({"y"})
    return ov.Model([answer, new], [given, state], "recurrent")
