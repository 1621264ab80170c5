"""Embeddings: one vector of a sequence of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import array_of, misfit, tokens_of

VECTORS = "one vector for each token, [tokens, features]"


class MeanPool(Decoder):
    """The mean of the tokens' vectors, without those that the mask leaves out.

    Source: Sentence-Transformers, `Pooling` with `pooling_mode_mean_tokens`.
    """

    name: ClassVar[str] = "mean_pool"
    sole: ClassVar[str | None] = "mask"
    mask: str | None = Field(
        default="attention_mask", description="the input that is 0 where a token is padding; null: all tokens count"
    )

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """A vector [features]; zeros where no token counts."""
        vectors = array_of(output, self.name, VECTORS, rank=2).astype(np.float64)
        if self.mask is None:
            return np.asarray(vectors.sum(0) / max(len(vectors), 1))
        counted = tokens_of(inputs, self.mask, len(vectors), self.name) != 0
        return np.asarray(vectors[counted].sum(0) / max(np.count_nonzero(counted), 1))


class ClsPool(Decoder):
    """The vector of the first token, [CLS]."""

    name: ClassVar[str] = "cls_pool"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """A vector [features]."""
        vectors = array_of(output, self.name, VECTORS, rank=2)
        if not len(vectors):
            raise misfit(self.name, VECTORS, output)
        return np.asarray(vectors[0])


class L2Normalise(Decoder):
    """Divide by the Euclidean length along the last axis. Zeros stay zeros."""

    name: ClassVar[str] = "l2_normalise"

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 of the same shape and of length 1."""
        vectors = array_of(output, self.name, "an array of vectors").astype(np.float64)
        if not vectors.ndim:
            raise misfit(self.name, "an array of vectors", output)
        length = np.linalg.norm(vectors, axis=-1, keepdims=True)
        return np.asarray(vectors / np.where(length == 0, 1, length))
