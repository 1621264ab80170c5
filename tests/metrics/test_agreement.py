"""Agreement with the original's outputs: of directions, of classes, of tokens, of signals, of distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial import distance
from scipy.special import softmax
from scipy.stats import entropy
from sklearn.metrics import accuracy_score

from ovopt.errors import DataError
from ovopt.metrics.agreement import Cosine, Kl, Sqnr, TokenAgreement, Top1Agreement
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

vectors = arrays.arrays(np.float32, (2, 3), elements=st.floats(-100, 100, width=32, allow_subnormal=False))


# Cosine


@given(st.integers(0, 1000))
def test_a_row_is_scipys_cosine_similarity(seed):
    output, original = np.random.default_rng(seed).normal(size=(2, 4, 5)).astype(np.float32)
    expected = 1 - distance.cosine(output.astype(float).ravel(), original.astype(float).ravel())
    assert Cosine().row(output, original) == pytest.approx(expected, abs=1e-12)


@given(vectors, vectors)
def test_a_row_lies_between_minus_one_and_one_and_is_symmetric(output, original):
    found = Cosine().row(output, original)
    assert -1 <= found <= 1
    assert found == pytest.approx(Cosine().row(original, output))


@given(vectors.filter(lambda v: np.linalg.norm(v) > 1e-3), st.floats(0.01, 100))
def test_the_length_of_an_output_does_not_matter_but_its_direction(output, scale):
    assert Cosine().row(output * np.float64(scale), output) == pytest.approx(1)
    assert Cosine().row(-output, output) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("output", "original", "row"),
    [([0, 0], [0, 0], 1), ([0, 0], [1, 0], 0), ([1, 0], [0, 0], 0), ([1, 0], [0, 1], 0), ([[1, 2]], [[1, 2, 3]], 0)],
)
def test_zeros_agree_with_zeros_alone_and_nothing_with_another_shape(output, original, row):
    assert Cosine().row(np.array(output, np.float32), np.array(original, np.float32)) == row


@pytest.mark.parametrize("metric", [Cosine(), Top1Agreement(), TokenAgreement(), Sqnr(), Kl()])
def test_two_empty_outputs_agree_as_far_as_any_two_can(metric):
    empty, full = np.empty((0, 4), np.float32), np.ones((2, 4), np.float32)
    best = {"cosine": 1.0, "top1_agreement": 1.0, "token_agreement": [0, 0], "sqnr": [0, 0], "kl": 0.0}
    assert metric.row(empty, empty) == best[metric.name]
    worst = {"cosine": 0.0, "top1_agreement": 0.0, "token_agreement": [0, 2], "sqnr": [8, 8], "kl": 0.0}
    assert metric.row(empty, full) == worst[metric.name]


def test_what_only_one_of_both_found_is_held_against_zeros():
    rng = np.random.default_rng(0)
    original = rng.normal(size=(5, 4))
    filled = np.concatenate([original[:3], np.zeros((2, 4))])
    assert Cosine().row(original[:3], original) == pytest.approx(1 - distance.cosine(filled.ravel(), original.ravel()))
    assert Sqnr().row(original[:3], original) == pytest.approx([(original**2).sum(), (original[3:] ** 2).sum()])


@pytest.mark.parametrize(
    ("output", "original", "cosine", "first"),
    [([5, 2, 9], [5, 9, 2], 1 / 3, 1), ([5, 2], [5, 2, 1, 1], 1 / 2, 1), ([4], [5], 0, 0), ([7, 7], [7, 7], 1, 1)],
)
def test_ids_are_the_same_or_not_whatever_numbers_they_are(output, original, cosine, first):
    assert Cosine().row(np.array(output), np.array(original)) == pytest.approx(cosine)
    assert Top1Agreement().row(np.array(output), np.array(original)) == first


def test_small_integers_are_pixels_and_no_ids():
    grey = np.array([[10, 20], [30, 40]], np.uint8)
    assert 0.99 < Cosine().row(grey + np.uint8(1), grey) < 1


# What is no number


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("metric", [Cosine(), Top1Agreement(), TokenAgreement(), Sqnr(), Kl()])
def test_what_is_no_number_in_both_at_the_same_place_takes_nothing_from_agreement(metric, odd):
    original = np.random.default_rng(0).normal(size=6)
    output = original + 0.01
    original[4] = output[4] = odd
    found = np.array([metric.row(output, original)])
    best = np.array([metric.row(original, original)])
    assert np.isfinite(found).all()
    assert metric.value(best) - metric.value(found) == pytest.approx(0, abs=100 if metric.name == "sqnr" else 1e-2)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_only_one_of_both_has_as_no_number_agrees_with_nothing(odd):
    original = np.array([1.0, 2.0, odd])
    assert Cosine().row(np.array([1.0, 2.0, 3.0]), original) == 0
    signal, noise = Sqnr().row(np.array([1.0, 2.0, 3.0]), original)
    assert noise >= signal


def test_a_mask_in_finite_numbers_is_one_of_minus_infinity():
    original = np.array([1.0, 2.0, -np.inf])
    assert Cosine().row(np.array([1.0, 2.0, -65504.0]), original) == pytest.approx(1)


def test_the_cosine_of_large_half_precision_outputs_does_not_overflow():
    assert Cosine().row(np.full(1000, 6e4, np.float16), np.full(1000, 6e4, np.float16)) == pytest.approx(1)


# Most likely class


@pytest.mark.parametrize(
    ("output", "original", "row"),
    [
        ([0.1, 0.9], [0.4, 0.6], 1.0),
        ([0.9, 0.1], [0.4, 0.6], 0.0),
        ([0.5, 0.5], [0.6, 0.4], 1.0),
        ([[0.1, 0.2], [0.3, 0.0]], [[0.0, 0.0], [9.0, 0.0]], 1.0),
    ],
)
def test_outputs_agree_where_their_highest_score_is_at_the_same_place(output, original, row):
    assert Top1Agreement().row(np.array(output), np.array(original)) == row


def test_the_value_is_the_share_of_samples_that_agree():
    rng = np.random.default_rng(0)
    before, after = rng.random((2, 100, 5))
    rows = np.array([Top1Agreement().row(*pair) for pair in zip(after, before, strict=True)])
    assert Top1Agreement().value(rows) == np.mean(after.argmax(1) == before.argmax(1))


# Tokens


@pytest.mark.parametrize("ids", [False, True])
def test_the_value_is_the_share_of_all_positions_of_the_drawn_samples(ids):
    rng = np.random.default_rng(0)
    pairs = [rng.random((2, n, 4)) for n in rng.integers(1, 9, 10)]
    chosen = [pair.argmax(-1) for pair in pairs]
    rows = rows_of([TokenAgreement().row(*pair) for pair in (chosen if ids else pairs)])
    for drawn in draws(10):
        mine, theirs = (np.concatenate([chosen[i][side] for i in drawn]) for side in (0, 1))
        assert TokenAgreement().value(rows[drawn]) == pytest.approx(accuracy_score(theirs, mine))


@pytest.mark.parametrize(
    ("output", "original", "row"),
    [
        ([1, 2, 3], [1, 0, 3], [2, 3]),
        ([1, 2], [1, 2, 3], [2, 3]),
        ([1, 2, 3], [1], [1, 3]),
        ([0.1, 0.9], [0.2, 0.8], [1, 1]),
        ([[0.1, 0.9], [0.9, 0.1]], [[0.2, 0.8], [0.2, 0.8]], [1, 2]),
        (7, 7, [1, 1]),
    ],
)
def test_a_row_counts_positions_that_agree_and_positions(output, original, row):
    assert TokenAgreement().row(np.array(output), np.array(original)) == row


def test_no_positions_have_no_value():
    assert np.isnan(TokenAgreement().value(rows_of([TokenAgreement().row(np.zeros(0, int), np.zeros(0, int))])))
    assert np.isnan(TokenAgreement().value(rows_of([])))


# Signal to noise


def test_the_ratio_is_that_of_all_drawn_samples_together():
    rng = np.random.default_rng(0)
    originals = [rng.normal(size=(3, n)).astype(np.float32) for n in rng.integers(1, 9, 10)]
    outputs = [own + rng.normal(scale=0.01, size=own.shape).astype(np.float32) for own in originals]
    rows = rows_of([Sqnr().row(*pair) for pair in zip(outputs, originals, strict=True)])
    for drawn in draws(10):
        signal, mine = (np.concatenate([side[i].ravel() for i in drawn]).astype(float) for side in (originals, outputs))
        expected = 20 * np.log10(np.linalg.norm(signal) / np.linalg.norm(signal - mine))
        assert Sqnr().value(rows[drawn]) == pytest.approx(expected)


def test_a_tenth_of_the_amplitude_is_20_db_below():
    assert Sqnr().value(rows_of([Sqnr().row(np.full(5, 1.1), np.ones(5))])) == pytest.approx(20)


@pytest.mark.parametrize(
    ("output", "original", "value"),
    [
        ([1, 2], [1, 2], 120),
        ([0, 0], [0, 0], 120),
        ([1, 0], [0, 0], -120),
        ([1 + 1e-9], [1], 120),
        ([1], [1e-20], -120),
    ],
)
def test_the_value_is_finite_whatever_the_outputs(output, original, value):
    assert Sqnr().value(rows_of([Sqnr().row(np.array(output, float), np.array(original, float))])) == value


def test_the_ratio_of_large_half_precision_outputs_does_not_overflow():
    row = Sqnr().row(np.full(1000, 6e4, np.float16), np.full(1000, -6e4, np.float16))
    assert Sqnr().value(rows_of([row])) == pytest.approx(-20 * np.log10(2))


def test_whole_numbers_do_not_wrap_around():
    assert Sqnr().row(np.uint8([0]), np.uint8([255])) == [255**2, 255**2]


# Kullback-Leibler divergence


@pytest.mark.parametrize("shape", [(7,), (4, 7), (2, 3, 7)])
@pytest.mark.parametrize("probabilities", [False, True])
def test_a_row_is_scipys_relative_entropy_averaged_over_positions(shape, probabilities):
    output, original = np.random.default_rng(0).normal(size=(2, *shape)) * 3
    expected = np.mean(entropy(softmax(original, -1), softmax(output, -1), axis=-1))
    given_ones = (softmax(output, -1), softmax(original, -1)) if probabilities else (output, original)
    assert Kl().row(*given_ones) == pytest.approx(expected)
    assert Kl(logits=not probabilities).row(*given_ones) == pytest.approx(expected)


def test_the_value_is_the_mean_over_the_drawn_samples():
    outputs, originals = np.random.default_rng(1).normal(size=(2, 12, 5))
    rows = rows_of([Kl().row(*pair) for pair in zip(outputs, originals, strict=True)])
    for drawn in draws(12):
        expected = entropy(softmax(originals[drawn], 1), softmax(outputs[drawn], 1), axis=1).mean()
        assert Kl().value(rows[drawn]) == pytest.approx(expected)


def test_whether_outputs_are_logits_can_be_said():
    output, original = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    assert Kl().row(output, original) == pytest.approx(entropy(original, output))
    assert Kl(logits=True).row(output, original) == pytest.approx(entropy(softmax(original), softmax(output)))
    assert Kl(logits=False).row(output * 3, original) == pytest.approx(entropy(original, output))


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=6))
def test_the_divergence_is_finite_and_never_negative_and_none_of_an_output_from_itself(pairs):
    output, original = np.array(pairs).T
    assert 0 <= Kl().row(output, original) < np.inf
    assert Kl().row(original, original) == pytest.approx(0, abs=1e-9)


def test_a_probability_of_zero_counts_as_a_very_small_one():
    assert Kl().row(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(np.log(1e12))
    assert Kl().row(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0


def test_half_precision_probabilities_are_still_probabilities():
    chances = softmax(np.random.default_rng(2).normal(size=(5, 100)), -1)
    half = chances.astype(np.float16)
    assert Kl().row(half, half) == 0
    assert Kl().row(half, chances) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("metric", [Sqnr(), Kl()])
def test_another_shape_is_an_error(metric):
    said = f"{metric.name} needs outputs of one shape; this one is (1, 2), the original's (1, 3)"
    with pytest.raises(DataError, match=exactly(said)):
        metric.row(np.zeros((1, 2)), np.zeros((1, 3)))
