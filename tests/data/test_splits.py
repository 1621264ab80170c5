"""Data that come as several parts, and splits that they bring."""

import numpy as np
import pytest

from ovopt.contracts import Boxes, Samples
from ovopt.data.hf import HuggingFace
from ovopt.data.npz import Npz
from ovopt.data.splits import OwnSplits, are_parts, open_parts, together
from ovopt.errors import DataError
from ovopt.records import Port
from tests.factories import exactly

PORT = Port(name="x", shape=(1, 2), dtype="f32")


@pytest.fixture
def parts(tmp_path):
    for place, (name, count) in enumerate({"train": 4, "test": 3}.items()):
        np.savez(tmp_path / f"{name}.npz", x=np.full((count, 2), place, np.float32), labels=np.arange(count))
    return tmp_path


def test_parts_are_one_data_set_whose_samples_know_their_split(parts):
    samples = OwnSplits(parts={"train": str(parts / "train.npz"), "gate": str(parts / "test.npz")}).open([PORT], 0)
    assert samples.splits == ("train",) * 4 + ("gate",) * 3
    assert samples.labels == (0, 1, 2, 3, 0, 1, 2)
    assert [samples.load(index)[0] for index in range(7)] == [0] * 4 + [1] * 3
    assert samples.ids[4] == "gate/test.npz#0"


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "train.csv").write_text("a,b,label\n1.5,2.5,0\n3.5,4.5,1\n")
    (tmp_path / "test.csv").write_text("b,label,a\n2.25,0,1.25\n")
    (tmp_path / "less.csv").write_text("b,label\n2.25,0\n")
    return tmp_path


@pytest.mark.parametrize("order", [("train", "test"), ("test", "train")])
def test_columns_of_tables_are_taken_by_name_in_the_order_of_the_training_part(tables, order):
    samples = OwnSplits(parts={name: str(tables / f"{name}.csv") for name in order}).open([PORT], 0)
    assert samples.inputs == ("a", "b")
    loaded = {one: samples.load(place).tolist() for place, one in enumerate(samples.ids)}
    assert loaded == {
        "train/train.csv#0": [1.5, 2.5],
        "train/train.csv#1": [3.5, 4.5],
        "test/test.csv#0": [1.25, 2.25],
    }


def test_columns_of_tables_are_taken_by_name_over_the_files_of_a_folder(tables):
    (tables / "less.csv").unlink()
    samples = HuggingFace(path=str(tables)).open([PORT], 0)
    assert [samples.load(place).tolist() for place in range(3)] == [[1.25, 2.25], [1.5, 2.5], [3.5, 4.5]]


def test_columns_of_tables_are_taken_by_name_over_the_shards_of_a_split(tables):
    (tables / "train.csv").rename(tables / "train-00000-of-00002.csv")
    (tables / "test.csv").rename(tables / "train-00001-of-00002.csv")
    samples = HuggingFace(path=str(tables / "train-*.csv")).open([PORT], 0)
    assert [samples.load(place).tolist() for place in range(3)] == [[1.5, 2.5], [3.5, 4.5], [1.25, 2.25]]


def test_columns_for_several_inputs_are_taken_by_name(tables):
    ports = [Port(name=name, shape=(1, 1), dtype="f32") for name in ("x", "y")]
    parts = {"train": str(tables / "train.csv"), "test": str(tables / "test.csv")}
    assert [*OwnSplits(parts=parts).open(ports, 0).load(2).items()] == [("a", 1.25), ("b", 2.25)]


def test_a_part_that_lacks_an_input_column_is_an_error(tables):
    message = (
        f"{tables / 'less.csv'}: the column 'a', which is an input in 'train', is none here; mend one of them, or name "
        "the columns with data.source.inputs"
    )
    with pytest.raises(DataError, match=exactly(message)):
        OwnSplits(parts={"gate": str(tables / "less.csv"), "train": str(tables / "train.csv")}).open([PORT], 0)


def test_a_folder_of_parts_is_recognised(parts):
    assert OwnSplits.recognises(str(parts))
    assert OwnSplits(path=str(parts)).open([PORT], 0).splits == ("test",) * 3 + ("train",) * 4


def test_a_key_that_a_part_has_not_is_named(parts):
    with pytest.raises(
        DataError, match=exactly("data.source.lable: extra inputs are not permitted (part test, of kind npz)")
    ):
        OwnSplits(path=str(parts), lable="y").open([PORT], 0)


def test_several_parts_of_a_split_are_all_of_it_and_samples_of_the_same_id_are_told_apart(parts):
    (parts / "more").mkdir()
    (parts / "train.npz").rename(parts / "more" / "test.npz")
    source = OwnSplits(parts={"test": (str(parts / "test.npz"), str(parts / "more" / "test.npz"))})
    samples = source.open([PORT], 0)
    assert samples.splits == ("test",) * 7
    assert samples.ids[0] == "test/1/test.npz#0"
    assert samples.ids[3] == "test/2/test.npz#0"


def test_neither_a_files_name_nor_the_order_of_parts_changes_places_or_fingerprint(parts):
    named = OwnSplits(parts={"train": str(parts / "train.npz"), "gate": str(parts / "test.npz")}).open([PORT], 0)
    (parts / "test.npz").rename(parts / "renamed.npz")
    other = OwnSplits(parts={"gate": str(parts / "renamed.npz"), "train": str(parts / "train.npz")}).open([PORT], 0)
    assert set(other.places) == set(named.places)
    assert other.fingerprint == named.fingerprint


def test_a_part_may_say_its_own_kind_and_keys(parts):
    source = OwnSplits(
        parts={"train": {"path": str(parts / "train.npz"), "labels": "labels"}, "test": str(parts / "test.npz")}
    )
    assert source.open([PORT], 0).labels == (0, 1, 2, 3, 0, 1, 2)


def test_a_part_without_labels_has_none_where_another_has_some(parts):
    np.savez(parts / "train.npz", x=np.zeros((2, 2), np.float32))
    assert OwnSplits(path=str(parts)).open([PORT], 0).labels == (0, 1, 2, None, None)


@pytest.mark.parametrize(
    ("names", "recognised"),
    [
        (("train.npz", "test.npz"), True),
        (("train.npz",), False),
        (("train.npz", "test.npz", "images/a.png"), False),
        (("train/a.png", "val/a.png", "more/a.png"), True),
        (("train/a.png",), True),
        (("train/a.png", "bus/a.png"), False),
        (("train.py", "test.py"), False),
    ],
)
def test_a_folder_of_splits_is_told_from_others(tmp_path, names, recognised):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert OwnSplits.recognises(str(tmp_path)) == recognised


def test_two_files_for_one_split_are_asked_about(parts):
    (parts / "test.csv").touch()
    message = (
        f"{parts}: test.csv and test.npz are all called test; name those to read: --data test={parts}/test.csv ..."
    )
    with pytest.raises(DataError, match=exactly(message)):
        OwnSplits(path=str(parts)).open([PORT], 0)


def test_an_empty_part_is_named(tmp_path):
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=exactly(f"{tmp_path}/test: an empty folder; fill or remove it")):
        OwnSplits(path=str(tmp_path)).open([PORT], 0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"path": "."}, "{root}: holds no folder or file that is called like a split, such as train, val or test"),
        ({}, "data.source: give `parts`, or the `path` of a folder that holds them"),
        (
            {"parts": {"gate": "notes.xyz"}},
            "{root}/notes.xyz: no source reads this kind of file; say which with --set data.source.each=...",
        ),
        ({"parts": {"gate": "gone.npz"}}, "{root}/gone.npz: no such data"),
        (
            {"parts": {"gate": {"kind": "nzp", "path": "notes.xyz"}}},
            "data.source.parts.gate: 'nzp' is no kind of a part; did you mean 'npz'?",
        ),
    ],
)
def test_what_is_no_part_is_refused(tmp_path, source, message):
    (tmp_path / "notes.xyz").touch()
    if source.get("path"):
        source = {"path": str(tmp_path)}
    elif isinstance((source.get("parts") or {}).get("gate"), str):
        source = {"parts": {"gate": str(tmp_path / source["parts"]["gate"])}}
    with pytest.raises(DataError, match=exactly(message.format(root=tmp_path))):
        OwnSplits(**source).open([PORT], 0)


def part(classes, labels, **more):
    ids = tuple(f"s{i}" for i in range(len(labels)))
    return Samples("set", ids, tuple(labels), lambda index: index, "", tuple(classes), **more)


def boxes(*classes):
    return Boxes(np.zeros((len(classes), 4)), np.array(classes), np.zeros(len(classes), bool), (1, 1))


def test_classes_are_put_together_by_their_names():
    joined = together([("train", part(["ant", "cow"], [0, 1])), ("test", part(["ant", "bee", "cow"], [1, 2]))], "both")
    assert joined.classes == ("ant", "bee", "cow")
    assert joined.labels == (0, 2, 1, 2)
    found = together([("train", part(["dog"], [boxes(0, 0)])), ("test", part(["person", "dog"], [boxes(1)]))], "both")
    assert found.classes == ("person", "dog")
    assert [label.classes.tolist() for label in found.labels] == [[1, 1], [1]]


def test_a_column_that_one_part_lacks_is_empty_there():
    known = part((), [0, 1], columns={"speaker": lambda: ["ann", "bob"]})
    joined = together([("train", known), ("test", part((), [0]))], "both")
    assert joined.column("speaker") == ["ann", "bob", None]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"train": np.zeros((2, 2)), "test": np.zeros((2, 2))}, True),
        ({"fold": (np.zeros((2, 2)), [0, 1]), "test": np.zeros((2, 2))}, True),
        ({"fold": "a.npz", "other": ["b.npz", "c.npz"]}, True),
        ({"fold": Npz(path="a.npz")}, True),
        ({"input_ids": np.zeros((2, 2)), "test": np.zeros((2, 2))}, False),
        ({}, False),
        ("train", False),
    ],
)
def test_parts_in_memory_are_told_from_arrays_by_input(data, found):
    assert are_parts(data) == found


def test_parts_in_memory_are_opened_one_by_one(parts):
    samples = open_parts({"train": [1, 2], "gate": ["a.npz", "b.npz"]}, lambda one: part((), [one]))
    assert samples.labels == ([1, 2], "a.npz", "b.npz")
    assert samples.splits == ("train", "gate", "gate")
    assert samples.source == "data in memory (train, gate)"
