"""Open dimensions of a model, the sizes that samples have in them, and a model that holds itself several times: once
for each of a few lengths, and once for all others.

OpenVINO compiles a body of fixed shapes for what it is; the `If` operation chooses at run time. Weights are the same
constants in all bodies, and an IR stores them once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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


class UnfitError(Exception):
    """The model cannot be held side by side in this way."""


@dataclass(frozen=True)
class SideBySide:
    """Plan of the model: the dimensions that are the length, its sizes, and whether shorter inputs are filled up with
    zeros to the next size."""

    places: Sequence[InputAxis]
    sizes: Sequence[int]
    fills: bool

    def build(self, model: openvino.Model) -> openvino.Model:
        """The model, whose inputs and outputs keep names and order. Raises UnfitError where an output's size depends on
        the length in another way than being it."""
        import openvino

        follows = self._followers(model) if self.fills else {}
        parameters = _parameters(model)
        chosen = self._choice(model, parameters, list(self.sizes), follows)
        for place, port in enumerate(model.outputs):
            chosen.output(place).set_names(port.get_names())
        made = openvino.Model(
            [chosen.output(place) for place in range(len(model.outputs))], parameters, model.get_friendly_name()
        )
        made.validate_nodes_and_infer_types()
        return made

    def _choice(
        self,
        model: openvino.Model,
        parameters: Sequence[openvino.op.Parameter],
        sizes: list[int],
        follows: Mapping[int, int],
    ) -> openvino.Node:
        """If the length is (at most) the first size, that body; else a choice among the others."""
        from openvino import opset13 as ops

        length, size = self._length(parameters), ops.constant(np.int64(sizes[0]))
        chosen = ops.if_op((ops.less_equal if self.fills else ops.equal)(length, size).output(0))
        then, other = self._body(model, sizes[0], follows), self._others(model, sizes[1:], follows)
        chosen.set_then_body(then)
        chosen.set_else_body(other)
        for given, *inner in zip(parameters, then.get_parameters(), other.get_parameters(), strict=True):
            chosen.set_input(given.output(0), *inner)
        for results in zip(then.get_results(), other.get_results(), strict=True):
            chosen.set_output(*results)
        return chosen

    def _others(self, model: openvino.Model, sizes: list[int], follows: Mapping[int, int]) -> openvino.Model:
        import openvino

        if not sizes:
            return model.clone()
        parameters = _parameters(model)
        chosen = self._choice(model, parameters, sizes, follows)
        outputs = [chosen.output(place) for place in range(len(model.outputs))]
        return openvino.Model(outputs, parameters, f"from {sizes[0]}")

    def _body(self, model: openvino.Model, size: int, follows: Mapping[int, int]) -> openvino.Model:
        """The model for one size, in front of it what brings inputs to it, behind it what cuts outputs again."""
        from openvino import opset13 as ops

        body = self._reshaped(model, size)
        inner, outer = body.get_parameters(), _parameters(model)
        for place, (old, new) in enumerate(zip(inner, outer, strict=True)):
            axes = [axis for index, axis in self.places if index == place]
            value = self._brought(new, old, axes[0], size) if axes else new
            for reader in old.output(0).get_target_inputs():
                reader.replace_source_output(value.output(0))
        length = ops.unsqueeze(self._length(outer), ops.constant(np.int64(0)))
        for place, axis in follows.items():
            result = body.get_results()[place]
            start, step = ops.constant(np.array([0], np.int64)), ops.constant(np.array([1], np.int64))
            cut = ops.slice(result.input_value(0), start, length, step, ops.constant(np.array([axis], np.int64)))
            result.input(0).replace_source_output(cut.output(0))
        body.add_parameters(outer)
        for old in inner:
            body.remove_parameter(old)
        body.validate_nodes_and_infer_types()
        return body

    def _brought(
        self, given: openvino.op.Parameter, wanted: openvino.op.Parameter, axis: int, size: int
    ) -> openvino.Node:
        """The input in the fixed shape. A ScatterUpdate into zeros has the zeros' shape, whatever it writes."""
        from openvino import opset13 as ops

        shape = list(wanted.get_output_partial_shape(0).to_shape())
        if not self.fills:
            return ops.reshape(given, ops.constant(np.array(shape, np.int64)), special_zero=False)
        zeros = ops.constant(np.zeros(shape, wanted.get_element_type().to_dtype()))
        along = ops.constant(np.int64(axis))
        length = ops.gather(ops.shape_of(given), along, ops.constant(np.int64(0)))
        places = ops.range(ops.constant(np.int64(0)), length, ops.constant(np.int64(1)), "i64")
        return ops.scatter_update(zeros, places, given, along)

    def _length(self, parameters: Sequence[openvino.op.Parameter]) -> openvino.Node:
        from openvino import opset13 as ops

        place, axis = self.places[0]
        return ops.gather(ops.shape_of(parameters[place]), ops.constant(np.int64(axis)), ops.constant(np.int64(0)))

    def _reshaped(self, model: openvino.Model, size: int) -> openvino.Model:
        import openvino

        changed = model.clone()
        shapes = {}
        for place, port in enumerate(changed.inputs):
            shape = list(port.get_partial_shape())
            for index, axis in self.places:
                if index == place:
                    shape[axis] = openvino.Dimension(size)
            shapes[place] = openvino.PartialShape(shape)
        changed.reshape(shapes)
        return changed

    def _followers(self, model: openvino.Model) -> Mapping[int, int]:
        """Output -> its dimension that is the length: it is one size for one size, and another for another."""
        first, second = self.sizes[-1], self.sizes[-1] + 7
        found: dict[int, int] = {}
        for place, ports in enumerate(
            zip(self._reshaped(model, first).outputs, self._reshaped(model, second).outputs, strict=True)
        ):
            shapes = [port.get_partial_shape() for port in ports]
            if any(shape.is_dynamic for shape in shapes):
                raise UnfitError(f"output {place} has no fixed shape where the inputs have")
            changing = [axis for axis, sizes in enumerate(zip(*shapes, strict=True)) if sizes[0] != sizes[1]]
            if any(shapes[0][axis] != first or shapes[1][axis] != second for axis in changing) or len(changing) > 1:
                raise UnfitError(f"output {place} has a size that is not the length of the input")
            if changing:
                found[place] = changing[0]
        return found


def _parameters(model: openvino.Model) -> list[openvino.op.Parameter]:
    """New ones like the model's."""
    from openvino import opset13 as ops

    made = []
    for old in model.get_parameters():
        new = ops.parameter(old.get_output_partial_shape(0), old.get_element_type(), name=old.get_friendly_name())
        new.output(0).set_names(old.output(0).get_names())
        made.append(new)
    return made
