"""Open dimensions of a model, and the sizes that samples have in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovopt.model.ports.inputs import Array

if TYPE_CHECKING:
    import openvino

IMPOSSIBLE = 1 << 62
"""Waste of no sizes for some lengths: larger than that of any choice."""
InputAxis = tuple[int, int]
"""An input, and a dimension of it."""


@dataclass(frozen=True)
class Sizes:
    """The open dimensions of a model's inputs, by what samples have there."""

    fixed: dict[InputAxis, int]
    """Sizes of the dimensions where all samples have the same."""
    varying: dict[InputAxis, tuple[int, ...]]
    """Sizes by sample, of the dimensions where samples differ."""

    @property
    def length(self) -> tuple[int, ...]:
        """Lengths by sample, where all that varies is one length; else empty."""
        found = set(self.varying.values())
        return found.pop() if len(found) == 1 else ()


def open_sizes(model: openvino.Model, samples: Sequence[Sequence[Array]]) -> Sizes:
    """Sizes of samples (arrays [1, ...] in the model's order) in the dimensions that the model leaves open."""
    fixed, varying = dict[InputAxis, int](), dict[InputAxis, tuple[int, ...]]()
    for place, port in enumerate(model.inputs):
        shape = port.get_partial_shape()
        rank = samples[0][place].ndim if shape.rank.is_dynamic else shape.rank.get_length()
        for axis in range(rank):
            if shape.rank.is_static and shape[axis].is_static:
                continue
            seen = tuple(sample[place].shape[axis] for sample in samples)
            if len(set(seen)) == 1:
                fixed[place, axis] = seen[0]
            else:
                varying[place, axis] = seen
    return Sizes(fixed, varying)


def padded_sizes(lengths: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many sizes, the longest length among them, so that lengths filled up to the next size waste the least.

    Dynamic programming over the distinct lengths: exact, for there are few.
    """
    counts = sorted(Counter(map(int, lengths)).items())
    best: list[tuple[int, tuple[int, ...]]] = [(0, ()), *[(IMPOSSIBLE, ())] * len(counts)]
    for _ in range(min(most, len(counts))):
        best = [best[0]] + [
            min(
                (best[start][0] + _waste(counts[start:end]), (*best[start][1], counts[end - 1][0]))
                for start in range(end)
            )
            for end in range(1, len(counts) + 1)
        ]
    return best[-1][1]


def frequent_sizes(lengths: Sequence[int], most: int) -> tuple[int, ...]:
    """The sizes that most samples have, in order."""
    return tuple(sorted(size for size, _ in Counter(lengths).most_common(most)))


def _waste(counts: Sequence[tuple[int, int]]) -> int:
    """Elements filled up where all of these get the longest one's length."""
    return sum((counts[-1][0] - length) * n for length, n in counts)
