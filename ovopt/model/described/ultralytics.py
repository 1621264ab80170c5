"""Ultralytics' exports: metadata in an ONNX file, and `metadata.yaml` beside other formats.

Source: `Exporter` in ultralytics/engine/exporter.py; preparation as its `LetterBox` and `classify_transforms` do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from ovopt.model.described.pictures import BYTES, Preparation, preparation_facts
from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.subject import Document, Schema, Subject
from ovopt.model.described.values import Names, Sizes

AUTHOR, METADATA = "Ultralytics", "metadata.yaml"
BOX_ROW, MOST_BOXES = 6, 1000
"""Numbers of a box after suppression, and so many boxes at most."""
YOLOV5 = ("stride", "names")
"""All that exports of YOLOv5's own repository hold."""
RTDETR = "RTDETRDecoder"
TASKS: Mapping[str, str] = {
    "detect": "detection",
    "classify": "classification",
    "semantic": "segmentation",
    "segment": "instance-segmentation",
    "pose": "keypoints",
    "obb": "oriented-detection",
}
SHAPES: Mapping[str, str] = {"segment": "yolo_v8_seg", "pose": "yolo_v8_pose", "obb": "yolo_v8_obb"}
"""Decoders of tasks whose boxes have more behind their scores."""


class Metadata(Schema):
    """The keys of an export's metadata."""

    idle: ClassVar[frozenset[str]] = frozenset({
        "description", "author", "date", "version", "license", "docs", "stride", "batch", "channels", "dynamic",
        "end2end", "kpt_names", "dla", "args", "names_zh",
    })  # fmt: skip
    task: str = "detect"
    names: Names = ()
    imgsz: Sizes = (640, 640)
    kpt_shape: Sizes = ()
    head: str = ""


def ultralytics_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of the metadata that Ultralytics writes."""
    inside = subject.notes.get("framework")
    if isinstance(inside, Mapping) and (inside.get("author") == AUTHOR or {*YOLOV5} <= inside.keys()):
        yield from document_facts(subject, Document("the model's metadata", inside))
        return
    for document in subject.opened(METADATA):
        if isinstance(document, Doubt):
            yield document
        elif document.values.get("author") == AUTHOR:
            yield from document_facts(subject, document)


def document_facts(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    """Facts of metadata, wherever they stand."""
    said, doubts = document.read(Metadata)
    yield from doubts
    task = document.source("task")
    if said.names:
        yield Fact("classes", said.names, document.source("names"))
    if said.task not in TASKS:
        yield Doubt(f"{document.said}: task: {said.task!r} is not known")
        return
    yield Fact("task", TASKS[said.task], task)
    size = (said.imgsz[0], said.imgsz[-1])
    yield from preparation_facts(subject, _preparation(said.task, size), document.source("task", "imgsz"))
    if said.head == RTDETR:
        yield Doubt(f"{document.source('head')}: boxes and scores in one output, which no decoder reads")
    elif said.task != "classify":
        yield Fact("postprocess", (_decoder(subject, said),), task)
        if said.task == "segment":
            yield Fact("output", (0, 1), task)


def _preparation(task: str, size: tuple[int, int]) -> Preparation:
    if task == "classify":
        return Preparation({"shorter_side": min(size)}, size, divisor=BYTES)
    return Preparation({"letterbox": size, "antialias": False}, divisor=BYTES)


def _decoder(subject: Subject, said: Metadata) -> Entry:
    """The decoder of the first output [1, rows, columns]: each box a column, a row, or a row of what suppression
    left."""
    if said.task == "semantic":
        return {"argmax": 0}
    shape, classes = subject.facts.outputs[0].shape or (), len(said.names)
    rows, columns = shape[1:] if len(shape) == 3 else (None, None)
    chosen = bool(columns and rows and columns < rows) or columns == BOX_ROW
    if classes and rows == 4 + classes:
        chosen = False
    if said.task in SHAPES:
        fields = {**_points(said), **({"end_to_end": True} if chosen else {})}
        return {SHAPES[said.task]: fields} if fields else SHAPES[said.task]
    if not chosen:
        return "yolo_v8"
    return "yolo_v5" if columns == 5 + classes and (rows or 0) > MOST_BOXES else "yolo_end_to_end"


def _points(said: Metadata) -> Mapping[str, int]:
    """Classes, and numbers of a key point, where they are not one and three."""
    found = {"classes": len(said.names) or 1, "dimensions": said.kpt_shape[-1] if said.kpt_shape else 3}
    usual = {"classes": 1, "dimensions": 3}
    return {key: value for key, value in found.items() if said.task == "pose" and value != usual[key]}
