"""Facts of a model: inputs, outputs, operations; and the outputs that a recipe chooses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Literal

from ovopt.errors import ModelError, did_you_mean
from ovopt.records import ModelFacts, Port

if TYPE_CHECKING:
    import openvino

LOW_PRECISION = {
    "i8": "int8", "u8": "int8", "i4": "int4", "u4": "int4", "u3": "int3", "u2": "int2", "i2": "int2", "u1": "int1",
    "nf4": "nf4", "f4e2m1": "fp4", "f8e4m3": "fp8", "f8e5m2": "fp8",
}  # fmt: skip
"""Element types of compressed weights, and what they are called."""
BITS = {256: "int8", 255: "int8", 16: "int4", 15: "int4"}
"""Levels of a FakeQuantize, and what they are called."""
COMPUTED = ("f32", "f16", "bf16", "i32")
"""Element types that weights of low precision are converted to."""
STORED_AS = ["ovopt", "stored_as"]
"""Path in a model's rt_info where a converter notes how its weights were quantized, if it has brought them back to
floating point."""
TEMPORARY = re.compile(r"\d+|.*[:/].*|(Result|Parameter)_\d+")
"""Names that converters give out: numbers, places of a tensor, paths, a type with a number."""


def facts(model: openvino.Model) -> ModelFacts:
    """Facts of a model, counted from its graph."""
    operations: Counter[str] = Counter()
    precisions: Counter[str] = Counter()
    parameters = 0
    for op in model.get_ordered_ops():
        kind = op.get_type_name()
        operations[kind] += 1
        if kind == "Constant":
            parameters += prod(op.get_output_shape(0))
            precisions[op.get_element_type().get_type_name()] += op.get_byte_size()
    outputs = _ports(model.outputs, "output")
    kinds = zip(outputs, map(_kind, model.outputs), strict=True)
    return ModelFacts(
        inputs=_ports(model.inputs, "input"),
        outputs=outputs,
        parameters=parameters,
        operations=dict(sorted(operations.items())),
        precisions=dict(sorted(precisions.items())),
        quantization=quantization(model),
        output_kinds={port.name: kind for port, kind in kinds if kind},
    )


RESHAPING = ("Result", "Convert", "Reshape", "Squeeze", "Unsqueeze", "Slice", "StridedSlice")
"""Operations that leave values in their order."""


def _kind(port: openvino.Output) -> Literal["sorted", "indices"] | None:
    """The kind of an output that a TopK gives: its values come sorted, whatever the model says."""
    source = port.get_node().input_value(0)
    while source.get_node().get_type_name() in RESHAPING:
        source = source.get_node().input_value(0)
    if source.get_node().get_type_name() != "TopK":
        return None
    if source.get_index() == 1:
        return "indices"
    single = source.get_partial_shape()[source.get_node().get_axis()] == 1
    return None if single or source.get_node().get_attributes().get("sort") == "index" else "sorted"


def quantization(model: openvino.Model) -> str | None:
    """The quantization of a model: of activations and weights (QDQ, FakeConvert), of weights alone, or None without
    any.

    Weights are constants of low precision that a Convert and a Multiply (before it, a Subtract of the zero point) bring
    back to floating point, or that go into integer arithmetic.
    """
    fake: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    for op in model.get_ordered_ops():
        kind = op.get_type_name()
        if kind == "FakeQuantize":
            fake[BITS.get(op.get_attributes()["levels"], "other levels")] += 1
        elif kind == "FakeConvert":
            fake["fp8"] += 1
        elif kind == "Constant" and prod(op.get_output_shape(0)) > 1 and _is_weight(op):
            weights[LOW_PRECISION[op.get_element_type().get_type_name()]] += op.get_byte_size()
    said = [name for name, _ in weights.most_common()]
    if fake:
        counted = "FakeConvert" if set(fake) == {"fp8"} else "FakeQuantize"
        return f"{' and '.join(sorted(fake))} (QDQ: {sum(fake.values())} {counted})" + "".join(
            f", {name} weights" for name in said if name not in fake
        )
    if said:
        return f"{' and '.join(said)} weights (compressed)"
    return str(model.get_rt_info(STORED_AS).value) if model.has_rt_info(STORED_AS) else None


def is_stateful(model: openvino.Model) -> bool:
    """Detects a state that is kept from one inference to the next."""
    return any(op.get_type_name() in ("ReadValue", "Assign") for op in model.get_ordered_ops())


def _is_weight(constant: openvino.op.Constant) -> bool:
    """True for a constant of low precision that is dequantized as data (not as a zero point), or multiplied as
    integers."""
    if constant.get_element_type().get_type_name() not in LOW_PRECISION:
        return False
    return any(
        consumer in ("Multiply", "MatMul", "Convolution", "GroupConvolution")
        or (consumer in ("Subtract", "Gather") and place == 0)
        for consumer, place in _consumers(constant)
    )


def _consumers(node: openvino.Node) -> Iterator[tuple[str, int]]:
    """The operations that take what a constant holds, behind conversions to a type that can be computed with."""
    for target in node.output(0).get_target_inputs():
        consumer = target.get_node()
        if consumer.get_type_name() == "Convert":
            if consumer.get_output_element_type(0).get_type_name() in COMPUTED:
                yield from _consumers(consumer)
        elif node.get_type_name() == "Convert":
            yield consumer.get_type_name(), target.get_index()


def _ports(ports: Sequence[openvino.Output], kind: str) -> tuple[Port, ...]:
    """Ports with names that differ: two outputs may be one tensor, and none need have a name."""
    taken: set[str] = set()
    made = []
    for index, port in enumerate(ports):
        free = [(bool(TEMPORARY.fullmatch(name)), len(name), name) for name in port.get_names() if name not in taken]
        name = min(free)[-1] if free else f"{kind} {index}"  # the one of most formats: short, made up by no converter
        taken.add(name)
        made.append(Port(name=name, shape=_shape(port), dtype=port.get_element_type().get_type_name()))
    return tuple(made)


def _shape(port: openvino.Output) -> tuple[int | None, ...] | None:
    partial = port.get_partial_shape()
    if partial.rank.is_dynamic:
        return None
    return tuple(None if dim.is_dynamic else dim.get_length() for dim in partial)


Wanted = int | str | Sequence[int | str] | None
"""An output by index (negative ones count from the end) or name, or several; None, which chooses none, is the first."""


def chosen_outputs(ports: Sequence[Port], wanted: Wanted) -> list[Port]:
    """Ports of the outputs that `wanted` says, in its order. Raises ModelError as `output_indices` does."""
    return [ports[index] for index in output_indices(ports, wanted)]


def matching(ports: Sequence[Port], original: Sequence[Port]) -> list[int | None]:
    """Places of the original's outputs among a model's: by name, whatever their order; one whose name is not there is
    the one at the same place, where that is nobody else's. None for those that the model lacks."""
    named = {port.name: place for place, port in enumerate(ports)}
    found = [named.get(port.name) for port in original]
    same = len(ports) == len(original)

    def beside(place: int) -> int | None:
        return place if place < len(ports) and place not in found and (same or place == 0) else None

    return [beside(place) if at is None else at for place, at in enumerate(found)]


def output_indices(ports: Sequence[Port], wanted: Wanted, said: str = "model.output") -> list[int]:
    """Places of the chosen outputs among the model's: a runtime knows those where outputs have no name of their own.

    Raises ModelError, which begins with `said`, where there is no such output, one is chosen twice, or none is chosen.
    """
    keys = [0] if wanted is None else [wanted] if isinstance(wanted, int | str) else list(wanted)
    found = [_index(ports, key, said) for key in keys]
    twice = next((key for place, key in enumerate(keys) if found[place] in found[:place]), None)
    if twice is not None:
        raise ModelError(f"{said}: {twice!r} is chosen twice")
    if not found:
        raise ModelError(f"{said}: the list is empty; name at least one output")
    return found


def _index(ports: Sequence[Port], key: int | str, said: str) -> int:
    if isinstance(key, int):
        if not -len(ports) <= key < len(ports):
            raise ModelError(f"{said}: {key} is outside the model's {len(ports)} outputs")
        return key % len(ports)
    found = [index for index, port in enumerate(ports) if port.name == key]
    found = found or [index for index, port in enumerate(ports) if port.name.partition(":")[0] == key]
    if not found:
        raise ModelError(f"{said}: no output {key!r}; {did_you_mean(key, [port.name for port in ports])}")
    if len(found) > 1:
        raise ModelError(f"{said}: {len(found)} outputs are called {key!r}; choose by index")
    return found[0]
