"""Models of which quantization ruins known operations, data for them, and speeds that do not depend on a clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.model.ports.facts import facts
from tests.cli.run import CLASSES, WIDTH, prototypes

COUNT = 160
LOUD = 3000.0
"""What is common to both halves of an input, of which only the difference, about 1, means something: no 256 levels hold
that."""
FEW = ("data.splits.calibration=40", "data.splits.tuning=60", "optimize.quantize.subset_size=40")


def loud_data(file: Path, labels: bool = True) -> Path:
    """Inputs of two halves whose difference is near the prototype of the label's class."""
    rng = np.random.default_rng(7)
    classes = rng.integers(CLASSES, size=COUNT)
    meant = prototypes()[classes] + 0.3 * rng.standard_normal((COUNT, WIDTH))
    loud = LOUD * rng.uniform(-1, 1, (COUNT, WIDTH))
    inputs = np.hstack([loud + meant, loud]).astype(np.float32)
    np.savez(file, inputs=inputs, **({"labels": classes} if labels else {}))
    return file


def difference(width: int) -> np.ndarray:
    """Weights that take the difference of both halves."""
    one = np.eye(width, dtype=np.float32)
    return np.vstack([one, -one])


def rescuable(file: Path) -> Path:
    """`wide` takes the difference, `first` and `head` classify it: all right as soon as `wide` is not quantized."""
    given = _input()
    node = ops.matmul(given, difference(WIDTH), False, False, name="wide")
    first = np.hstack([prototypes().T, -prototypes().T])
    node = ops.relu(ops.matmul(node, first, False, False, name="first"), name="active")
    node = ops.matmul(node, difference(CLASSES), False, False, name="head")
    return _saved(node, given, file)


def hopeless(file: Path) -> Path:
    """One operation does it all, so that there is none to leave quantized."""
    given = _input()
    weights = np.ascontiguousarray(difference(WIDTH) @ prototypes().T)
    return _saved(ops.matmul(given, weights, False, False, name="only"), given, file)


def _input() -> ov.Node:
    given = ops.parameter([1, 2 * WIDTH], np.float32, name="x")
    given.output(0).set_names({"x"})
    return given


def _saved(node: ov.Node, given: ov.Node, file: Path) -> Path:
    node.output(0).set_names({"scores"})
    ov.save_model(ov.Model([node], [given], file.stem), file, compress_to_fp16=False)
    return file


def head_is_slow(models: Sequence[ov.Model], *others: Any) -> list[dict[str, float]]:
    """In the place of measured times: 8 bits slow `head` down, and nothing else."""
    quantized, exact = {"first": 5.0, "head": 10.0}, {"first": 5.0, "head": 1.0}
    return [quantized, exact]


def speed_by_count(before: ov.Model, after: ov.Model, *others: Any) -> float | None:
    """The more operations are quantized, the faster; weights alone in 8 bits gain nothing."""
    return 1 + len(quantized_operations(after)) / 10 if facts(after).fake_quantize else 1.0
