"""Embeddings: one vector of a sequence of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import openvino
from openvino import opset13 as op

from ovopt.arrays.graph import as_float, of_rank, sizes
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import Mask, array_of, counted, misfit

VECTORS = "one vector for each token, [tokens, features]"


class MeanPool(Decoder):
    """The mean of the tokens' vectors, without those that the mask leaves out.

    Source: Sentence-Transformers, `Pooling` with `pooling_mode_mean_tokens`.
    """

    name: ClassVar[str] = "mean_pool"
    sole: ClassVar[str | None] = "mask"
    mask: Mask = "attention_mask"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Vector [features]; zeros where no token counts. Raises DataError where output or mask do not fit."""
        vectors = array_of(output, self.name, VECTORS, rank=2).astype(np.float64)
        kept = vectors[counted(inputs, self.mask, len(vectors), self.name)]
        return np.asarray(kept.sum(0) / max(len(kept), 1))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, tokens, features] in float32, where the mask is an input [n, tokens]."""
        vectors = of_rank(as_float(batch), 2)
        if vectors is None:
            return None
        if self.mask is None:
            return op.reduce_mean(vectors, np.array([1])).output(0)
        mask = inputs.get(self.mask)
        if mask is None or len(mask.get_partial_shape()) != 2:
            return None
        zero = op.constant(np.zeros((), vectors.get_element_type().to_dtype()))
        real = op.unsqueeze(op.not_equal(mask, op.convert_like(zero, mask)), np.array([2]))
        total = op.reduce_sum(op.select(real, vectors, zero), np.array([1]))
        count = op.reduce_sum(op.convert_like(real, zero), np.array([1]))
        return op.divide(total, op.maximum(count, op.convert_like(op.constant(1.0), zero))).output(0)


class ClsPool(Decoder):
    """The vector of the first token, [CLS]."""

    name: ClassVar[str] = "cls_pool"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Vector [features]. Raises DataError where there is no token."""
        vectors = array_of(output, self.name, VECTORS, rank=2)
        if not len(vectors):
            raise misfit(self.name, VECTORS, output)
        return np.asarray(vectors[0])

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, tokens, features]."""
        vectors = of_rank(batch, 2)
        if vectors is None or sizes(vectors)[0] == 0:
            return None
        return op.gather(vectors, np.array(0), np.array(1)).output(0)


class L2Normalise(Decoder):
    """Divide by the Euclidean length along the last axis. Zeros stay zeros."""

    name: ClassVar[str] = "l2_normalise"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [..., features] of length 1. Raises DataError where the output is no array of vectors."""
        vectors = array_of(output, self.name, "an array of vectors").astype(np.float64)
        if not vectors.ndim:
            raise misfit(self.name, "an array of vectors", output)
        length = np.linalg.norm(vectors, axis=-1, keepdims=True)
        return np.asarray(vectors / np.where(length == 0, 1, length))

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """The same of outputs [n, ...] in float32."""
        if not sizes(batch):
            return None
        vectors = as_float(batch)
        zero = op.constant(np.zeros((), vectors.get_element_type().to_dtype()))
        length = op.sqrt(op.reduce_sum(op.multiply(vectors, vectors), np.array([-1]), keep_dims=True))
        one = op.convert_like(op.constant(1.0), zero)
        return op.divide(vectors, op.select(op.equal(length, zero), one, length)).output(0)
