"""A small network with everything that weight compression tells apart, and data for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

WORDS, WIDTH, LENGTH, CLASSES = 64, 64, 6, 4
COUNT = 160
FEW = (
    "data.splits.calibration=20",
    "data.splits.tuning=60",
    "optimize.compress.subset_size=20",
    "runtime.properties.INFERENCE_PRECISION_HINT=f32",
)


def network(recurrent: bool = True, seed: int = 0) -> ov.Model:
    """Word ids [1, 6] to class scores [1, 4]: an embedding, two MatMul (`up`, `down`), an LSTM, a MatMul (`head`)."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> Any:
        return ops.constant((rng.standard_normal(shape) / shape[-1] ** 0.5).astype(np.float32))

    ids = ops.parameter([1, LENGTH], np.int64, name="ids")
    ids.output(0).set_names({"ids"})
    node = ops.gather(weights(WORDS, WIDTH), ids, np.int64(0), name="embedding")
    hidden = ops.swish(ops.matmul(node, weights(2 * WIDTH, WIDTH), False, True, name="up"))
    node = ops.matmul(hidden, weights(WIDTH, 2 * WIDTH), False, True, name="down")
    if recurrent:
        zero, gates = ops.constant(np.zeros((1, 1, WIDTH), np.float32)), 4 * WIDTH
        sequence = ops.lstm_sequence(
            node, zero, zero, ops.constant(np.array([LENGTH])), weights(1, gates, WIDTH), weights(1, gates, WIDTH),
            weights(1, gates), WIDTH, "forward", name="lstm",
        )  # fmt: skip
        node = ops.squeeze(sequence.output(0), np.int64(1))
    node = ops.reduce_mean(node, np.array([1]), keep_dims=False)
    node = ops.matmul(node, weights(CLASSES, WIDTH), False, True, name="head")
    node.output(0).set_names({"scores"})
    return ov.Model([node], [ids], "words")


def samples(count: int = COUNT) -> np.ndarray:
    """Word ids [count, 6]."""
    return np.random.default_rng(1).integers(0, WORDS, (count, LENGTH))


def write_network(file: Path, recurrent: bool = True) -> Path:
    """As IR."""
    ov.save_model(network(recurrent), file, compress_to_fp16=False)
    return file


def write_samples(file: Path, model: ov.Model | None = None) -> Path:
    """Word ids, each with the class that the network gives it at full precision; those that are in doubt are left out,
    so that 8 bits decide as the original does."""
    compiled = ov.compile_model(model or network(), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    drawn = samples(COUNT + COUNT // 4)
    scores = np.concatenate([compiled(ids[None])[0] for ids in drawn])
    ranked = np.sort(scores, axis=1)
    sure = np.sort(np.argsort(ranked[:, -2] - ranked[:, -1])[:COUNT])
    np.savez(file, inputs=drawn[sure], labels=scores[sure].argmax(axis=1))
    return file
