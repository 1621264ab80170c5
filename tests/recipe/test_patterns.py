"""Regular expressions of recipes."""

from __future__ import annotations

import pytest
import yaml

from ovopt.errors import RecipeError
from ovopt.locate import shipped
from ovopt.recipe import parse_recipe
from ovopt.recipe.patterns import check_pattern

ENDLESS = (
    "a regular expression that could search for ever: repeat single characters, neither groups that repeat something "
    "themselves nor more than three of `.*`"
)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(.*)*x", "(x+x+)+y", r"^(\w+\s?)*$", "(a|aa)+$", "(a?){50}a{50}", ".*.*.*.*x", "a?" * 40 + "a" * 40,
        "(?:(?:a*)*)*", "(?=(a+)+b)a", "((a|b?)c?)*d", "(?i:(a+)+)",
    ],
)  # fmt: skip
def test_a_pattern_that_could_search_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="could search for ever"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"v?(8|11)[nsmlx]?(-seg)?.*\.onnx$", "a.*b.*c", "(net)+", r"(?P<n>\d+)-(?P=n)", "(c)(?(1)a|b)", "(?>a+)b",
        "a++b", "(abc){3}", "", "^(?!.*clip).*vit",
    ],
)  # fmt: skip
def test_a_pattern_of_an_end_is_taken(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


def test_every_pattern_that_is_shipped_is_taken() -> None:
    matches = [yaml.safe_load(file.read_text()).get("match") or {} for file in shipped("recipes").glob("*.yaml")]
    patterns = [match["name"] for match in matches if "name" in match]
    assert list(map(check_pattern, patterns)) == patterns
    assert len(patterns) > 8


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "not a regular expression: missing ), unterminated subpattern at position 0, not '('"),
        ("a{99999999999}", "not a regular expression: too deep or too large, not 'a{99999999999}'"),
        ("(a+)+$", f"{ENDLESS}, not '(a+)+$'"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_its_pattern(pattern: str, why: str) -> None:
    with pytest.raises(RecipeError) as refused:
        parse_recipe({"ovopt": 1, "family": "x", "match": {"name": pattern}}, "r.yaml")
    assert str(refused.value) == f"r.yaml: match.name: {why}"
