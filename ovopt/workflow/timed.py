"""What goes through the timing: some samples, as each model takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ovopt.bench.protocol import Contents
from ovopt.bench.samplefile import write_samples
from ovopt.contracts import Advance, Tensors
from ovopt.errors import DataError
from ovopt.prepare import Prepared

TIMED = 32
"""So many inferences' inputs, or batches of them, go through the timing."""


@dataclass(frozen=True)
class Fed:
    """The file of what a model takes for the samples, and what that is made of."""

    inputs: Path
    contents: Contents


@dataclass(frozen=True)
class Timed:
    """The same samples for every model."""

    usual: Fed
    embedded: Mapping[str, Fed]
    """By the hash of a model that does a part of `preprocess` itself."""

    @classmethod
    def of(cls, prepared: Prepared, embedded: Mapping[str, Prepared], scratch: Path, advance: Advance) -> Timed:
        """Enough samples of the gate split, as all models take them but those that are named; the files go into the
        folder `scratch`."""
        wanted = TIMED * prepared.recipe.model.batch
        indices: list[int] = []
        inputs: list[Tensors] = []
        for index, parts in prepared.each(prepared.splits["gate"]):
            indices.append(index)
            inputs += parts
            advance(len(parts))
            if len(inputs) >= wanted:
                break
        if not inputs:
            raise prepared.none_left("measure with")
        contents = [prepared.samples.load(index) for index in indices]

        def fed(own: Prepared, tensors: Sequence[Tensors], file: Path) -> Fed:
            batch = own.recipe.model.batch
            write_samples(file, _batches(tensors, batch, _shared(own)) if batch > 1 else tensors)
            return Fed(file, Contents(contents, own.preparation))

        return cls(
            fed(prepared, inputs[:wanted], scratch / "timed"),
            {
                model: fed(own, list(own.tensors(indices))[:wanted], scratch / f"timed-{number}")
                for number, (model, own) in enumerate(embedded.items())
            },
        )

    def of_model(self, model: str) -> Fed:
        """What the model of this hash takes."""
        return self.embedded.get(model, self.usual)


def _shared(prepared: Prepared) -> list[bool]:
    """Which inputs are the same for every sample, so that a batch holds them once."""
    return [port.name in prepared.recipe.model.inputs for port in prepared.inputs]


def _batches(samples: Sequence[Tensors], batch: int, shared: Sequence[bool]) -> Iterator[Tensors]:
    """Batches of successive samples, the first ones again where they run out; a few, for they all rotate."""
    count = max(1, len(samples) // batch)
    for start in range(0, count * batch, batch):
        chosen = [samples[i % len(samples)] for i in range(start, start + batch)]
        try:
            yield tuple(
                arrays[0] if once else np.concatenate(arrays)
                for arrays, once in zip(zip(*chosen, strict=True), shared, strict=True)
            )
        except ValueError:
            raise DataError(f"--batch {batch}: the samples differ in shape; fix them with --shape") from None
