"""Fit a sample to a model's inputs: names, element types, batch dimension, finite values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt.errors import DataError
from ovopt.records import Port

Array = NDArray[Any]
Tensors = tuple[Array, ...]
"""One array [1, ...] per input (or output) of a model, in its order."""
DTYPES = {
    "f64": "float64", "f32": "float32", "f16": "float16", "i64": "int64", "i32": "int32", "i16": "int16",
    "i8": "int8", "u64": "uint64", "u32": "uint32", "u16": "uint16", "u8": "uint8", "boolean": "bool",
}  # fmt: skip
LARGE = 10000
"""In a mask as good as infinity, and within half precision."""
PAST = "past_key_values"


def starts_empty(port: Port) -> bool:
    """Detects an input that holds what a decoder has computed of earlier tokens, of any number, by the name that
    exporters give it: there are none before the first."""
    return port.name.startswith(PAST) and port.shape is not None and None in port.shape[1:]


def at_first(port: Port) -> Array:
    """The value [1, ...] that a state begins with: zeros, of length zero where it grows with the tokens."""
    fewest = 0 if starts_empty(port) else 1
    shape = [(fewest if place else 1) if dim is None else dim for place, dim in enumerate(port.shape or ())]
    return np.zeros(shape, DTYPES.get(port.dtype, "float32"))


def bind(content: Any, inputs: Sequence[Port], sample_id: str) -> tuple[Array, ...]:
    """One array per input of the shape [1, ...] that its port has, in the model's order. Raises DataError where the
    content does not fit.

    `content` is an array (models with one input) or a mapping from input name to array. A width of the same kind of
    number is converted where no value is lost from range (f64 to f32, i64 to i32); a change of kind is refused.
    """
    arrays = _by_input(content, inputs, sample_id)
    return tuple(_fit(array, port, sample_id) for array, port in zip(arrays, inputs, strict=True))


def refuse_text(inputs: Sequence[Port]) -> None:
    """Raises DataError where an input takes text, which no sample can give."""
    port = next((port for port in inputs if port.dtype == "string"), None)
    if port:
        raise DataError(
            f"the model's input {port} takes text, and ovopt hands over numbers; give the model without its tokenizer "
            "(openvino-tokenizers), and put `tokenize` into the recipe's `preprocess`"
        )


def filled(value: Array, port: Port) -> Array:
    """A value [...] that is the same for every sample: one number in all places of an input of fixed sizes, as its kind
    of number."""
    if port.shape and not value.ndim and None not in port.shape[1:]:
        value = np.full([1 if dim is None else dim for dim in port.shape], value)
    is_float = np.dtype(DTYPES.get(port.dtype, "float32")).kind == "f"
    return value.astype(np.float64) if is_float and value.dtype.kind in "iu" else value


def _by_input(content: Any, inputs: Sequence[Port], sample_id: str) -> list[Array]:
    if not isinstance(content, Mapping):
        if len(inputs) != 1:
            names = ", ".join(str(port) for port in inputs)
            raise DataError(
                f"{sample_id}: holds one array, the model wants {len(inputs)} inputs: {names}; {_filling(inputs[-1])}"
            )
        return [_array(content, sample_id)]
    missing = [str(port) for port in inputs if port.name not in content]
    if missing:
        alone = len(inputs) == 1
        named = "name the array with --set data.source.inputs=..."
        hint = named if alone else _filling(next(port for port in inputs if port.name not in content))
        raise DataError(f"{sample_id}: has no {', '.join(missing)}; it holds {', '.join(map(repr, content))}; {hint}")
    return [_array(content[port.name], sample_id) for port in inputs]


def _array(value: Any, sample_id: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError(f"{sample_id}: a ragged list is not an array") from None
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{sample_id}: {_what(value, array)}, not an array of numbers; the recipe's `preprocess` must make one"
        )
    return array


def _what(value: Any, array: Array) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bytes):
        return "a file's bytes"
    return "text" if array.dtype.kind in "US" else f"a {type(value).__name__}"


def _fit(array: Array, port: Port, sample_id: str) -> Array:
    shaped = _with_batch(array, port, sample_id)
    typed = _with_dtype(shaped, port, sample_id)
    if typed.dtype.kind == "f" and not np.isfinite(typed).all():
        if np.isfinite(shaped).all():
            raise DataError(f"{sample_id}: values outside the range of {typed.dtype} for the model's input {port}")
        raise DataError(f"{sample_id}: {_not_finite(typed, port)}")
    return np.require(typed, requirements="C")


def _filling(port: Port) -> str:
    key = port.name if re.fullmatch(r"[\w-]+", port.name) else f'"{port.name}"'
    return f"one that is the same for every sample is filled with --set model.inputs.{key}=0, or another value"


def _not_finite(array: Array, port: Port) -> str:
    """The fault of an array, and what to do."""
    if np.isnan(array).any():
        return f"NaN in the data of input {port}; remove or mend the sample"
    limits = {"low": np.isneginf(array).any(), "high": np.isposinf(array).any()}
    largest = {"low": -LARGE, "high": LARGE}
    clip = ", ".join(f"{name}: {largest[name]}" for name, wanted in limits.items() if wanted)
    return (
        f"infinity in the data of input {port}; mend the sample, or make a mask finite in the recipe: "
        f"`preprocess: [{{clip: {{{clip}}}}}]`"
    )


def _with_batch(array: Array, port: Port, sample_id: str) -> Array:
    if port.shape is None:
        return array
    for candidate in (array[np.newaxis], array):
        if candidate.ndim == len(port.shape) and all(
            want in (None, have) for want, have in zip(port.shape, candidate.shape, strict=True)
        ):
            return candidate
    raise DataError(
        f"{sample_id}: shape {list(array.shape)} does not fit the model's input {port} (the batch dimension of 1 may "
        "be left out)"
    )


def _with_dtype(array: Array, port: Port, sample_id: str) -> Array:
    want = np.dtype(DTYPES.get(port.dtype, "float32"))
    if array.dtype == want:
        return array
    same_kind = array.dtype.kind == want.kind or {array.dtype.kind, want.kind} <= {"i", "u"}
    if not same_kind:
        raise DataError(
            f"{sample_id}: {array.dtype} data for the model's input {port}; convert it where it is made, or in the "
            f"recipe: `preprocess: [{{cast: {want}}}]`"
        )
    whole = want.kind in "iu" and array.size > 0
    if whole and not np.iinfo(want).min <= int(array.min()) <= int(array.max()) <= np.iinfo(want).max:
        raise DataError(f"{sample_id}: values outside the range of {want} for the model's input {port}")
    with np.errstate(over="ignore"):
        return array.astype(want)
