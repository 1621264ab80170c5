"""YAML and JSON that people give: plain values within limits, and plain errors for anything else."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ovopt.documents import Limits, UnreadableError, composed, constructed, parse_json, parse_xml, parse_yaml
from tests.factories import exactly

NESTED = "[" * 5000 + "]" * 5000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
ALIASES = "not valid YAML: more than 30,000 keys and values, what aliases stand for included"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (BOMB, 5, ALIASES),
        (MERGES, 6, ALIASES),
        ("a: &a [x]\nb: [*a, &b [*b]]", 2, "not valid YAML: the alias 'b' stands for what it is a part of"),
        (f"a: {NESTED}", 1, "not valid YAML: nested deeper than 32 levels"),
        ("a: " + "{b: " * 99, 1, "not valid YAML: nested deeper than 32 levels"),
        ("a: !!int foo", 1, "not valid YAML: 'foo' cannot be read as a whole number"),
        ("\na: !!float foo", 2, "not valid YAML: 'foo' cannot be read as a number"),
        ("a: !!bool foo", 1, "not valid YAML: 'foo' cannot be read as true or false"),
        ("a: !!timestamp foo", 1, "not valid YAML: 'foo' cannot be read as a date"),
        ("a: 2020-13-45", 1, "not valid YAML: '2020-13-45' cannot be read as a date"),
        ("a: 9223372036854775808", 1, "not valid YAML: '9223372036854775808' is beyond 64 bits"),
        ("a\n---\nb", 2, "not valid YAML: expected a single document in the stream, but found another document"),
        ("a: \x07", None, "not valid YAML: special characters are not allowed"),
    ],
)
def test_yaml_that_is_no_plain_value_is_refused_with_its_line(text: str, line: int | None, why: str) -> None:
    with pytest.raises(UnreadableError, match=rf"\A{re.escape(why)}\Z") as refused:
        parse_yaml(text)
    assert refused.value.line == line


def test_a_number_of_thousands_of_digits_is_refused_and_quoted_shortened() -> None:
    with pytest.raises(UnreadableError, match=r"'9{37}\.\.\.9{38}' cannot be read as a whole number\Z"):
        parse_yaml("9" * 6000)


def test_more_values_than_the_limit_are_refused_before_they_are_made() -> None:
    limits = Limits(size_bytes=1000, values=5, depth=3)
    assert constructed(composed("[1, 2, [3]]", limits)) == [1, 2, [3]]
    with pytest.raises(UnreadableError, match="more than 5 keys and values"):
        composed("[1, 2, [3, 4]]", limits)
    with pytest.raises(UnreadableError, match=r"\Aholds 1,001 bytes of YAML, and at most 1,000 are read\Z"):
        composed("x" * 1001, limits)
    with pytest.raises(UnreadableError, match="nested deeper than 3 levels"):
        composed("[[[1]]]", limits)


def test_aliases_within_the_limits_are_what_they_stand_for() -> None:
    assert parse_yaml("a: &a {x: 1}\nb: [*a, *a]\nc: {<<: *a, y: 2}") == {
        "a": {"x": 1},
        "b": [{"x": 1}, {"x": 1}],
        "c": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize("text", ["12:30:45", "1:" * 5000 + "1", "1:30.5"])
def test_numbers_with_colons_are_text(text: str) -> None:
    assert parse_yaml(text) == text


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(plain)
def test_what_is_written_as_yaml_is_read_as_it_was(value: Any) -> None:
    assert parse_yaml(yaml.safe_dump(value)) == value


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ("[1,\n2", 2, "not valid JSON: Expecting ',' delimiter"),
        ("", 1, "not valid JSON: Expecting value"),
        ("[NaN]", None, "not valid JSON: 'NaN' is not a finite number"),
        ("[-Infinity]", None, "not valid JSON: '-Infinity' is not a finite number"),
        ("[1e999]", None, "not valid JSON: '1e999' is not a finite number"),
        ("9223372036854775808", None, "not valid JSON: '9223372036854775808' is beyond 64 bits"),
        ("[" * 100_000, None, "not valid JSON: nested too deeply"),
        (b"\xff", None, "not UTF-8 text (byte 0)"),
    ],
)
def test_json_that_is_none_is_refused(content: str | bytes, line: int | None, why: str) -> None:
    with pytest.raises(UnreadableError, match=rf"\A{re.escape(why)}\Z") as refused:
        parse_json(content)
    assert refused.value.line == line


def test_a_json_number_of_hundreds_of_digits_is_quoted_shortened() -> None:
    with pytest.raises(UnreadableError, match=r"\Anot valid JSON: '10{36}\.\.\.0{38}' is beyond 64 bits\Z"):
        parse_json(str(10**400))


def test_json_is_read_with_or_without_the_mark_that_utf_8_may_begin_with() -> None:
    assert parse_json(b"\xef\xbb\xbf[-9223372036854775808, 1.5]") == parse_json("[-9223372036854775808, 1.5]")


def test_xml_is_read_as_its_elements() -> None:
    root = parse_xml("\ufeff<?xml version='1.0'?><a x='1'><b>caf\u00e9 &amp; co</b></a>".encode())
    assert (root.tag, root.get("x"), root.findtext("b")) == ("a", "1", "caf\u00e9 & co")


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b"<a>\n<b></a>", 2, "not valid XML: mismatched tag"),
        (b"", 1, "not valid XML: no element found"),
        (b"<a>&other;</a>", 1, "not valid XML: undefined entity"),
        (b"<?xml version='1.0' encoding='x-none'?><a/>", None, "not valid XML: unknown encoding: x-none"),
        (
            b"<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>",
            None,
            "not plain XML: it declares a document type ('a'); remove <!DOCTYPE ...>",
        ),
        (
            b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            None,
            "not plain XML: it declares a document type ('a'); remove <!DOCTYPE ...>",
        ),
    ],
)
def test_xml_that_is_not_plain_is_refused(content: bytes, line: int | None, why: str) -> None:
    with pytest.raises(UnreadableError, match=exactly(why)) as told:
        parse_xml(content)
    assert told.value.line == line


def test_xml_may_be_nested_deeply() -> None:
    assert len(parse_xml(b"<a>" * 100_000 + b"</a>" * 100_000)) == 1
