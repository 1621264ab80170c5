"""Pairs that a recipe asks for, or a file lists."""

import pytest
from pydantic import ValidationError

from ovopt.data.pairs import Pairs, listed_pairs
from ovopt.errors import DataError
from tests.factories import exactly


def listed(folder, text):
    file = folder / "pairs.txt"
    file.write_text(text, encoding="utf-8-sig")
    return [pair[1:4] for pair in listed_pairs(str(file))]


@pytest.mark.parametrize(
    "text",
    [
        "first,second,same\na.png,b.png,1\na.png,c.png,0\n",
        "a.png\tb.png\tsame\n\na.png\tc.png\tdifferent\n",
        "1 a.png b.png\n0 a.png c.png\n",
        "same,first,second\r\nTrue,a.png,b.png\r\nfalse,a.png,c.png\r\n",
    ],
)
def test_a_line_is_two_samples_and_if_they_are_the_same(tmp_path, text):
    assert listed(tmp_path, text) == [("a.png", "b.png", True), ("a.png", "c.png", False)]


def test_names_that_are_numbers_are_names(tmp_path):
    assert listed(tmp_path, "12 13 1\n12 14 0\n") == [("12", "13", True), ("12", "14", False)]


def test_pairs_of_lfw_are_two_numbers_of_one_name_or_two_names(tmp_path):
    found = listed(tmp_path, "1\t2\nAnn_Lee\t1\t14\nAnn_Lee\t3\tBo_Kim\t2\n")
    assert found == [("Ann_Lee_0001", "Ann_Lee_0014", True), ("Ann_Lee_0003", "Bo_Kim_0002", False)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "{0}: lists no pairs: two samples on each line, and 1 (the same) or 0"),
        ("a,b,same\n", "{0}: lists no pairs: two samples on each line, and 1 (the same) or 0"),
        ("a b 1\na b maybe\n", "{0}:2: 'a b maybe' is no pair: two samples, and 1 (the same) or 0"),
    ],
)
def test_what_is_no_pair_is_an_error(tmp_path, text, fault):
    with pytest.raises(DataError, match=exactly(fault.format(tmp_path / "pairs.txt"))):
        listed(tmp_path, text)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({}, "give `same` and `different`, or a `file`"),
        ({"same": 3}, "give `same` and `different`, or a `file`"),
        ({"same": 3, "different": 3, "file": "p.csv"}, "give `same` and `different`, or a `file`"),
        ({"same": 0, "different": 0}, "`same` and `different` are both 0"),
    ],
)
def test_pairs_are_made_or_listed(keys, fault):
    with pytest.raises(ValidationError, match=fault):
        Pairs(**keys)
