"""Axes, shapes and slices: the same on the host and as operations of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino
import pytest
from openvino import opset13 as op

from ovopt.arrays import axes

BATCH = np.arange(2 * 3 * 1 * 4, dtype=np.float32).reshape(2, 3, 1, 4)
Host, Graph = Callable[[Any], Any], Callable[[openvino.Output], openvino.Output | None]


def in_model(build: Graph, shape: Any = BATCH.shape) -> np.ndarray | None:
    """The operations' result for all of the batch; None where they do not stand for it."""
    batch = op.parameter(openvino.PartialShape(shape), np.float32)
    built = build(batch.output(0))
    if built is None:
        return None
    model = openvino.Model([op.result(built)], [batch], "axes")
    return np.asarray(openvino.compile_model(model, "CPU")([BATCH])[0])


@pytest.mark.parametrize(
    ("host", "graph"),
    [
        (lambda a: axes.transposed(a, (2, 0, 1), "op"), lambda b: axes.transposed_batch(b, (2, 0, 1))),
        (lambda a: axes.transposed(a, (-1, 0, 1), "op"), lambda b: axes.transposed_batch(b, (-1, 0, 1))),
        (lambda a: axes.transposed(a, (0, 1, 2), "op"), lambda b: axes.transposed_batch(b, (0, 1, 2))),
        (lambda a: axes.reshaped(a, (2, -1), "op"), lambda b: axes.reshaped_batch(b, (2, -1))),
        (lambda a: axes.squeezed(a, 1, "op"), lambda b: axes.squeezed_batch(b, 1)),
        (lambda a: axes.squeezed(a, -2, "op"), lambda b: axes.squeezed_batch(b, -2)),
        (lambda a: axes.squeezed(a, None, "op"), lambda b: axes.squeezed_batch(b, None)),
        (lambda a: axes.sliced(a, 2, 1, -1, "op"), lambda b: axes.sliced_batch(b, 2, 1, -1)),
        (lambda a: axes.sliced(a, -3, None, 2, "op"), lambda b: axes.sliced_batch(b, -3, None, 2)),
    ],
)
def test_operations_make_of_each_array_what_the_host_makes_of_it(host: Host, graph: Graph) -> None:
    found = in_model(graph)
    assert found is not None
    np.testing.assert_array_equal(found, np.stack([host(array) for array in BATCH]))


@pytest.mark.parametrize(
    ("graph", "shape"),
    [
        (lambda b: axes.transposed_batch(b, (1, 0)), BATCH.shape),
        (lambda b: axes.transposed_batch(b, (0, 1, 1)), BATCH.shape),
        (lambda b: axes.reshaped_batch(b, (0, 4)), BATCH.shape),
        (lambda b: axes.squeezed_batch(b, 0), BATCH.shape),
        (lambda b: axes.squeezed_batch(b, 3), BATCH.shape),
        (lambda b: axes.squeezed_batch(b, None), (2, 3, -1, 4)),
        (lambda b: axes.squeezed_batch(b, 1), (2, 3, -1, 4)),
        (lambda b: axes.sliced_batch(b, 3, 0, 1), BATCH.shape),
    ],
)
def test_no_operations_stand_for_axes_that_are_missing_or_unknown(graph: Graph, shape: Any) -> None:
    assert in_model(graph, shape) is None
