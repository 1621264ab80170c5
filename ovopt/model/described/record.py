"""The facts that publishers write down about the use of a model, each with the place where it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ovopt.errors import quoted

Entry = str | Mapping[str, Any]
"""An entry of a recipe's list of plug-ins: a name, or one name with its settings."""
Name = Literal[
    "task", "preprocess", "postprocess", "output", "metrics", "classes", "inputs", "tokenizer", "max_length", "rate",
    "data",
]  # fmt: skip


@dataclass(frozen=True)
class Described:
    """The use of a model as files beside it and notes inside it say. What nobody wrote down is empty or None."""

    task: str | None = None
    """A recipe's `task`."""
    preprocess: tuple[Entry, ...] = ()
    """A recipe's `preprocess`, from a file's bytes or a text to this model's input."""
    postprocess: tuple[Entry, ...] = ()
    output: int | str | tuple[int | str, ...] | None = None
    """The outputs that `postprocess` wants: a recipe's `model.output`."""
    metrics: tuple[Entry, ...] = ()
    classes: tuple[str, ...] = ()
    """Names in the order of the model's outputs."""
    inputs: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    """Inputs that are the same for every sample: a recipe's `model.inputs`."""
    tokenizer: Path | None = None
    max_length: int | None = None
    """Tokens of the longest text."""
    rate: int | None = None
    """Samples a second of a recording."""
    data: tuple[str, ...] = ()
    """Data sets by which models of the kind are usually judged, such as `hf:ORG/NAME`: examples."""
    said: Mapping[str, str] = field(default_factory=dict)
    """By name of a field: the file, and the keys in it, that it was read from."""
    doubts: tuple[str, ...] = ()
    """Sentences: what was not understood, cannot be read, contradicts itself or does not fit the model."""


@dataclass(frozen=True)
class Fact:
    """The value of a field of `Described`, and the file and keys that say so."""

    name: Name
    value: Any
    source: str


@dataclass(frozen=True)
class Doubt:
    """A sentence that begins with the file, and the key in it, that it is about."""

    text: str


def gathered(found: Iterable[Fact | Doubt]) -> Described:
    """The facts as one record. Of two that contradict each other the first one counts, and the other is a doubt."""
    made = Described()
    doubts: dict[str, None] = {}
    for one in found:
        if isinstance(one, Doubt):
            doubts[one.text] = None
        elif one.name not in made.said:
            made = replace(made, **{one.name: one.value}, said={**made.said, one.name: one.source})
        elif getattr(made, one.name) != one.value:
            doubts[_contradiction(made, one)] = None
    return replace(made, doubts=tuple(doubts))


def _contradiction(made: Described, other: Fact) -> str:
    first = getattr(made, other.name)
    if other.name in ("preprocess", "postprocess", "classes"):
        return f"{other.source}: says other {other.name} than {made.said[other.name]}, which is taken"
    return (
        f"{other.source}: says {other.name} {quoted(other.value)}, and {made.said[other.name]} says {quoted(first)}, "
        "which is taken"
    )
