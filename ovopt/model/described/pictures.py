"""From an image's bytes to the input of a model: the recipe's entries for a geometry and a range of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.subject import Picture, Subject

Size = tuple[int, int]
"""Height and width."""
BYTES = 255.0
LONGEST, LEAST = 1 << 16, 1e-6
"""The longest side of an image, and the least number to divide by."""
LENGTHS = (
    "size", "letterbox", "closest", "shorter_side", "longer_side", "height", "longest", "multiple_of", "least",
)  # fmt: skip
"""Fields of transforms that hold lengths in pixels."""


@dataclass(frozen=True)
class Preparation:
    """The steps between a decoded image and a model's input, in this order."""

    resize: Mapping[str, Any] | None = None
    """Fields of the transform `resize`."""
    crop: Size | None = None
    crop_first: bool = False
    """The largest part of the crop's aspect is cut out, and then resized."""
    rounding: Literal["nearest", "down"] = "nearest"
    """Of the crop's place, as `center_crop` has it."""
    fill: Any = None
    """The colour around an image that is smaller than the crop."""
    order: Literal["RGB", "BGR", "L"] = "RGB"
    divisor: float = 1
    offset: float = 0
    mean: Sequence[float] = ()
    std: Sequence[float] = ()
    pad: Mapping[str, Any] | None = None
    """Fields of the transform `pad`, for margins of zeros in what the model takes."""

    @property
    def size(self) -> Size | None:
        """The size of what comes out; None where it depends on the image."""
        if self.pad and "size" in self.pad:
            return pair(self.pad["size"])
        if self.crop or self.pad:
            return None if self.pad else self.crop
        resize = self.resize or {}
        return next((pair(resize[key]) for key in ("size", "letterbox") if key in resize), None)

    @property
    def is_possible(self) -> bool:
        """False for a division by nothing, and where means and deviations differ in number."""
        fits = len(self.mean) == len(self.std) and len(self.mean) in (0, 1, 3)
        return fits and self.divisor >= LEAST and all(value > 0 for value in self.std)

    @property
    def sides(self) -> list[int]:
        """All lengths in pixels that sizes are made of."""
        fields = {**(self.resize or {}), **(self.pad or {})}
        lengths = [pair(value) for key, value in fields.items() if key in LENGTHS]
        return [side for size in [*lengths, *([self.crop] if self.crop else [])] for side in size]

    def of_size(self, size: Size) -> Preparation:
        """The same for a model of another size: what is cut away stays the same share."""
        old = self.size or size
        shares = [new / known for new, known in zip(size, old, strict=True)]
        resize = dict(self.resize or {})
        for key, value in resize.items():
            if key in ("size", "letterbox"):
                resize[key] = [max(1, round(side * share)) for side, share in zip(pair(value), shares, strict=True)]
            elif key in ("shorter_side", "longer_side", "height"):
                resize[key] = max(1, round(value * min(shares)))
        pad = {**self.pad, "size": list(size)} if self.pad else None
        return replace(self, resize=resize or None, crop=size if self.crop else None, pad=pad)


def pair(size: int | Sequence[int]) -> Size:
    """Height and width; one number is a square."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def preparation_facts(subject: Subject, made: Preparation, source: str) -> Iterator[Fact | Doubt]:
    """The recipe's `preprocess`, fitted to the model's own input."""
    if not made.is_possible:
        yield Doubt(f"{source}: mean, deviation and scale do not fit each other; values go in as they are")
        made = replace(made, divisor=1, offset=0, mean=(), std=())
    if not all(0 < side <= LONGEST for side in made.sides):
        yield Doubt(f"{source}: a size that no image has; nothing is prepared by it")
        return
    picture = subject.picture
    wanted = (picture.height, picture.width) if picture else (None, None)
    if wanted[0] is not None and wanted[1] is not None and made.size != (size := (wanted[0], wanted[1])):
        yield Doubt(_other_size(made.size, size, source))
        made = made.of_size(size) if made.size else replace(made, resize=_squeezed(made, size), crop=None, pad=None)
    if picture and not picture.floats and (made.divisor != 1 or made.mean):
        yield Doubt(f"{source}: values are normalized, and the model takes bytes; they go in as they are")
    if picture and picture.channels == 1 and made.order != "L":
        yield Doubt(f"{source}: the model takes one channel; images are made grey")
        made = replace(made, order="L")
    yield Fact("preprocess", tuple(entries(made, picture)), source)


def _other_size(made: Size | None, wanted: Size, source: str) -> str:
    """The sentence about a size that the model does not take."""
    model = f"the model takes {wanted[0]} x {wanted[1]}"
    if made is None:
        return f"{source}: the size follows the image's, and {model}; images are squeezed into that"
    return f"{source}: the size is {made[0]} x {made[1]}, and {model}; all sizes are changed with it"


def _squeezed(made: Preparation, size: Size) -> Mapping[str, Any]:
    """Fields of a resize to a fixed size."""
    kept = {key: value for key, value in (made.resize or {}).items() if key in ("interpolation", "antialias")}
    return {"size": list(size), **kept}


def entries(made: Preparation, picture: Picture | None) -> Iterator[Entry]:
    """The recipe's entries. Channels go first unless the model wants them last."""
    yield "decode_image" if made.order == "RGB" else {"decode_image": made.order}
    resize: list[Entry] = [{"resize": _plain_sizes(made.resize)}] if made.resize else []
    if made.crop_first:
        yield {"center_crop": {"aspect": list(made.crop or (1, 1)), "rounding": made.rounding}}
        yield from resize
    else:
        yield from resize
        yield from _cropped(made)
    if picture is None or picture.floats:
        yield from _values(made, picture)
    if made.pad:
        yield {"pad": _plain_sizes(made.pad)}
    if picture is None or picture.first:
        yield {"layout": "chw"}


def _cropped(made: Preparation) -> Iterator[Entry]:
    """The middle, if it is cut out."""
    if made.crop:
        size = made.crop[0] if made.crop[0] == made.crop[1] else list(made.crop)
        more: dict[str, Any] = {"rounding": made.rounding} if made.rounding != "nearest" else {}
        if made.fill is not None:
            more["fill"] = list(made.fill)
        yield {"center_crop": {"size": size, **more} if more else size}


def _plain_sizes(fields: Mapping[str, Any]) -> Any:
    """Fields of a transform, squares as one number."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()}
    return {k: v[0] if isinstance(v, list) and len(v) == 2 and v[0] == v[1] else v for k, v in values.items()}


def _values(made: Preparation, picture: Picture | None) -> Iterator[Entry]:
    """Scale and normalization; floats where neither is asked for."""
    if made.offset:
        yield {"scale": {"divisor": _short(made.divisor), "offset": made.offset}}
    elif made.divisor != 1:
        yield {"scale": _short(made.divisor)}
    if made.mean and (any(made.mean) or any(value != 1 for value in made.std)):
        channels = 1 if made.order == "L" else 3
        mean, std = ([*values] * channels if len(values) == 1 else [*values] for values in (made.mean, made.std))
        yield {"normalize": {"mean": mean[:channels], "std": std[:channels], "axis": -1}}
    elif made.divisor == 1 and not made.offset:
        yield {"cast": "float32"}


def _short(value: float) -> float:
    """255.00000000000003 as 255."""
    return round(value) if abs(value - round(value)) < 1e-6 * value else round(value, 9)
