"""Image processors of Hugging Face: `preprocessor_config.json`, and the same inside `processor_config.json`.

The defaults of each class, and how each turns its keys into sizes, are those of transformers 5.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from ovopt.model.described.pictures import BYTES, Preparation, Size, preparation_facts
from ovopt.model.described.record import Doubt, Fact
from ovopt.model.described.subject import Document, Schema, Subject

RESAMPLING = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "area"}
"""Interpolations by Pillow's numbers."""
HALF, IMAGENET_MEAN, IMAGENET_STD = [0.5] * 3, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
WARPED = 384
"""From this size on, ConvNeXt squeezes images into a square without cutting anything away."""


SIZES = ({"shortest_edge"}, {"shortest_edge", "longest_edge"}, {"longest_edge"}, {"height", "width"})
"""Keys that a size may have."""
MOST = 1 << 16


def _possible(size: Any) -> Any:
    """A size whose form and numbers can be used."""
    sides = list(size.values()) if isinstance(size, dict) else size if isinstance(size, tuple) else (size,)
    if isinstance(size, dict) and set(size) not in SIZES:
        raise ValueError("unknown keys")
    if not all(0 < side <= MOST for side in sides):
        raise ValueError("no size")
    return size


Extent = Annotated[int | tuple[int, int] | dict[str, int], AfterValidator(_possible)]


class ImageProcessor(Schema):
    """The keys that decide on an image's preparation."""

    idle: ClassVar[frozenset[str]] = frozenset({
        "image_processor_type", "feature_extractor_type", "processor_class", "data_format", "input_data_format",
        "device", "return_tensors", "disable_grouping", "default_to_square", "do_convert_annotations", "format",
        "model_input_names", "num_labels", "ignore_index", "auto_map", "return_segmentation_masks", "image_seq_length",
        "use_fast", "annotations", "masks_path", "segmentation_maps", "pad_size",
    })  # fmt: skip
    do_resize: bool = True
    size: Extent = 224
    max_size: int | None = None
    resample: int = 2
    do_center_crop: bool = False
    crop_size: Extent = 224
    crop_pct: float | None = Field(default=None, gt=0, le=1)
    do_rescale: bool = True
    rescale_factor: float = Field(default=1 / BYTES, gt=0)
    rescale_offset: bool = False
    do_normalize: bool = True
    image_mean: Annotated[list[float], Field(min_length=1, max_length=3)] | float = IMAGENET_MEAN
    image_std: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1, max_length=3)] | float = IMAGENET_STD
    do_convert_rgb: bool | None = None
    do_flip_channel_order: bool = False
    do_pad: bool = False
    do_reduce_labels: bool = False
    reduce_labels: bool = False
    include_top: bool = False
    keep_aspect_ratio: bool = False
    ensure_multiple_of: int = Field(default=1, gt=0)
    size_divisor: int | None = None
    do_grayscale: bool = False

    @property
    def sizes(self) -> Mapping[str, int]:
        """`size` in its newer spelling."""
        return _sizes(self.size, {"shortest_edge"})


@dataclass(frozen=True)
class Kind:
    """A class of image processor: defaults, and the sizes that its keys mean."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    geometry: Callable[[ImageProcessor], tuple[Mapping[str, Any] | None, Size | None]] | None = None


def _sizes(size: Any, square: set[str]) -> Mapping[str, int]:
    if isinstance(size, dict):
        return size
    if isinstance(size, int):
        return {"shortest_edge": size} if "shortest_edge" in square else {"height": size, "width": size}
    return {"height": size[0], "width": size[1]}


def _usual(said: ImageProcessor) -> tuple[Mapping[str, Any] | None, Size | None]:
    """Resize, then a crop of the middle, each if asked for."""
    crop = _square(said.crop_size) if said.do_center_crop else None
    if not said.do_resize:
        return None, crop
    sizes = said.sizes
    if set(sizes) == {"longest_edge"}:
        return {"longer_side": sizes["longest_edge"]}, crop
    if "shortest_edge" not in sizes:
        kept = {"closest": _fixed(sizes), "multiple_of": said.ensure_multiple_of}
        return kept if said.keep_aspect_ratio else {"size": _fixed(sizes)}, crop
    longest = sizes.get("longest_edge") or said.max_size
    return {"shorter_side": sizes["shortest_edge"], **({"longest": longest} if longest else {})}, crop


def _convnext(said: ImageProcessor) -> tuple[Mapping[str, Any] | None, Size | None]:
    side = min(said.sizes.values())
    if side >= WARPED:
        return {"size": (side, side)}, None
    return {"shorter_side": int(side / (said.crop_pct or 224 / 256))}, (side, side)


def _levit(said: ImageProcessor) -> tuple[Mapping[str, Any] | None, Size | None]:
    resize, crop = _usual(said)
    if resize and "shorter_side" in resize:
        resize = {"shorter_side": int(256 / 224 * resize["shorter_side"])}
    return resize, crop


def _poolformer(said: ImageProcessor) -> tuple[Mapping[str, Any] | None, Size | None]:
    resize, crop = _usual(said)
    if resize and said.crop_pct:
        side = min(said.sizes.values())
        resize = {"shorter_side": int(side / said.crop_pct)}
    return resize, crop


def _yolos(said: ImageProcessor) -> tuple[Mapping[str, Any] | None, Size | None]:
    resize, crop = _usual(said)
    return ({**resize, "multiple_of": 16} if resize and "shorter_side" in resize else resize), crop


def _square(size: Any) -> Size:
    return _fixed(_sizes(size, set()))


def _fixed(sizes: Mapping[str, int]) -> Size:
    """Height and width; a square of the shortest edge where that is all that is known."""
    side = min(sizes.values())
    return sizes.get("height", side), sizes.get("width", side)


def _kind(
    size: Any, resample: int, mean: Sequence[float] = HALF, std: Sequence[float] = HALF, **more: Any
) -> Mapping[str, Any]:
    return {"size": size, "resample": resample, "image_mean": [*mean], "image_std": [*std], **more}


_SHORTEST = {"shortest_edge": 224}
_SQUARE = {"height": 224, "width": 224}
_CROPPED: Mapping[str, Any] = {"do_center_crop": True}
_CLIP = Kind(_kind(_SHORTEST, 3, CLIP_MEAN, CLIP_STD, **_CROPPED))
_DETR = _kind({"shortest_edge": 800, "longest_edge": 1333}, 2, IMAGENET_MEAN, IMAGENET_STD, do_pad=True)
_MOBILENET = Kind(_kind({"shortest_edge": 256}, 2, **_CROPPED))
_BEIT = Kind(_kind({"height": 256, "width": 256}, 3, **_CROPPED))
KINDS: Mapping[str, Kind] = {
    "ViT": Kind(_kind(_SQUARE, 2)),
    "DeiT": _BEIT,
    "Beit": _BEIT,
    "Bit": _CLIP,
    "CLIP": _CLIP,
    "ChineseCLIP": _CLIP,
    "Blip": Kind(_kind({"height": 384, "width": 384}, 3, CLIP_MEAN, CLIP_STD)),
    "Siglip": Kind(_kind(_SQUARE, 3)),
    "ConvNext": Kind(_kind({"shortest_edge": WARPED}, 3), _convnext),
    "Levit": Kind(_kind(_SHORTEST, 3, IMAGENET_MEAN, IMAGENET_STD, **_CROPPED), _levit),
    "PoolFormer": Kind(_kind(_SHORTEST, 3, IMAGENET_MEAN, IMAGENET_STD, crop_pct=0.9, **_CROPPED), _poolformer),
    "Pvt": Kind(_kind(_SQUARE, 3, IMAGENET_MEAN, IMAGENET_STD)),
    "MobileNetV1": _MOBILENET,
    "MobileNetV2": _MOBILENET,
    "MobileViT": Kind(_kind(_SHORTEST, 3, crop_size=256, do_normalize=False, do_flip_channel_order=True, **_CROPPED)),
    "EfficientNet": Kind(_kind({"height": 346, "width": 346}, 3, crop_size=289, include_top=True)),
    "Segformer": Kind(_kind({"height": 512, "width": 512}, 2, IMAGENET_MEAN, IMAGENET_STD)),
    "DPT": Kind(_kind({"height": 384, "width": 384}, 3)),
    "Detr": Kind(_DETR),
    "ConditionalDetr": Kind(_DETR),
    "DeformableDetr": Kind(_DETR),
    "GroundingDino": Kind(_DETR),
    "Yolos": Kind(_DETR, _yolos),
    "RTDetr": Kind(_kind({"height": 640, "width": 640}, 2, IMAGENET_MEAN, IMAGENET_STD, do_normalize=False)),
    "OwlViT": Kind(_kind({"height": 768, "width": 768}, 3, CLIP_MEAN, CLIP_STD, crop_size=768)),
    "LayoutLMv3": Kind(_kind(_SQUARE, 2)),
}
"""By the class's name without `ImageProcessor` or, as it was once called, `FeatureExtractor`."""
ENDINGS = ("ImageProcessorFast", "ImageProcessor", "FeatureExtractor")
TYPE = ("image_processor_type", "feature_extractor_type")
DECIDING = ("size", "crop_size", "crop_pct", "resample", "rescale_factor", "image_mean", "image_std")


def image_processor_facts(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    """Facts of a document about the preparation of images."""
    named = next((str(document.values[key]) for key in TYPE if document.values.get(key)), "")
    short = next((named.removesuffix(end) for end in ENDINGS if named.endswith(end)), named)
    if short not in KINDS:
        yield Doubt(
            f"{document.said}: {named or 'a processor without a type'} is not known; its keys are taken as usual"
        )
    kind = KINDS.get(short, Kind())
    said, doubts = document.read(ImageProcessor, kind.defaults)
    yield from doubts
    said = _in_form_of(said, kind.defaults.get("size", _SQUARE))
    made, more = _preparation(said, kind, document.said)
    yield from more
    yield from preparation_facts(subject, made, document.source(*DECIDING))


def _in_form_of(said: ImageProcessor, size: Any) -> ImageProcessor:
    """One number in `size` means what the class's default does: a shortest edge, or a square."""
    return said.model_copy(update={"size": dict(_sizes(said.size, set(size)))})


def _preparation(said: ImageProcessor, kind: Kind, place: str) -> tuple[Preparation, list[Doubt]]:
    resize, crop = (kind.geometry or _usual)(said)
    doubts = [Doubt(f"{place}: {text}") for text in _doubtful(said)]
    if resize is not None:
        interpolation = RESAMPLING.get(said.resample)
        if interpolation is None:
            doubts.append(
                Doubt(f"{place}: resample: Pillow's filter {said.resample} is not known here; bilinear is taken")
            )
        resize = {**resize, "interpolation": interpolation or "bilinear"}
        if resize["interpolation"] == "bilinear":
            del resize["interpolation"]
    order: Any = "BGR" if said.do_flip_channel_order else "RGB"
    made = Preparation(resize, crop, rounding="down", order=order)
    if said.do_rescale:
        made = replace(made, divisor=1 / said.rescale_factor, offset=float(said.rescale_offset))
    if said.do_normalize:
        power = 2 if said.include_top else 1  # EfficientNet divides by the deviation twice
        deviations = [value**power for value in _listed(said.image_std)]
        made = replace(made, mean=_listed(said.image_mean), std=deviations)
    return made, doubts


def _listed(values: float | list[float]) -> list[float]:
    return values if isinstance(values, list) else [values]


def _doubtful(said: ImageProcessor) -> Iterator[str]:
    """Doubts about what is asked for and cannot be prepared, or does not belong to the image."""
    if said.do_reduce_labels or said.reduce_labels:
        yield "do_reduce_labels: the labels count classes from 1, and 0 is nothing; the model counts from 0"
    if said.size_divisor:
        yield "size_divisor: not prepared"
    if said.do_grayscale:
        yield "do_grayscale: not prepared"
