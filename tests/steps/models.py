"""Models with open shapes."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

WIDTH, WORDS = 8, 20
RNG = np.random.default_rng(3)
TABLE = RNG.standard_normal((WORDS, WIDTH)).astype(np.float32)
WEIGHTS = RNG.standard_normal((WIDTH, WIDTH)).astype(np.float32)


def encoder(masked: bool = True) -> ov.Model:
    """Embeddings of ids [?, ?], the softmax of their products with each other, and the mean over the tokens.

    `masked`: what the mask leaves out counts nowhere; else all positions count.
    """
    ids, mask = (ops.parameter([-1, -1], np.int64, name=name) for name in ("ids", "mask"))
    for node, name in ((ids, "ids"), (mask, "mask")):
        node.output(0).set_names({name})
    tokens = ops.gather(ops.constant(TABLE), ids, ops.constant(np.int64(0)))
    weight = ops.unsqueeze(ops.convert(mask, "f32"), ops.constant(np.int64(2)))
    if not masked:
        weight = ops.add(ops.multiply(weight, np.float32(0)), np.float32(1))
    scores = ops.matmul(tokens, tokens, False, True)
    column = ops.transpose(weight, ops.constant(np.array([0, 2, 1])))
    scores = ops.add(scores, ops.multiply(ops.subtract(column, np.float32(1)), np.float32(1e4)))
    mixed = ops.matmul(ops.matmul(ops.softmax(scores, 2), tokens, False, False), WEIGHTS, False, False)
    mixed.output(0).set_names({"tokens"})
    total = ops.reduce_sum(ops.multiply(mixed, weight), np.array([1]), keep_dims=False)
    mean = ops.divide(total, ops.reduce_sum(weight, np.array([1]), keep_dims=False))
    mean.output(0).set_names({"mean"})
    return ov.Model([mixed, mean], [ids, mask], "encoder")


def sentence(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ids and a mask of ones."""
    rng = np.random.default_rng(seed + length)
    return rng.integers(1, WORDS, (1, length)), np.ones((1, length), np.int64)


def picture_mean(height: int = -1, width: int = -1) -> ov.Model:
    """A convolution over pictures [?, 3, height, width] and the mean over all pixels."""
    given = ops.parameter([-1, 3, height, width], np.float32, name="picture")
    given.output(0).set_names({"picture"})
    weights = RNG.standard_normal((4, 3, 3, 3)).astype(np.float32)
    node = ops.relu(ops.convolution(given, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
    node = ops.reduce_mean(node, np.array([2, 3]), keep_dims=False)
    node.output(0).set_names({"means"})
    return ov.Model([node], [given], "picture mean")


def outputs(model: ov.Model, tensors: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """In f32."""
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(list(tensors))
    return [np.array(found[i]) for i in range(len(compiled.outputs))]
