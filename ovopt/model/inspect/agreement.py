"""Outputs of models in f32, and the largest difference between those of two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.native import EXACT, core
from ovopt.model.ports.inputs import Array

if TYPE_CHECKING:
    import openvino


def outputs_in_f32(model: openvino.Model, samples: Iterable[Sequence[Array]]) -> list[Array]:
    """Every output [...] of every sample (arrays [1, ...] in the model's order), as float64; a state starts each sample
    anew.

    Raises RuntimeError where the model does not run.
    """
    compiled = core().compile_model(model, "CPU", EXACT)
    request = compiled.create_infer_request()
    found = list[Array]()
    for tensors in samples:
        request.reset_state()
        request.infer(list(tensors))
        found += [np.array(request.get_output_tensor(i).data, np.float64) for i in range(len(compiled.outputs))]
    return found


def largest_difference(found: Sequence[Array], wanted: Sequence[Array]) -> float:
    """The largest difference between outputs [...] of equal shape, as a share of each output's largest value; infinite
    for other shapes, and for NaN or infinity where the other has none."""
    largest = 0.0
    for mine, theirs in zip(found, wanted, strict=True):
        if mine.shape != theirs.shape:
            return np.inf
        known = np.isfinite(theirs)
        same = mine[~known] == theirs[~known]
        if not np.isfinite(mine[known]).all() or not (same | (np.isnan(mine[~known]) & np.isnan(theirs[~known]))).all():
            return np.inf
        scale = float(np.abs(theirs[known]).max(initial=0)) or 1.0
        largest = max(largest, float(np.abs(mine[known] - theirs[known]).max(initial=0)) / scale)
    return largest
