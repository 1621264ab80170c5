"""Data that come as several parts, and splits that they bring."""

import numpy as np
import pytest

from ovopt.data.own_splits import SplitError
from ovopt.data.split import Splits, split
from ovopt.data.splits import OwnSplits
from ovopt.errors import DataError
from tests.factories import exactly

IDS = [f"s{i}" for i in range(30)]
OWN = ["train"] * 10 + ["val"] * 8 + ["test"] * 12


def sizes(splits, own=OWN):
    return {name: sorted(own[i] for i in chosen) for name, chosen in split(IDS, splits, 0, own=own).items()}


def test_usual_names_decide_where_the_recipe_says_nothing():
    assert sizes(Splits()) == {"calibration": ["train"] * 10, "tuning": ["val"] * 8, "gate": ["test"] * 12}


def test_training_samples_never_judge_where_one_other_split_is_there():
    own = ["train"] * 10 + ["valid"] * 20
    assert sizes(Splits(), own) == {"calibration": ["train"] * 10, "tuning": ["valid"] * 10, "gate": ["valid"] * 10}


def test_all_of_what_is_called_gate_judges():
    own = ["train"] * 10 + ["gate"] * 20
    assert sizes(Splits(), own) == {"calibration": ["train"] * 5, "tuning": ["train"] * 5, "gate": ["gate"] * 20}


@pytest.mark.parametrize("names", ["train", "abc"])
def test_names_that_tell_no_training_from_judging_divide_nothing(names):
    own = [names[i % len(names)] if names == "abc" else names for i in range(30)]
    assert {name: len(chosen) for name, chosen in sizes(Splits(), own).items()} == {
        "calibration": 7, "tuning": 7, "gate": 16,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"calibration": "val", "tuning": "train", "gate": "test"}, (["val"] * 8, ["train"] * 10, ["test"] * 12)),
        (
            {"calibration": ("train", "val"), "tuning": 0, "gate": "test"},
            (["train"] * 10 + ["val"] * 8, [], ["test"] * 12),
        ),
        ({"calibration": {"train": 0.5}, "tuning": {"train": "rest"}}, (["train"] * 5, ["train"] * 5, ["test"] * 12)),
        ({"calibration": 3, "tuning": 0.25, "gate": "rest"}, (["train"] * 3, ["val"] * 8, ["test"] * 12)),
    ],
)
def test_a_split_takes_what_it_names(given, expected):
    assert tuple(map(sorted, sizes(Splits(**given)).values())) == tuple(map(sorted, expected))


def test_a_split_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(
        SplitError, match=exactly("data.splits.gate: the data have no split 'tset'; did you mean 'test'?")
    ):
        split(IDS, Splits(gate="tset"), 0, own=OWN)


def test_a_file_lists_the_samples_of_a_split(tmp_path):
    (tmp_path / "gate.txt").write_text("s3\ns5\n")
    found = split(IDS, Splits(gate=str(tmp_path / "gate.txt"), calibration=4, tuning="rest"), 0)
    assert sorted(found["gate"]) == [3, 5]
    assert (len(found["calibration"]), len(found["tuning"])) == (4, 24)


@pytest.fixture
def parts(tmp_path):
    for place, (name, count) in enumerate({"train": 4, "test": 3}.items()):
        np.savez(tmp_path / f"{name}.npz", x=np.full((count, 2), place, np.float32), labels=np.arange(count))
    return tmp_path


def test_parts_are_one_data_set_whose_samples_know_their_split(parts):
    samples = OwnSplits(parts={"train": str(parts / "train.npz"), "gate": str(parts / "test.npz")}).open([], 0)
    assert samples.splits == ("train",) * 4 + ("gate",) * 3
    assert samples.labels == (0, 1, 2, 3, 0, 1, 2)
    assert [samples.load(index)[0] for index in range(7)] == [0] * 4 + [1] * 3
    assert samples.ids[4] == "gate/test.npz#0"


def test_a_folder_of_parts_is_recognised(parts):
    assert OwnSplits.recognises(str(parts))
    assert OwnSplits(path=str(parts)).open([], 0).splits == ("test",) * 3 + ("train",) * 4


def test_a_key_that_a_part_has_not_is_named(parts):
    with pytest.raises(
        DataError, match=exactly("data.source.lable: extra inputs are not permitted (part test, of kind npz)")
    ):
        OwnSplits(path=str(parts), lable="y").open([], 0)
