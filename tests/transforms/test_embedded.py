"""Embedded in a model, a transform does to a batch what it does to each sample on the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from PIL import Image

from ovopt.contracts import Transform, plugins
from ovopt.model.native import core
from ovopt.transforms.geometry import CenterCrop, Pad, Resize
from ovopt.transforms.image import ColourOrder, DecodeImage, Grayscale, Luma
from ovopt.transforms.numbers import Cast, Clip, Normalize, Scale, Standardize
from ovopt.transforms.resampling import FILTERS, pillow_weights
from ovopt.transforms.shape import Expand, Layout, Reshape, Slice, Squeeze, Transpose

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
CHANNELS = {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.25, 0.3)}


def picture(*shape: int, dtype: str = "uint8") -> np.ndarray:
    rng = np.random.default_rng(sum(shape))
    if np.dtype(dtype).kind == "f":
        return rng.uniform(-1, 1, shape).astype(dtype)
    return rng.integers(0, 120 if dtype == "int8" else 256, shape).astype(dtype)


def graph(transform: Transform, shape: list[int], dtype: Any) -> ov.Model | None:
    given = ops.parameter(ov.PartialShape(shape), np.dtype(dtype), name="x")
    done = transform.embedded(given.output(0))
    return None if done is None else ov.Model([ops.result(done)], [given], "embedded")


def embedded(transform: Transform, *samples: np.ndarray, free: bool = False) -> np.ndarray:
    """What becomes of a batch; with `free`, the model does not know its sizes."""
    batch = np.stack(samples)
    inner = [-1] * (batch.ndim - 2) + [batch.shape[-1]] if free else list(batch.shape[1:])
    model = graph(transform, [-1, *inner], batch.dtype)
    assert model is not None, f"{transform!r} has no operations"
    return np.array(core().compile_model(model, "CPU", F32)([batch])[0])


EXACT: list[tuple[Transform, np.ndarray]] = [
    (Cast(dtype="float32"), picture(2, 3)),
    (Cast(dtype="int32"), picture(2, 3)),
    (Clip(low=10, high=200), picture(4, 5)),
    (Clip(high=0.25), picture(4, 5, dtype="float32")),
    (Clip(low=-0.5), picture(4, 5, dtype="float32")),
    (Layout(order="chw"), picture(4, 5, 3)),
    (Layout(order="chw"), picture(3, 4, 5)),
    (Layout(order="chw"), picture(4, 5)),
    (Layout(order="hwc"), picture(3, 4, 5)),
    (Layout(order="hwc"), picture(4, 5)),
    (Layout(order="hwc"), picture(4, 5, 3)),
    (Layout(order="nchw"), picture(4, 5, 3)),
    (Transpose(axes=(1, 2, 0)), picture(4, 5, 3)),
    (Transpose(axes=(0, 1)), picture(4, 5)),
    (Reshape(shape=(10, -1)), picture(4, 5, 3)),
    (Expand(axis=0), picture(4, 5)),
    (Expand(axis=-1), picture(4, 5)),
    (Expand(axis=1), picture(4, 5)),
    (Squeeze(axis=0), picture(1, 4, 5)),
    (Squeeze(axis=-1), picture(4, 5, 1)),
    (Slice(axis=1, start=1, stop=4), picture(4, 5)),
    (Slice(axis=-1, start=-2), picture(4, 5)),
    (Slice(stop=-1), picture(4, 5)),
    (ColourOrder(order="bgr"), picture(4, 5, 3)),
    (ColourOrder(order="rgb"), picture(4, 5, 4)),
    (Grayscale(), picture(16, 16, 3)),
    (Grayscale(order="bgr"), picture(16, 16, 4)),
    (Grayscale(), picture(4, 5, 1)),
    (CenterCrop(size=(4, 3)), picture(7, 8, 3)),
    (CenterCrop(size=8), picture(5, 11, 3)),
    (CenterCrop(size=8, fill=7), picture(5, 5)),
    (Pad(multiple_of=8, fill=114), picture(5, 11, 3)),
    (Pad(size=12, align="center"), picture(5, 11, 3)),
    (Pad(left=1, top=2, right=3, bottom=4, fill=(9, 9, 9)), picture(5, 6, 3)),
    (Pad(left=1, fill=-0.5), picture(5, 6, 3, dtype="float32")),
    (Resize(size=(9, 7), interpolation="nearest"), picture(13, 20, 3)),
    (Resize(size=(30, 41), interpolation="nearest"), picture(13, 20, 3)),
    (Resize(size=(13, 20)), picture(13, 20, 3)),
]
CLOSE: list[tuple[Transform, np.ndarray]] = [
    (Scale(divisor=255), picture(4, 5)),
    (Scale(divisor=127.5, offset=1), picture(4, 5)),
    (Normalize(axis=-1, **CHANNELS), picture(4, 5, 3)),
    (Normalize(**CHANNELS), picture(3, 4, 5, dtype="float32")),
    (Standardize(), picture(4, 50, dtype="float32")),
    (Standardize(axis=-1), picture(4, 50, dtype="float32")),
    (Grayscale(), picture(4, 5, 3, dtype="float32")),
    (Luma(), picture(4, 5, 3)),
    (Luma(range="full"), picture(4, 5, 4, dtype="float32")),
    (Luma(), picture(4, 5, 1)),
    (Resize(size=(9, 7)), picture(13, 20, 3, dtype="float32")),
    (Resize(size=(9, 27), interpolation="bicubic"), picture(13, 20, 3, dtype="float32")),
    (Resize(size=(9, 27), antialias=False), picture(13, 20, 3, dtype="float32")),
]


def said(case: tuple[Transform, np.ndarray]) -> str:
    transform, sample = case
    return f"{transform.name}-{transform.model_dump_json(exclude_defaults=True)}-{sample.dtype}{list(sample.shape)}"


@pytest.mark.parametrize("case", EXACT, ids=said)
def test_the_same_to_the_bit(case: tuple[Transform, np.ndarray]) -> None:
    transform, sample = case
    done, wanted = embedded(transform, sample, sample[::-1]), transform(sample)
    assert done.dtype == wanted.dtype
    assert np.array_equal(done, [wanted, transform(sample[::-1])])


@pytest.mark.parametrize("case", CLOSE, ids=said)
def test_the_same_to_the_precision_of_float32(case: tuple[Transform, np.ndarray]) -> None:
    transform, sample = case
    done, wanted = embedded(transform, sample, sample[::-1]), transform(sample)
    assert done.dtype == wanted.dtype == np.float32
    np.testing.assert_allclose(done, [wanted, transform(sample[::-1])], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("size", [(9, 7), (40, 13), (60, 70)], ids=str)
@pytest.mark.parametrize("shape", [(40, 51, 3), (33, 20)], ids=str)
def test_bytes_are_resized_as_pillow_does(shape: tuple[int, ...], size: tuple[int, int], interpolation: Any) -> None:
    """But for halves, which float32 rounds the other way once in a while: rare where an image gets smaller, less so
    where bilinear weights are small fractions."""
    transform, sample = Resize(size=size, interpolation=interpolation), picture(*shape)
    done = embedded(transform, sample)[0].astype(int)
    pillow = Image.fromarray(sample).resize(size[::-1], getattr(Image.Resampling, FILTERS[interpolation]))
    apart = np.abs(done - np.asarray(pillow).astype(int))
    assert apart.max() <= 1
    assert (apart > 0).mean() < (0.1 if size[0] >= shape[0] else 0.002)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("shape", [(40, 51, 3), (33, 20, 3)], ids=str)
def test_without_antialias_images_of_any_size_are_resized(shape: tuple[int, ...], interpolation: Any) -> None:
    transform, sample = Resize(size=(31, 17), interpolation=interpolation, antialias=False), picture(*shape)
    done = embedded(transform, sample, free=True)[0].astype(int)
    apart = np.abs(done - transform(sample).astype(int))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.01


def test_a_letterbox_is_resized_and_padded() -> None:
    transform, sample = Resize(letterbox=32, antialias=False), picture(20, 50, 3)
    apart = np.abs(embedded(transform, sample)[0].astype(int) - transform(sample).astype(int))
    assert apart.shape == (32, 32, 3)
    assert apart.max() <= 1


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "area"])
def test_every_row_of_pillows_weights_adds_up_to_one(interpolation: Any) -> None:
    for old, new in ((50, 7), (7, 50), (13, 12)):
        np.testing.assert_allclose(pillow_weights(old, new, interpolation, True).sum(axis=1), 1, atol=1e-5)


REFUSED: list[tuple[Transform, list[int], str]] = [
    (Cast(dtype="uint8"), [1, 3], "float32"),
    (Cast(dtype="float16"), [1, 3], "float32"),
    (Normalize(axis=-1, **CHANNELS), [1, 4, 5, 1], "float32"),
    (Normalize(axis=-1, **CHANNELS), [1, 4, 5, -1], "float32"),
    (Normalize(axis=3, **CHANNELS), [1, 4, 5, 3], "float32"),
    (Standardize(axis=2), [1, 4, 5], "float32"),
    (Clip(low=-1), [1, 4], "uint8"),
    (Clip(low=0.5), [1, 4], "int32"),
    (Layout(order="chw"), [1, 4, -1, -1], "uint8"),
    (Layout(order="chw"), [1, -1, 4, 5], "uint8"),
    (Layout(order="chw"), [1, 2, 3, 4, 5], "uint8"),
    (Transpose(axes=(1, 0)), [1, 4, 5, 3], "uint8"),
    (Reshape(shape=(0, 3)), [1, 4, 5], "uint8"),
    (Expand(axis=4), [1, 4], "uint8"),
    (Squeeze(axis=0), [1, -1, 4], "uint8"),
    (Squeeze(axis=2), [1, 1, 4], "uint8"),
    (Slice(axis=2, stop=1), [1, 4, 4], "uint8"),
    (ColourOrder(order="bgr"), [1, 4, 5, 1], "uint8"),
    (ColourOrder(order="bgr"), [1, 4, 5], "uint8"),
    (Grayscale(), [1, 4, 5, 3], "int32"),
    (Grayscale(), [1, 4, 5, 2], "uint8"),
    (CenterCrop(size=4), [1, -1, 8, 3], "uint8"),
    (CenterCrop(size=12, fill=-1), [1, 8, 8, 3], "uint8"),
    (Pad(multiple_of=4), [1, -1, -1, 3], "uint8"),
    (Pad(left=1, fill=(1, 2, 3)), [1, 4, 4, 3], "uint8"),
    (Resize(shorter_side=4), [1, -1, 8, 3], "uint8"),
    (Resize(size=4), [1, -1, 8, 3], "uint8"),
    (Resize(size=4), [1, 8, 8, 3], "int32"),
    (Resize(size=4), [1, 3, 8, 8], "uint8"),
    (Resize(letterbox=4, antialias=False), [1, -1, -1, 3], "uint8"),
    (DecodeImage(), [1, 4, 5, 3], "uint8"),
]


@pytest.mark.parametrize(("transform", "shape", "dtype"), REFUSED, ids=[f"{t.name}-{s}-{d}" for t, s, d in REFUSED])
def test_what_only_the_host_can_do_has_no_operations(transform: Transform, shape: list[int], dtype: str) -> None:
    assert graph(transform, shape, dtype) is None


def test_transforms_without_operations_of_their_own_stay_on_the_host() -> None:
    known = plugins("ovopt.transforms", Transform)
    assert known["tokenize"].embedded is Transform.embedded
    assert known["scale"].embedded is not Transform.embedded
