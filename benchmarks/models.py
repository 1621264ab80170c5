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
