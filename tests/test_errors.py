"""The error tree."""

import re

import pytest

from ovopt import errors
from ovopt.errors import OvoptError, UsageError, did_you_mean

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
