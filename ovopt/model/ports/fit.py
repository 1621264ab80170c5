"""Samples for a model that takes less than they hold, or several of them per inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.errors import ModelError
from ovopt.model.ports.inputs import Array
from ovopt.records import Port

if TYPE_CHECKING:
    import openvino


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
