"""Probabilities of scores, in a form that does not overflow: exponents are of differences to the highest score."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovopt.contracts import Array

SUM_TOLERANCE = 1e-3
"""How far from 1 the sum of a sample's probabilities may be, for rounding in half precision."""
Activation = Literal["softmax", "sigmoid"]


def softmax(scores: Array, axis: int = -1) -> Array:
    """exp(s) / sum(exp(s)) along an axis of scores [...], by way of s - max(s). Float32 or float64, of the same
    shape."""
    scores = _floats(scores)
    with np.errstate(invalid="ignore"):
        powers = np.exp(scores - scores.max(axis, keepdims=True, initial=-np.inf))
        return np.asarray(powers / powers.sum(axis, keepdims=True))


def log_softmax(scores: Array) -> Array:
    """S - log(sum(exp(s))) along the last axis of scores [..., classes], by way of s - max(s). Float64, of the same
    shape."""
    with np.errstate(invalid="ignore"):
        shifted = scores - scores.max(axis=-1, keepdims=True).astype(np.float64)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def sigmoid(scores: Array) -> Array:
    """1 / (1 + exp(-s)) = exp(-log(exp(0) + exp(-s))) of scores [...]. Float32 or float64, of the same shape."""
    scores = _floats(scores)
    with np.errstate(invalid="ignore"):
        return np.exp(-np.logaddexp(np.zeros((), scores.dtype), -scores))


def are_probabilities(scores: Array) -> bool:
    """True where the scores [..., classes] are not negative and sum to 1 along the last axis."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=-1) - 1) <= SUM_TOLERANCE).all())


def activated(scores: Array, activation: Activation | None) -> Array:
    """Probabilities of scores [..., classes]; the scores themselves without an activation."""
    match activation:
        case "softmax":
            return softmax(scores)
        case "sigmoid":
            return sigmoid(scores)
        case None:
            return scores


def _floats(scores: Array) -> Array:
    return scores if scores.dtype in (np.float32, np.float64) else scores.astype(np.float32)
