"""The heads of models that tell more of an object than its box: its mask, its key points, its direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ovopt.contracts import Boxes, Rle
from ovopt.records import Port
from ovopt.workflow.drafting.heads import Head, Shape

BOX, END = 4, 6
"""Numbers of a box, and of one with score and class."""
LONGEST_ROW = 7
"""Numbers of a box with all that OpenVINO's DetectionOutput says."""
MASKS = Head(0, "mask_rcnn", "Boxes, labels, scores and a mask of each", task="instance-segmentation")
POINTS = Head(0, "keypoint_rcnn", "Boxes, labels, scores and the key points of each", task="keypoints")
ANGLES = Head(0, "rotated_boxes", "Boxes with an angle, labels and scores", task="oriented-detection")


def shaped_heads(labels: Boxes, outputs: Sequence[Port], classes: int | None) -> list[Head]:
    """Heads whose outputs have the shapes that labels with key points, outlines or oriented boxes want; the likeliest
    first."""
    shapes = [port.shape or () for port in outputs]
    sole = shapes[0] if len(shapes) == 1 and len(shapes[0]) > 1 else ()
    found: list[Head] = []
    if labels.outlines is not None:
        found += [*_prototypes(shapes, classes or 1), *_lists(outputs, BOX, _is_mask, MASKS)]
    elif labels.key_points is None:
        found += [_boxes_alone(head, shapes) for head in _prototypes(shapes, classes or 1)]
    if labels.key_points is not None:
        count = labels.key_points.shape[1]
        found += _poses(sole, classes or 1, count) if sole else ()
        found += _lists(outputs, BOX, lambda shape: shape[-2:] in ((count, 2), (count, 3)), POINTS)
        found += _poses_of_one(shapes, count)
    if labels.quads is not None or _are_quads(labels):
        found += _oriented(sole, classes or 1) if sole else ()
        found += _lists(outputs, BOX + 1, None, ANGLES)
    return found


def are_maps(labels: Boxes, outputs: Sequence[Port], classes: int | None) -> bool:
    """True where outlines can be painted to be masks of classes, and the first output scores these and a background at
    every pixel, or tells one class from it."""
    shape = outputs[0].shape or ()
    own = {(classes or 1) + 1, *({1} if (classes or 1) == 1 else ())}
    if labels.outlines is None or len(shape) != 4:
        return False
    return any(shape[axis] in own and _are_sides(sides) for axis, sides in ((1, shape[2:]), (3, shape[1:3])))


def _are_sides(sizes: Shape) -> bool:
    """True for height and width of a map, which are longer than a row of numbers for a box."""
    return all(size is None or size > LONGEST_ROW for size in sizes)


def _is_mask(shape: Shape) -> bool:
    """True for a map of each: two sizes that are more than a few numbers, or open."""
    return len(shape) > 2 and all(size is None or size > END for size in shape[-2:])


def _prototypes(shapes: Sequence[Shape], classes: int) -> Iterator[Head]:
    """Boxes with coefficients, and maps that these are of. The model may have more classes than the data."""
    maps = next((place for place, shape in enumerate(shapes) if len(shape) == 4 and shape[1]), None)
    boxes = next((place for place, shape in enumerate(shapes) if len(shape) == 3), None)
    if len(shapes) != 2 or maps is None or boxes is None:
        return
    count, (rows, columns) = shapes[maps][1] or 0, shapes[boxes][1:]
    fewer = min((size for size in (rows, columns) if size is not None), default=0)
    if fewer >= BOX + classes + count:
        decoder = _of("yolo_v8_seg", {} if fewer == rows else {"transposed": True})
        said = f"A box, scores and {count} coefficients of mask prototypes for each place."
        yield Head([boxes, maps], decoder, said, task="instance-segmentation")
    if columns == END + count:
        said = f"Rows of two corners, score, class and {count} coefficients of mask prototypes."
        yield Head([boxes, maps], {"yolo_v8_seg": {"end_to_end": True}}, said, task="instance-segmentation")


def _boxes_alone(head: Head, shapes: Sequence[Shape]) -> Head:
    """The same boxes without the masks, which labels lack."""
    assert isinstance(head.outputs, list), "boxes and prototypes"
    boxes, maps = map(int, head.outputs)
    fields = head.decoder["yolo_v8_seg"] if isinstance(head.decoder, dict) else {}
    if "end_to_end" in fields:
        return Head(boxes, "yolo_end_to_end", head.said, before=({"slice": {"axis": -1, "stop": END}},))
    columns = min(size for size in shapes[boxes][1:] if size is not None)
    return Head(boxes, {"yolo_v8": {"classes": columns - BOX - (shapes[maps][1] or 0), **fields}}, head.said)


def _listed(outputs: Sequence[Port], box: int, more: Callable[[Shape], bool] | None) -> Iterator[list[int | str]]:
    """The order of outputs that are lists of boxes of so many numbers, labels and scores, which may be further columns
    of the boxes, and something more of each, if it is asked for."""
    shapes = [port.shape or () for port in outputs]
    last = [i for i, shape in enumerate(shapes) if more and more(shape)]
    others = [i for i in range(len(shapes)) if i not in last]
    columns = box + 3 - len(others)
    boxes = [i for i in others if len(shapes[i]) in (2, 3) and shapes[i][-1] == columns]
    if len(others) > 3 or len(last) != (more is not None) or len(boxes) != 1:
        return
    rest = [i for i in others if i not in boxes]
    rest.sort(key=lambda place: outputs[place].dtype.startswith("f"))  # labels are whole numbers, scores are not
    yield [*boxes, *rest, *last]


def _lists(outputs: Sequence[Port], box: int, more: Callable[[Shape], bool] | None, head: Head) -> Iterator[Head]:
    """Heads of lists: classes count from 0, or from 1."""
    for order in _listed(outputs, box, more):
        for fields, first in (({}, "0"), ({"label_offset": 1}, "1, behind a background")):
            said = f"{head.said}; classes count from {first}."
            yield replace(head, outputs=order if len(order) > 1 else 0, decoder=_of(head.decoder, fields), said=said)


def _poses(shape: Shape, classes: int, count: int) -> Iterator[Head]:
    own: dict[str, Any] = {"classes": classes} if classes > 1 else {}
    for dimensions in (3, 2):
        fields = {**own, **({"dimensions": dimensions} if dimensions == 2 else {})}
        for layout, first in _layouts(shape, BOX + classes, count * dimensions):
            said = f"{first} and {count} key points of {dimensions} numbers."
            yield Head(0, _of("yolo_v8_pose", {**fields, **layout}), said, task="keypoints")


def _poses_of_one(shapes: Sequence[Shape], count: int) -> Iterator[Head]:
    """Key points of the one object that an image shows."""
    outputs: int | list[int | str] = 0 if len(shapes) == 1 else [0, 1]
    if [shape[-2:-1] for shape in shapes] == [(count,)] * 2 and all(len(shape) == 3 for shape in shapes):
        yield Head(outputs, "simcc_points", f"Scores along both axes for {count} key points.", task="keypoints")
    if len(shapes) == 1 and shapes[0][1:2] == (count,) and len(shapes[0]) == 4 and _is_mask(shapes[0]):
        yield Head(outputs, "heatmap_points", f"A heat map for each of {count} key points.", task="keypoints")
    for columns in (3, 2) if len(shapes) == 1 else ():
        if shapes[0][-2:] == (count, columns) or (len(shapes[0]) == 2 and shapes[0][1] == count * columns):
            for order, normalised in (("xy", True), ("yx", True), ("xy", False), ("yx", False)):
                fields = {"columns": columns, "order": order, "normalised": normalised}
                usual = {"columns": 3, "order": "xy", "normalised": True}
                fields = {key: value for key, value in fields.items() if value != usual[key]}
                said = f"{count} points of {columns} numbers, {order}{'' if normalised else ' in pixels'}."
                yield Head(outputs, _of("points", fields), said, task="keypoints")


def _oriented(shape: Shape, classes: int) -> Iterator[Head]:
    for layout, said in _layouts(shape, BOX + classes, 1):
        yield Head(0, _of("yolo_v8_obb", layout), f"{said} and an angle.", task="oriented-detection")


def _layouts(shape: Shape, before: int, more: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Fields of a decoder, and what they mean, of an output with so many numbers for each place."""
    rows, columns = shape[-2:]
    if rows == before + more:
        yield {}, "Columns of a box, scores"
    if columns == before + more:
        yield {"transposed": True}, "Rows of a box, scores"
    if columns == END + more:
        yield {"end_to_end": True}, "Rows of a box, score, class"


def _of(decoder: str, fields: dict[str, Any]) -> Any:
    return {decoder: fields} if fields else decoder


def _are_quads(labels: Boxes) -> bool:
    """True where every outline is one polygon of four points."""
    outlines = labels.outlines or ()
    return bool(outlines) and all(
        not isinstance(outline, Rle) and [len(polygon) for polygon in outline] == [4] for outline in outlines
    )
