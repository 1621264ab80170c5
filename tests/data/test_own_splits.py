"""Names of a data set's own splits, and what is drawn from them."""

from pathlib import Path

import pytest

from ovopt.data.own_splits import SplitError, drawn_from, own_splits_in, unexpected, usual_split
from ovopt.data.split import Splits
from tests.factories import exactly


def drawn(*known, **splits):
    return drawn_from(Splits(**splits).choices, known)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "calibration"),
        ("Training", "calibration"),
        ("train2017", "calibration"),
        ("train.clean.100", "calibration"),
        ("val", "tuning"),
        ("validation_matched", "tuning"),
        ("dev", "tuning"),
        ("test", "gate"),
        ("test-1", "gate"),
        ("trained", None),
        ("unsupervised", None),
        ("1", None),
        ("", None),
    ],
)
def test_a_name_tells_what_a_split_is_for(name, split):
    assert usual_split(name) == split


@pytest.mark.parametrize(
    ("known", "pools"),
    [
        (("train", "val", "test"), {"calibration": "train", "tuning": "val", "gate": "test"}),
        (("train", "test"), {"calibration": "train", "tuning": "test", "gate": "test"}),
        (("train", "val"), {"calibration": "train", "tuning": "val", "gate": "val"}),
        (("val", "test"), {"calibration": "val", "tuning": "val", "gate": "test"}),
        (("train", "gate"), {"calibration": "train", "tuning": "train", "gate": "gate"}),
        (("calibration", "gate"), {"calibration": "calibration", "tuning": "calibration", "gate": "gate"}),
        (("tuning", "gate"), {"calibration": "tuning", "tuning": "tuning", "gate": "gate"}),
        (("train",), {"calibration": "train", "tuning": "train", "gate": "train"}),
        (("test", "more"), {"calibration": "test", "tuning": "test", "gate": "test"}),
        (("a", "b"), {"calibration": "a b", "tuning": "a b", "gate": "a b"}),
        (("calibration",), {"calibration": "calibration", "tuning": "calibration", "gate": ""}),
        (("gate",), {"calibration": "", "tuning": "", "gate": "gate"}),
        (("calibration", "train", "test"), {"calibration": "calibration", "tuning": "test", "gate": "test"}),
        (("val", "valid", "test"), {"calibration": "val valid", "tuning": "val valid", "gate": "test"}),
    ],
)
def test_each_split_draws_from_what_is_called_so_or_from_the_next_best(known, pools):
    found = {name: " ".join(pool) for pool, wants in drawn(*known).items() for name in wants}
    assert found == pools


def test_what_a_split_names_is_its_own_and_others_take_from_what_is_left():
    assert drawn("train", "val", "test", gate="val") == {
        ("val",): {"gate": None}, ("train",): {"calibration": None}, ("test",): {"tuning": None},
    }  # fmt: skip
    assert drawn("train", "test", gate="test") == {
        ("test",): {"gate": None}, ("train",): {"calibration": None, "tuning": None},
    }  # fmt: skip
    assert drawn("a", "b", gate="b") == {("b",): {"gate": None}, ("a",): {"calibration": None, "tuning": None}}


def test_a_part_of_a_split_leaves_the_rest_to_others():
    assert drawn("train", "test", tuning={"train": 0.2}) == {
        ("train",): {"calibration": None, "tuning": 0.2}, ("test",): {"gate": None},
    }  # fmt: skip


def test_shares_divide_what_several_splits_draw_from_and_counts_count():
    quarters = {"calibration": 0.25, "tuning": 0.25, "gate": "rest"}
    assert drawn("train", "val", "test", **quarters) == {
        ("train",): {"calibration": 1.0}, ("val",): {"tuning": 1.0}, ("test",): {"gate": "rest"},
    }  # fmt: skip
    assert drawn("train", "gate", **quarters)["train",] == {"calibration": 0.5, "tuning": 0.5}
    assert drawn("train", "val", **quarters)["val",] == {"tuning": 0.25, "gate": "rest"}
    assert drawn("train", "test", calibration=300)["train",] == {"calibration": 300}
    assert drawn(**quarters) == {(): quarters}


def test_training_samples_beside_others_of_unknown_use_are_asked_about():
    message = (
        "data.splits.gate: the data come as train, holdout, of which training samples do not judge; name what does, "
        "such as 'holdout': --set data.splits.gate=holdout"
    )
    with pytest.raises(SplitError, match=exactly(message)):
        drawn("train", "holdout")
    assert drawn("train", "holdout", gate="holdout")["holdout",] == {"gate": None}
    assert drawn("train", "holdout", gate=0)["train",] == {"calibration": 0.25, "tuning": 0.25, "gate": 0}


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (("train", "test"), "data.splits.gate: the data have no split 'tset'; did you mean 'test'?"),
        (
            (),
            "data.splits.gate: the data have no split 'tset'; they bring none; give a count, a share such as 0.25, or "
            "`rest`",
        ),
    ],
)
def test_a_split_that_there_is_not_is_refused_with_those_that_there_are(known, message):
    with pytest.raises(SplitError, match=exactly(message)):
        drawn(*known, gate="tset")


def test_names_that_tell_nothing_are_unexpected_beside_others_that_do():
    choices = Splits().choices
    assert unexpected(choices, ("train", "test", "more")) == ("more",)
    assert unexpected(Splits(calibration=("train", "more")).choices, ("train", "test", "more")) == ()
    assert unexpected(choices, ("a", "b")) == ()


def test_a_folder_holds_splits_as_folders_or_else_as_files(tmp_path: Path):
    for name in ("val.npz", "train.npz", "train.csv", "notes.txt", "test_results.json"):
        (tmp_path / name).touch()
    assert own_splits_in(tmp_path) == {
        "train": [tmp_path / "train.csv", tmp_path / "train.npz"], "val": [tmp_path / "val.npz"],
    }  # fmt: skip
    for name in ("train2017", "val", "red"):
        (tmp_path / name).mkdir()
    assert own_splits_in(tmp_path) == {"train2017": [tmp_path / "train2017"], "val": [tmp_path / "val"]}
    assert own_splits_in(tmp_path / "nowhere") == {}
