"""Least-squares refit of those who read what has been pruned, layer after layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ovopt.contracts import Advance, Tensors
from ovopt.pruning.importance import PER_FEATURE
from ovopt.pruning.moments import Moments, Rows, fitted
from ovopt.pruning.readers import Reader, chosen_rows, observed

if TYPE_CHECKING:
    import openvino

Refit = Literal["sequential", "one_shot", "none"]
REFIT_ROWS = 4096
"""Rows that a reader is fitted to at least, however few features it has."""
REFIT_SAMPLES = 64
"""Samples that rows come from at least: rows of one sample resemble each other."""
HELD_OUT_EVERY = 5
"""Every fifth sample is not fitted to, and tells how strongly to hold on to the old weights."""


@dataclass(frozen=True)
class Job:
    """A reader, before and after pruning, and which of its features and outputs are left."""

    before: Reader
    after: Reader
    features: NDArray[np.bool_]
    outputs: NDArray[np.bool_]


@dataclass(frozen=True)
class Refitted:
    """The outcome of a refit."""

    name: str
    missed: float
    """The share of the variance of its output that it misses, on samples that were not fitted to."""
    enough: bool
    """True where there were enough rows to refit its weights, rather than the bias alone."""


@dataclass(frozen=True)
class RefitData:
    """The models and samples that readers are fitted to."""

    original: openvino.Model
    pruned: openvino.Model
    samples: Sequence[Tensors]
    seed: int


def reconstruct(jobs: Sequence[Job], data: RefitData, refit: Refit, advance: Advance) -> list[Refitted]:
    """Refit all readers of the pruned model, in place, in the order of execution.

    Each is to give what it gave in the original. `sequential` fits it to the inputs that it gets from the pruned model,
    whose earlier readers have been refitted; `one_shot` to those of the original.
    """
    found = []
    for _, same in groupby(jobs, key=_source):
        together = list(same)
        for job, sums in zip(together, _sums(together, data, refit), strict=True):
            found.append(_refit(job, *sums))
            advance()
    return found


def _source(job: Job) -> tuple[str, int]:
    value = job.after.node.input_value(0)
    return value.get_node().get_name(), value.get_index()


def _sums(jobs: Sequence[Job], data: RefitData, refit: Refit) -> list[tuple[Moments, Moments | None]]:
    """Moments of the rows to fit to, and of those held out, for readers of the same input."""
    before = [(job.before.name, index) for job in jobs for index in (0, -1)]
    sums = [(Rows(), Rows()) for _ in jobs]
    samples = data.samples[: _samples(jobs, data)]
    wanted = observed(data.original, before, samples)
    pruned = data.pruned if refit == "sequential" else data.original
    given = observed(pruned, [(job.after.name, 0) for job in jobs], samples)
    for number, (values, inputs) in enumerate(zip(wanted, given, strict=True)):
        for place, job in enumerate(jobs):
            made = values[2 * place + 1]
            share = -(-_rows(job) // len(samples))
            rows = chosen_rows(job.after.positions(made.shape), share, (data.seed, number))
            x = job.after.features(inputs[place], made.shape, rows)
            x = x if refit == "sequential" else x[:, job.features]
            y = job.before.outputs(made, rows)[:, job.outputs]
            sums[place][number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1].add(x, y)
    return [(fit, held.moments()) for rows, held in sums if (fit := rows.moments())]


def _rows(job: Job) -> int:
    return max(PER_FEATURE * int(job.features.sum()), REFIT_ROWS)


def _samples(jobs: Sequence[Job], data: RefitData) -> int:
    """Samples that it takes for enough rows, a quarter of a sample's positions each."""
    shapes = [job.after.node.output(0).get_partial_shape() for job in jobs]
    needed = [
        -(-4 * _rows(job) // job.after.positions(tuple(shape.to_shape()))) if shape.is_static else REFIT_SAMPLES
        for job, shape in zip(jobs, shapes, strict=True)
    ]
    return min(len(data.samples), max(REFIT_SAMPLES, *needed))


def _refit(job: Job, fit: Moments, held: Moments | None) -> Refitted:
    bias, prior = job.after.bias(), job.after.matrix()
    rows = fit.rows + (held.rows if held else 0)
    enough = rows >= PER_FEATURE * len(prior) / job.after.places
    found = fitted(fit, held, prior, shifts=bias is not None, refits=enough)
    job.after.set_matrix(found.weights)
    if bias:
        bias.set(bias.values + found.shift)
    return Refitted(job.after.name, found.missed, enough)
