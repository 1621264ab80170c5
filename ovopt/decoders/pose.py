"""Key points of the one object that an image shows: from heat maps, from a pair of axes, from coordinates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.arrays.boxes import Size
from ovopt.contracts import Array, Decoder, Detections
from ovopt.decoders.detector import Place
from ovopt.decoders.outputs import Layout, array_of, image_size, misfit, several


class OfWholeImage(Decoder):
    """A decoder of the key points of one object, whose box is the image; its score is the mean of theirs."""

    size: Place | None = Field(
        default=None, description="width and height of the model's input; default: those of its image input"
    )
    layout: Layout | None = Field(
        default=None, description="the image input's; default: its dimension of 1 or 3 is the channels"
    )

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Detections:
        """One detection, or none where a point or its score is no number. Raises DataError where the output does not
        fit."""
        size = self.size or image_size(inputs, self.layout, self.name)
        points, scores = self.points(output, size)
        row = np.array([[0, 0, *size, scores.mean(), 0]], np.float32)
        found = Detections(row, key_points=points[None])
        return found if np.isfinite(points).all() and np.isfinite(row).all() else found.pick(np.zeros(1, bool))

    @abstractmethod
    def points(self, output: Any, size: Size) -> tuple[Array, Array]:
        """Points [k, 2] in pixels of an image of `size` (width, height), and scores [k]. Raises DataError where the
        output does not fit."""


class HeatmapPoints(OfWholeImage):
    """Heat maps [k, h, w] of the whole image (SimpleBaseline, HRNet, ViTPose): a point lies at the highest value, a
    quarter of a cell towards the higher neighbour.

    Source: Xiao et al. 2018, "Simple Baselines for Human Pose Estimation and Tracking", and its `get_final_preds`.
    """

    name: ClassVar[str] = "heatmap_points"
    shift: bool = Field(default=True, description="whether points move by a quarter of a cell")

    def points(self, output: Any, size: Size) -> tuple[Array, Array]:
        """Points [k, 2] and the highest values [k]."""
        maps = array_of(output, self.name, "heat maps [k, h, w]", rank=3).astype(np.float64)
        count, height, width = maps.shape
        flat = maps.reshape(count, -1)
        best = flat.argmax(axis=1)
        cells = np.stack((best % width, best // width), axis=1)
        points = cells.astype(np.float64)
        inside = self.shift & np.all((cells > 1) & (cells < [width - 1, height - 1]), axis=1)
        for place in np.flatnonzero(inside):
            x, y = cells[place]
            own = maps[place]
            points[place] += np.sign([own[y, x + 1] - own[y, x - 1], own[y + 1, x] - own[y - 1, x]]) / 4
        return points * np.array(size) / np.array([width, height]), flat.max(axis=1)


class SimccPoints(OfWholeImage):
    """Scores along both axes, [k, columns] and [k, rows] (SimCC, RTMPose): a point lies at the highest of each.

    Source: Li et al. 2022, "SimCC: a Simple Coordinate Classification Perspective for Human Pose Estimation".
    """

    name: ClassVar[str] = "simcc_points"

    def points(self, output: Any, size: Size) -> tuple[Array, Array]:
        """Points [k, 2] and the lower of both highest values [k]."""
        wants = "scores of columns [k, n] and of rows [k, m]"
        x, y = (array_of(one, self.name, wants, rank=2) for one in several(output, self.name, wants, 2))
        if len(x) != len(y):
            raise misfit(self.name, wants, output)
        places = np.stack((x.argmax(axis=1), y.argmax(axis=1)), axis=1)
        scale = np.array(size) / np.array([x.shape[1], y.shape[1]])
        return places * scale, np.minimum(x.max(axis=1), y.max(axis=1)).astype(np.float64)


class Points(OfWholeImage):
    """Coordinates [k, 2], or [k, 3] with a score (MoveNet, BlazePose, landmarks of faces and hands); a long row
    holds them one after the other."""

    name: ClassVar[str] = "points"
    columns: Literal[2, 3] = Field(default=3, description="numbers of a point: two coordinates, and a score if 3")
    order: Literal["xy", "yx"] = Field(default="xy", description="which coordinate is first")
    normalised: bool = Field(default=True, description="whether coordinates are relative to the image's size")

    def points(self, output: Any, size: Size) -> tuple[Array, Array]:
        """Points [k, 2] and scores [k], 1 where there are none."""
        wants = f"coordinates [k, {self.columns}]"
        array = array_of(output, self.name, wants).astype(np.float64)
        if array.size == 0 or array.size % self.columns or (array.ndim > 1 and array.shape[-1] != self.columns):
            raise misfit(self.name, wants, output)
        rows = array.reshape(-1, self.columns)
        points = rows[:, :2] if self.order == "xy" else rows[:, 1::-1]
        scores = rows[:, 2] if self.columns == 3 else np.ones(len(rows))
        return points * (np.array(size) if self.normalised else 1), scores
