"""Small networks of a known amount of work, for the scripts beside this file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import ovopt  # noqa: F401 (keeps openvino's telemetry off)


def convolutions(file: Path, layers: int, channels: int = 32, side: int = 32) -> Path:
    """A chain of equal 3x3 convolutions with ReLU: the work is proportional to `layers`."""
    import openvino
    from openvino import opset13 as op

    rng = np.random.default_rng(0)
    node = image = op.parameter([1, channels, side, side], np.float32, name="image")
    scale = (2 / (9 * channels)) ** 0.5
    for _ in range(layers):
        kernel = op.constant((rng.standard_normal((channels, channels, 3, 3)) * scale).astype(np.float32))
        node = op.relu(op.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1]))
    openvino.save_model(openvino.Model([node], [image], f"chain{layers}"), file, compress_to_fp16=False)
    return file


def classifier(file: Path, layers: int, channels: int, side: int, classes: int) -> Path:
    """From an image to class scores: a strided convolution, a chain of equal ones, a mean, a matrix."""
    import openvino
    from openvino import opset13 as op

    rng = np.random.default_rng(0)

    def weights(*shape: int) -> openvino.Node:
        return op.constant((rng.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5).astype(np.float32))

    image = op.parameter([1, 3, side, side], np.float32, name="image")
    node = op.relu(op.convolution(image, weights(channels, 3, 4, 4), [4, 4], [0, 0], [0, 0], [1, 1]))
    for _ in range(layers):
        node = op.relu(op.convolution(node, weights(channels, channels, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1]))
    pooled = op.reduce_mean(node, op.constant(np.array([2, 3])), keep_dims=False)
    scores = op.matmul(pooled, weights(classes, channels), transpose_a=False, transpose_b=True)
    openvino.save_model(openvino.Model([scores], [image], "classifier"), file, compress_to_fp16=False)
    return file
