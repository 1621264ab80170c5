"""Messages of the command line."""

from __future__ import annotations

import pytest

from ovopt.cli.main import _in_short


@pytest.mark.parametrize("line", ["", "error: r.yaml:3: metrics[0]: unknown 'top2'", "word " * 300])
def test_a_line_of_usual_length_stays_as_it_is(line: str) -> None:
    assert _in_short(line) == line


def test_a_word_of_a_million_characters_is_not_given_back() -> None:
    assert _in_short(f"error: {'x' * 1_000_000}: no such file") == f"error: {'x' * 150}...{'x' * 149}: no such file"


def test_a_million_words_are_not_given_back() -> None:
    line = _in_short(f"error: {'x ' * 1_000_000}: no such file")
    assert line.startswith("error: x x ")
    assert line.endswith(" x : no such file")
    assert len(line) == 2005
