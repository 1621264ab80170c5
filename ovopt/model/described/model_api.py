"""The section `model_info` that OpenVINO's Model API, Geti, OTX, anomalib and DL Streamer keep in a model's rt_info.

Source: `ImageModel`, `adapters/utils.py` and `parameters.py` of https://github.com/open-edge-platform/model_api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from ovopt.model.described.pictures import BYTES, Preparation, Size, preparation_facts
from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.subject import Document, Schema, Subject
from ovopt.model.described.ultralytics import METADATA
from ovopt.model.described.values import Numbers, Words

SECTION, OUTPUTS = "model_info", "the model's outputs"
OTX = ("otx_version", "getitune_version", "label_info")
"""Keys of exporters that hand red first to the model's wrapper; others hand over what OpenCV reads, blue first."""
EMPTY = "otx_empty_lbl"
"""A label that Geti adds for images without an object."""
ULTRALYTICS = "yolo"
"""What the model types of Ultralytics begin with; they take red first."""


class ModelInfo(Schema):
    """The keys of `model_info` that decide on preparation, classes and decoders."""

    idle: ClassVar[frozenset[str]] = frozenset({
        "confidence_threshold", "label_ids", "label_info", "otx_version", "getitune_version",
        "optimization_config", "model_name", "name",
        "topk", "output_raw_scores", "soft_threshold", "blur_strength", "return_soft_prediction", "use_ellipse_shapes",
        "path_to_labels", "nms_execute", "max_pred_number", "tile_size", "tiles_overlap", "tile_with_full_img",
        "image_shape", "image_threshold", "pixel_threshold", "normalization_scale", "task", "orig_height", "orig_width",
        "iou_threshold", "agnostic_nms", "nms_max_predictions", "apply_softmax", "postprocess_semantic_masks",
        "color_space", "hierarchical_config", "hierarchical_postproc", "onnx_export_configuration", "input_dtype",
        "intensity_min_value", "intensity_scale_factor", "intensity_percentile_low", "intensity_percentile_high",
        "labels_int", "tile_ir_scale_factor",
    })  # fmt: skip
    model_type: str = ""
    task_type: str = ""
    labels: Words = ()
    resize_type: Literal["standard", "fit_to_window", "fit_to_window_letterbox", "crop"] = "standard"
    mean_values: Numbers = ()
    scale_values: Numbers = ()
    reverse_input_channels: bool = False
    pad_value: int = 0
    embedded_processing: bool = False
    multilabel: bool = False
    hierarchical: bool = False
    intensity_mode: str = "none"
    intensity_max_value: float | None = None


TASKS: Mapping[str, str] = {
    "classification": "classification",
    "label": "classification",
    "detection": "detection",
    "ssd": "detection",
    "yolo": "detection",
    "yolo_v8": "detection",
    "yolov8": "detection",
    "yolov5": "detection",
    "yolox": "detection",
    "yolo11": "detection",
    "detection_output": "detection",
    "segmentation": "segmentation",
    "maskrcnn": "instance-segmentation",
    "instance_segmentation": "instance-segmentation",
    "anomalydetection": "anomaly-detection",
    "keypoint_detection": "keypoints",
    "rotated_detection": "oriented-detection",
}
"""`task_type`, which is the nearer one, or `model_type`, in lower case."""
DECODERS: Mapping[str, Entry] = {
    "yolo_v8": "yolo_v8",
    "yolov8": "yolo_v8",
    "yolo11": "yolo_v8",
    "yolov5": "yolo_v5",
    "yolox": "yolox",
    "detection_output": "detection_output",
    "segmentation": {"argmax": 0},
}


def model_api_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of the section, where the model has one."""
    found = subject.notes.get(SECTION)
    if not isinstance(found, Mapping):
        return
    document = Document(f"the model's {SECTION}", found)
    said, doubts = document.read(ModelInfo)
    if said.model_type.lower().startswith(ULTRALYTICS) and subject.file(METADATA):
        return  # which says the same, and more
    yield from doubts
    yield from _meaning(subject, document, said)
    if subject.picture:
        yield from _preparation(subject, document, said)


def _meaning(subject: Subject, document: Document, said: ModelInfo) -> Iterator[Fact | Doubt]:
    """Task, classes and decoder."""
    kinds = [kind.lower() for kind in (said.model_type, said.task_type) if kind]
    labels = tuple(name for name in said.labels if name != EMPTY)
    if labels:
        spaced = (
            tuple(name.replace("_", " ") for name in labels)
            if said.model_type.lower().startswith(ULTRALYTICS)
            else labels
        )
        yield Fact("classes", spaced, document.source("labels"))
    several = "multilabel" if said.multilabel else "hierarchical" if said.hierarchical else ""
    task = next((TASKS[kind] for kind in reversed(kinds) if kind in TASKS), None)
    if several:
        yield Doubt(f"{document.source(several)}: a sample may be of several classes, each of them judged by itself")
        yield Fact("postprocess", ("sigmoid",), document.source(several))
    elif task:
        yield Fact("task", task, document.source("model_type", "task_type"))
    elif kinds:
        yield Doubt(f"{document.source('model_type', 'task_type')}: {' '.join(kinds)} tells no task of a recipe")
    decoder = next((DECODERS[kind] for kind in kinds if kind in DECODERS), None)
    if decoder and not several:
        yield Fact("postprocess", (decoder,), document.source("model_type"))
    elif task in ("detection", "instance-segmentation"):
        yield from _chosen_boxes([port.name for port in subject.facts.outputs])


def _chosen_boxes(outputs: Sequence[str]) -> Iterator[Fact]:
    """The outputs of OTX's detectors: boxes [n, 5] with their scores, or [n, 4] and scores apart; labels [n]; masks."""
    boxes = next((name for name in ("boxes", "bboxes") if name in outputs), None)
    if boxes is None or "labels" not in outputs:
        return
    apart = ["scores"] if "scores" in outputs else []
    masks = ["masks"] if "masks" in outputs else []
    columns = ["x0", "y0", "x1", "y1", "class", "score"]
    yield Fact("output", (boxes, "labels", *apart, *masks), OUTPUTS)
    yield Fact("postprocess", ("mask_rcnn" if masks else {"detections": columns} if apart else "detections",), OUTPUTS)


def _preparation(subject: Subject, document: Document, said: ModelInfo) -> Iterator[Fact | Doubt]:
    source = document.source("resize_type", "pad_value", "mean_values", "scale_values", "reverse_input_channels")
    picture = subject.picture
    assert picture is not None, "asked for models of images"
    order, doubt = _order(document, said)
    if doubt:
        yield Doubt(doubt)
    made = Preparation(order=order)
    if said.embedded_processing:
        yield from preparation_facts(subject, made, document.source("embedded_processing"))
        return
    if picture.height is not None and picture.width is not None:
        made = _resized(made, said, (picture.height, picture.width))
    if said.intensity_mode == "scale_to_unit":
        made = replace(made, divisor=said.intensity_max_value or BYTES)
    elif said.intensity_mode != "none":
        yield Doubt(f"{document.said}: intensity_mode: {said.intensity_mode!r} is not prepared")
    yield from preparation_facts(subject, _normalized(made, said), source)


def _resized(made: Preparation, said: ModelInfo, size: Size) -> Preparation:
    """Linear without antialias, as Interpolate and OpenCV do it."""
    if said.resize_type == "crop":
        return replace(made, crop=size, crop_first=True, resize={"size": size, "antialias": False}, rounding="down")
    if said.resize_type == "standard":
        return replace(made, resize={"size": size, "antialias": False})
    corner = {"align": "start"} if said.resize_type == "fit_to_window" else {}
    return replace(made, resize={"letterbox": size, "antialias": False, "fill": said.pad_value, **corner})


def _normalized(made: Preparation, said: ModelInfo) -> Preparation:
    """Means and deviations; one deviation of all channels is a scale."""
    mean, std = said.mean_values, said.scale_values
    if not any(mean) and len({*std}) == 1 and made.divisor == 1:
        return replace(made, divisor=std[0])
    if not any(mean) and not std:
        return made
    return replace(made, mean=mean or (0.0,) * len(std), std=std or (1.0,) * len(mean))


def _order(document: Document, said: ModelInfo) -> tuple[Any, str]:
    """Order of the channels, and a doubt about it where nothing but a habit tells it."""
    if said.model_type.lower().startswith(ULTRALYTICS) and said.reverse_input_channels:
        return "RGB", ""
    if len(said.mean_values) == 3 and said.mean_values[0] > said.mean_values[2] and not said.reverse_input_channels:
        return "RGB", ""  # red is the brightest channel of ImageNet's
    red_first = any(key in document.values for key in OTX)
    if red_first != said.reverse_input_channels:
        return "RGB", ""
    named = "reverse_input_channels" if "reverse_input_channels" in document.values else "no reverse_input_channels"
    return "BGR", f"{document.said}: {named}: blue is taken to come first, which few models are trained with"
