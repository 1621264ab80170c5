"""The model and the samples that a recipe is written for, as far as a first look tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ovopt.contracts import DataSource, Samples
from ovopt.errors import DataError
from ovopt.model.files.opened import OpenedModel
from ovopt.records import Port
from ovopt.transforms.sniff import is_image, is_recording
from ovopt.workflow.comparing.taking_part import NamedModel
from ovopt.workflow.drafting.labels import Labels, labels_of

LOOKED_AT = 48
"""Samples that a first look goes through."""


class Held(DataSource):
    """Samples that were found already: trials open the data once."""

    name: ClassVar[str] = "held"
    samples: Any

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """The samples."""
        found: Samples = self.samples
        return found


@dataclass(frozen=True)
class Subject:
    """A model and samples."""

    model: NamedModel
    samples: Samples

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The model's inputs, at the shapes that it is given."""
        return self.model.facts.inputs

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The model's outputs."""
        return self.model.facts.outputs

    @cached_property
    def labels(self) -> Labels:
        """The form of the labels."""
        return labels_of(self.samples)

    @cached_property
    def content(self) -> Any:
        """The first sample that can be read. Raises DataError where none of a few can."""
        error: DataError | None = None
        for index in range(min(LOOKED_AT, len(self.samples))):
            try:
                return self.samples.load(index)
            except DataError as found:
                error = error or found
        raise error or DataError(f"{self.samples.source}: holds no samples")

    def some_contents(self) -> list[tuple[str, Any]]:
        """Ids and contents of a few samples that can be read, from all over the data."""
        found = []
        for index in range(0, len(self.samples), max(1, len(self.samples) // LOOKED_AT)):
            try:
                found.append((self.samples.ids[index], self.samples.load(index)))
            except DataError:
                continue
        return found[:LOOKED_AT]

    @property
    def is_labelled(self) -> bool:
        """True where a sample has a label that can be used."""
        return self.labels.kind != "none"


def folder_of(model: OpenedModel) -> Path:
    """The folder that a model lies in, or is."""
    given, place = Path(model.path), model.location
    return given if given.is_dir() else place if place.is_dir() else place.parent


def kind_of(content: Any) -> str:
    """`image`, `recording`, `file`, `text`, `texts` (of several columns, or a pair), `columns` or `array`."""
    if isinstance(content, bytes | bytearray):
        return "image" if is_image(bytes(content)) else "recording" if is_recording(bytes(content)) else "file"
    if isinstance(content, str):
        return "text"
    if isinstance(content, Mapping):
        kinds = {kind_of(value) for value in content.values()}
        return "texts" if kinds == {"text"} else "columns"
    if isinstance(content, list | tuple) and content and all(isinstance(one, str) for one in content):
        return "texts"
    return "array"


def array_of(content: Any) -> np.ndarray[Any, Any] | None:
    """Content as an array of numbers; None where it is none."""
    try:
        found = np.asarray(content)
    except ValueError:
        return None
    return found if found.dtype.kind in "biuf" else None
