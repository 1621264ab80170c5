"""Arithmetic and pieces: numbers as NumPy computes them, and what is said of pieces that are not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovopt.contracts import Decoder
from ovopt.decoders.arithmetic import Add, Divide, Exp, Multiply, Power, Reduce, Subtract, Tanh
from ovopt.decoders.corners import Corners, DetectionRows
from ovopt.decoders.scores import Sigmoid, Softmax
from ovopt.decoders.shape import Pick, Reshape, Slice, Squeeze, Transpose
from ovopt.decoders.split import Concat, Pieces, Select, Split
from ovopt.errors import DataError
from ovopt.recipe import parse_recipe
from tests.factories import exactly

RNG = np.random.default_rng(1)
ARRAY = RNG.uniform(0.1, 2, (3, 4)).astype(np.float32)


@pytest.mark.parametrize(
    ("decoder", "expected"),
    [
        (Tanh(), np.tanh(ARRAY)),
        (Exp(), np.exp(ARRAY)),
        (Power(value=0.5), np.sqrt(ARRAY)),
        (Add(value=1.5), ARRAY + np.float32(1.5)),
        (Add(value=(1, 2, 3, 4)), ARRAY + np.float32([1, 2, 3, 4])),
        (Subtract(value=(1, 2, 3), axis=0), ARRAY - np.float32([[1], [2], [3]])),
        (Multiply(value=-2), ARRAY * np.float32(-2)),
        (Divide(value=(1, 2, 4, 8)), ARRAY / np.float32([1, 2, 4, 8])),
        (Reduce(by="sum"), ARRAY.sum(-1)),
        (Reduce(by="mean", axis=0), ARRAY.mean(0)),
        (Reduce(by="max"), ARRAY.max(-1)),
        (Reduce(by="min", axis=0), ARRAY.min(0)),
        (Select(indices=(1, 0, -1)), ARRAY[:, [1, 0, 3]]),
        (Select(indices=(2,), axis=0), ARRAY[[2]]),
    ],
)
def test_numbers_are_those_of_numpy(decoder: Decoder, expected: np.ndarray) -> None:
    found = decoder(ARRAY, {})
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    both = {"a": ARRAY, "b": ARRAY + 1}
    named = decoder.model_copy(update={"of": "a"})
    np.testing.assert_allclose(named(both, {})["a"], expected, rtol=1e-6)
    assert named(both, {})["b"] is both["b"]
    outputs = decoder.model_copy(update={"of": (-1,)})((ARRAY + 1, ARRAY), {})
    np.testing.assert_allclose(outputs[1], expected, rtol=1e-6)
    np.testing.assert_array_equal(outputs[0], ARRAY + 1)


def test_integers_stay_integers_where_a_whole_number_meets_them() -> None:
    ids = np.array([3, 4])
    assert Subtract(value=1)(ids, {}).dtype == ids.dtype
    assert Multiply(value=0.5)(ids, {}).tolist() == [1.5, 2]
    assert Divide(value=2)(ids, {}).tolist() == [1.5, 2]


def test_a_result_may_be_a_piece_of_its_own() -> None:
    found = Add(of="a", value="b", to="sum")({"a": ARRAY, "b": ARRAY}, {})
    np.testing.assert_array_equal(found["sum"], 2 * ARRAY)
    np.testing.assert_array_equal(found["a"], ARRAY)
    with pytest.raises(DataError, match=exactly("add: `to` names the result of one piece, which `of` names")):
        Add(value=1, to="sum")(ARRAY, {})


def test_pieces_are_split_and_put_together_again() -> None:
    pieces = Split(into={"first": 1, "rest": "rest"})(ARRAY, {})
    assert {name: piece.shape for name, piece in pieces.items()} == {"first": (3, 1), "rest": (3, 3)}
    deeper = Split(of="rest", into={"low": 1, "high": 2})(pieces, {})
    assert list(deeper) == ["first", "low", "high"]
    np.testing.assert_array_equal(Concat(of=("first", "low", "high"))(deeper, {}), ARRAY)
    joined = Concat(of=("low", "high"), to="rest")(deeper, {})
    assert list(joined) == ["first", "rest"]
    np.testing.assert_array_equal(joined["rest"], pieces["rest"])
    np.testing.assert_array_equal(Concat(axis=0)((ARRAY, ARRAY), {}), np.vstack((ARRAY, ARRAY)))
    rows = Split(into={"a": 2, "b": 1}, axis=0)(ARRAY, {})
    np.testing.assert_array_equal(rows["b"], ARRAY[2:])


def test_outputs_get_names_and_are_picked_by_them() -> None:
    named = Pieces(names=("scores", "boxes"))((ARRAY, ARRAY + 1), {})
    assert Pick(index="boxes")(named, {}) is named["boxes"]
    first, second = Pick(index=("boxes", "scores"))(named, {})
    assert (first is named["boxes"], second is named["scores"]) == (True, True)


def test_scores_and_shapes_of_a_piece() -> None:
    pieces = {"a": ARRAY, "b": ARRAY[None]}
    np.testing.assert_allclose(Sigmoid(of="a")(pieces, {})["a"], 1 / (1 + np.exp(-ARRAY)), rtol=1e-6)
    np.testing.assert_allclose(Softmax(of="a")(pieces, {})["a"].sum(-1), 1, rtol=1e-6)
    assert Transpose(axes=(1, 0), of="a")(pieces, {})["a"].shape == (4, 3)
    assert Reshape(shape=(2, 6), of="a")(pieces, {})["a"].shape == (2, 6)
    assert Slice(axis=1, stop=2, of="a")(pieces, {})["a"].shape == (3, 2)
    assert Squeeze(axis=0, of="b")(pieces, {})["b"].shape == (3, 4)


def test_a_recipe_writes_them_shortly() -> None:
    entries = [
        {"split": {"xy": 2, "wh": "rest"}},
        {"exp": "wh"},
        {"sigmoid": ["xy", "wh"]},
        {"add": [0.5, 1]},
        {"multiply": {"of": "xy", "value": "wh"}},
        {"concat": ["xy", "wh"]},
        {"select": [1, 0]},
        {"pieces": ["a", "b"]},
        {"power": 2},
        {"corners": "xywh"},
    ]
    recipe = parse_recipe({"ovopt": 1, "family": "any", "postprocess": entries}, "a test")
    assert recipe.postprocess == (
        Split(into={"xy": 2, "wh": "rest"}),
        Exp(of="wh"),
        Sigmoid(of=("xy", "wh")),
        Add(value=(0.5, 1)),
        Multiply(of="xy", value="wh"),
        Concat(of=("xy", "wh")),
        Select(indices=(1, 0)),
        Pieces(names=("a", "b")),
        Power(value=2),
        Corners(format="xywh"),
    )
    again = parse_recipe(recipe.resolved(), "a test")
    assert again.postprocess == recipe.postprocess


PIECES = {"xy": ARRAY[:, :2], "wh": ARRAY[:, 2:]}


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (Exp(), PIECES, "exp: say which piece it is done to, with `of`: xy, wh"),
        (Exp(of="hw"), PIECES, "exp: there is no piece 'hw'; known: wh, xy"),
        (Exp(of="hw"), ARRAY, "exp: wants a piece 'hw' (`split`, `pieces` and `grid` make some), not [3, 4]"),
        (Exp(of=2), (ARRAY,), "exp: wants several outputs, 2 among them, not 1 arrays: [3, 4]"),
        (Exp(), (ARRAY, ARRAY), "exp: wants an array; `pick` one of the outputs, not 2 arrays: [3, 4], [3, 4]"),
        (Add(value=(1, 2)), ARRAY, "add: shapes [3, 4] and [1, 2] do not go together"),
        (Add(value=(1, 2), axis=2), ARRAY, "add: wants an array that has an axis 2, not [3, 4]"),
        (Split(into={"a": 2, "b": 1}), ARRAY, "split: 2 + 1 entries do not fill axis -1 of an array of shape [3, 4]"),
        (Split(into={"a": 4, "b": "rest"}), ARRAY, "split: 4 + rest entries do not fill axis -1 of an array of shape "
         "[3, 4]"),
        (Concat(of=("xy", "wh"), axis=3), PIECES, "concat: wants arrays that differ only on axis 3, not 2 arrays: "
         "[3, 2], [3, 2]"),
        (Reduce(by="max"), ARRAY[:, :0], "reduce: wants an axis -1 that is not empty, not [3, 0]"),
        (Select(indices=(4,)), ARRAY, "select: wants an axis -1 that has the places [4], not [3, 4]"),
        (Pieces(names=("a",)), (ARRAY, ARRAY), "pieces: wants 1 output (list them in `model.output` in this order), "
         "not 2 arrays: [3, 4], [3, 4]"),
        (Pick(index="hw"), PIECES, "pick: there is no piece 'hw'; known: wh, xy"),
        (Corners(format="cxcywh"), ARRAY[:, :3], "corners: wants boxes [n, 4], not [3, 3]"),
        (Corners(format="ltrb", of="b", around="p"), {"b": ARRAY, "p": ARRAY[:2, :2]}, "corners: 3 boxes, and 2 points "
         "that they are around"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_what_there_is(decoder: Decoder, output: Any, message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, {})


@pytest.mark.parametrize("fields", [{"into": {"a": "rest", "b": "rest"}}, {"into": {"a": 0}}])
def test_a_split_has_one_rest_and_sizes_above_0(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="sizes are whole numbers above 0, and one of them may be `rest`"):
        Split(**fields)


@pytest.mark.parametrize(
    ("columns", "boxes"),
    [
        (("image", "class", "score", "x0", "y0", "x1", "y1"), [1, 2, 5, 8]),
        (("cx", "cy", "w", "h", "score", "class"), [3, 5, 4, 6]),
        (("score", "x0", "y0", "w", "h", "class"), [1, 2, 4, 6]),
        (("y1", "x1", "y0", "x0", "class", "score"), [8, 5, 2, 1]),
    ],
)
def test_rows_of_detections_have_any_order_of_columns(columns: tuple[str, ...], boxes: list[float]) -> None:
    names = [name for name in columns if name not in ("image", "class", "score")]
    values = {"image": 0.0, "class": 3.0, "score": 0.5, **dict(zip(names, boxes, strict=True))}
    row = np.array([[values[name] for name in columns], [values[name] for name in columns]], np.float32)
    row[0, columns.index("class")] = 0
    decoder = DetectionRows(columns=columns, label_offset=1, size=(20, 20))
    assert decoder(row, {}).tolist() == [[1, 2, 5, 8, 0.5, 2]]
    relative = DetectionRows(columns=columns, normalised=True, clip=False, size=(10, 20))(row, {})
    assert relative[0].tolist() == [10, 40, 50, 160, 0.5, 0]


def test_columns_hold_a_box_and_a_score() -> None:
    with pytest.raises(ValueError, match="columns hold a score, and x0, y0, x1, y1, or x0, y0, w, h, or cx, cy, w, h"):
        DetectionRows(columns=("x0", "y0", "score"))
