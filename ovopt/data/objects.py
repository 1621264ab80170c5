"""Boxes of the objects in a table's images, as data sets on the hub have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ovopt.contracts import BadLabel, Boxes
from ovopt.data.images import SLACK, Object, boxes_of, clipped, or_bad
from ovopt.errors import DataError

BOXES = ("bbox", "bboxes", "boxes", "box")
CLASSES = ("category", "categories", "category_id", "label", "labels", "class", "class_id")
CROWDS = ("iscrowd", "is_crowd")
Corners: TypeAlias = Literal["xywh", "xyxy"]
"""Numbers of a box: its upper left corner with width and height, as COCO has them, or with its lower right corner."""
Found: TypeAlias = tuple[Sequence[float], Any, bool]
"""Numbers of a box, its class as found, and if it is a region of many."""


@dataclass(frozen=True)
class ObjectKeys:
    """Usual names of the fields of a column of objects."""

    boxes: str
    classes: str
    crowd: str
    """Empty where there is none."""

    def objects(self, cell: Any) -> Iterator[Found]:
        """The objects of a cell: a list of each field, or a mapping for each object; none of an empty cell."""
        if isinstance(cell, Mapping):
            boxes, classes = cell[self.boxes] or (), cell[self.classes] or ()
            crowds = (self.crowd and cell[self.crowd]) or [False] * len(boxes)
            yield from zip(boxes, classes, map(bool, crowds), strict=False)
        for one in cell if isinstance(cell, list) else ():
            yield one[self.boxes], one[self.classes], bool(self.crowd and one[self.crowd])


def object_keys(feature: Any) -> ObjectKeys | None:
    """Names of the fields of a column that holds boxes and their classes; None for any other column."""
    fields = feature if isinstance(feature, dict) else getattr(feature, "feature", None)
    if not isinstance(fields, dict):
        return None
    boxes, classes, crowd = (_first(names, fields) for names in (BOXES, CLASSES, CROWDS))
    return ObjectKeys(boxes, classes, crowd) if boxes and classes else None


def class_names(feature: Any, keys: ObjectKeys, cells: Sequence[Any]) -> tuple[str, ...]:
    """Names of the classes: those that the table lists, or that its objects have, sorted; none of numbers."""
    fields = feature if isinstance(feature, dict) else feature.feature
    listed = fields[keys.classes]
    names = getattr(getattr(listed, "feature", listed), "names", None)
    if names:
        return tuple(names)
    return tuple(sorted({name for cell in cells for _, name, _ in keys.objects(cell) if isinstance(name, str)}))


@dataclass(frozen=True)
class BoxReader:
    """Boxes of cells, whose images have these sizes (width, height)."""

    keys: ObjectKeys
    classes: Sequence[str]
    size: Callable[[int], tuple[int, int]]
    """Of the image of a row. It raises DataError where that cannot be read."""
    ids: Sequence[str]

    def read(self, cells: Mapping[int, Any], corners: Corners | None) -> list[Boxes | BadLabel]:
        """Boxes of rows by their place; those that cannot be used say why."""
        sizes: dict[int, tuple[int, int] | BadLabel] = {row: self._size(row) for row in cells}
        corners = corners or self._corners(cells, sizes)
        return [self._row(row, cell, sizes[row], corners) for row, cell in cells.items()]

    def _size(self, row: int) -> tuple[int, int] | BadLabel:
        try:
            return self.size(row)
        except DataError as error:
            return BadLabel(str(error))

    def _corners(self, cells: Mapping[int, Any], sizes: Mapping[int, Any]) -> Corners:
        """Corners where boxes of widths and heights would reach outside of their images, and corners do not."""
        sized = [
            (box, sizes[row])
            for row, cell in cells.items()
            if isinstance(sizes[row], tuple)
            for box, _, _ in self.keys.objects(cell)
            if box is not None and len(box) == 4
        ]
        if all(x + w <= size[0] + SLACK and y + h <= size[1] + SLACK for (x, y, w, h), size in sized):
            return "xywh"
        within = all(x0 < x1 <= size[0] + SLACK and y0 < y1 <= size[1] + SLACK for (x0, y0, x1, y1), size in sized)
        return "xyxy" if within else "xywh"

    def _row(self, row: int, cell: Any, size: tuple[int, int] | BadLabel, corners: Corners) -> Boxes | BadLabel:
        if isinstance(size, BadLabel):
            return size
        return or_bad(
            lambda: boxes_of([self._object(row, *one, size, corners) for one in self.keys.objects(cell)], size)
        )

    def _object(
        self, row: int, box: Sequence[float], found: Any, crowd: bool, size: tuple[int, int], corners: Corners
    ) -> Object:
        if box is None or len(box) != 4 or found is None:
            raise DataError(f"{self.ids[row]}: an object without a box of four numbers, or a class; mend the row")
        x, y, *rest = box
        corner = (x + rest[0], y + rest[1]) if corners == "xywh" else rest
        index = self.classes.index(found) if isinstance(found, str) else int(found)
        return Object(clipped([x, y, *corner], size, self.ids[row]), index, crowd)


def _first(names: Sequence[str], fields: Mapping[str, Any]) -> str:
    lower = {name.lower(): name for name in fields}
    return next((lower[name] for name in names if name in lower), "")
