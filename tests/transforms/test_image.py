"""Images from files, against Pillow's own conversions."""

import io
import struct
import sys
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from skimage.color import rgb2ycbcr

from ovopt.errors import DataError, SettingsError
from ovopt.transforms.image import ColourOrder, DecodeImage, Grayscale, Luma
from ovopt.transforms.sniff import seems
from tests.factories import exactly

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (9, 13, 3), np.uint8)


def _file(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def _reference(content, mode):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert(mode))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
def test_a_file_of_any_format_becomes_pillows_pixels(form):
    content = _file(Image.fromarray(PIXELS), form)
    done = DecodeImage()(content)
    assert (done.dtype, done.shape) == (np.uint8, (9, 13, 3))
    np.testing.assert_array_equal(done, _reference(content, "RGB"))


@pytest.mark.parametrize("source", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_file_in_any_mode_becomes_the_mode_asked_for(source, mode):
    image = Image.fromarray(RANDOM.integers(0, 256, (5, 7, 4), np.uint8), "RGBA")
    image = image.convert("RGB").convert(source) if source not in ("RGBA", "LA") else image.convert(source)
    content = _file(image, "TIFF") if source in ("CMYK", "YCbCr") else None
    done = DecodeImage(mode=mode)(content or image)
    expected = np.asarray((Image.open(io.BytesIO(content)) if content else image).convert(mode))
    np.testing.assert_array_equal(done, expected[..., np.newaxis] if mode == "L" else expected)


def test_bgr_is_rgb_backwards():
    content = _file(Image.fromarray(PIXELS))
    done = DecodeImage(mode="BGR")(content)
    assert done.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(done, PIXELS[..., ::-1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_upright_unless_told_otherwise(orientation):
    image = Image.fromarray(PIXELS)
    exif = image.getexif()
    exif[0x0112] = orientation
    content = _file(image, exif=exif)
    flips = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
             6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: np.rot90}  # fmt: skip
    np.testing.assert_array_equal(DecodeImage()(content), flips[orientation](PIXELS))
    np.testing.assert_array_equal(DecodeImage(exif=False)(content), PIXELS)


def test_sixteen_bit_grey_keeps_its_upper_bits():
    values = RANDOM.integers(0, 65536, (4, 6), np.uint16)
    done = DecodeImage(mode="L")(_file(Image.fromarray(values)))
    np.testing.assert_array_equal(done[..., 0], values // 256)


def test_a_palette_with_transparency_is_read_without_a_warning():
    image = Image.fromarray(PIXELS).quantize(4)
    content = _file(image, transparency=bytes([0, 128, 255, 255]))
    assert DecodeImage()(content).shape == (9, 13, 3)
    assert DecodeImage(mode="RGBA")(content)[..., 3].min() < 255


def test_the_first_frame_of_an_animation_counts():
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    content = _file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert DecodeImage()(content)[0, 0].tolist() == [255, 0, 0]


def test_arrays_pass_through():
    array = np.zeros((2, 2), np.float32)
    assert DecodeImage()(array) is array


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_is_cut_off_is_an_error_that_names_its_kind(form, share):
    image = Image.fromarray(RANDOM.integers(0, 256, (64, 64, 3), np.uint8))
    content = _file(image, form)
    kind = {"PNG": "a PNG", "JPEG": "a JPEG", "WEBP": "a WebP", "BMP": "a BMP", "GIF": "a GIF", "TIFF": "a TIFF"}[form]
    with pytest.raises(DataError, match=rf"\Adecode_image: .*{kind} image"):
        DecodeImage()(content[: int(len(content) * share)])


def test_a_damaged_file_is_an_error():
    content = bytearray(_file(Image.fromarray(PIXELS)))
    content[60:80] = bytes(20)
    with pytest.raises(DataError, match=r"\Adecode_image: a PNG image \([0-9]+ bytes\) that is broken or cut off: "):
        DecodeImage()(bytes(content))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file (0 bytes)"),
        (bytes(600), "a file of zeros (600 bytes)"),
        (b"<!DOCTYPE html><html>Not found</html>", "an HTML page (37 bytes)"),
        (b"%PDF-1.7", "a PDF document (8 bytes)"),
        (b"\xff\xfe\x00\x01\x02\x03\x80", "a file of unknown kind (7 bytes)"),
    ],
)
def test_what_is_no_image_is_an_error_that_says_what_it_seems_to_be(content, kind):
    message = f"decode_image: not an image that can be read; it seems to be {kind}"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeImage()(content)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF"]), st.dictionaries(st.integers(0, 5000), st.integers(0, 255))
)
def test_whatever_happened_to_a_file_the_outcome_is_an_image_or_an_error_of_data(form, damage):
    content = bytearray(_file(Image.fromarray(PIXELS), form))
    for place, value in damage.items():
        content[place % len(content)] = value
    with suppress(DataError):
        assert DecodeImage()(bytes(content)).dtype == np.uint8


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_refused(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1000)))
    message = "decode_image: a PNG image of more pixels than Pillow takes for harmless; make it smaller"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeImage()(bomb)


def test_a_file_of_a_broken_header_is_an_error_that_names_its_kind():
    message = "decode_image: a PNG image (33 bytes) that is broken, or that Pillow cannot read here"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeImage()(_file(Image.fromarray(PIXELS))[:33])


def test_floating_point_pixels_are_refused():
    image = Image.fromarray(np.zeros((3, 3), np.float32))
    with pytest.raises(DataError, match=r"32-bit pixels \(mode F\) have no 8-bit meaning; convert the file"):
        DecodeImage()(_file(image, "TIFF"))
    with pytest.raises(DataError, match=r"\Adecode_image: a broken image: 32-bit pixels"):
        DecodeImage()(image)


@pytest.mark.parametrize("content", ["a.png", None, 5, [1, 2]])
def test_what_is_no_file_is_an_error(content):
    with pytest.raises(DataError, match=exactly(f"decode_image: wants a file's bytes, not a {type(content).__name__}")):
        DecodeImage()(content)


def test_pillow_missing_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(SettingsError, match=exactly("images need Pillow: pip install 'ovopt[vision]'")):
        DecodeImage()(b"bytes")


def test_colour_order_swaps_red_and_blue():
    np.testing.assert_array_equal(ColourOrder(order="bgr")(PIXELS), PIXELS[..., ::-1])
    with_alpha = np.dstack([PIXELS, PIXELS[..., 0]])
    np.testing.assert_array_equal(ColourOrder(order="rgb")(with_alpha), with_alpha[..., [2, 1, 0, 3]])


def test_grayscale_equals_pillow():
    expected = np.asarray(Image.fromarray(PIXELS).convert("L"))
    np.testing.assert_array_equal(Grayscale()(PIXELS)[..., 0], expected)
    np.testing.assert_array_equal(Grayscale(order="bgr")(PIXELS[..., ::-1])[..., 0], expected)


def test_grayscale_of_floats_weighs_the_channels():
    values = RANDOM.random((4, 5, 3), np.float32)
    done = Grayscale()(values)
    assert (done.dtype, done.shape) == (np.float32, (4, 5, 1))
    np.testing.assert_allclose(done[..., 0], values @ [0.299, 0.587, 0.114], atol=1e-5)


def test_grayscale_leaves_one_channel_as_it_is():
    assert Grayscale()(PIXELS[..., :1]).shape == (9, 13, 1)


@pytest.mark.parametrize("source", ["L", "RGB", "P", "RGBA"])
def test_the_luma_of_a_file_is_pillows(source):
    image = Image.fromarray(PIXELS).convert(source)
    expected = np.asarray(image.convert("RGB").convert("YCbCr"))[..., :1]
    np.testing.assert_array_equal(DecodeImage(mode="Y")(_file(image)), expected)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (PIXELS, PIXELS),
        (PIXELS[..., 0], PIXELS[..., :1]),
        (PIXELS[..., 0].astype(np.uint16) * 257, PIXELS[..., :1].astype(np.uint16) * 257),
        (PIXELS[..., 0].astype(np.float32) / 7, PIXELS[..., :1].astype(np.float32) / 7),
    ],
    ids=["colours", "grey", "16 bits", "floats"],
)
def test_own_keeps_the_files_channels_and_depth(pixels, expected):
    done = DecodeImage(mode="own")(_file(Image.fromarray(pixels), "TIFF"))
    assert done.dtype == expected.dtype
    np.testing.assert_array_equal(done, expected)


def test_own_drops_transparency():
    np.testing.assert_array_equal(DecodeImage(mode="own")(_file(Image.fromarray(PIXELS).convert("RGBA"))), PIXELS)
    grey = Image.fromarray(PIXELS[..., 0]).convert("LA")
    np.testing.assert_array_equal(DecodeImage(mode="own")(_file(grey)), PIXELS[..., :1])


def test_luma_is_scikit_images_or_that_of_jpeg():
    np.testing.assert_allclose(Luma()(PIXELS), rgb2ycbcr(PIXELS)[..., :1], rtol=1e-6)
    np.testing.assert_allclose(Luma(white=1)(PIXELS / 255.0), rgb2ycbcr(PIXELS)[..., :1] / 255, rtol=1e-5)
    full = Luma(range="full")(PIXELS)
    assert full.dtype == np.float32
    np.testing.assert_allclose(full[..., 0], PIXELS @ np.array([0.299, 0.587, 0.114]), rtol=1e-6)


def test_luma_leaves_one_channel_as_it_is():
    np.testing.assert_array_equal(Luma()(PIXELS[..., :1]), PIXELS[..., :1].astype(np.float32))


@pytest.mark.parametrize("transform", [ColourOrder(order="rgb"), Grayscale(), Luma()])
@pytest.mark.parametrize("shape", [(3, 8, 8), (8, 8), (8, 8, 2), (1, 8, 8, 3)])
def test_colours_need_channels(transform, shape):
    message = f"{transform.name}: wants height, width and 3 or 4 channels, not shape {list(shape)}"
    with pytest.raises(DataError, match=exactly(message)):
        transform(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"a": 1}', "JSON text"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "an SVG or XML document"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the file itself (run `git lfs pull`)"),
        (b"hello", "plain text"),
        ("ä".encode() * 300, "plain text"),
        (b"a" + "ä".encode() * 300, "plain text"),
        (b"text\x00with zeros", "a file of unknown kind"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "a WAV recording"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC image"),
        (b"\x00\x00\x00\x18ftypisom", "an MPEG-4 video"),
    ],
)
def test_what_a_file_seems_to_be(content, kind):
    assert seems(content) == kind
