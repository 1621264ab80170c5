"""Checks of what a decoder is given: arrays of the wanted rank, several outputs, inputs by name, the image's size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.boxes import Size
from ovopt.contracts import Array
from ovopt.errors import DataError, RecipeError
from ovopt.given_file import read_file
from ovopt.locate import expand

Layout = Literal["nchw", "nhwc"]
COLOURS = (1, 3)
"""Channels of grey and colour images."""
Mask = Annotated[str | None, Field(description="the input that is 0 where a token is padding; null: all tokens count")]
SOLE_ARRAY = "an array; `pick` one of the outputs"


def misfit(name: str, wants: str, output: Any) -> DataError:
    """Error that says what the decoder called `name` wants, and what it was given."""
    return DataError(f"{name}: wants {wants}, not {_described(output)}")


def array_of(output: Any, name: str, wants: str, rank: int | None = None) -> Array:
    """Array [...] of numbers, of this rank once leading dimensions of 1 are gone. Raises DataError for anything
    else."""
    array = None if isinstance(output, tuple | str | bytes) else _numbers(output)
    if array is None:
        raise misfit(name, wants, output)
    while rank is not None and array.ndim > rank and array.shape[0] == 1:
        array = array[0]
    if rank is not None and array.ndim != rank:
        raise misfit(name, wants, output)
    return array


def table_of(output: Any, name: str, wants: str, columns: int) -> Array:
    """Rows [n, columns]. A sole row may come without its dimension, as [columns]. Raises DataError for anything
    else."""
    array = array_of(output, name, wants)
    rows = array[None] if array.ndim == 1 else array
    while rows.ndim > 2 and rows.shape[0] == 1:
        rows = rows[0]
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise misfit(name, wants, output)
    return rows


def several(output: Any, name: str, wants: str, *counts: int) -> tuple[Any, ...]:
    """Outputs, as many as one of `counts`. Raises DataError where there are more or fewer."""
    if not isinstance(output, tuple) or len(output) not in counts:
        raise misfit(name, f"{wants} (list them in `model.output` in this order)", output)
    return output


def parts_of(outputs: Any, name: str, alike: bool = True) -> list[Array]:
    """Array [...] of numbers for each part of a sample. Raises DataError where one of them is none, or they are to be
    alike and their shapes differ."""
    if not isinstance(outputs, list) or not outputs:
        raise misfit(name, "what each part of a sample gave, as a list", outputs)
    parts = [array_of(part, name, "an array from each part of a sample") for part in outputs]
    if alike and len({part.shape for part in parts}) > 1:
        raise misfit(name, "parts of one shape", tuple(parts))
    return parts


def tokens_of(inputs: Mapping[str, Array], key: str, length: int, name: str) -> Array:
    """Input `key` [length] of the model for one sequence. Raises DataError where there is no such input, or of another
    length."""
    if key not in inputs:
        raise DataError(f"{name}: the model has no input {key!r}, only {', '.join(inputs) or 'none'}; name another one")
    tokens = np.ravel(inputs[key])
    if len(tokens) != length:
        raise DataError(f"{name}: the input {key!r} has {len(tokens)} tokens, the output {length}")
    return tokens


def counted(inputs: Mapping[str, Array], mask: str | None, length: int, name: str) -> Array:
    """True for each token [length] that the mask, an input, does not leave out. Raises DataError as `tokens_of`."""
    return np.ones(length, bool) if mask is None else tokens_of(inputs, mask, length, name) != 0


def image_size(inputs: Mapping[str, Array], layout: Layout | None, name: str) -> Size:
    """Width and height of the model's first image input [1, C, H, W] or [1, H, W, C]. Without a layout, the dimension
    of 1 or 3 is the channels. Raises DataError where no input is an image."""
    for tensor in inputs.values():
        if tensor.ndim == 4:
            channels_first = layout == "nchw" or (layout is None and tensor.shape[1] in COLOURS)
            if channels_first:
                return tensor.shape[3], tensor.shape[2]
            if layout == "nhwc" or tensor.shape[3] in COLOURS:
                return tensor.shape[2], tensor.shape[1]
    shapes = ", ".join(f"{key} {list(tensor.shape)}" for key, tensor in inputs.items())
    raise DataError(f"{name}: no input is an image of 1 or 3 channels ({shapes or 'none'}); set its `size` or `layout`")


@cache
def lines_of(file: str, name: str) -> tuple[str, ...]:
    """Lines of a text file. A line ends at a line feed only: other separators may be characters of a dictionary. Raises
    RecipeError where the file cannot be read."""
    try:
        text = read_file(expand(file), RecipeError).decode("utf-8-sig")
    except (UnicodeDecodeError, RecipeError) as error:
        raise RecipeError(f"{name}.file: {file} cannot be read: {error}") from None
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))


def _numbers(output: Any) -> Array | None:
    try:
        array = np.asarray(output)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _described(output: Any) -> str:
    if isinstance(output, tuple):
        return f"{len(output)} arrays: " + ", ".join(_described(one) for one in output)
    shape = getattr(output, "shape", None)
    return type(output).__name__ if shape is None else str(list(shape))
