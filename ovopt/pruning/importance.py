"""Importance of channels: a model's groups, and what each unit is worth to the operations that read it.

A reader is linear: y = W x. Removing features of x costs what the others cannot make up for, which the covariance of x
tells (`elimination`). It is estimated from rows of the reader's input: of a convolution, one row per output position,
with a feature for each channel at each place of the kernel; where that takes more rows than there are, one row per
input position, with a feature per channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ovopt.contracts import Advance, Tensors
from ovopt.model.graph.nodes import constant, name_dimensions, producer
from ovopt.model.ports.inputs import Array
from ovopt.pruning.elimination import Elimination, Reading, eliminate
from ovopt.pruning.groups import Group, groups
from ovopt.pruning.moments import Moments, Rows
from ovopt.pruning.readers import Probe, Reader, chosen_rows, named_apart, observed
from ovopt.pruning.rules import trace
from ovopt.pruning.trace import Product, Trace

if TYPE_CHECKING:
    import openvino

Importance = Literal["least_squares", "activation", "magnitude"]
PER_FEATURE = 4
"""So many rows per feature at least, before one feature is taken to replace another: with fewer, what goes looks free
and is not."""
JOINT = 1024
"""Features of a reader beyond which the places of a kernel are taken together: the inverse of a covariance takes their
third power."""
MOST_FEATURES = 4096
"""Beyond that, every feature is judged alone."""
COVARIANCE_ROWS = 2048
"""Rows of a reader at least, however few features it has."""


@dataclass(frozen=True)
class Survey:
    """A model whose channels have been followed."""

    model: openvino.Model
    """A copy in which every operation has a name of its own."""
    trace: Trace
    groups: tuple[Group, ...]
    """Those that something can be taken from."""
    left_out: tuple[Group, ...]

    @classmethod
    def of(cls, model: openvino.Model, multiple: int) -> Survey:
        """Follow the channels; `multiple` is what the number of channels is to stay a multiple of."""
        copy = model.clone()
        named_apart(copy)
        name_dimensions(copy)
        followed = trace(copy)
        found = groups(followed)
        fitting = tuple(group for group in found if group.removable(multiple))
        return cls(copy, followed, fitting, tuple(group for group in found if not group.removable(multiple)))

    def readers(self, units: Mapping[int, int]) -> list[Product]:
        """The operations that sum over some of these units with constant weights."""
        return [
            product
            for product in self.trace.products
            if product.reads is not None and not units.keys().isdisjoint(self.trace.units.of(product.reads).tolist())
        ]

    def importances(
        self, samples: Sequence[Tensors], importance: Importance, seed: int, advance: Advance
    ) -> list[Elimination]:
        """The order in which the units of each group are best removed, found on samples (arrays [1, ...] in the model's
        order)."""
        if importance == "magnitude":
            return [_by_magnitude(self._magnitudes(group)) for group in self.groups]
        group_of = {unit: place for place, group in enumerate(self.groups) for unit in group.units}
        products = self.readers(group_of)
        statistics = self._statistics(products, samples, importance == "least_squares", seed, advance)
        readings: list[list[Reading]] = [[] for _ in self.groups]
        for product, covariance in zip(products, statistics, strict=True):
            assert product.reads is not None
            units = self.trace.units.of(product.reads)
            for place in sorted({group_of[unit] for unit in units.tolist() if unit in group_of}):
                readings[place].append(_reading(Reader(product.node), units, self.groups[place], covariance))
        return [eliminate(found, len(group.units)) for found, group in zip(readings, self.groups, strict=True)]

    def _statistics(
        self, products: Sequence[Product], samples: Sequence[Tensors], joint: bool, seed: int, advance: Advance
    ) -> list[Array]:
        """Covariance [F, F] of each reader's features or channels, or their variances [F] alone."""
        readers = [Reader(product.node) for product in products]
        places: list[Probe] = [(reader.name, index) for reader in readers for index in (0, -1)]
        sums = [Rows() for _ in readers]
        finest = [joint and len(reader.matrix()) <= JOINT for reader in readers]
        for number, values in enumerate(observed(self.model, places, samples)):
            for place, reader in enumerate(readers):
                given, made = values[2 * place], values[2 * place + 1]
                rows = _rows(reader, given, made, len(samples), finest, place, (seed, place, number))
                sums[place].add(rows, np.zeros((len(rows), 0)))
            advance()
        return [
            _covariance(reader, found, joint)
            for reader, rows in zip(readers, sums, strict=True)
            if (found := rows.moments())
        ]

    def _magnitudes(self, group: Group) -> Array:
        """The sum of squares of the weights that make each unit."""
        place_of = {unit: place for place, unit in enumerate(group.units)}
        found = np.zeros(len(group.units))
        for product in self.trace.products:
            weights = constant(producer(product.node, 1)) if product.makes is not None else None
            if weights is None or product.makes is None:
                continue
            made = set(self.trace.units.of(product.makes).tolist())
            for axis, labels in enumerate(self.trace.axes(product.node.input_value(1))):
                units = [] if labels is None else self.trace.units.of(labels).tolist()
                if units and made.issuperset(units):
                    squares = (np.moveaxis(weights, axis, 0).reshape(len(units), -1).astype(np.float64) ** 2).sum(1)
                    for unit, square in zip(units, squares, strict=True):
                        if unit in place_of:
                            found[place_of[unit]] += square
        return found


def _rows(
    reader: Reader, given: Array, made: Array, samples: int, finest: list[bool], place: int, seed: tuple[int, ...]
) -> Array:
    """Rows [rows, F] of a sample. Where there would be too few of them to tell the places of a kernel apart, they are
    taken together: rows are positions of the input then."""
    positions = reader.positions(made.shape)
    features = len(reader.matrix())
    if finest[place] and (reader.places == 1 or positions * samples >= PER_FEATURE * features):
        wanted = -(-max(PER_FEATURE * features, COVARIANCE_ROWS) // samples)
        return reader.features(given, made.shape, chosen_rows(positions, wanted, seed))
    finest[place] = False
    rows = reader.channels(given)
    wanted = -(-max(PER_FEATURE * rows.shape[-1], COVARIANCE_ROWS) // samples)
    return np.asarray(rows[chosen_rows(len(rows), wanted, seed)], np.float64)


def _covariance(reader: Reader, found: Moments, joint: bool) -> Array:
    """Covariance about the mean where a bias can make up for it, else about zero: [F, F], or its diagonal [F]."""
    sums = found.centred() if reader.bias() else found
    covariance = sums.xx / max(found.rows, 1)
    enough = joint and PER_FEATURE * len(covariance) <= found.rows and len(covariance) <= MOST_FEATURES
    return covariance if enough else np.diag(covariance).copy()


def _reading(reader: Reader, units: Array, group: Group, covariance: Array) -> Reading:
    weights, each = reader.matrix(), len(covariance) // len(units)
    if each < reader.places:  # the places of the kernel are taken together
        weights = weights.reshape(len(covariance), -1)
    owners = np.repeat(units, each)
    members = np.array([np.flatnonzero(owners == unit) for unit in group.units])
    return Reading(covariance, weights, members)


def _by_magnitude(squares: Array) -> Elimination:
    order = np.argsort(squares, kind="stable")
    lost = np.concatenate([[0.0], np.cumsum(squares[order])]) / max(float(squares.sum()), 1e-30)
    return Elimination(tuple(order.tolist()), tuple(lost.tolist()))
