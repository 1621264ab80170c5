"""Shapes that a user gives to a model's inputs: fixed, dynamic, or bounded dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovopt.documents import ordinal
from ovopt.errors import ModelError, did_you_mean, quoted
from ovopt.model.native import reason
from ovopt.model.ports.extent import check_extent

if TYPE_CHECKING:
    import openvino

Dimension = int | str
"""A size; -1 or `?` for any; `1..8` or `1..` for a range."""
Shapes = Mapping[str, Sequence[Dimension]]
"""Input name, or index as text, -> dimensions."""
LONGEST = 20
"""Characters of a dimension; OpenVINO's sizes have 64 bits."""
DYNAMIC = ("?", "-1", "*")


def bounds(dimension: Dimension) -> tuple[int, int]:
    """The least and the largest size, which is -1 where there is none. Raises ModelError for anything else.

    >>> bounds(3), bounds("?"), bounds("1..8"), bounds("2..")
    ((3, 3), (0, -1), (1, 8), (2, -1))
    """
    text = str(dimension).strip()
    if text in DYNAMIC:
        return 0, -1
    if len(text) > LONGEST:
        raise ModelError(f"{quoted(dimension)} is no dimension: it is too long")
    if text.isdecimal():
        return int(text), int(text)
    found = re.fullmatch(r"(\d+)\.\.(\d*)", text)
    if not found or (found[2] and int(found[2]) < int(found[1])):
        raise ModelError(f"{dimension!r} is no dimension; write a number, ? for any, or a range: 1..8")
    return int(found[1]), int(found[2]) if found[2] else -1


def is_fixed(shape: Sequence[Dimension]) -> bool:
    """True where every dimension is one number."""
    return all(low == high for low, high in map(bounds, shape))


def partial_shape(shape: Sequence[Dimension]) -> openvino.PartialShape:
    """The dimensions in OpenVINO's terms."""
    import openvino

    return openvino.PartialShape([openvino.Dimension(*bounds(dimension)) for dimension in shape])


def reshape(model: openvino.Model, shapes: Shapes, said: str) -> None:
    """Gives inputs the shapes. Raises ModelError, which begins with `said`, where the model cannot take them."""
    chosen: dict[int, openvino.PartialShape] = {}
    for name, shape in shapes.items():
        index = input_index([port.get_names() for port in model.inputs], name, said)
        try:
            chosen[index] = partial_shape(shape)
        except ModelError as error:
            raise ModelError(f"{said}: the shape of input {name!r}: {error}") from None
        rank = model.input(index).get_partial_shape().rank
        if rank.is_static and rank.get_length() != len(shape):
            raise ModelError(
                f"{said}: the input {_present(model, index)} has {rank.get_length()} dimensions; the shape given has "
                f"{len(shape)}: {written(shape)}"
            )
    try:
        model.reshape(chosen)
    except RuntimeError as error:
        wanted = ", ".join(f"{name}: {written(shape)}" for name, shape in shapes.items())
        present = ", ".join(_present(model, index) for index in chosen)
        raise ModelError(f"{said}: cannot take the shapes {wanted} (its own: {present}): {reason(error)}") from None
    check_extent(model, said, ModelError)


def input_index(names: Sequence[set[str]], key: str | int, said: str) -> int:
    """Index of the input that is meant, by one of its names or by its index. Raises ModelError where there is none."""
    for place, known in enumerate(names):
        if key in known:
            return place
    index = ordinal(str(key))
    if index is not None and index < len(names):
        return index
    readable = [min(known, default=str(index)) for index, known in enumerate(names)]
    raise ModelError(f"{said}: has no input {quoted(key)}; {did_you_mean(str(key), readable)}")


def written(shape: Sequence[Dimension]) -> str:
    """A shape as messages have it."""
    return "[" + ", ".join("?" if str(size) in DYNAMIC else str(size) for size in shape) + "]"


def _present(model: openvino.Model, index: int) -> str:
    port = model.input(index)
    return f"{min(port.get_names(), default=str(index))!r} {port.get_partial_shape()}"
