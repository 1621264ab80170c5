"""Operations in front of a model's inputs and behind its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import DTYPES
from ovopt.records import Port

if TYPE_CHECKING:
    import openvino

PREPROCESS_PREFIX = "preprocess/"
"""Prefix of the names of the operations in front."""


@dataclass(frozen=True)
class Intake:
    """A sample as it enters the model: element type by OpenVINO's name, sizes (None where samples differ) without the
    batch dimension."""

    dtype: str
    sizes: tuple[int | None, ...]


BuildInFront = Callable[["openvino.Output"], "openvino.Output | None"]


def with_front(
    model: openvino.Model, intakes: Mapping[str, Intake], ports: Sequence[Port], build: BuildInFront
) -> openvino.Model | None:
    """A copy of the model whose inputs of these names (of `ports`, all of the model's in their order) take something
    else, and `build` makes of it what they took before; None where it cannot."""
    changed = model.clone()
    known = {op.get_name() for op in changed.get_ordered_ops()}
    try:
        for index, port in enumerate(ports):
            if port.name in intakes and not _replaced(changed, index, port, intakes[port.name], build):
                return None
        changed.validate_nodes_and_infer_types()
    except RuntimeError:  # an operation refuses what it is given
        return None
    _name_new(changed, known, PREPROCESS_PREFIX)
    return changed


def _replaced(model: openvino.Model, index: int, port: Port, intake: Intake, build: BuildInFront) -> bool:
    import openvino
    from openvino import opset13 as op

    old = model.input(index)
    if port.shape is None or not port.shape:
        return False
    shape = openvino.PartialShape([-1 if size is None else size for size in (port.shape[0], *intake.sizes)])
    new = op.parameter(shape, np.dtype(DTYPES[intake.dtype]), name=old.get_node().get_friendly_name())
    built = build(new.output(0))
    fitted = _fitted(built, old) if built is not None else None
    if fitted is None:
        return False
    names = old.get_names()
    old.set_names(set())
    for target in old.get_target_inputs():
        target.replace_source_output(fitted)
    model.replace_parameter(index, new)
    new.output(0).set_names(names)
    return True


def _fitted(built: openvino.Output, old: openvino.Output) -> openvino.Output | None:
    """A built tensor in the shape and element type that the model took: as samples are fitted on the host, a width is
    converted, a change of kind is not, and a batch dimension of the sample's own takes the place of the other."""
    from openvino import opset13 as op

    mine, theirs = built.get_element_type(), old.get_element_type()
    if mine != theirs:
        if mine.is_real() != theirs.is_real() or "boolean" in (mine.get_type_name(), theirs.get_type_name()):
            return None
        built = op.convert(built, theirs.get_type_name()).output(0)
    shape, wanted = built.get_partial_shape(), old.get_partial_shape()
    if len(shape) == len(wanted) + 1 and shape[1].is_static and shape[1].get_length() == 1:
        built = op.squeeze(built, [1]).output(0)
        shape = built.get_partial_shape()
    return built if wanted.rank.is_static and wanted.relaxes(shape) else None


POSTPROCESS_PREFIX = "postprocess/"
"""Prefix of the names of the operations behind."""

BuildBehind = Callable[["openvino.Output", Mapping[str, "openvino.Output"]], "openvino.Output | None"]


def with_back(model: openvino.Model, place: int, build: BuildBehind) -> openvino.Model | None:
    """A copy of the model whose output at this place is what `build` makes of it and of the inputs by name, and keeps
    its name; None where it makes nothing, or an operation refuses what it is given."""
    changed = model.clone()
    known = {op.get_name() for op in changed.get_ordered_ops()}
    inputs = dict(zip((port.name for port in facts(model).inputs), changed.inputs, strict=True))
    result = changed.output(place).get_node()
    old = result.input_value(0)
    try:
        built = build(old, inputs)
        if built is None:
            return None
        names = old.get_names()
        old.set_names(set())
        built.set_names(names)
        result.input(0).replace_source_output(built)
        changed.validate_nodes_and_infer_types()
    except RuntimeError:
        return None
    _name_new(changed, known, POSTPROCESS_PREFIX)
    return changed


def _name_new(model: openvino.Model, known: set[str], prefix: str) -> None:
    """Gives every new operation but the inputs a name that says what it is for."""
    taken = {op.get_friendly_name() for op in model.get_ordered_ops()}
    count = 0
    for op in model.get_ordered_ops():
        if op.get_name() in known or op.get_type_name() == "Parameter":
            continue
        while (name := f"{prefix}{op.get_type_name()}_{count}") in taken:
            count += 1
        op.set_friendly_name(name)
        taken.add(name)
