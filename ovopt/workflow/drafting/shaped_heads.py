"""The heads of models that tell more of an object than its box: its mask, its key points, its direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovopt.contracts import Boxes
from ovopt.records import Port
from ovopt.workflow.drafting.heads import Head, Shape

CORNERS_OF_A_BOX = 4


def shaped_heads(labels: Boxes, outputs: Sequence[Port], classes: int | None) -> list[Head]:
    """Heads whose outputs have the shapes that labels with key points, outlines or oriented boxes want."""
    shapes = [port.shape or () for port in outputs]
    found: list[Head] = []
    if labels.key_points is not None:
        found += _poses(shapes, labels.key_points.shape[1], classes or 1)
    if labels.outlines is not None:
        found += _masks(shapes, classes)
    if labels.quads is not None or _are_boxes(labels):
        found += _oriented(shapes, classes or 1)
    return found


def _poses(shapes: Sequence[Shape], points: int, classes: int) -> Iterator[Head]:
    for place, shape in enumerate(shapes):
        for dimensions in (3, 2):
            for axis, transposed in ((-2, False), (-1, True)):
                if len(shape) == 3 and shape[axis] == 4 + classes + points * dimensions:
                    settings = {"classes": classes, "dimensions": dimensions, "transposed": transposed}
                    said = f"A box, {classes} scores and {points} key points for each place: the layout of YOLOv8-pose."
                    yield Head(place, {"yolo_v8_pose": settings}, said, task="keypoints")


def _masks(shapes: Sequence[Shape], classes: int | None) -> Iterator[Head]:
    prototypes = [(place, shape[1]) for place, shape in enumerate(shapes) if len(shape) == 4]
    for place, shape in enumerate(shapes):
        for proto, count in prototypes:
            wanted = None if classes is None or count is None else 4 + classes + count
            for axis, transposed in ((-2, False), (-1, True)):
                if len(shape) == 3 and wanted is not None and shape[axis] == wanted:
                    said = "Boxes with coefficients, and prototypes of masks: the layout of YOLOv8-seg."
                    decoder = {"yolo_v8_seg": {"transposed": transposed}}
                    yield Head([place, proto], decoder, said, task="instance-segmentation")


def _oriented(shapes: Sequence[Shape], classes: int) -> Iterator[Head]:
    for place, shape in enumerate(shapes):
        for axis, transposed in ((-2, False), (-1, True)):
            if len(shape) == 3 and shape[axis] == 4 + classes + 1:
                said = f"A box, {classes} scores and an angle for each place: the layout of YOLOv8-obb."
                yield Head(place, {"yolo_v8_obb": {"transposed": transposed}}, said, task="oriented-detection")


def _are_boxes(labels: Boxes) -> bool:
    """True where every outline is one polygon of four points."""
    outlines = labels.outlines or ()
    polygons = [outline for outline in outlines if isinstance(outline, tuple) and len(outline) == 1]
    return (
        bool(outlines) and len(polygons) == len(outlines) and all(len(one[0]) == CORNERS_OF_A_BOX for one in polygons)
    )
