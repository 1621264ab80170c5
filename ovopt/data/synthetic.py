"""Random inputs of the model's own shapes and types: for speed and agreement where there is no data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, DataSource, Samples
from ovopt.errors import DataError
from ovopt.model.ports.extent import check_fits
from ovopt.model.ports.inputs import DTYPES, starts_empty
from ovopt.records import Port


class Synthetic(DataSource):
    """Standard normal numbers for floating-point inputs, zeros and ones for integers. A dynamic batch is 1, and what a
    decoder remembers of earlier tokens (`past_key_values`) is empty."""

    name: ClassVar[str] = "synthetic"
    count: int = Field(default=32, gt=0, le=10_000_000)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples drawn from the seed. Raises DataError where a dimension other than the batch is unknown."""
        drawn = [port for port in inputs if not starts_empty(port)]
        shapes = {port.name: _shape(port) for port in drawn}

        def load(index: int) -> dict[str, Array]:
            rng = np.random.default_rng((seed, index))
            return {port.name: _draw(rng, shapes[port.name], port) for port in drawn}

        return Samples(
            source="synthetic inputs",
            ids=tuple(f"synthetic#{i}" for i in range(self.count)),
            labels=None,
            load=load,
            fingerprint=f"synthetic/{seed}/{self.count}",
            random=True,
        )


def _shape(port: Port) -> tuple[int, ...]:
    dims = port.shape
    if dims is None or None in dims[1:]:
        raise DataError(
            f"the model's input {port} has a dynamic shape: fix it with --shape {port.name}=1,..., "
            "or give real samples with --data"
        )
    shape = tuple(1 if dim is None else dim for dim in dims)
    check_fits(8 * math.prod(shape), f"the model's input {port}: a sample", DataError)  # it is drawn in 64 bits
    return shape


def _draw(rng: np.random.Generator, shape: tuple[int, ...], port: Port) -> Array:
    dtype = np.dtype(DTYPES.get(port.dtype, "float32"))
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(2, size=shape).astype(dtype)
