"""Branches of `If` operations that samples take, and those that none takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.inspect.runs import runs_in_f32
from ovopt.model.ports.inputs import Array

if TYPE_CHECKING:
    import openvino

BRANCHES = ("then", "else")


@dataclass(frozen=True)
class Branch:
    """A body of an `If`."""

    operation: str
    """The name of the `If`."""
    kind: str
    """`then` or `else`."""
    names: tuple[str, ...]
    """Of all operations in it, further bodies included."""


def idle_branches(model: openvino.Model, samples: Sequence[Sequence[Array]]) -> list[Branch]:
    """The branches that none of the samples, arrays [1, ...] in the model's order, takes. Raises RuntimeError where the
    model does not run."""
    return [branch for op in _ifs(model) for branch in _idle(model, op, samples)]


def name_bodies_apart(model: openvino.Model, taken: set[str] | None = None, prefix: str = "") -> None:
    """Gives operations in bodies of an `If` names that no other operation of the model has, and tensors that an `If`
    takes some name, by which NNCF asks for them."""
    taken = set() if taken is None else taken
    for op in model.get_ordered_ops():
        if (name := op.get_friendly_name()) in taken:
            op.set_friendly_name(f"{prefix}{name}" if prefix else f"{name}/{op.get_name()}")
        taken.add(op.get_friendly_name())
    for op in _ifs(model):
        for place, value in enumerate(op.input_values()):
            if not value.get_names():
                value.get_tensor().set_names({f"{op.get_friendly_name()}/{place}"})
        for number, kind in enumerate(BRANCHES):
            name_bodies_apart(op.get_function(number), taken, f"{op.get_friendly_name()}_{kind}/")


def _idle(model: openvino.Model, op: openvino.Node, samples: Sequence[Sequence[Array]]) -> Iterator[Branch]:
    taken: dict[int, list[list[Array]]] = {0: [], 1: []}
    for values in _inputs(model, op, samples):
        branch = 0 if np.all(values[0]) else 1
        taken[branch].append(_body_inputs(op, branch, values))
    for number, kind in enumerate(BRANCHES):
        body = op.get_function(number)
        if not taken[number]:
            yield Branch(op.get_friendly_name(), kind, tuple(_names(body)))
        else:
            yield from idle_branches(body, taken[number])


def _inputs(model: openvino.Model, op: openvino.Node, samples: Sequence[Sequence[Array]]) -> Iterator[list[Array]]:
    """The inputs [...] of an operation for each sample: all that it takes where a body holds an `If` of its own, else
    the condition alone."""
    import openvino

    deep = any(_ifs(op.get_function(number)) for number in range(len(BRANCHES)))
    copy = model.clone()
    places = [one.get_friendly_name() for one in model.get_ordered_ops()]
    same = copy.get_ordered_ops()[places.index(op.get_friendly_name())]
    wanted = same.input_values() if deep else same.input_values()[:1]
    results = [openvino.op.Result(value) for value in wanted]
    cut = openvino.Model(results, copy.get_parameters(), "condition")
    for values in runs_in_f32(cut, samples):
        yield [np.array(value) for value in values]


def _body_inputs(op: openvino.Node, branch: int, values: Sequence[Array]) -> list[Array]:
    """The values that a body's parameters get; none where they are not known."""
    pairs = {one.body_parameter_index: one.input_index for one in op.get_input_descriptions(branch)}
    return [values[pairs[place]] for place in sorted(pairs) if pairs[place] < len(values)]


def _ifs(model: openvino.Model) -> list[openvino.Node]:
    return [op for op in model.get_ordered_ops() if op.get_type_name() == "If"]


def _names(model: openvino.Model) -> Iterator[str]:
    for op in model.get_ordered_ops():
        if op.get_type_name() not in ("Parameter", "Constant", "Result"):
            yield op.get_friendly_name()
        if op.get_type_name() == "If":
            for number in range(len(BRANCHES)):
                yield from _names(op.get_function(number))
