"""Exports of PaddleX, PaddleClas, PaddleOCR, PaddleDetection and PaddleSeg: `inference.yml`, `infer_cfg.yml`.

Source: the predictors and processors in paddlex/inference/models of https://github.com/PaddlePaddle/PaddleX.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ovopt.model.described.pictures import BYTES, Preparation, pair, preparation_facts
from ovopt.model.described.record import Doubt, Fact
from ovopt.model.described.subject import Document, Schema, Subject

FILES = ("inference.yml", "infer_cfg.yml", "deploy.yaml")
FRACTION = re.compile(r"\s*([\d.]+)\s*/\s*([\d.]+)\s*")
RESAMPLING = {"NEAREST": "nearest", "LINEAR": "bilinear", "BILINEAR": "bilinear", "BICUBIC": "bicubic", "AREA": "area",
              "BOX": "area", "LANCZOS4": "lanczos"}  # fmt: skip
NUMBERS = ("NEAREST", "LINEAR", "BICUBIC", "AREA", "LANCZOS4")
"""OpenCV's numbers of these filters."""
FILTERED = ("area", "lanczos")
"""Interpolations that are Pillow's here, with its antialias."""
IDLE = ("MultiLabelEncode", "KeepKeys", "CTCLabelEncode", "ToCHWImage", "Permute", "ToBatch", "DetLabelEncode")
SEGMENTATION = "Deploy"
"""The section that PaddleSeg alone writes."""
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
ROW = ("class", "score", "x0", "y0", "x1", "y1")
"""A detection as PaddleDetection gives it; the second output counts them."""
BOX_INPUTS = ("im_shape", "scale_factor")
"""Inputs of detectors by which boxes come out in the pixels of the image that was read."""


def _fraction(value: Any) -> Any:
    """A number that may be written as `1.0/255.0`."""
    found = FRACTION.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) / float(found[2]) if found and float(found[2]) else value


def _filter(value: Any) -> Any:
    """The name of a filter, which OpenCV numbers."""
    return NUMBERS[value] if isinstance(value, int) and 0 <= value < len(NUMBERS) else str(value).upper()


Filter = Annotated[
    Literal["NEAREST", "LINEAR", "BILINEAR", "BICUBIC", "AREA", "BOX", "LANCZOS4"], BeforeValidator(_filter)
]
Sides = int | tuple[int, int]


class Operation(Schema):
    """The settings of an operation of the preparation, of whatever kind."""

    idle = frozenset({"type", "channel_first", "to_np", "channel_num", "size_divisor", "output_dtype", "keys"})


class Decode(Operation):
    """`DecodeImage`."""

    img_mode: Literal["RGB", "BGR", "GRAY"] = "RGB"
    to_rgb: bool = True


class ResizeImage(Operation):
    """`ResizeImage` of PaddleClas."""

    resize_short: int | None = Field(default=None, gt=0)
    size: Sides | None = None
    interpolation: Filter = "LINEAR"
    backend: str = "cv2"


class Resize(Operation):
    """`Resize` of PaddleDetection and PaddleSeg."""

    target_size: Sides
    keep_ratio: bool = False
    interp: Filter = "LINEAR"


class Crop(Operation):
    """`CropImage`."""

    size: Sides = 224


class Normalize(Operation):
    """`NormalizeImage`, and `Normalize` of PaddleSeg."""

    mean: list[float] | float = Field(default=0.5)
    std: list[float] | float = Field(default=0.5)
    scale: Annotated[float, BeforeValidator(_fraction)] = 1 / BYTES
    order: str = ""
    is_scale: bool = True
    norm_type: str = "mean_std"


class TextLine(Operation):
    """`RecResizeImg` of PaddleOCR."""

    image_shape: tuple[int, int, int] = (3, 48, 320)


class Pad(Operation):
    """`PadStride`."""

    stride: int = Field(default=32, gt=0)


def paddle_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of the file that Paddle's tools write beside an exported model."""
    for document in subject.opened(*FILES):
        if isinstance(document, Doubt):
            yield document
            continue
        operations = list(_operations(document.values))
        if not operations:
            continue
        yield from _preparation(subject, document, operations)
        yield from _meaning(subject, document)


def _operations(values: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Names and settings of the operations, in each tool's spelling."""
    for path in (("PreProcess", "transform_ops"), ("Preprocess",), (SEGMENTATION, "transforms"), ("transforms",)):
        found: Any = values
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        for one in found if isinstance(found, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("type"), str):
                yield one["type"], one
            elif isinstance(one, Mapping) and len(one) == 1:
                ((name, settings),) = one.items()
                yield str(name), settings if isinstance(settings, Mapping) else {}


@dataclass(frozen=True)
class Step:
    """One operation: its settings, what they are read as, and what it adds to a preparation."""

    kind: type[Operation]
    add: Callable[[Preparation, Any], Preparation]
    defaults: Mapping[str, Any]


def _preparation(
    subject: Subject, document: Document, operations: Sequence[tuple[str, Mapping[str, Any]]]
) -> Iterator[Fact | Doubt]:
    made, steps = Preparation(), OF_SEGMENTATION if SEGMENTATION in document.values else STEPS
    for name, settings in operations:
        if name in IDLE:
            continue
        if name not in steps:
            yield Doubt(f"{document.said}: {name}: not understood, and left out")
            continue
        step = steps[name]
        said, doubts = Document(f"{document.said}: {name}", settings).read(step.kind, step.defaults)
        yield from doubts
        made = step.add(made, said)
    if subject.picture:
        yield from preparation_facts(subject, made, f"{document.said}: {', '.join(name for name, _ in operations)}")


def _decode(made: Preparation, said: Decode) -> Preparation:
    order: Any = "BGR" if said.img_mode == "BGR" or not said.to_rgb else "L" if said.img_mode == "GRAY" else "RGB"
    return replace(made, order=order)


def _filtered(fields: Mapping[str, Any], name: str, pillow: bool = False) -> Mapping[str, Any]:
    """Fields of a resize with a filter of OpenCV's, which does not antialias, or of Pillow's."""
    interpolation = RESAMPLING[name]
    chosen = {} if interpolation == "bilinear" else {"interpolation": interpolation}
    return {**fields, **chosen, **({} if pillow or interpolation in FILTERED else {"antialias": False})}


def _resize_image(made: Preparation, said: ResizeImage) -> Preparation:
    if said.resize_short:
        fields: Mapping[str, Any] = {"shorter_side": said.resize_short, "rounding": "nearest"}
    elif said.size:
        fields = {"size": pair(said.size)[::-1]}  # width first
    else:
        return made
    return replace(made, resize=_filtered(fields, said.interpolation, said.backend == "pil"))


def _resize(made: Preparation, said: Resize) -> Preparation:
    size = pair(said.target_size)
    fields: Mapping[str, Any] = {"size": size}
    if said.keep_ratio:
        fields = {"shorter_side": min(size), "longest": max(size), "rounding": "nearest"}
    return replace(made, resize=_filtered(fields, said.interp))


def _resize_width_first(made: Preparation, said: Resize) -> Preparation:
    return _resize(made, said.model_copy(update={"target_size": pair(said.target_size)[::-1]}))


def _crop(made: Preparation, said: Crop) -> Preparation:
    return replace(made, crop=pair(said.size)[::-1], rounding="down")


def _normalize(made: Preparation, said: Normalize) -> Preparation:
    scale = said.scale if said.is_scale else 1
    made = replace(made, divisor=1 / scale if scale > 0 else 1)
    if said.norm_type != "mean_std":
        return made
    mean, std = ([value] if isinstance(value, float | int) else value for value in (said.mean, said.std))
    return replace(made, mean=mean, std=std)


def _text_line(made: Preparation, said: TextLine) -> Preparation:
    """A line of text: its height is fixed, a short one is filled with grey, and values go from -1 to 1."""
    _, height, width = said.image_shape
    return replace(
        made,
        resize={"height": height, "antialias": False},
        divisor=127.5,
        offset=1,
        pad={"least": (height, width)},
    )


def _pad(made: Preparation, said: Pad) -> Preparation:
    return replace(made, pad={"multiple_of": said.stride})


STEPS: Mapping[str, Step] = {
    "DecodeImage": Step(Decode, _decode, {}),
    "ResizeImage": Step(ResizeImage, _resize_image, {}),
    "Resize": Step(Resize, _resize, {"target_size": 640}),
    "CropImage": Step(Crop, _crop, {}),
    "NormalizeImage": Step(Normalize, _normalize, IMAGENET),
    "Normalize": Step(Normalize, _normalize, {}),
    "RecResizeImg": Step(TextLine, _text_line, {}),
    "OCRReisizeNormImg": Step(TextLine, _text_line, {}),
    "PadStride": Step(Pad, _pad, {}),
}
"""By the operations' names."""
OF_SEGMENTATION: Mapping[str, Step] = {**STEPS, "Resize": Step(Resize, _resize_width_first, {"target_size": 512})}
"""The same in PaddleSeg, which writes the width first."""


def _meaning(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    """Task, classes, decoder and constant inputs."""
    if "label_list" in document.values:
        yield from _detection(subject, document)
    if SEGMENTATION in document.values:
        yield Fact("task", "segmentation", f"{document.said}: {SEGMENTATION}")
    after = document.part("PostProcess")
    if after is None:
        return
    if after.values.get("name") == "CTCLabelDecode":
        characters = after.values.get("character_dict")
        yield Fact("task", "recognition", after.source("name"))
        if isinstance(characters, list) and characters:
            decoder = {"ctc_greedy": {"characters": [str(one) for one in characters], "space": True}}
            yield Fact("postprocess", (decoder,), after.source("character_dict"))
    best = after.part("Topk")
    if best is not None:
        yield Fact("task", "classification", f"{after.said}: Topk")
        yield from _class_names(best, "label_list")


def _detection(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    yield Fact("task", "detection", document.source("arch", "label_list"))
    yield from _class_names(document, "label_list")
    if (subject.facts.outputs[0].shape or ())[-1:] == (len(ROW),):
        yield Fact("postprocess", ({"detections": [*ROW]},), "the model's outputs")
        yield Fact("output", 0, "the model's outputs")
    names = [port.name for port in subject.facts.inputs if port.name in BOX_INPUTS]
    picture = subject.picture
    sizes = {"scale_factor": 1.0, "im_shape": (picture.height or 0, picture.width or 0) if picture else ()}
    if names and picture and picture.height and picture.width:
        yield Fact("inputs", {name: sizes[name] for name in names}, "the model's inputs")
    elif names:
        yield Doubt(f"{document.said}: the inputs {', '.join(names)} follow the image's size; fix it with --shape")


def _class_names(document: Document, key: str) -> Iterator[Fact]:
    names = document.values.get(key)
    if isinstance(names, list) and names and all(isinstance(name, str | int) for name in names):
        yield Fact("classes", tuple(str(name).strip() for name in names), document.source(key))
