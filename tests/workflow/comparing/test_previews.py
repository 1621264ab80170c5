"""What a reader sees of a sample."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ovopt.workflow.comparing.previews import LENGTH, SIDE, preview


def image_of(content: Any) -> Image.Image:
    shown = preview(content)
    assert shown is not None
    assert shown.image is not None
    return Image.open(io.BytesIO(base64.b64decode(shown.image.partition(",")[2])))


def file_of(kind: str, size: tuple[int, int] = (200, 100)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_an_image_file_is_a_small_image_of_the_same_shape(kind: str) -> None:
    assert image_of(file_of(kind)).size == (SIDE, SIDE // 2)


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (8, 8, 3), (3, 8, 8), (1, 8, 8, 1), (8, 8, 4)])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int64"])
def test_an_array_of_an_image_is_an_image(shape: tuple[int, ...], dtype: str) -> None:
    assert image_of(np.arange(np.prod(shape)).reshape(shape).astype(dtype)).size == (8, 8)


def test_dark_and_bright_of_an_array_are_black_and_white() -> None:
    pixels = np.zeros((8, 8))
    pixels[:, 4:] = 1e-3
    shown = np.asarray(image_of(pixels).convert("L")).astype(int)
    assert shown[:, :3].max() < 40
    assert shown[:, 5:].min() > 215


@pytest.mark.parametrize("value", [np.zeros((8, 8)), np.full((8, 8), np.nan), np.full((8, 8), np.inf)])
def test_a_constant_or_broken_array_is_shown_all_the_same(value: np.ndarray) -> None:
    assert image_of(value).size == (8, 8)


@pytest.mark.parametrize(
    "value", [np.zeros(100), np.zeros((2, 100)), np.zeros((5, 16, 16)), 3, None, b"\x00\xff\x01" * 9, b""]
)
def test_what_is_neither_image_nor_text_is_not_shown(value: Any) -> None:
    assert preview(value) is None


def test_texts_are_shortened_and_on_one_line() -> None:
    shown = preview("two\nlines " + "word " * 100)
    assert shown is not None
    assert shown.text is not None
    assert shown.text.startswith("two lines word")
    assert len(shown.text) == LENGTH + 1


def test_a_file_of_text_is_shown_as_text_also_where_it_is_cut_within_a_letter() -> None:
    shown = preview(("é" * 2000).encode()[:-1])
    assert shown is not None
    assert shown.text == "é" * LENGTH + "…"


def test_of_columns_the_first_that_can_be_shown() -> None:
    assert preview({"id": 3, "text": "hello", "image": file_of("PNG")}) == preview("hello")
