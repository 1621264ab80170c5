"""Models that take several samples per inference, and samples for models that take several, or less than they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.errors import ModelError
from ovopt.model.native import reason
from ovopt.model.ports.extent import check_extent
from ovopt.model.ports.inputs import Array
from ovopt.records import Port

if TYPE_CHECKING:
    import openvino


def with_batch(model: openvino.Model, batch: int, said: str = "") -> openvino.Model:
    """A copy that takes `batch` samples at a time. Raises ModelError, which begins with `said`, where the model cannot.

    The batch is the first dimension of every input whose first dimension is 1 or dynamic, and of inputs whose layout
    says so; other inputs are the same for all samples.
    """
    import openvino

    said = said or f"--batch {batch}"
    changed, one = model.clone(), model.clone()
    if not any(_has_batch(parameter) for parameter in changed.get_parameters()):
        raise ModelError(
            f"{said}: no input has a batch dimension of 1 or of any size ({_shapes(changed.inputs)}); export "
            "the model with a dynamic batch"
        )
    try:
        for copy, size in ((one, 1), (changed, batch)):
            for parameter in filter(_has_batch, copy.get_parameters()):
                if parameter.layout.empty:
                    parameter.layout = openvino.Layout("N...")
            openvino.set_batch(copy, size)
            copy.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise ModelError(f"{said}: the model cannot take it: {reason(error)}") from None
    check_extent(changed, said, ModelError)
    if not any(_grows(*ports, batch) for ports in zip(one.outputs, changed.outputs, strict=True)):
        raise ModelError(
            f"{said}: the model's graph fixes the batch: its outputs become {_shapes(changed.outputs)}; "
            "export the model with a dynamic batch"
        )
    return changed


def _has_batch(parameter: openvino.op.Parameter) -> bool:
    if not parameter.layout.empty:
        return parameter.layout.has_name("N")
    shape = parameter.get_output_partial_shape(0)
    if shape.rank.is_dynamic or shape.rank.get_length() == 0:
        return False
    return shape[0].is_dynamic or shape[0].get_length() == 1


def _grows(one: openvino.Output, many: openvino.Output, batch: int) -> bool:
    """True where an output of one sample becomes one of `batch` samples: a 1 becomes the batch, or there are as many
    times more rows."""
    before, after = one.get_partial_shape(), many.get_partial_shape()
    if after.rank.is_dynamic or any(dim.is_dynamic for dim in after):
        return True
    sizes = list(zip(before.to_shape(), after.to_shape(), strict=True)) if before.is_static else []
    return (1, batch) in sizes or bool(sizes and sizes[0][1] == batch * sizes[0][0])


def _shapes(ports: list[openvino.Output]) -> str:
    return ", ".join(str(port.get_partial_shape()) for port in ports)


@dataclass(frozen=True)
class Fit:
    """The arrays of a sample that a model takes, and how many samples at a time."""

    places: tuple[int, ...]
    """Place in a sample of each input of the model."""
    stacked: tuple[bool, ...]
    """True for each input of the model in whose first dimension samples follow each other."""
    batch: int

    @classmethod
    def of(cls, sample: Sequence[Array], ports: Sequence[Port], model: openvino.Model) -> Fit:
        """The fit of samples like this one, whose arrays [1, ...] `ports` describes. Raises ModelError where the model
        wants something else."""
        names = {port.name: place for place, port in enumerate(ports)}
        places, times = list[int](), list[int]()
        for parameter in model.inputs:
            place = next((names[name] for name in sorted(parameter.get_names()) if name in names), None)
            if place is None and len(ports) == len(model.inputs):
                place = len(places)  # inputs that have no name are known by their order
            if place is None:
                raise ModelError(f"no sample holds the input {min(parameter.get_names(), default='')!r}")
            places.append(place)
            times.append(_times(sample[place], parameter.get_partial_shape()))
        return cls(tuple(places), tuple(count > 1 for count in times), max(times, default=1))

    def inputs(self, samples: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
        """One tuple of arrays for each inference, [samples, ...] where samples are stacked; the last samples are left
        out where they do not fill one."""
        starts = range(0, len(samples) - self.batch + 1, self.batch)
        return [self._joined(samples[start : start + self.batch]) for start in starts]

    def _joined(self, samples: Sequence[Sequence[Array]]) -> tuple[Array, ...]:
        return tuple(
            np.concatenate([sample[place] for sample in samples]) if stacked else samples[0][place]
            for place, stacked in zip(self.places, self.stacked, strict=True)
        )


def _times(array: Array, shape: openvino.PartialShape) -> int:
    """Length of the first dimension, in multiples of one sample's."""
    if shape.rank.is_dynamic or not array.ndim or shape.rank.get_length() == 0 or shape[0].is_dynamic:
        return 1
    first, own = shape[0].get_length(), array.shape[0]
    return first // own if own and first % own == 0 else 1
