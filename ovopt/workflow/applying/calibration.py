"""The calibration samples, checked: what NNCF would take in silence and answer with a ruined model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from ovopt.contracts import Progress, Tensors
from ovopt.errors import DataError
from ovopt.model.inspect.layers import first_layers
from ovopt.model.inspect.runs import with_state
from ovopt.preparing.prepared import Prepared

if TYPE_CHECKING:
    import openvino

LOOKED_AT = 4
"""Samples that show whether they are normalised."""


def calibration_samples(
    prepared: Prepared, model: openvino.Model, wanted: int, real: bool, progress: Progress
) -> Sequence[Tensors]:
    """Model inputs from the calibration split, `wanted` or a few more: for each, an array [1, ...] per input. Raises
    DataError where there are none, where all are the same, or where `real` ones are wanted and they are random."""
    if real and prepared.samples.random:
        raise DataError("calibration needs real samples: give --data, or a recipe with a data source")
    chosen = prepared.splits["calibration"][:wanted]
    if not chosen:
        raise prepared.empty_split("calibration", "to calibrate with")
    with progress.task("prepare calibration samples", total=len(chosen)) as advance:
        tensors: list[Tensors] = []
        state = prepared.recipe.model.state
        for _, parts in prepared.prepare_each(chosen):
            # zeros are the state of the first inference of a sequence only
            sequence = tuple(with_state(model, parts, state)) if state else parts
            tensors += _spread(sequence, ceil(wanted / len(chosen)))
            advance()
    if len(tensors) > 1 and all(
        np.array_equal(a, b) for sample in tensors[1:] for a, b in zip(tensors[0], sample, strict=True)
    ):
        raise DataError(f"{prepared.samples.source}: all {len(tensors)} calibration samples are the same")
    for doubt in _unnormalised(model, tensors[:LOOKED_AT]) if real else ():
        progress.say(f"{prepared.samples.source}: {doubt}")
    return tensors


def _unnormalised(model: openvino.Model, samples: Sequence[Tensors]) -> Iterator[str]:
    """Signs that preprocessing is not the one that the model was trained with."""
    for layer in first_layers(model, samples):
        if layer.loud:
            values = [array for sample in samples for array in sample if array.dtype.kind == "f" and array.size]
            low, high = min(array.min() for array in values), max(array.max() for array in values)
            yield (
                f"samples look unnormalised: of values from {low:.4g} to {high:.4g} the first layer, {layer.name}, "
                f"makes sums of about {layer.made:.4g}, where a trained one makes about 1; check the recipe's "
                "`preprocess` (for images often `scale: 255` and `normalize`)"
            )
            return


def _spread(parts: Sequence[Tensors], wanted: int) -> Sequence[Tensors]:
    """At most so many of a sample's inferences, evenly over it."""
    if len(parts) <= wanted:
        return parts
    return [parts[i] for i in np.linspace(0, len(parts) - 1, wanted).astype(int)]
