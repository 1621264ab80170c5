"""What belongs together."""

import pytest

from ovopt.contracts import Samples
from ovopt.errors import DataError
from ovopt.preparing.groups import groups_of
from ovopt.recipe.sections import ByPattern
from tests.factories import exactly

IDS = ("train/ann_1.wav", "train/bob_1.wav", "test/ann_2.wav")


def samples(ids=IDS, splits=None, **columns):
    return Samples("set", tuple(ids), None, lambda index: index, "", splits=splits, columns=columns)


def test_values_of_a_column_are_groups_and_nothing_is_none():
    found = samples(speaker=lambda: ["ann", 7.0, None])
    assert groups_of(found, "speaker") == ["ann", "7", None]


def test_a_pattern_finds_the_group_in_an_id_whatever_split_it_is_of():
    own = ("train", "train", "test")
    assert groups_of(samples(splits=own), ByPattern(pattern="^(.*?)_")) == ["ann", "bob", "ann"]
    assert groups_of(samples(splits=own), ByPattern(pattern="[a-z]+")) == ["ann", "bob", "ann"]
    assert groups_of(samples(("a_1_x", "b_1_y")), ByPattern(pattern=r"^(\w)_(\d)")) == ["a/1", "b/1"]


def test_the_folder_of_an_id_is_a_group():
    assert groups_of(samples(("a/b/1.png", "a/2.png", "a/b/3.png")), "folder") == ["a/b", "a", "a/b"]
    assert groups_of(samples(("a/1.png",), folder=lambda: ["x"]), "folder") == ["x"]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("speaker", "set: no column 'speaker'; it has none beside samples and labels"),
        (ByPattern(pattern="^x"), "data.group.pattern: '^x' does not fit 'a.wav', 'b/c.wav'"),
        ("folder", "data.group: no folder of its own holds 'a.wav'"),
    ],
)
def test_samples_that_do_not_tell_their_group_are_named(by, message):
    with pytest.raises(DataError, match=exactly(message)):
        groups_of(samples(("a.wav", "b/c.wav")), by)
