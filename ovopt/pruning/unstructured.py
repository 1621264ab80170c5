"""Unstructured sparsity: the weights that matter least become zeros, and everything keeps its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.contracts import Advance, Tensors
from ovopt.model.graph.nodes import constant, producer
from ovopt.model.ports.inputs import Array
from ovopt.pruning.readers import Reader, named_apart, observed

if TYPE_CHECKING:
    import openvino

NO_GAIN = (
    "zeros make a model neither smaller nor faster by themselves: OpenVINO's CPU plugin skips them only in int8 matrix "
    "products (FullyConnected) on processors with AMX, if most weights are zero: quantize next, then run with the "
    "property CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE=0.8 and compare; convolutions, f32 and bf16 gain nothing"
)
"""A remark on every model with zeros, of this package or of NNCF."""


@dataclass(frozen=True)
class Sparse:
    """A model with zeros."""

    model: openvino.Model
    layers: int
    zeros: float
    """The share of their weights that are zero."""


def sparsified(model: openvino.Model, samples: Sequence[Tensors], share: float, advance: Advance) -> Sparse:
    """A copy in which, of the weights of each output of each layer, this share is zero: those with the smallest product
    of magnitude and the root mean square of what they are multiplied with on samples, arrays [1, ...] (Wanda: Sun et
    al., 2023)."""
    copy = model.clone()
    named_apart(copy)
    readers = [Reader(op) for op in copy.get_ordered_ops() if _has_weights(op)]
    if not readers:
        return Sparse(copy, 0, 0.0)
    loudness = _loudness(copy, readers, samples, advance)
    zeros = total = 0
    for reader in readers:
        weights = reader.matrix()
        scores = np.abs(weights) * np.repeat(loudness[reader.name], reader.places)[:, None]
        order = np.argsort(scores, axis=0, kind="stable")[: int(share * len(weights))]
        np.put_along_axis(weights, order, 0.0, axis=0)
        reader.set_matrix(weights)
        zeros += int((weights == 0).sum())
        total += weights.size
    return Sparse(copy, len(readers), zeros / total)


def _has_weights(op: openvino.Node) -> bool:
    if op.get_type_name() not in ("Convolution", "MatMul") or constant(producer(op, 0)) is not None:
        return False
    weights = constant(producer(op, 1))
    return weights is not None and (op.get_type_name() == "Convolution" or weights.ndim == 2)


def _loudness(
    model: openvino.Model, readers: Sequence[Reader], samples: Sequence[Tensors], advance: Advance
) -> Mapping[str, Array]:
    """The root mean square of each input channel."""
    sums: dict[str, list[Array]] = {reader.name: [] for reader in readers}
    for values in observed(model, [(reader.name, 0) for reader in readers], samples):
        for reader, given in zip(readers, values, strict=True):
            sums[reader.name].append(np.mean(reader.channels(given).astype(np.float64) ** 2, axis=0))
        advance()
    return {name: np.sqrt(np.mean(found, axis=0)) for name, found in sums.items()}
