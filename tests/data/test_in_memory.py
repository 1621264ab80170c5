"""Samples that a Python program hands over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ovopt.data.in_memory import GIVEN, is_prepared, open_in_memory
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

ONE = (Port(name="x", shape=(1, 4), dtype="f32"),)
TWO = (Port(name="ids", shape=(1, 4), dtype="i64"), Port(name="mask", shape=(1, 4), dtype="i64"))
ROWS = np.arange(20, dtype=np.float32).reshape(5, 4)


class Lazy:
    """A data set that makes each sample as it is asked for."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        self.asked += 1
        return np.full(4, index, np.float32), np.array([index % 3])


def test_a_pair_is_samples_and_their_labels() -> None:
    found = open_in_memory((ROWS, np.array([0, 1, 2, 0, 1])), ONE)
    assert (found.source, found.ids[1], found.labels) == ("data in memory", "sample 1", (0, 1, 2, 0, 1))
    assert all(type(label) is int for label in found.labels or ())
    np.testing.assert_array_equal(found.load(2), ROWS[2])


@pytest.mark.parametrize("samples", [ROWS, list(ROWS), [row.tolist() for row in ROWS]])
def test_a_sequence_is_samples_without_labels(samples: Any) -> None:
    found = open_in_memory(samples, ONE)
    assert (len(found), found.labels) == (5, None)
    np.testing.assert_array_equal(found.load(4), ROWS[4])


@pytest.mark.parametrize(
    "samples",
    [
        {"ids": ROWS, "mask": ROWS + 1},
        [{"ids": row, "mask": row + 1} for row in ROWS],
        [(row, row + 1) for row in ROWS],
    ],
    ids=["arrays of all samples by name", "a mapping for each sample", "a tuple for each sample"],
)
def test_samples_of_several_inputs_are_told_apart_by_name(samples: Any) -> None:
    found = open_in_memory(samples, TWO)
    assert len(found) == 5
    loaded = found.load(3)
    np.testing.assert_array_equal(loaded["ids"], ROWS[3])
    np.testing.assert_array_equal(loaded["mask"], ROWS[3] + 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (3, f"data: int is not a sequence of samples; {GIVEN}"),
        (
            iter(ROWS),
            f"data: iterator is not a sequence of samples; {GIVEN}",
        ),
        ([], "data: holds no samples"),
        ((ROWS, [1, 2]), "data: 5 samples and 2 labels; give a label for each sample"),
        ({"ids": ROWS, "mask": ROWS[:2]}, "data: the arrays differ in their number of samples (ids: 5, mask: 2)"),
    ],
    ids=["a number", "an iterator", "nothing", "too few labels", "arrays of other lengths"],
)
def test_what_is_no_data_set_is_refused(data: Any, said: str) -> None:
    with pytest.raises(DataError, match=exactly(said)):
        open_in_memory(data, ONE)


def test_samples_and_labels_side_by_side_are_told_how_to_be_given() -> None:
    found = open_in_memory([(row, 1) for row in ROWS], ONE)
    said = (
        "sample 0: 2 arrays, the model wants 1 inputs; samples and their labels are given as a pair: (samples, labels)"
    )
    with pytest.raises(DataError, match=exactly(said)):
        found.load(0)


def test_the_fingerprint_follows_values_types_and_labels() -> None:
    sets = [
        (ROWS, [0] * 5),
        (ROWS + 1, [0] * 5),
        (ROWS.astype(np.float64), [0] * 5),
        (ROWS, [0, 0, 0, 0, 1]),
        ROWS,
        ROWS[:4],
    ]
    prints = [open_in_memory(data, ONE).fingerprint for data in sets]
    assert len(set(prints)) == len(sets)
    assert prints[0] == open_in_memory((ROWS.copy(), [0] * 5), ONE).fingerprint


def test_a_data_set_that_loads_lazily_is_not_read_as_a_whole() -> None:
    lazy = Lazy(1000)
    found = open_in_memory(lazy, ONE)
    assert len(found) == 1000
    assert 0 < lazy.asked <= 64


def test_a_data_set_of_nncfs_brings_its_transform_and_its_labels() -> None:
    nncf = pytest.importorskip("nncf")
    data = nncf.Dataset(Lazy(6), lambda item: item[0][None] * 2)
    assert is_prepared(data)
    found = open_in_memory(data, ONE)
    assert found.labels == (0, 1, 2, 0, 1, 2)
    np.testing.assert_array_equal(found.load(5), np.full((1, 4), 10, np.float32))


def test_a_data_set_of_nncfs_over_a_loader_is_gone_through_once() -> None:
    nncf = pytest.importorskip("nncf")
    passes: list[int] = []

    class Loader:
        def __iter__(self) -> Any:
            passes.append(1)
            return iter([(row[None], np.array([3])) for row in ROWS])

    found = open_in_memory(nncf.Dataset(Loader(), lambda item: item[0]), ONE)
    np.testing.assert_array_equal(found.load(1), ROWS[1:2])
    assert (found.labels, len(passes)) == ((3,) * 5, 1)


def test_a_data_set_of_nncfs_without_a_transform_has_no_labels() -> None:
    nncf = pytest.importorskip("nncf")
    assert open_in_memory(nncf.Dataset(list(ROWS)), ONE).labels is None


def test_the_splits_of_a_table_are_its_own() -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"x": ROWS.tolist(), "label": [0, 1, 2, 0, 1]})
    found = open_in_memory(datasets.DatasetDict(train=table, test=table.select([1]).remove_columns("label")), ONE)
    assert (found.splits, found.labels) == (("train",) * 5 + ("test",), (0, 1, 2, 0, 1, None))
    np.testing.assert_array_equal(found.load(5), ROWS[1])
    assert open_in_memory(table, ONE).splits is None


def test_a_table_of_tensors_is_one_of_plain_values() -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"x": ROWS.tolist(), "label": [0, 1, 2, 0, 1]}).with_format("numpy")
    assert all(type(label) is int for label in open_in_memory(table, ONE).labels or ())


def test_a_stream_and_a_table_of_several_labels_are_refused_with_what_to_do() -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"x": ROWS.tolist(), "fine_label": [0] * 5, "coarse_label": [0] * 5})
    asked = (
        "data: which column is the label? 2 columns may be; rename it, as in data.rename_column('fine_label', 'label')"
    )
    with pytest.raises(DataError, match=exactly(asked)):
        open_in_memory(table, ONE)
    stream = "data: a stream, whose rows have no places; give datasets.Dataset.from_list(list(data.take(1000)))"
    with pytest.raises(DataError, match=exactly(stream)):
        open_in_memory(table.to_iterable_dataset(), ONE)


def test_labels_that_stand_the_other_way_round_are_turned() -> None:
    assert open_in_memory((ROWS, np.array([[0, 1, 2, 0, 1]])), ONE).labels == (0, 1, 2, 0, 1)
    turned = open_in_memory((ROWS, np.eye(3)[[0, 1, 2, 0, 1]].T), ONE).labels
    np.testing.assert_array_equal(np.array(turned), np.eye(3)[[0, 1, 2, 0, 1]])
