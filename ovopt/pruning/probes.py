"""Tensors inside a model on samples, at f32: what readers take and give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.runs import outputs_in_f32, runs_in_f32
from ovopt.model.ports.inputs import Array

if TYPE_CHECKING:
    import openvino

    from ovopt.contracts import Tensors

Probe = tuple[str, int]
"""A tensor inside a model: an operation's name, and which of its inputs it is, or -1 for its output."""


def observed(model: openvino.Model, places: Sequence[Probe], samples: Sequence[Tensors]) -> Iterator[list[Array]]:
    """Tensors [...] at these places, sample by sample (arrays [1, ...]); only what leads to them is computed. The
    arrays are valid until the next sample."""
    import openvino

    copy = model.clone()
    nodes = by_name(copy)
    values = [nodes[name].output(0) if index < 0 else nodes[name].input_value(index) for name, index in places]
    keys = [(value.get_node().get_name(), value.get_index()) for value in values]
    distinct = dict(zip(keys, values, strict=True))
    order = {key: index for index, key in enumerate(distinct)}
    probe = openvino.Model([*distinct.values()], copy.get_sinks(), copy.get_parameters(), "probe")
    for found in runs_in_f32(probe, samples):
        yield [found[order[key]] for key in keys]


def float_outputs(model: openvino.Model, samples: Sequence[Tensors]) -> list[list[Array]]:
    """Outputs of the model in floating point: for each, its values [...] sample by sample (arrays [1, ...])."""
    found, count = outputs_in_f32(model, samples), len(model.outputs)
    return [found[i::count] for i, output in enumerate(model.outputs) if output.get_element_type().is_real()]


def named_apart(model: openvino.Model) -> None:
    """Gives operations names of their own where two share one."""
    taken = set[str]()
    for op in model.get_ordered_ops():
        name = op.get_friendly_name()
        if name in taken:
            op.set_friendly_name(f"{name}/{op.get_name()}")
        taken.add(op.get_friendly_name())


def chosen_rows(positions: int, wanted: int, seed: Sequence[int]) -> Array:
    """Indices [rows] of at most so many rows out of all positions, at random, rising."""
    if positions <= wanted:
        return np.arange(positions)
    return np.sort(np.random.default_rng(list(seed)).choice(positions, wanted, replace=False))
