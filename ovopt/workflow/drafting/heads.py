"""The heads of detectors that outputs of their shapes may have, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.records import Port

LEAST_ANCHORS, MANY_ROWS = 100, 1001
"""A dimension of so many is anchors, not classes; of `MANY_ROWS`, anchors before suppression."""
TF_OUTPUTS = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")
Shape = tuple[int | None, ...]
CORNERS = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True)
class Head:
    """The outputs that it takes, the entries of `postprocess`, and why."""

    outputs: int | list[int | str]
    decoder: Any
    said: str
    before: tuple[Any, ...] = ()
    """Entries that bring the output to the decoder's layout."""
    task: str = "detection"


def detection_heads(outputs: Sequence[Port], classes: int | None = None) -> list[Head]:
    """Heads that may be tried. The first is what shapes alone say; the number of classes brings others."""
    found = [detection_head(outputs), *_by_classes(outputs, classes)]
    known: dict[str, Head] = {}
    for head in found:
        known.setdefault(f"{head.outputs} {head.before} {head.decoder}", head)
    return [*known.values()]


def detection_head(outputs: Sequence[Port]) -> Head:
    """The head by the outputs' shapes; the YOLOv8 layout where nothing tells."""
    shapes = [port.shape or () for port in outputs]
    first = shapes[0]
    if len(shapes) == 1 and first[-1:] == (7,) and len(first) == 4:
        return Head(0, "detection_output", "Rows of 7 numbers: OpenVINO's DetectionOutput.")
    if len(shapes) == 1 and first[-1:] == (6,) and (first[-2] or 0) < MANY_ROWS:
        return Head(0, "yolo_end_to_end", "Rows of 6 numbers: boxes after suppression, as YOLOv10 gives them.")
    if len(shapes) == 1 and len(first) == 3 and _many(first[1]) and not _many(first[2]):
        return Head(0, "yolo_v5", "Anchors before numbers: the layout of YOLOv5 to v7.")
    if len(shapes) == 2 and any(shape[-1:] == (4,) for shape in shapes):
        said = "Two outputs, one of them with rows of 4 numbers: boxes and scores."
        return Head(_boxes_first(shapes), "yolo_nas", said)
    if len(shapes) == 4:
        return _four(outputs)
    return Head(0, "yolo_v8", "Numbers before anchors: the layout of YOLOv8 and later.")


def _by_classes(outputs: Sequence[Port], classes: int | None) -> Iterator[Head]:
    shapes = [port.shape or () for port in outputs]
    yield from _chosen_boxes(shapes)
    if len(shapes) == 1 and shapes[0][-1:] == (7,):
        yield Head(0, {"detection_output": {"label_offset": 1}}, "The same, whose class 0 is the background.")
    if len(shapes) == 4:
        head = _four(outputs)
        decoders = ("tf_detections", {"tf_detections": {"label_offset": 1}})
        yield from (Head(head.outputs, decoder, head.said) for decoder in decoders)
    if classes is None:
        return
    for place, shape in enumerate(shapes):
        yield from _of_one(place, shape, classes)
    if len(shapes) >= 2:
        yield from _of_two(shapes, classes)


def _chosen_boxes(shapes: Sequence[Shape]) -> Iterator[Head]:
    """Boxes that the model chose itself: in rows of 6, or with labels, and scores, in outputs of their own."""
    if len(shapes) == 1 and shapes[0][-1:] == (6,):
        for columns in (["class", "score", *CORNERS], [*CORNERS, "class", "score"], ["score", "class", *CORNERS]):
            yield Head(0, {"detections": {"columns": columns}}, f"Rows of {', '.join(columns)}.")
    flat = [i for i, shape in enumerate(shapes) if len(shape) in (1, 2) and shape[-1:] not in ((4,), (5,))]
    boxes = next((i for i, shape in enumerate(shapes) if shape[-1:] in ((4,), (5,))), None)
    if boxes is None or len(shapes) != 1 + len(flat) or not flat:
        return
    columns = [*CORNERS, *(["score", "class"] if shapes[boxes][-1] == 5 else ["class", "score"])]
    orders = [flat] if len(flat) == 1 else [flat, flat[::-1]]
    for order in orders if len(flat) == (1 if shapes[boxes][-1] == 5 else 2) else []:
        for offset in (1, 0):
            decoder = {"columns": columns, **({"label_offset": offset} if offset else {})}
            said = f"Boxes, labels and scores of their own, classes from {offset} on."
            yield Head([boxes, *order], {"detections": decoder}, said)


def _of_one(place: int, shape: Shape, classes: int) -> Iterator[Head]:
    if len(shape) < 2:
        return
    rows, columns = shape[-2:]
    if columns == 4 + classes:
        yield Head(place, {"yolo_v8": {"transposed": True}}, f"Rows of a box and {classes} scores.")
    if rows == 4 + classes:
        yield Head(place, "yolo_v8", f"Columns of a box and {classes} scores.")
    if columns == 5 + classes:
        for name, said in (("yolo_v5", "as YOLOv5 has them"), ("yolox", "as YOLOX has them, in cells")):
            yield Head(place, name, f"Rows of a box, an object's score and {classes} scores, {said}.")
    if rows == 5 + classes:
        said = f"Columns of a box, an object's score and {classes} scores."
        yield Head(place, "yolo_v5", said, ({"transpose": [1, 0]},))
    if columns == 6:
        yield Head(place, "yolo_end_to_end", "Rows of two corners, a score and a class.")


def _of_two(shapes: Sequence[Shape], classes: int) -> Iterator[Head]:
    boxes = next((i for i, shape in enumerate(shapes) if shape[-1:] == (4,)), None)
    widths = {classes: False, classes + 1: True}
    scores = next((i for i, shape in enumerate(shapes) if i != boxes and len(shape) > 2 and shape[-1] in widths), None)
    if boxes is None or scores is None:
        return
    pair: list[int | str] = [boxes, scores]
    background = {"background": 0} if widths[shapes[scores][-1] or 0] else {}
    for settings, said in (
        ({"normalised": False}, "corners in pixels"),
        ({}, "corners relative to the image"),
        ({"format": "yxyx"}, "corners relative to the image, y first"),
        ({"format": "cxcywh"}, "centre and size relative to the image"),
        ({"format": "cxcywh", "normalised": False}, "centre and size in pixels"),
    ):
        decoder: Any = {"boxes_scores": {**settings, **background}}
        yield Head(pair, decoder, f"Boxes and scores: {said}.")
    if background:
        yield Head([scores, boxes], "detr", "Scores and boxes as DETR has them, the last class no object.")
    else:
        yield Head([scores, boxes], {"detr": {"activation": "sigmoid"}}, "Scores and boxes as RT-DETR has them.")


def _boxes_first(shapes: Sequence[Shape]) -> list[int | str]:
    boxes = next((i for i, shape in enumerate(shapes) if shape[-1] == 4), 0)
    return [boxes, 1 - boxes]


def _four(outputs: Sequence[Port]) -> Head:
    names = [port.name.split(":")[0] for port in outputs]
    if sorted(names) == sorted(TF_OUTPUTS):
        order: list[int | str] = [names.index(name) for name in TF_OUTPUTS]
        said = "Four outputs, called as those of the TensorFlow detection API; its exports count classes from 1."
        return Head(order, {"tf_detections": {"label_offset": 1}}, said)
    said = "Four outputs: those of the TensorFlow detection API; see to their order."
    return Head([0, 1, 2, 3], "tf_detections", said)


def _many(dim: int | None) -> bool:
    return dim is None or dim >= LEAST_ANCHORS
