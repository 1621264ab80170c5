"""Exact match and F1 of answers, against the rules of SQuAD's evaluation."""

import collections
import re
import string

import numpy as np
import pytest

from ovopt.errors import DataError
from ovopt.metrics.answers import SquadEm, SquadF1
from tests.factories import exactly

WORDS = ["the", "a", "an", "The", "cat", "Cat.", "sat", "on", "mat", "1,000", "U.S.", "dog's", "theme", ""]


def tokens(text):
    """Words of a normalized answer, step by step as the evaluation does it."""
    text = "".join(sign for sign in text.lower() if sign not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def official(answer, golds):
    """Exact match and F1, the best of both over the right answers."""
    golds = [gold for gold in golds if tokens(gold)] or [""]
    exact = max(int(tokens(answer) == tokens(gold)) for gold in golds)
    scores = []
    for gold in golds:
        mine, theirs = tokens(answer), tokens(gold)
        same = sum((collections.Counter(mine) & collections.Counter(theirs)).values())
        if not mine or not theirs:
            scores.append(float(mine == theirs))
        elif not same:
            scores.append(0.0)
        else:
            precision, recall = same / len(mine), same / len(theirs)
            scores.append(2 * precision * recall / (precision + recall))
    return exact, max(scores)


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_those_of_the_official_rules(seed):
    rng = np.random.default_rng(seed)
    for _ in range(200):
        answer, *golds = (" ".join(rng.choice(WORDS, rng.integers(0, 6))) for _ in range(rng.integers(1, 5)))
        exact, f1 = official(answer, golds)
        for label in (golds, tuple(golds), {"text": golds, "answer_start": [0] * len(golds)}):
            assert SquadEm().row(answer, label) == exact
            assert SquadF1().row(answer, label) == pytest.approx(f1, abs=1e-12)
        if len(golds) == 1:
            assert SquadEm().row(answer, golds[0]) == exact


def test_where_there_is_no_answer_an_empty_one_is_right():
    for label in ([], {"text": []}, ""):
        assert (SquadEm().row("", label), SquadF1().row("", label)) == (1, 1)
        assert (SquadEm().row("a cat", label), SquadF1().row("a cat", label)) == (0, 0)


@pytest.mark.parametrize("label", [3, [1, 2], {"answers": ["a"]}, None])
def test_a_label_that_is_no_answer_is_told(label):
    message = (
        "s1: the label is no answer, which squad_f1 needs: a text, a list of texts, or SQuAD's mapping with `text`; an "
        "empty list where there is no answer"
    )
    with pytest.raises(DataError, match=exactly(message)):
        SquadF1().check(label, [], "s1")


def test_an_output_that_is_no_text_is_told():
    with pytest.raises(DataError, match=exactly("squad_em needs a text, not ndarray; `answer_span` makes one")):
        SquadEm().row(np.zeros(3), "a")
