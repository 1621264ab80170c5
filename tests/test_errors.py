"""The error tree."""

import re

import pytest

from ovopt import errors
from ovopt.errors import OvoptError, UsageError, did_you_mean, quoted, shortened

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OvoptError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_the_caller_can_mend_exits_with_2_a_missed_budget_with_3_and_the_rest_with_1(kind):
    missed = kind is errors.BudgetMissedError
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 3 if missed else 1)


def test_the_drawing_of_the_tree_names_every_error_with_its_exit_code():
    drawn = dict(re.findall(r"^[ │├└─]*(\w+Error) +(\d) ", errors.__doc__, re.MULTILINE))
    assert drawn == {kind.__name__: str(kind.exit_code) for kind in KINDS}


@pytest.mark.parametrize(
    ("word", "known", "clause"),
    [
        ("magica", ["magika", "digits"], "did you mean 'magika'?"),
        ("resnet", ["magika", "digits"], "known: digits, magika"),
        ("anything", [], "known: none"),
        ("top2", {"top1": 1, "top5": 2}, "did you mean 'top5'?"),
    ],
)
def test_the_nearest_known_word_is_named_or_else_all_of_them(word, known, clause):
    assert did_you_mean(word, known) == clause


def test_a_long_word_is_not_compared_with_every_known_one():
    assert did_you_mean("top" * 1_000_000, ["top1", "top5"]) == "known: top1, top5"


def endless() -> object:
    node: list[object] = []
    node.append(node)
    return node


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("fast", "'fast'"),
        ("x" * 10_000_000, f"'{'x' * 37}...{'x' * 38}'"),
        (list(range(1000)), "[0, 1, 2, 3, 4, 5, ...]"),
        (10**5000, "<int>"),
        ([[[[[[1]]]]]], "[[[[[...]]]]]"),
        (endless(), "[[[[[...]]]]]"),
        (None, "None"),
    ],
    ids=["word", "characters", "list", "digits", "deep", "endless", "nothing"],
)
def test_a_value_is_quoted_shortened(value, said):
    assert quoted(value) == said


def test_a_long_text_keeps_its_beginning_and_its_end():
    assert shortened("a" * 300) == "a" * 300
    assert shortened("a" * 150 + "-" * 1000 + "z" * 100) == f"{'a' * 150} ... {'z' * 100}"
