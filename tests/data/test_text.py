"""A text file."""

import hashlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ovopt.data.text import Text
from ovopt.errors import DataError
from tests.factories import exactly

ANY = st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufeff"))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "t.txt"


def opened(file, text, **keys):
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Text(path=str(file), **keys).open((), seed=0)


def contents(samples):
    return [samples.load(i) for i in range(len(samples))]


def test_a_line_is_a_sample_and_blank_ones_are_left_out(file):
    samples = opened(file, "first\n\nseçond \r\n   \nlast")
    assert contents(samples) == ["first", "seçond ", "last"]
    assert samples.ids == ("t.txt:1", "t.txt:3", "t.txt:5")
    assert samples.labels is None
    assert samples.fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()
    assert Text.recognises("a/B.TXT")
    assert not Text.recognises("a/b.csv")


def test_a_label_stands_behind_the_last_tab(file):
    samples = opened(file, "good film\tpos\na\tb\tneg \n", label="tab")
    assert contents(samples) == ["good film", "a\tb"]
    assert samples.labels == ("pos", "neg")


def test_words_and_their_tags_stand_on_lines_of_their_own(tmp_path):
    text = "-DOCSTART- -X- O\n\nAnna\tNNP\tB-PER\r\nsat VB O\n \nRome B-LOC\n"
    samples = opened(tmp_path / "t.conll", text)
    assert contents(samples) == [["Anna", "sat"], ["Rome"]]
    assert samples.labels == (["B-PER", "O"], ["B-LOC"])
    assert samples.ids == ("t.conll:3", "t.conll:6")
    assert contents(opened(tmp_path / "t.txt", text, label="words")) == [["Anna", "sat"], ["Rome"]]
    assert contents(opened(tmp_path / "t.conll", "a B\n\nb O", label="none")) == ["a B", "b O"]
    assert Text.recognises("a/b.conll")
    file = tmp_path / "t.conll"
    with pytest.raises(DataError, match=exactly(f"{file}:2: wants a word and, in the last column, its tag")):
        opened(file, "a B\nb\n")
    with pytest.raises(ValidationError, match="only one of `paragraphs`, `chars` and `label: words` can be given"):
        opened(file, "a B", label="words", paragraphs=True)


def test_paragraphs_are_parted_by_blank_lines(file):
    samples = opened(file, "\n\none\ntwo\n \nthree\n\n\n", paragraphs=True)
    assert contents(samples) == ["one\ntwo", "three"]
    assert samples.ids == ("t.txt:3", "t.txt:6")


def test_stretches_have_so_many_characters(file):
    samples = opened(file, "äbcdé\nfgh", chars=4)
    assert contents(samples) == ["äbcd", "é\nfg", "h"]


@pytest.mark.parametrize("keys", [{}, {"paragraphs": True}, {"chars": 100}])
def test_the_mark_of_utf8_is_no_text(file, keys):
    assert contents(opened(file, b"\xef\xbb\xbfword", **keys)) == ["word"]


def test_only_the_first_samples_are_taken(file):
    assert contents(opened(file, "a\nb\nc\n", take=2)) == ["a", "b"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY, chars=st.integers(1, 9))
def test_any_text_is_divided_as_plain_python_does(file, text, chars):
    lines = [line for line in text.split("\n") if line.strip()]
    stretches = [text[i : i + chars] for i in range(0, len(text), chars)]
    for expected, keys in ((lines, {}), ([s for s in stretches if s.strip()], {"chars": chars})):
        if expected:
            assert contents(opened(file, text, **keys)) == expected
        else:
            with pytest.raises(DataError, match=exactly(f"{file}: holds no text")):
                opened(file, text, **keys)


@pytest.mark.parametrize("line", ["no tab", "\tlabel", "text\t", "text\t  "])
def test_a_line_without_text_or_label_is_an_error(file, line):
    with pytest.raises(DataError, match=exactly(f"{file}:2: wants text, a tab and a label")):
        opened(file, f"a\tb\n{line}\n", label="tab")


def test_text_that_is_no_utf8_is_an_error_that_asks_for_the_encoding(file):
    fault = "not UTF-8 text; say how it is written, as in --set data.source.encoding=latin-1, or convert it"
    with pytest.raises(DataError, match=exactly(f"{file}:2: {fault}")):
        opened(file, b"a\n\xff\n")
    with pytest.raises(DataError, match=exactly(f"{file}: after 0 bytes {fault}")):
        opened(file, b"a\n\xff\n", chars=2)


@pytest.mark.parametrize(
    ("keys", "texts"), [({"label": "tab"}, ["schön", "ja"]), ({"chars": 5}, ["schön", "\t1\nja", "\t0\n"])]
)
def test_text_of_another_encoding_is_read(file, keys, texts):
    samples = opened(file, "schön\t1\nja\t0\n".encode("latin-1"), encoding="latin-1", **keys)
    assert [samples.load(i) for i in range(len(samples))] == texts


def test_text_of_two_bytes_for_each_sign_is_not_read(file):
    fault = "text in utf-16 is not read; convert the file, as `iconv -t utf-8` does"
    with pytest.raises(ValidationError, match=re.escape(fault)):
        opened(file, b"a", encoding="utf-16")


def test_the_place_of_a_text_does_not_depend_on_the_files_name(file):
    assert opened(file, "a\n\nb\n").keys == ("1", "3")


def test_a_missing_file_is_an_error(file):
    with pytest.raises(DataError, match=exactly(f"{file}: no such text file")):
        Text(path=str(file)).open((), seed=0)


def test_a_file_that_went_away_is_an_error(file):
    samples = opened(file, "a\n")
    file.unlink()
    with pytest.raises(DataError, match=exactly(f"{file}: cannot be read: No such file or directory")):
        samples.load(0)


def test_only_one_way_to_divide_can_be_given():
    with pytest.raises(ValidationError, match="only one of `paragraphs`, `chars` and `label: tab` can be given"):
        Text(path="x", paragraphs=True, chars=3)


def test_a_text_beyond_the_limit_is_refused(tmp_path):
    file = tmp_path / "t.txt"
    file.write_text("a\n" * 3 + "b" * 11 + "\n")
    message = f"{file}:4: a text of 11 bytes or more, data.source.max_bytes is 10; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        Text(path=str(file), max_bytes=10).open((), seed=0)
    file.write_text("\n" + "a\n" * 6)
    message = f"{file}:2: a text of 11 bytes or more, data.source.max_bytes is 10; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        Text(path=str(file), max_bytes=10, paragraphs=True).open((), seed=0)
    assert len(Text(path=str(file), max_bytes=12, paragraphs=True).open((), seed=0)) == 1
