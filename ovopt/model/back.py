"""Put operations behind one of a model's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ovopt.model.ports.facts import facts

if TYPE_CHECKING:
    import openvino

PREFIX = "postprocess/"
"""What the names of the operations behind begin with."""

Build = Callable[["openvino.Output", Mapping[str, "openvino.Output"]], "openvino.Output | None"]


def with_back(model: openvino.Model, place: int, build: Build) -> openvino.Model | None:
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
    _name(changed, known)
    return changed


def _name(model: openvino.Model, known: set[str]) -> None:
    """Give every new operation a name that says what it is for."""
    taken = {op.get_friendly_name() for op in model.get_ordered_ops()}
    count = 0
    for op in model.get_ordered_ops():
        if op.get_name() in known:
            continue
        while (name := f"{PREFIX}{op.get_type_name()}_{count}") in taken:
            count += 1
        op.set_friendly_name(name)
        taken.add(name)
