"""chrF and BLEU of any draw of sentences, against sacrebleu on the same sentences."""

import numpy as np
import pytest

from ovopt.errors import DataError
from ovopt.metrics.translation import Bleu, Chrf
from tests.factories import exactly, metric_named
from tests.metrics.support import draws, rows_of

WORDS = ["the", "Cat", "sat,", "on", "(a)", "mat.", "dogs", "'quoted'", "x", "-", "élan", "1,000.5", "!"]


def sentences(seed, n=25):
    """Translations, each with as many right ones, of which some are near."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        real = [str(word) for word in rng.choice(WORDS, rng.integers(0, 9))]
        found = [word if rng.random() < 0.7 else str(rng.choice(WORDS)) for word in real][: rng.integers(0, 10)]
        other = [str(word) for word in rng.permutation(real)]
        yield " ".join(found), [" ".join(real), " ".join(other)]


def assert_equal(metric, expected, seed):
    pairs = list(sentences(seed))
    rows = rows_of([metric.row(*pair) for pair in pairs])
    for drawn in draws(len(pairs), seed, 3):
        found = [pairs[i][0] for i in drawn]
        real = [[pairs[i][1][place] for i in drawn] for place in (0, 1)]
        score = expected.corpus_score(found, real).score
        assert metric.value(rows[drawn]) == pytest.approx(score, abs=1e-6)
    for found, real in pairs[:5]:
        score = expected.corpus_score([found], [[real[0]]]).score
        assert metric.value(rows_of([metric.row(found, real[0])])) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fields", [{}, {"word_order": 2}, {"char_order": 3, "beta": 1, "lowercase": True}])
def test_chrf_is_sacrebleus(seed, fields):
    sacrebleu = pytest.importorskip("sacrebleu.metrics", reason="the extra `dev` brings sacrebleu")
    assert_equal(Chrf(**fields), sacrebleu.CHRF(**fields), seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fields", [{}, {"tokenize": "char"}, {"tokenize": "none", "lowercase": True}])
def test_bleu_is_sacrebleus(seed, fields):
    sacrebleu = pytest.importorskip("sacrebleu.metrics", reason="the extra `dev` brings sacrebleu")
    assert_equal(Bleu(**fields), sacrebleu.BLEU(**fields), seed)


def test_bleu_says_which_ways_of_parting_words_there_are():
    pytest.importorskip("sacrebleu.metrics", reason="the extra `dev` brings sacrebleu")
    with pytest.raises(DataError, match="bleu: sacrebleu cannot part words by 'nonesuch'"):
        Bleu(tokenize="nonesuch").row("a", "a")


def test_the_figure_of_nothing_is_none_and_of_the_same_text_full():
    assert np.isnan(Chrf().value(rows_of([])))
    assert Chrf().value(rows_of([Chrf().row("a cat sat", "a cat sat")])) == pytest.approx(100)
    assert Chrf().value(rows_of([Chrf().row("", "a cat")])) == 0
    assert [metric_named(name).label for name in ("chrf", "chrf_pp", "bleu")] == ["chrf", "chrf_pp", "bleu"]


def test_what_is_no_text_is_told():
    message = "s1: the label is no text and no list of texts, which bleu needs"
    for label in (3, [1], []):
        with pytest.raises(DataError, match=exactly(message)):
            Bleu().check(label, [], "s1")
    message = "chrf needs text, not ndarray; add a decoder of text to the recipe's `postprocess`, such as `detokenize`"
    with pytest.raises(DataError, match=exactly(message)):
        Chrf().row(np.zeros(3), "a")
