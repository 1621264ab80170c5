"""How a file of separated values is written."""

import pytest

from ovopt.data.separated import Written, not_text_in, written
from ovopt.errors import DataError
from tests.factories import exactly

PLAIN = Written(",", ".", "utf-8")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", b"a,b\n1,2\n", PLAIN),
        ("t.csv", b"a;b\n1,5;2\n", Written(";", ",", "utf-8")),
        ("t.csv", b"a;b\n1.5;2\n", Written(";", ".", "utf-8")),
        ("t.csv", b"a;b\nx, y;2\n", Written(";", ".", "utf-8")),
        ("t.csv", b"a\tb\n1,5e3\t-2\n", Written("\t", ",", "utf-8")),
        ("t.csv", b"a|b\n1|2\n", Written("|", ".", "utf-8")),
        ("t.tsv", b"a\tb\n1\t2\n", Written("\t", ".", "utf-8")),
        ("t.tsv", b"a,b\n1,2\n", PLAIN),
        ("t.csv", b"text;more\nhello, you;x\n", Written(";", ".", "utf-8")),
        ("t.csv", b"text\nhello; you\n", PLAIN),
        ("t.csv", b'text,label\n"one; two\nthree, four",1\n', PLAIN),
        ("t.csv", b"\xef\xbb\xbfa;b\r\n1;2\r\n", Written(";", ".", "utf-8")),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), Written(",", ".", "utf-16")),
        ("t.csv", b"", PLAIN),
    ],
)
def test_a_file_tells_by_its_beginning_how_it_is_written(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    assert written(tmp_path / name, Written()) == expected


@pytest.mark.parametrize(
    ("content", "columns", "headed"),
    [
        (b"a,b\n1,x\n", {"a": True, "b": False}, True),
        (b"a,b\n1,NA\n,None\n", {"a": True, "b": True}, True),
        (b"a,b\n1,None\n2,mild\n", {"a": True, "b": False}, True),
        (b"5.1,3.5,setosa\n4.9,3.0,setosa\n", {"column_1": True, "column_2": True, "column_3": False}, False),
        (b"7,0,0\n2,0,1\n", {"column_1": True, "column_2": True, "column_3": True}, False),
        (b"label,0,1,2\n7,0,0,1\n", {"label": True, "0": True, "1": True, "2": True}, True),
        (b"0,1,2\n7,0,0\n", {"0": True, "1": True, "2": True}, True),
    ],
)
def test_columns_and_a_first_line_of_values_are_told(tmp_path, content, columns, headed):
    (tmp_path / "t.csv").write_bytes(content)
    found = written(tmp_path / "t.csv", Written())
    assert (found.columns, found.headed) == (columns, headed)


def test_spaces_behind_separators_are_no_part_of_names(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a, b, label\n1, 2, x\n")
    found = written(tmp_path / "t.csv", Written())
    assert (found.spaced, [*found.columns]) == (True, ["a", "b", "label"])


def test_what_the_recipe_says_is_not_looked_for(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a;b\n1,5;2\n")
    said = Written(",", ".", "latin-1")
    assert written(tmp_path / "t.csv", said) == said
    assert written(tmp_path / "t.csv", Written(decimal=".")) == Written(";", ".", "utf-8")


@pytest.mark.parametrize(
    ("name", "found", "said", "words"),
    [
        ("t.csv", PLAIN, Written(), ""),
        ("t.tsv", Written("\t", ".", "utf-8"), Written(), ""),
        ("t.csv", Written(";", ",", "utf-8"), Written(), "with semicolons between columns and a decimal comma"),
        ("t.csv", Written(";", ",", "utf-8"), Written(";"), "with a decimal comma"),
        ("t.csv", Written(",", ".", "utf-16"), Written(), "as utf-16"),
        ("t.csv", Written(",", ".", "latin-1"), Written(encoding="latin-1"), ""),
    ],
)
def test_what_is_not_as_usual_is_said_unless_the_recipe_says_it(tmp_path, name, found, said, words):
    assert found.differs(tmp_path / name, said) == words


def test_a_long_file_is_judged_by_whole_lines(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n" + "1,5;2\n" * 20_000)
    assert written(tmp_path / "t.csv", Written()) == Written(";", ",", "utf-8")


def test_the_first_line_that_is_not_text_is_found(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a\nb\n" + "ä\n".encode("latin-1"))
    assert (not_text_in(tmp_path / "t.csv"), not_text_in(tmp_path / "t.csv", "latin-1")) == (3, None)
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'u'}: cannot be read: No such file or directory")):
        not_text_in(tmp_path / "u")
