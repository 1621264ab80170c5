"""Sizes in which a model is tried, where there are no samples and it leaves sizes open: they are no shapes of what is
made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ovopt.data.synthetic import Synthetic
from ovopt.errors import DataError
from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import starts_empty
from ovopt.preparing.prepared import prepare
from ovopt.records import Port
from ovopt.workflow.applying.first_run import why_not
from ovopt.workflow.beginning.run import Run

if TYPE_CHECKING:
    import openvino

SIZES = (64, 224, 16, 8, 1)
"""The first that a model runs on is taken: 64 is halved by six strides, 224 is what image models are made for, and the
small ones fit where positions are few."""


def tried_inputs(run: Run, model: openvino.Model) -> Sequence[Port]:
    """The inputs of a model, with sizes to try it in where it leaves them open and samples are random. Raises DataError
    where it runs in none."""
    inputs = facts(model).inputs
    if run.data is not None or not isinstance(run.recipe.data.source, Synthetic) or not any(map(_is_open, inputs)):
        return inputs
    refused = dict[int, str]()
    for size in SIZES:
        tried = tuple(_sized(inputs, model, size))
        tensors = next(prepare(run.recipe, tried, run.seed).prepare_tensors([0]))
        why = why_not(model, tensors, "CPU", {})
        if why is None:
            run.options.progress.say(f"no samples: it is tried on random ones, {size} in size where that is open")
            return tried
        refused[size] = why
    raise DataError(
        f"{run.model}: leaves sizes open, and runs on random inputs in none of the sizes {', '.join(map(str, SIZES))} "
        f"({refused[SIZES[0]]}); give real samples with --data"
    )


def _is_open(port: Port) -> bool:
    """True where a size other than that of the batch, which is 1, is open."""
    return port.shape is not None and None in port.shape[1:] and not starts_empty(port)


def _sized(inputs: Sequence[Port], model: openvino.Model, size: int) -> Iterator[Port]:
    """Ports with this size in place of open ones, or the nearest that their bounds allow."""
    for port, own in zip(inputs, model.inputs, strict=True):
        if not _is_open(port) or port.shape is None:
            yield port
            continue
        dims = (
            1 if dim is None and not place else _within(size, bounds) if dim is None else dim
            for place, (dim, bounds) in enumerate(zip(port.shape, own.get_partial_shape(), strict=True))
        )
        yield port.model_copy(update={"shape": tuple(dims)})


def _within(size: int, bounds: openvino.Dimension) -> int:
    most = bounds.get_max_length()
    return max(bounds.get_min_length(), size if most < 0 else min(size, most), 1)
