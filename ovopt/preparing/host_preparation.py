"""Transforms of a recipe, run on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any

from ovopt.contracts import Array, Parts, Tensors, Transform
from ovopt.model.ports.inputs import bind
from ovopt.records import Port


@dataclass(frozen=True)
class HostPreparation:
    """All transforms, one after the other; a mapping of inputs is transformed input by input, parts part by part."""

    transforms: tuple[Transform, ...]
    inputs: tuple[Port, ...]
    constants: Mapping[str, Any]
    """Inputs that are the same for every sample, by name."""

    def decode(self, content: Any) -> Any:
        """Content behind the leading transforms, which decode. Raises DataError where it cannot be read."""
        return _run(tuple(takewhile(lambda t: t.decodes, self.transforms)), content)

    def preprocess(self, content: Any, sample_id: str = "sample") -> tuple[Tensors, ...]:
        """Model inputs [1, ...] of decoded content, part by part, by the other transforms. Raises DataError where it
        does not fit."""
        prepared = _run(tuple(dropwhile(lambda t: t.decodes, self.transforms)), content)
        parts = prepared if isinstance(prepared, Parts) else (prepared,)
        return tuple(bind(self._with_constants(part), self.inputs, sample_id) for part in parts)

    def boxes(self, boxes: Array, size: tuple[int, int]) -> Array:
        """Boxes [n, 4] (x0, y0, x1, y1) of an image of `size` (width, height), in the pixels of the model's input."""
        for transform in self.transforms:
            boxes, size = transform.moved(boxes, size)
        return boxes

    def mask(self, mask: Array) -> Array:
        """Mask [height, width] of class ids, moved as its image is."""
        for transform in self.transforms:
            mask = transform.masked(mask)
        return mask

    def _with_constants(self, part: Any) -> Any:
        if not self.constants:
            return part
        if isinstance(part, Mapping):
            return {**self.constants, **part}
        free = [port.name for port in self.inputs if port.name not in self.constants]
        return {**self.constants, **dict.fromkeys(free[:1], part)}


def _run(transforms: Sequence[Transform], content: Any) -> Any:
    for transform in transforms:
        content = transform.apply(content)
    return content
