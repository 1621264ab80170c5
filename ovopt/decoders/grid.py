"""The cells of feature maps, which a detector's numbers are relative to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from ovopt.arrays.boxes import Size, cells, grid
from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import Layout, array_of, image_size, misfit
from ovopt.decoders.pieces import pieces_of
from ovopt.errors import DataError

Anchors = tuple[tuple[PositiveFloat, PositiveFloat], ...]
AXES = {"chw": (1, 2, 0), "hwc": (0, 1, 2), "ahwc": (1, 2, 0, 3), "achw": (2, 3, 0, 1)}
"""Order of a map's axes as rows, columns, anchors where they have an axis, and values."""


class Grid(Decoder):
    """The cell of each row of a detector's output, as pieces: `cell` [n, 2], its column and row, `stride` [n, 1] in
    pixels, and, with anchors, `anchor` [n, 2], width and height in pixels.

    Feature maps (one output for each stride) become rows first, map after map, cell after cell, anchor after anchor,
    as the piece `rows`; where a model has maps of several kinds, `maps` says which outputs are which: `maps: {scores:
    [0, 1, 2], boxes: [3, 4, 5]}`. An output [n, values], or pieces, are rows already: their cells are those of the
    image input.
    """

    name: ClassVar[str] = "grid"
    sole: ClassVar[str | None] = "strides"
    strides: tuple[PositiveFloat, ...] = Field(min_length=1, description="pixels per cell of each feature map")
    anchors: tuple[Anchors, ...] = Field(default=(), description="[width, height] in pixels, a list for each map")
    offset: float = Field(default=0, description="what is added to column and row: 0.5 for the middle of a cell")
    maps: dict[str, tuple[int, ...]] = Field(default={}, description="piece -> places of its maps in `model.output`")
    layout: Literal["chw", "hwc", "ahwc", "achw"] = Field(
        default="chw", description="the axes of a map; a: anchors, where they are an axis of their own"
    )
    anchors_first: bool = Field(
        default=False, description="whether rows of a map go through all cells for one anchor after the other"
    )
    size: tuple[PositiveInt, PositiveInt] | None = Field(
        default=None, description="width and height of the model's input; default: those of its image input"
    )
    image: Layout | None = Field(
        default=None, description="the image input's; default: its dimension of 1 or 3 is the channels"
    )

    @model_validator(mode="after")
    def _same_length(self) -> Grid:
        if self.anchors and len(self.anchors) != len(self.strides):
            raise ValueError("anchors and strides must have the same length")
        if any(len(places) != len(self.strides) for places in self.maps.values()):
            raise ValueError("each kind of `maps` has one map for each of the strides")
        return self

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Pieces [n, ...]. Raises DataError where the output has other maps or rows."""
        if self.maps or self._is_maps(output):
            return self._of_maps(output if isinstance(output, tuple) else (output,))
        pieces = pieces_of(output, self.name, "rows")
        size = self.size or image_size(inputs, self.image, self.name)
        places = self._places([cells(size, stride) for stride in self.strides], self.anchors_first)
        self._check(pieces, len(places["cell"]), size)
        return {**pieces, **places}

    def _is_maps(self, output: Any) -> bool:
        return isinstance(output, tuple) or (not isinstance(output, Mapping) and np.ndim(output) > 2)

    def _of_maps(self, outputs: tuple[Any, ...]) -> dict[str, Array]:
        kinds = self.maps or {"rows": tuple(range(len(self.strides)))}
        wanted = sum(map(len, kinds.values()))
        if len(outputs) <= max(max(places) for places in kinds.values()) or (not self.maps and len(outputs) != wanted):
            raise misfit(self.name, f"{wanted} feature maps (list them in `model.output` in this order)", outputs)
        found: dict[str, Array] = {}
        sizes: list[Size] = []
        for kind, places in kinds.items():
            maps = [self._map(outputs[place], index) for index, place in enumerate(places)]
            own = [(one.shape[1], one.shape[0]) for one in maps]
            if sizes and own != sizes:
                raise misfit(self.name, "maps of the same sizes in each kind", outputs)
            sizes = own
            values = {one.shape[-1] for one in maps}
            if len(values) > 1:
                raise misfit(self.name, "the same number of values in all maps of a kind", outputs)
            found[kind] = np.concatenate([one.reshape(-1, one.shape[-1]) for one in maps])
        return {**found, **self._places(sizes, anchors_first=False)}

    def _map(self, output: Any, index: int) -> Array:
        """A map [rows, columns, anchors, values]."""
        axes, count = AXES[self.layout], len(self.anchors[index]) if self.anchors else 1
        wants = f"a feature map [{', '.join(self.layout.upper())}]"
        array = array_of(output, self.name, wants, rank=len(axes)).transpose(axes)
        rows, columns, *rest = array.shape
        if (len(rest) == 2 and rest[0] != count) or (len(rest) == 1 and rest[0] % count):
            raise misfit(self.name, f"{wants} with {count} anchors", output)
        return array.reshape(rows, columns, count, -1)

    def _places(self, sizes: Sequence[Size], anchors_first: bool) -> dict[str, Array]:
        """Cell, stride and anchor of each row."""
        found: dict[str, list[Array]] = {"cell": [], "stride": [], "anchor": []}
        for index, size in enumerate(sizes):
            cell, own = grid(*size) + self.offset, np.array(self.anchors[index] if self.anchors else [(1.0, 1.0)])
            slow, fast = (own, cell) if anchors_first else (cell, own)
            pair = np.repeat(slow, len(fast), axis=0), np.tile(fast, (len(slow), 1))
            found["cell"].append(pair[anchors_first])
            found["stride"].append(np.full((len(pair[0]), 1), self.strides[index]))
            found["anchor"].append(pair[not anchors_first])
        kept = ("cell", "stride", "anchor") if self.anchors else ("cell", "stride")
        return {name: np.concatenate(found[name]) for name in kept}

    def _check(self, pieces: Mapping[str, Any], count: int, size: Size) -> None:
        lengths = {name: len(piece) for name, piece in pieces.items()}
        if count not in lengths.values():
            listed = ", ".join(f"{stride:g}" for stride in self.strides)
            said = ", ".join(f"{n} {name}" for name, n in lengths.items())
            raise DataError(
                f"{self.name}: the output has {said}, but strides of {listed} on an input of {size[0]} x {size[1]} "
                f"pixels make {count}; set `strides`, `anchors` or `size`"
            )
