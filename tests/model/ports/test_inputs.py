"""Samples fitted to a model's inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovopt.errors import DataError
from ovopt.model.ports.inputs import at_first, bind, filled, refuse_text
from ovopt.records import Port
from tests.factories import exactly


def port(shape=(None, 2, 3), dtype="f32", name="x"):
    return Port(name=name, shape=shape, dtype=dtype)


A, B = port(name="a"), port(name="b", dtype="i64", shape=(1, 2))


@pytest.mark.parametrize(
    ("shape", "given_", "expected"),
    [
        ((None, 2, 3), (2, 3), (1, 2, 3)),
        ((None, 2, 3), (1, 2, 3), (1, 2, 3)),
        ((1, 2, 3), (2, 3), (1, 2, 3)),
        ((None, None), (5,), (1, 5)),
        ((None, None), (1, 5), (1, 5)),
        ((None,), (), (1,)),
        ((2, 3), (2, 3), (2, 3)),
        (None, (4, 4), (4, 4)),
        ((), (), ()),
    ],
)
def test_the_batch_dimension_is_added_where_it_is_left_out(shape, given_, expected):
    values = np.random.default_rng(0).random(given_).astype(np.float32)
    (bound,) = bind(values, [port(shape)], "s")
    assert bound.shape == expected
    np.testing.assert_array_equal(bound.ravel(), values.ravel())


@given(st.sampled_from(["f64", "f32", "f16"]), st.sampled_from(["float64", "float32", "float16"]))
def test_a_float_of_another_width_is_converted(dtype, given_):
    (bound,) = bind(np.full((2, 3), 1.5, given_), [port(dtype=dtype)], "s")
    assert bound.dtype == {"f64": "float64", "f32": "float32", "f16": "float16"}[dtype]
    assert (bound == 1.5).all()


@given(st.integers(-(2**40), 2**40), st.sampled_from(["i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8"]))
def test_an_integer_of_another_width_is_converted_unless_it_does_not_fit(value, dtype):
    target = np.dtype(dtype.replace("i", "int").replace("uint", "u").replace("u", "uint"))
    limits = np.iinfo(target)
    content = np.full((2, 3), value, np.int64)
    if limits.min <= value <= limits.max:
        (bound,) = bind(content, [port(dtype=dtype)], "s")
        assert bound.dtype == target
        assert (bound == value).all()
    elif target != np.int64:
        with pytest.raises(DataError, match=rf"\As: values outside the range of {target} for the model's input "):
            bind(content, [port(dtype=dtype)], "s")


def test_a_mapping_is_bound_in_the_models_order():
    first, second = bind({"b": [7, 8], "a": np.zeros((2, 3), np.float32), "more": None}, [A, B], "s")
    assert first.shape == (1, 2, 3)
    assert second.tolist() == [[7, 8]]


def test_a_bound_array_is_contiguous():
    (bound,) = bind(np.arange(6, dtype=np.float32).reshape(3, 2).T, [port()], "s")
    assert bound.flags.c_contiguous
    assert bound.tolist() == [[[0, 2, 4], [1, 3, 5]]]


X = "'x' f32[?,2,3]"


@pytest.mark.parametrize(
    ("content", "inputs", "fault"),
    [
        (
            np.zeros((2, 3)),
            [A, B],
            "holds one array, the model wants 2 inputs: 'a' f32[?,2,3], 'b' i64[1,2]; one that is the same for every "
            "sample is filled with --set model.inputs.b=0, or another value",
        ),
        (
            {"a": [1], "c": [2]},
            [A, port(name="b.1")],
            "has no 'b.1' f32[?,2,3]; it holds 'a', 'c'; one that is the same for every sample is filled with "
            '--set model.inputs."b.1"=0, or another value',
        ),
        ({"y": [1]}, [port()], f"has no {X}; it holds 'y'; name the array with --set data.source.inputs=..."),
        ([[1, 2], [3]], [port()], "a ragged list is not an array"),
        (None, [port()], "nothing, not an array of numbers; the recipe's `preprocess` must make one"),
        ("text", [port()], "text, not an array of numbers; the recipe's `preprocess` must make one"),
        (b"raw", [port()], "a file's bytes, not an array of numbers; the recipe's `preprocess` must make one"),
        (1j, [port()], "a complex, not an array of numbers; the recipe's `preprocess` must make one"),
        (
            np.zeros((3, 2), np.float32),
            [port()],
            f"shape [3, 2] does not fit the model's input {X} (the batch dimension of 1 may be left out)",
        ),
        (
            np.zeros((2, 3), np.uint8),
            [port()],
            f"uint8 data for the model's input {X}; convert it where it is made, or in the recipe: "
            "`preprocess: [{cast: float32}]`",
        ),
        (
            np.zeros((2, 3)),
            [port(dtype="i32")],
            "float64 data for the model's input 'x' i32[?,2,3]; convert it where it is made, or in the recipe: "
            "`preprocess: [{cast: int32}]`",
        ),
        (
            np.full((2, 3), 256),
            [port(dtype="u8")],
            "values outside the range of uint8 for the model's input 'x' u8[?,2,3]",
        ),
        (
            np.full((2, 3), np.nan),
            [port()],
            f"NaN in the data of input {X}; remove or mend the sample",
        ),
        (
            np.array([[-np.inf, 0, 1], [np.nan, 0, 1]]),
            [port()],
            f"NaN in the data of input {X}; remove or mend the sample",
        ),
        (
            np.array([[-np.inf, 0, 1], [-np.inf, 0, 1]]),
            [port()],
            f"infinity in the data of input {X}; mend the sample, or make a mask finite in the recipe: "
            "`preprocess: [{clip: {low: -10000}}]`",
        ),
        (
            np.array([[-np.inf, 0, 1], [np.inf, 0, 1]]),
            [port()],
            f"infinity in the data of input {X}; mend the sample, or make a mask finite in the recipe: "
            "`preprocess: [{clip: {low: -10000, high: 10000}}]`",
        ),
        (
            np.full((2, 3), 1e300),
            [port()],
            f"values outside the range of float32 for the model's input {X}",
        ),
    ],
)
def test_a_sample_that_does_not_fit_is_an_error(content, inputs, fault):
    with pytest.raises(DataError, match=exactly(f"s#3: {fault}")):
        bind(content, inputs, "s#3")


def test_an_input_of_text_is_an_error_that_says_what_to_do():
    message = (
        "the model's input 'x' string[?] takes text, and ovopt hands over numbers; give the model without its "
        "tokenizer (openvino-tokenizers), and put `tokenize` into the recipe's `preprocess`"
    )
    refuse_text([A, B])
    with pytest.raises(DataError, match=exactly(message)):
        refuse_text([A, port(dtype="string", shape=(None,))])


@pytest.mark.parametrize(
    ("value", "shape", "dtype", "expected"),
    [
        (0, (1, 2, 3), "f32", np.zeros((1, 2, 3))),
        (-1e4, (None, 2), "f32", np.full((1, 2), -1e4)),
        (16000, (1,), "i64", np.array([16000])),
        (7, (), "i64", np.array(7)),
        (7, (1, None), "i64", np.array(7)),
        ([1, 2], (1, 2), "f16", np.array([1.0, 2.0])),
    ],
)
def test_a_value_for_every_sample_fills_an_input(value, shape, dtype, expected):
    found = filled(np.asarray(value), port(shape, dtype))
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)
    if None not in shape[1:]:
        bind({"x": found}, [port(shape, dtype)], "every sample")


@pytest.mark.parametrize(
    ("name", "shape", "begins"),
    [
        ("state", (2, None, 128), (2, 1, 128)),
        ("past_key_values.0.key", (None, 3, None, 64), (1, 3, 0, 64)),
        ("past_key_values.5.decoder.value", (1, 3, None, 64), (1, 3, 0, 64)),
        ("past_key_values.0.key", (None, 3, 16, 64), (1, 3, 16, 64)),
    ],
)
def test_a_state_begins_with_zeros_and_what_grows_with_the_tokens_with_none(name, shape, begins):
    made = at_first(port(shape, "f16", name))
    assert (made.shape, made.dtype, made.any()) == (begins, np.float16, False)
    assert bind(made, [port(shape, "f16", name)], "s")[0].shape == begins
