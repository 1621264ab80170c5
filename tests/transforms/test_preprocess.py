"""The transforms on the host."""

import io
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ovopt.errors import DataError
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.records import Port
from ovopt.transforms.file_bytes import ByteWindow, Npy
from ovopt.transforms.numbers import Cast, Normalize, Scale
from tests.factories import exactly

BLANK = b" \t\n\r\x0b\x0c"
WINDOW = ByteWindow(beginning=8, end=6, padding=256, block=32)


def _ids_by_magikas_rule(content: bytes, beginning: int, end: int, padding: int, block: int) -> list[int]:
    """Read a block from either end; strip it on its outer side; take so many bytes; fill up with padding.

    Source: Magika 1.0.3, `_extract_features_from_seekable`.
    """
    size = len(content)
    read = min(block, size)
    head = [content[i] for i in range(read)]
    while head and head[0] in BLANK:
        head.pop(0)
    tail = [content[i] for i in range(size - read, size)]
    while tail and tail[-1] in BLANK:
        tail.pop()
    head, tail = head[:beginning], tail[-end:] if end else []
    return head + [padding] * (beginning - len(head)) + [padding] * (end - len(tail)) + tail


text = st.lists(st.sampled_from([*BLANK, 0, 65, 66, 255]), max_size=90).map(bytes)


@given(st.one_of(text, st.binary(max_size=90)))
@example(b"")
@example(b" \n ")
@example(b" " * 200)
@example(b"a")
@example(b"  ab  ")
@example(b" " * 32 + b"behind the block")
def test_a_byte_window_is_what_magika_feeds_its_model(content):
    assert WINDOW(content).tolist() == _ids_by_magikas_rule(content, 8, 6, 256, 32)


@given(st.binary(max_size=40), st.integers(0, 12), st.integers(0, 12), st.integers(1, 20))
def test_a_byte_window_holds_for_any_size(content, beginning, end, block):
    ids = ByteWindow(beginning=beginning, end=end, padding=-1, block=block)(content)
    assert (ids.dtype, ids.shape) == (np.int32, (beginning + end,))
    assert ids.tolist() == _ids_by_magikas_rule(content, beginning, end, -1, block)


@given(arrays.arrays(np.uint8, (3, 4)), st.floats(0.5, 300))
def test_scale_divides_in_f32(array, divisor):
    scaled = Scale(divisor=divisor)(array)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, array / divisor, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_normalize_works_on_the_channels_of_its_axis(axis):
    array = np.moveaxis(np.arange(24.0).reshape(3, 2, 4), 0, axis)
    done = Normalize(mean=(1, 2, 3), std=(2, 4, 8), axis=axis)(array)
    assert done.dtype == np.float32
    for channel, (mean, std) in enumerate(zip((1, 2, 3), (2, 4, 8), strict=True)):
        np.testing.assert_allclose(done.take(channel, axis), (array.take(channel, axis) - mean) / std)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64", "uint8"])
def test_cast_gives_the_type(dtype):
    done = Cast(dtype=dtype)([[1, 2], [3, 4]])
    assert done.dtype == dtype
    assert done.tolist() == [[1, 2], [3, 4]]


def test_npy_reads_an_array_file():
    stream = io.BytesIO()
    np.save(stream, np.eye(3, dtype=np.float32))
    np.testing.assert_array_equal(Npy()(stream.getvalue()), np.eye(3))


def test_npy_never_unpickles():
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(DataError, match=r"\Anpy: not an array file: "):
        Npy()(stream.getvalue())


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (WINDOW, "text", "byte_window: wants a file's bytes, not a str"),
        (Npy(), np.zeros(3), "npy: wants a file's bytes, not a ndarray"),
        (Scale(divisor=2), b"bytes", "scale: wants an array, not bytes; decode the file first"),
        (Cast(dtype="int8"), "text", "cast: wants an array, not str; decode the file first"),
        (
            Normalize(mean=(1, 2), std=(1, 1)),
            np.zeros((3, 4)),
            "normalize: 2 channels on axis 0 of shape [3, 4]",
        ),
        (
            Normalize(mean=(1,), std=(1,), axis=2),
            np.zeros((3, 4)),
            "normalize: 1 channels on axis 2 of shape [3, 4]",
        ),
        (Normalize(mean=(1,), std=(1,)), 5.0, "normalize: 1 channels on axis 0 of shape []"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


@pytest.mark.parametrize("transform", [Cast(dtype="float32"), Scale(divisor=2), Normalize(mean=(1,), std=(1,))])
@pytest.mark.parametrize("content", [None, ["a", "b"], [[1, 2], [3]]], ids=repr)
def test_content_that_is_no_array_of_numbers_is_an_error(transform, content):
    with pytest.raises(DataError, match=rf"\A{transform.name}: "):
        transform(content)


@pytest.mark.parametrize("content", [b"", b"junk", b"\x93NUMPY\x01\x00"])
def test_bytes_that_are_no_array_file_are_an_error(content):
    with pytest.raises(DataError, match=r"\Anpy: not an array file: .*magic|\Anpy: not an array file: EOF"):
        Npy()(content)


PORT = Port(name="x", shape=(1, 2), dtype="f32")


def test_the_preparation_runs_its_transforms_in_order_and_fits_the_model():
    prepared = HostPreparation((Scale(divisor=2), Normalize(mean=(1, 1), std=(4, 4))), (PORT,), {})
    ((tensor,),) = prepared.preprocess(prepared.decode(np.array([10, 2])))
    assert tensor.tolist() == [[1.0, 0.0]]


def test_the_preparation_transforms_every_input_of_a_mapping():
    ports = (PORT, Port(name="y", shape=(1, 1), dtype="f32"))
    (done,) = HostPreparation((Scale(divisor=2),), ports, {}).preprocess({"y": [4], "x": [2, 6]})
    assert [tensor.tolist() for tensor in done] == [[[1.0, 3.0]], [[2.0]]]


def test_decoding_is_a_stage_of_its_own():
    stream = io.BytesIO()
    np.save(stream, np.array([2, 4]))
    prepared = HostPreparation((Npy(), Scale(divisor=2)), (PORT,), {})
    assert prepared.decode(stream.getvalue()).tolist() == [2, 4]
    assert prepared.preprocess(np.array([2, 4]))[0][0].tolist() == [[1.0, 2.0]]


def test_content_that_does_not_fit_the_model_names_the_sample():
    message = "a.npy: shape [3] does not fit the model's input 'x' f32[1,2] (the batch dimension of 1 may be left out)"
    with pytest.raises(DataError, match=rf"\A{re.escape(message)}\Z"):
        HostPreparation((), (PORT,), {}).preprocess(np.zeros(3, np.float32), "a.npy")
