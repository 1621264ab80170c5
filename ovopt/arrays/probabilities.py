"""Probabilities of scores, in a form that does not overflow."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovopt.contracts import Array

Activation = Literal["softmax", "sigmoid"]


def softmax(scores: Array, axis: int = -1) -> Array:
    """exp(s) / sum(exp(s)) along an axis, by way of s - max(s). Float32 or float64."""
    scores = _floats(scores)
    with np.errstate(invalid="ignore"):
        powers = np.exp(scores - scores.max(axis, keepdims=True, initial=-np.inf))
        return np.asarray(powers / powers.sum(axis, keepdims=True))


def sigmoid(scores: Array) -> Array:
    """1 / (1 + exp(-s)) = exp(-log(exp(0) + exp(-s))). Float32 or float64."""
    scores = _floats(scores)
    with np.errstate(invalid="ignore"):
        return np.exp(-np.logaddexp(np.zeros((), scores.dtype), -scores))


def activated(scores: Array, activation: Activation | None) -> Array:
    """Probabilities of scores whose last axis is the classes; the scores themselves without an activation."""
    match activation:
        case "softmax":
            return softmax(scores)
        case "sigmoid":
            return sigmoid(scores)
        case None:
            return scores


def _floats(scores: Array) -> Array:
    return scores if scores.dtype in (np.float32, np.float64) else scores.astype(np.float32)
