"""Pieces: arrays that decoders pass on by name, so that a head's parts can be computed apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field

from ovopt.contracts import Array
from ovopt.decoders.outputs import SOLE_ARRAY, array_of, misfit
from ovopt.errors import DataError, did_you_mean

Key = str | int
Of = Annotated[
    Key | tuple[Key, ...] | None,
    Field(description="the piece that it is done to, or several; an output by its place; default: the sole array"),
]
To = Annotated[
    str | None, Field(description="the name of the piece that it makes; default: the one that it is done to")
]


def changed(output: Any, of: Key | tuple[Key, ...] | None, name: str, change: Callable[[Array], Array]) -> Any:
    """The sole array changed, or the pieces or outputs that `of` names, beside the others as they are. Raises DataError
    where there is no such."""
    if of is None:
        if isinstance(output, Mapping):
            raise DataError(f"{name}: say which piece it is done to, with `of`: {_names(output)}")
        return change(array_of(output, name, SOLE_ARRAY))
    keys = of if isinstance(of, tuple) else (of,)
    done = {key: change(piece_of(output, key, name)) for key in keys}
    if isinstance(output, tuple):
        return tuple(done.get(place, done.get(place - len(output), one)) for place, one in enumerate(output))
    return {**output, **done}


def piece_of(output: Any, key: Key, name: str) -> Array:
    """The piece of this name, or the output at this place. Raises DataError where there is none."""
    if isinstance(output, tuple) and isinstance(key, int) and -len(output) <= key < len(output):
        return array_of(output[key], name, SOLE_ARRAY)
    if isinstance(output, Mapping) and key in output:
        return array_of(output[key], name, SOLE_ARRAY)
    if isinstance(output, Mapping):
        raise DataError(f"{name}: there is no piece {key!r}; {did_you_mean(str(key), output)}")
    wants = f"a piece {key!r} (`split`, `pieces` and `grid` make some)"
    raise misfit(name, wants if isinstance(key, str) else f"several outputs, {key} among them", output)


def pieces_of(output: Any, name: str, sole: str) -> dict[str, Any]:
    """The pieces; an array becomes one that is called `sole`. Raises DataError for anything else."""
    return dict(output) if isinstance(output, Mapping) else {sole: array_of(output, name, SOLE_ARRAY)}


def _names(pieces: Mapping[str, Any]) -> str:
    return ", ".join(pieces) or "none"
