"""Exact match, error rates of characters and words, perplexity."""

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from ovopt.errors import DataError
from ovopt.metrics.text import Cer, ExactMatch, Perplexity, Wer
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

ALL = [ExactMatch, Cer, Wer]
RATES = [(Cer, jiwer.cer, jiwer.ReduceToListOfListOfChars()), (Wer, jiwer.wer, jiwer.ReduceToListOfListOfWords())]
texts = st.text(alphabet="ab, '", max_size=14)


def plain(found, real):
    """Levenshtein's distance, cell by cell."""
    before = list(range(len(real) + 1))
    for i, sign in enumerate(found, 1):
        row = [i]
        for j, own in enumerate(real, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (sign != own)))
        before = row
    return before[-1]


@given(texts, texts)
def test_a_row_is_the_least_number_of_edits_and_the_length_of_the_label(found, real):
    assert Cer().row(found, real) == [plain(found.strip(), real.strip()), len(real.strip())]
    assert Wer().row(found, real) == [plain(found.split(), real.split()), len(real.split())]


def test_long_texts_have_their_edits_too():
    rng = np.random.default_rng(0)
    for _ in range(20):
        found, real = ("".join(rng.choice(list("abcdé文"), rng.integers(50, 300))) for _ in range(2))
        assert Cer().row(found, real)[0] == plain(found, real)


@pytest.mark.parametrize(("kind", "reference", "parted"), RATES)
def test_the_rate_is_jiwers_on_all_samples_and_on_draws(kind, reference, parted):
    rng = np.random.default_rng(1)
    words = ["the", "cat", "sat", "on", "a", "mat,", "Mat", "don't", "ÄÖ"]
    said = [" ".join(rng.choice(words, n)) for n in rng.integers(1, 15, 30)]
    heard = [" ".join(rng.choice(words, n)) if rng.random() < 0.5 else text for n, text in enumerate(said)]
    rows = rows_of([kind().row(*pair) for pair in zip(heard, said, strict=True)])
    for drawn in draws(30):
        expected = reference([said[i] for i in drawn], [heard[i] for i in drawn])
        assert kind().value(rows[drawn]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("kind", "reference", "parted"), RATES)
def test_normalization_is_jiwers(kind, reference, parted):
    clean = jiwer.Compose([
        jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.RemoveMultipleSpaces(), jiwer.Strip(), parted
    ])  # fmt: skip
    pairs = [
        ("Hello,  world - it's ME!", "hello World it's me"),
        ("„Größe“ ¿qué?", "grösse que"),
        ("a.b", "ab"),
        ("", "x"),
    ]
    for found, real in pairs:
        expected = reference([real], [found], reference_transform=clean, hypothesis_transform=clean)
        metric = kind(normalize="lower_no_punctuation")
        assert metric.value(rows_of([metric.row(found, real)])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "real", "matches"),
    [
        ("AB 12", "AB 12", (1, 1, 1)),
        (" AB 12\n", "AB 12", (1, 1, 1)),
        ("ab 12", "AB 12", (0, 1, 1)),
        ("ab-12.", "AB12", (0, 0, 1)),
        ("a  b", "a b", (0, 0, 1)),
        ("", "", (1, 1, 1)),
        ("", "!", (0, 0, 1)),
        ("a", "b", (0, 0, 0)),
    ],
)
def test_texts_match_after_their_normalization(found, real, matches):
    metrics = (ExactMatch(normalize=how) for how in ("none", "lower", "lower_no_punctuation"))
    assert tuple(metric.row(found, real) for metric in metrics) == matches


def test_the_match_is_the_share_of_texts():
    rows = rows_of([ExactMatch().row(*pair) for pair in ("aa", "ab", "bb", "cc")])
    assert ExactMatch().value(rows) == 0.75
    assert ExactMatch().by_class(rows, [1, 2, 3, 3]) == {}


@pytest.mark.parametrize("kind", [Cer, Wer])
def test_an_empty_label_counts_its_insertions_and_empty_labels_alone_have_no_rate(kind):
    rows = rows_of([kind().row("a b", ""), kind().row("a", "a")])
    assert kind().value(rows) == (3 if kind is Cer else 2)
    assert np.isnan(kind().value(rows[[0, 0]]))
    assert np.isnan(kind().value(rows_of([])))


@pytest.mark.parametrize("kind", ALL)
def test_a_label_is_a_text(kind):
    kind().check("AB 12", [], "s#0")
    for label in (12, None, ["a"]):
        with pytest.raises(DataError, match=exactly(f"s#0: the label {label!r} is no text, which {kind.name} needs")):
            kind().check(label, [], "s#0")


@pytest.mark.parametrize("kind", ALL)
def test_an_output_that_is_no_text_is_an_error(kind):
    fault = f"{kind.name} needs text, not ndarray; add a decoder of text to the recipe's `postprocess`"
    with pytest.raises(DataError, match=exactly(fault)):
        kind().row(np.zeros(3), "a")


def test_perplexity_is_the_inverse_geometric_mean_of_all_tokens_likelihoods():
    rng = np.random.default_rng(0)
    likelihoods = [np.exp(log_softmax(rng.normal(size=(n, 9)), axis=1)[:, 0]) for n in rng.integers(1, 30, 12)]
    rows = rows_of([Perplexity().row(np.array([-np.log(own).sum(), len(own)]), None) for own in likelihoods])
    for drawn in draws(12):
        together = np.concatenate([likelihoods[i] for i in drawn])
        assert Perplexity().value(rows[drawn]) == pytest.approx(np.prod(together ** (-1 / len(together))))


def test_a_uniform_guess_among_v_tokens_has_perplexity_v():
    assert Perplexity().value(rows_of([[7 * np.log(50), 7.0], [0.0, 0.0]])) == pytest.approx(50)


def test_a_broken_model_has_a_finite_perplexity_and_no_tokens_have_none():
    assert np.isfinite(Perplexity().value(rows_of([[1e9, 3.0]])))
    assert np.isnan(Perplexity().value(rows_of([[0.0, 0.0]])))
    assert np.isnan(Perplexity().value(rows_of([])))


@pytest.mark.parametrize("output", [np.float32([2.5, 4]), (2.5, 4), [2.5, 4]])
def test_a_row_is_the_pair_that_the_decoder_made(output):
    assert Perplexity().row(output, None) == [2.5, 4.0]
    assert Perplexity().by_class(rows_of([[2.5, 4.0]]), [0]) == {}


def test_logits_that_were_not_decoded_are_an_error():
    fault = (
        "perplexity needs the sum of negative log-likelihoods and the number of tokens, not an output of shape (5, 9); "
        "add a decoder of likelihoods to the recipe's `postprocess`"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        Perplexity().row(np.zeros((5, 9)), None)
