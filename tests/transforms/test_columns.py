"""Columns of a table's row, and recipes that choose them."""

import pytest

from ovopt.contracts import Parts, Transform, plugins
from ovopt.errors import DataError, RecipeError
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.recipe import parse_recipe
from ovopt.records import Port
from ovopt.transforms.columns import AsInputs, Column, ColumnParts, Each
from ovopt.transforms.numbers import Scale
from tests.factories import exactly

ROW = {"one": [2.0, 4.0], "two": [6.0, 8.0]}
PORT = Port(name="x", shape=(1, 2), dtype="f32")


def test_a_column_is_chosen():
    assert Column(column="two")(ROW) == [6, 8]


def test_each_part_is_an_inference_of_its_own():
    prepared = HostPreparation((ColumnParts(columns=("two", "one")), Scale(divisor=2)), (PORT,), {})
    assert isinstance(ColumnParts(columns=("two",))(ROW), Parts)
    assert [part[0].tolist() for part in prepared.preprocess(ROW)] == [[[3, 4]], [[1, 2]]]


def test_columns_are_handed_to_inputs():
    assert AsInputs(inputs={"x": "two"})(ROW) == {"x": [6, 8]}


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (Column(column="on"), ROW, "column: no column 'on'; did you mean 'one'?"),
        (ColumnParts(columns=("one", "x")), ROW, "parts: no column 'x'; known: one, two"),
        (AsInputs(inputs={"x": "one"}), [1], "as_inputs: wants a row with columns, not a list"),
        (Column(column="x"), {}, "column: no column 'x'; known: none"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


def _recipe(*preprocess):
    return parse_recipe({"ovopt": 1, "family": "f", "preprocess": list(preprocess)}, "r.yaml")


ENTRIES = [
    "decode_image",
    {"decode_image": "BGR"},
    {"colour_order": "bgr"},
    "grayscale",
    {"resize": 224},
    {"resize": [224, 320]},
    {"resize": {"shorter_side": 256, "interpolation": "bicubic"}},
    {"resize": {"longer_side": 1024}},
    {"resize": {"letterbox": [640, 640], "fill": [114, 114, 114], "antialias": False}},
    {"center_crop": 224},
    {"center_crop": [224, 192]},
    {"pad": {"multiple_of": 32}},
    {"pad": {"size": [64, 64], "align": "center"}},
    {"pad": {"left": 1, "bottom": 2}},
    {"layout": "nchw"},
    {"transpose": [1, 0]},
    {"reshape": [1, -1]},
    {"expand": 0},
    {"squeeze": 0},
    {"slice": {"axis": 1, "stop": 3000}},
    {"clip": {"low": 0}},
    {"scale": 255},
    {"scale": {"divisor": 127.5, "offset": 1}},
    {"normalize": {"mean": [0.5], "std": [0.5], "axis": -1}},
    "standardize",
    "decode_audio",
    "mono",
    {"resample": 16000},
    {"expect_rate": 16000},
    {"to_samples": "channels_last"},
    {"fix_length": {"seconds": 2.5, "align": "center"}},
    {"fix_length": 16000},
    {"window": {"size": 512, "hop": 256}},
    {"frame": {"size": 400, "hop": 160}},
    {"log_mel": {"rate": 16000, "n_fft": 400, "hop": 160, "mels": 80, "norm": None}},
    {"mfcc": 13},
    "decode_text",
    "lowercase",
    "strip",
    {"ids": "abc"},
    {"ids": {"vocabulary": ["a", "b"], "first": 1, "unknown": None}},
    {"tokenize": "tokenizer.json"},
    {"tokenize": {"tokenizer": "folder", "max_length": 128, "pad": "max_length", "columns": ["a", "b"],
                  "names": {"ids": "tokens"}}},
    {"parts": ["a", "b"]},
    {"each": "documents"},
    {"column": "a"},
    {"as_inputs": {"input_ids": "tokens"}},
    {"as_inputs": {"inputs": "inputs"}},
    {"byte_window": {"beginning": 8, "end": 8}},
    "npy",
    {"cast": "float32"},
    {"python": "my_input.py:prepare"},
    "luma",
    {"luma": "full"},
    {"stack": 1},
]  # fmt: skip


def test_every_transform_has_a_recipe_entry_here():
    named = {entry if isinstance(entry, str) else next(iter(entry)) for entry in ENTRIES}
    assert named == set(plugins("ovopt.transforms", Transform))


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_a_recipes_entry_survives_being_written_and_read(entry):
    recipe = _recipe(entry)
    again = parse_recipe(recipe.resolved(), "again.yaml")
    assert again.preprocess == recipe.preprocess


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"resize": {"interpolation": "nearest"}},
            "give exactly one of size, height, shorter_side, longer_side, closest, letterbox",
        ),
        ({"resize": {"size": 3, "letterbox": 4}}, "not size and letterbox"),
        ({"resize": {"size": 8, "interpolation": "area", "antialias": False}}, "goes with nearest, bilinear"),
        ({"resize": 0}, "resize.size"),
        ({"resize": {"size": [1, 2, 3]}}, "resize.size"),
        ({"normalize": {"mean": [0.5], "std": [0.5, 1]}}, "mean and std must have the same length"),
        ({"center_crop": {}}, "give either size or aspect"),
        ({"pad": {}}, "give exactly one of multiple_of, size, least, or margins"),
        ({"pad": {"size": 3, "left": 1}}, "give exactly one of multiple_of, size, least, or margins"),
        ({"layout": "xyz"}, "layout.order: 'xyz' is not one of chw, hwc, nchw"),
        ({"fix_length": {}}, "give exactly one of `seconds` and `samples`"),
        ({"log_mel": {"rate": 16000, "f_max": 9000}}, "f_min < f_max <= rate / 2 must hold"),
        ({"log_mel": {"rate": 16000, "n_fft": 400, "win": 401}}, "`win` of 401 is longer than `n_fft` of 400"),
        ({"tokenize": {"tokenizer": "t", "pad": "max_length"}}, "`pad: max_length` needs a `max_length`"),
        ({"ids": ""}, "must hold single characters"),
        ({"ids": "abca"}, "holds 'a' twice"),
        ({"decode_text": "klingon"}, "unknown encoding"),
        ({"decode_text": "hex"}, "unknown encoding"),
        ({"as_inputs": {}}, "as_inputs.inputs: must be given"),
    ],
)
def test_settings_that_make_no_sense_are_refused(entry, said):
    with pytest.raises(RecipeError) as raised:
        _recipe(entry)
    assert str(raised.value).startswith("r.yaml: preprocess[0].")
    assert said in str(raised.value)


def test_each_entry_of_a_list_is_an_inference_beside_the_other_columns():
    row = {"query": "q", "documents": ["a", "b"]}
    parts = Each(column="documents").apply(row)
    assert isinstance(parts, Parts)
    assert list(parts) == [{"query": "q", "documents": "a"}, {"query": "q", "documents": "b"}]


@pytest.mark.parametrize("listed", ["text", [], 3, {"a": 1}])
def test_a_column_that_holds_no_list_is_told(listed):
    with pytest.raises(DataError, match=exactly("each: the column 'documents' holds no list of at least one entry")):
        Each(column="documents")({"documents": listed})
