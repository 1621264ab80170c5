"""Labels as people write classes down."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import pytest

from ovopt.contracts import BadLabel
from ovopt.preparing.class_labels import ClassLabels, class_labels, counted_from_one, names_option
from ovopt.recipe import parse_recipe

WANTED = (3, 0, 2)
INDICES = np.array(WANTED)


@pytest.mark.parametrize(
    "labels",
    [
        INDICES.tolist(),
        INDICES[:, None].tolist(),
        list(INDICES[:, None, None]),
        INDICES.astype(np.float32).tolist(),
        list(INDICES.astype(np.uint8)),
        INDICES[:, None].astype(np.float64).tolist(),
    ],
    ids=["integers", "columns", "arrays of one", "floats", "NumPy's own", "columns of floats"],
)
def test_numbers_that_are_whole_are_indices(labels: list[Any]) -> None:
    assert class_labels(labels) == ClassLabels(WANTED)
    assert all(type(label) is int for label in class_labels(labels).labels)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_])
def test_one_hot_rows_are_indices_and_tell_the_number_of_classes(dtype: Any) -> None:
    rows = np.eye(5)[INDICES].astype(dtype)
    assert class_labels(list(rows)) == class_labels(rows.tolist()) == ClassLabels(WANTED, 5)
    assert class_labels(list(rows[:, None, :])) == ClassLabels(WANTED, 5)


def test_names_of_bytes_are_text() -> None:
    assert class_labels([b"cat", "dog"]).labels == ("cat", "dog")


def test_truth_counts_as_one() -> None:
    assert class_labels([True, np.bool_(False)]) == ClassLabels((1, 0))


@pytest.mark.parametrize(
    "labels",
    [
        [[0.5, 0.5], [1.0, 0.0]],
        [[1, 1, 0], [1, 0, 0]],
        [[0, 0], [1, 0]],
        [[2, 0], [1, 0]],
        [[1, 0], [1, 0, 0]],
        [[1, 0], 1],
        [0.5, 1.5],
        ["a", None],
        [],
    ],
    ids=str,
)
def test_what_is_no_form_of_one_class_stays_as_it_is(labels: list[Any]) -> None:
    assert class_labels(labels) == ClassLabels(tuple(labels))


def test_a_bad_label_among_one_hot_rows_stays_bad() -> None:
    bad = BadLabel("torn")
    assert class_labels([[0, 1], bad]) == ClassLabels((1, bad), 2)


@pytest.mark.parametrize(
    ("labels", "from_one"),
    [
        ([1, 4], True),
        ([4, 4], False),
        ([1, 2], False),
        ([0, 4], False),
        ([1, 5], False),
        ([], False),
        ([-1, 1, 4], True),
        (["4"], False),
    ],
)
def test_labels_that_reach_the_number_of_classes_without_a_zero_count_from_one(
    labels: list[Any], from_one: bool
) -> None:
    assert counted_from_one(labels, 4) is from_one


@pytest.mark.parametrize(
    "names", [["a", "b"], ["1", "2"], ["it's", "a b"], ['say "no"', "$HOME", "`x`", "100 %"], ["ä", "猫"]]
)
def test_the_option_that_lists_classes_gives_them_back_through_a_shell(names: list[str]) -> None:
    option, setting = shlex.split(names_option(names))
    assert option == "--set"
    found = parse_recipe({"ovopt": 1, "family": "example"}, "it", [setting])
    assert found.data.classes == tuple(names)
