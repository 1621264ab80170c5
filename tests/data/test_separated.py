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
