"""Perplexity of a language model."""

import numpy as np
import pytest
from scipy.special import log_softmax

from ovopt.errors import DataError
from ovopt.metrics.perplexity import Perplexity
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


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
