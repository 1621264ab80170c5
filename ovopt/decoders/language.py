"""Language modelling: how well a model foretells the next token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.arrays.probabilities import log_softmax
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import array_of, tokens_of
from ovopt.errors import DataError

BLOCK = 64
"""Positions that are computed at once: a vocabulary's scores in float64 are large."""


class NextTokenNll(Decoder):
    """The negative log-likelihood of a text: the scores at position t judge the token at t + 1. Perplexity is
    exp(sum / count)."""

    name: ClassVar[str] = "next_token_nll"
    ids: str = Field(default="input_ids", description="the input that holds the token ids")
    mask: str | None = Field(
        default="attention_mask", description="the input that is 0 where a token is padding; null: all tokens count"
    )

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        """Float64 [2]: the sum of -ln p, and the number of tokens, from scores [tokens, vocabulary]. Raises DataError
        where an input does not fit them."""
        logits = array_of(output, self.name, "scores of the vocabulary at each token, [tokens, vocabulary]", rank=2)
        length, vocabulary = logits.shape
        ids = tokens_of(inputs, self.ids, length, self.name).astype(np.int64)
        mask = None if self.mask is None else tokens_of(inputs, self.mask, length, self.name) != 0
        real = np.ones(length, bool) if mask is None else mask
        positions = np.flatnonzero(real[:-1] & real[1:])
        targets = ids[positions + 1]
        if len(targets) and not 0 <= targets.min() <= targets.max() < vocabulary:
            raise DataError(
                f"{self.name}: token {targets[(targets < 0) | (targets >= vocabulary)][0]} of the input {self.ids!r} "
                f"is outside the {vocabulary} scores of the output"
            )
        blocks = (slice(start, start + BLOCK) for start in range(0, len(positions), BLOCK))
        total = sum(float(_nll(logits[positions[block]], targets[block]).sum()) for block in blocks)
        return np.array([total, len(positions)], np.float64)


def _nll(logits: Array, targets: Array) -> Array:
    """-log softmax(x)[target] [n] of logits [n, vocabulary] and targets [n]."""
    return np.asarray(-log_softmax(logits)[np.arange(len(targets)), targets])
