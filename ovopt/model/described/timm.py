"""Configurations of timm (`config.json` with `pretrained_cfg`) and of torchvision's presets, written to JSON or YAML.

Source: timm's `resolve_data_config` and `transforms_imagenet_eval`, torchvision's `ImageClassification` preset.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from ovopt.model.described.pictures import BYTES, Preparation, Size, preparation_facts
from ovopt.model.described.record import Doubt, Fact
from ovopt.model.described.subject import Document, Schema, Subject

CONFIG, PRETRAINED = "config.json", "pretrained_cfg"
PRESETS = ("transforms.json", "preprocess.json", "preprocessing.json", "weights.json", "meta.json", "transforms.yaml")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "area")


def _interpolation(value: Any) -> Any:
    """`InterpolationMode.BILINEAR`, `bilinear` or `box` as a recipe says it."""
    name = str(value).rpartition(".")[2].lower()
    return {"box": "area", "random": "bicubic"}.get(name, name)


def _known(value: str) -> str:
    if value not in INTERPOLATIONS:
        raise ValueError("unknown")
    return value


Interpolation = Annotated[str, BeforeValidator(_interpolation), AfterValidator(_known)]
Side = Annotated[int, Field(gt=0, le=1 << 16)]
Sides = Annotated[
    tuple[Side, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, int) else value),
    Field(min_length=1, max_length=2),
]
Deviations = tuple[Annotated[float, Field(gt=0)], ...]


class PretrainedConfig(Schema):
    """The keys of timm's `pretrained_cfg` that decide on preparation and classes."""

    idle: ClassVar[frozenset[str]] = frozenset({
        "url", "file", "hf_hub_id", "hf_hub_filename", "architecture", "tag", "custom_load", "source", "license",
        "origin_url", "paper_name", "paper_ids", "notes", "pool_size", "first_conv", "classifier", "num_features",
        "test_input_size", "test_crop_pct", "fixed_input_size", "min_input_size", "state_dict", "global_pool",
        "model_args", "num_classes", "label_descriptions", "label_offset", "description", "license_link",
    })  # fmt: skip
    input_size: tuple[Side, Side, Side] = (3, 224, 224)
    interpolation: Interpolation = "bicubic"
    crop_pct: float = Field(default=0.875, gt=0, le=1)
    crop_mode: str = "center"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: Deviations = IMAGENET_STD
    label_names: tuple[str, ...] = ()


class Preset(Schema):
    """The settings of torchvision's `ImageClassification` and `SemanticSegmentation`, and a weight's categories."""

    idle: ClassVar[frozenset[str]] = frozenset({"name", "weights", "model", "num_params", "url", "_metrics", "recipe"})
    resize_size: Sides = (256,)
    crop_size: Sides | None = None
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: Deviations = IMAGENET_STD
    interpolation: Interpolation = "bilinear"
    antialias: bool | None = True
    categories: tuple[str, ...] = ()


def timm_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of timm's configuration, newer ones with a section of their own, older ones without."""
    for document in subject.opened(CONFIG):
        if isinstance(document, Doubt):
            yield document
            continue
        inner = document.part(PRETRAINED)
        if inner is None and "architecture" in document.values and "input_size" in document.values:
            inner = document
        if inner is not None:
            yield from _pretrained(subject, document, inner)


def _pretrained(subject: Subject, document: Document, inner: Document) -> Iterator[Fact | Doubt]:
    said, doubts = inner.read(PretrainedConfig)
    yield from doubts
    if document.values.get("num_classes") != 0:
        yield Fact("task", "classification", document.source("architecture", "num_classes"))
    names = said.label_names or document.values.get("label_names")
    if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
        yield Fact("classes", tuple(names), (inner if said.label_names else document).source("label_names"))
    if said.crop_mode not in ("center", "squash", "border"):
        yield Doubt(f"{inner.said}: crop_mode: {said.crop_mode!r} is not understood; center is taken")
    if said.input_size[1] != said.input_size[2] and said.crop_mode == "center":
        yield Doubt(f"{inner.said}: input_size: not square; images are squeezed into it, and then cropped")
    channels, *size = said.input_size
    resize, fill = _geometry(said, (size[0], size[1]))
    made = Preparation(
        {**resize, **({} if said.interpolation == "bilinear" else {"interpolation": said.interpolation})},
        (size[0], size[1]),
        fill=fill,
        order="L" if channels == 1 else "RGB",
        divisor=BYTES,
        mean=said.mean,
        std=said.std,
    )
    yield from preparation_facts(
        subject, made, inner.source("input_size", "crop_pct", "crop_mode", "interpolation", "mean", "std")
    )


def _geometry(said: PretrainedConfig, size: Size) -> tuple[Mapping[str, Any], Any]:
    """Fields of the resize before the crop, and the colour around images that the crop must fill up."""
    scaled = (math.floor(size[0] / said.crop_pct), math.floor(size[1] / said.crop_pct))
    if said.crop_mode == "squash" or scaled[0] != scaled[1]:
        return {"size": scaled}, None
    if said.crop_mode == "border":
        return {"longer_side": scaled[0]}, tuple(round(BYTES * value) for value in said.mean)
    return {"shorter_side": scaled[0]}, None


def torchvision_facts(subject: Subject) -> Iterator[Fact | Doubt]:
    """Facts of a preset of torchvision's that somebody wrote to a file: its attributes, or a weight's meta data."""
    for document in subject.opened(*PRESETS):
        if isinstance(document, Doubt):
            yield document
            continue
        inner = document.part("transforms") or document
        if {"resize_size", "mean", "std"} <= inner.values.keys():
            yield from _preset(subject, inner)
        elif "categories" not in document.values:
            continue
        said, _ = document.read(Preset)
        if said.categories:
            yield Fact("classes", said.categories, document.source("categories"))


def _preset(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    said, doubts = document.read(Preset)
    yield from doubts
    sides = said.resize_size
    resize: dict[str, Any] = {"shorter_side": sides[0]} if len(sides) == 1 else {"size": (sides[0], sides[1])}
    if said.interpolation != "bilinear":
        resize["interpolation"] = said.interpolation
    crop = (said.crop_size[0], said.crop_size[-1]) if said.crop_size else None
    made = Preparation(resize, crop, divisor=BYTES, mean=said.mean, std=said.std)
    yield from preparation_facts(
        subject, made, document.source("resize_size", "crop_size", "interpolation", "mean", "std")
    )
