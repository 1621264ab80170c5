"""Tiny graphs, and what a rewrite makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovopt.model.graph.nodes import Rewrite

EXTREME = (0.0, -0.0, 1e-30, -1e-30, 1e-4, 2.9999, 3.0, -3.0, 6.0, 20.0, -20.0, 80.0, -80.0)


def graph(build: Callable[..., ov.Node], *shapes: Sequence[int], dtype: type = np.float32) -> ov.Model:
    """What `build` makes of one input of each shape, -1 for a dynamic dimension."""
    inputs = [ops.parameter(list(shape), dtype) for shape in shapes]
    built = build(*inputs)
    return ov.Model(list(built) if isinstance(built, tuple) else [built], inputs, "graph")


def kinds(model: ov.Model) -> Counter[str]:
    """How many operations of each kind, without inputs, outputs and constants."""
    return Counter(node.get_type_name() for node in model.get_ordered_ops()) - Counter(
        {"Parameter": 99, "Result": 99, "Constant": 999}
    )


def computed(model: ov.Model, *inputs: np.ndarray) -> list[np.ndarray]:
    """The outputs at f32."""
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [np.array(value) for value in compiled(list(inputs)).values()]


def values(shape: Sequence[int], seed: int = 0, scale: float = 3.0) -> np.ndarray:
    """Random values, the first of them extreme."""
    found = scale * np.random.default_rng(seed).standard_normal(shape)
    flat = found.reshape(-1)
    flat[: len(EXTREME)] = EXTREME[: flat.size]
    return found.astype(np.float32)


def rewritten(rewrite: Rewrite, model: ov.Model, places: int = 1) -> ov.Model:
    """A clone, rewritten in exactly so many places."""
    changed = model.clone()
    assert rewrite.apply(changed) == places
    changed.validate_nodes_and_infer_types()
    return changed


def assert_same(first: ov.Model, second: ov.Model, *inputs: np.ndarray, tolerance: float = 1e-5) -> None:
    """Equal outputs at f32, relative to each output's largest value, and equal names."""
    for mine, theirs in zip(computed(first, *inputs), computed(second, *inputs), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance * np.abs(mine).max())
    assert [out.get_node().input_value(0).get_node().get_friendly_name() for out in first.outputs] == [
        out.get_node().input_value(0).get_node().get_friendly_name() for out in second.outputs
    ]


def assert_untouched(rewrite: Rewrite, model: ov.Model) -> None:
    """No place, and the same operations as before."""
    before = kinds(model)
    assert rewrite.apply(model) == 0
    assert kinds(model) == before


def named(build: Callable[..., ov.Node], *shapes: Sequence[int], dtype: type = np.float32) -> ov.Model:
    """A graph whose inputs are named in0, in1, ... and whose outputs out0, out1, ..."""
    model = graph(build, *shapes, dtype=dtype)
    for prefix, ports in (("in", model.inputs), ("out", model.outputs)):
        for index, port in enumerate(ports):
            port.get_tensor().set_names({f"{prefix}{index}"})
    return model


def moves_data(rewrite: Rewrite, model: ov.Model, places: int, *inputs: np.ndarray, tolerance: float = 0.0) -> ov.Model:
    """A clone, rewritten in exactly so many places, with the same names; equal to the last bit unless sums are taken in
    another order, and then relative to the largest value; a second time there is nothing to do."""
    changed = rewritten(rewrite, model, places)
    for mine, theirs in zip(computed(model, *inputs), computed(changed, *inputs), strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance * np.abs(mine).max())
    for ports, others in ((model.inputs, changed.inputs), (model.outputs, changed.outputs)):
        assert [port.get_names() for port in ports] == [port.get_names() for port in others]
    assert_untouched(rewrite, changed.clone())
    return changed
