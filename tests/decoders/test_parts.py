"""From what the parts of a sample gave to one result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance

from ovopt.decoders.parts import ConcatParts, CosineOfParts, MaxParts, MeanParts, StackParts, SumParts
from ovopt.errors import DataError
from tests.factories import exactly

ALL = [CosineOfParts(), StackParts(), ConcatParts(), MeanParts(), MaxParts(), SumParts()]
RNG = np.random.default_rng(0)
PARTS = list(RNG.normal(size=(4, 3, 2)).astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
def test_cosine_of_parts_is_scipys(seed):
    pair = np.random.default_rng(seed).normal(size=(2, 9))
    found = CosineOfParts()(list(pair.astype(np.float32)), {})
    assert type(found) is float
    assert found == pytest.approx(1 - distance.cosine(*pair), abs=1e-6)


def test_zeros_are_like_nothing():
    assert CosineOfParts()([np.zeros(3), np.ones(3)], {}) == 0


def test_parts_are_stacked_and_counted_entry_by_entry():
    np.testing.assert_array_equal(StackParts()(PARTS, {}), np.array(PARTS))
    assert StackParts()([1.0, 2.0], {}).tolist() == [1, 2]
    for d in np.ndindex(3, 2):
        values = [float(part[d]) for part in PARTS]
        assert MeanParts()(PARTS, {})[d] == pytest.approx(sum(values) / 4)
        assert SumParts()(PARTS, {})[d] == pytest.approx(sum(values))
        assert MaxParts()(PARTS, {})[d] == max(values)


@given(st.integers(1, 5), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_windows_of_a_recording_come_back_in_one(windows, before, after, keep_ends):
    step = 4
    recording = np.arange(before + windows * step + after)[:, None] * [1, 10]
    parts = [recording[i * step : i * step + before + step + after] for i in range(windows)]
    found = ConcatParts(trim=(before, after), keep_ends=keep_ends)(parts, {})
    expected = recording if keep_ends else recording[before : before + windows * step]
    np.testing.assert_array_equal(found, expected)


def test_windows_may_differ_in_length_on_their_axis():
    parts = [np.zeros((2, 3)), np.ones((2, 5))]
    assert ConcatParts(axis=-1, trim=(1, 1))(parts, {}).tolist() == [[0, 1, 1, 1]] * 2


def test_a_window_may_be_all_trimmed():
    assert ConcatParts(trim=(1, 1))([np.zeros(2), np.ones(3)], {}).tolist() == [1]


def test_all_of_them_join():
    assert all(decoder.joins for decoder in ALL)


@pytest.mark.parametrize("decoder", ALL, ids=lambda d: d.name)
@pytest.mark.parametrize(
    ("output", "given_"), [(np.zeros(3), "[3]"), ([], "list"), ((np.zeros(2),) * 2, "2 arrays: [2], [2]")]
)
def test_parts_are_a_list(decoder, output, given_):
    message = f"{decoder.name}: wants what each part of a sample gave, as a list, not {given_}"
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})


@pytest.mark.parametrize("decoder", ALL, ids=lambda d: d.name)
def test_a_part_is_an_array(decoder):
    message = f"{decoder.name}: wants an array from each part of a sample, not str"
    with pytest.raises(DataError, match=exactly(message)):
        decoder(["text", "text"], {})


@pytest.mark.parametrize("decoder", [d for d in ALL if d.name != "concat_parts"], ids=lambda d: d.name)
def test_parts_are_of_one_shape(decoder):
    message = f"{decoder.name}: wants parts of one shape, not 2 arrays: [2], [3]"
    with pytest.raises(DataError, match=exactly(message)):
        decoder([np.zeros(2), np.zeros(3)], {})


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (
            CosineOfParts(),
            [np.zeros(2)] * 3,
            "cosine_of_parts: wants the embeddings of two parts, not 3 arrays: [2], [2], [2]",
        ),
        (ConcatParts(axis=1), [np.zeros(2)], "concat_parts: wants an array that has an axis 1, not [2]"),
        (
            ConcatParts(),
            [np.zeros((2, 3)), np.zeros((2, 4))],
            "concat_parts: wants parts that differ only on axis 0, not 2 arrays: [2, 3], [2, 4]",
        ),
        (
            ConcatParts(trim=(2, 1)),
            [np.zeros(2)],
            "concat_parts: wants at least 3 entries on axis 0, which `trim` takes, not [2]",
        ),
    ],
)
def test_parts_that_do_not_fit_are_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})
