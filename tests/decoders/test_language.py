"""How well a model foretells the next token."""

import numpy as np
import pytest
from scipy.special import log_softmax

from ovopt.decoders.language import BLOCK, NextTokenNll
from ovopt.errors import DataError
from tests.factories import exactly


def _inputs(ids, mask):
    return {"input_ids": np.array([ids]), "attention_mask": np.array([mask])}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("length", [2, BLOCK, BLOCK + 1, BLOCK + 2, 3 * BLOCK])
def test_nll_is_scipys_log_softmax(length, dtype):
    rng = np.random.default_rng(length)
    logits, ids = rng.normal(0, 30, (length, 17)).astype(dtype), rng.integers(17, size=length)
    shares = log_softmax(logits.astype(float), axis=1)
    expected = -sum(shares[t, ids[t + 1]] for t in range(length - 1))
    found = NextTokenNll()(logits, _inputs(ids, np.ones(length, int)))
    np.testing.assert_allclose(found, [expected, length - 1], rtol=1e-12)


@pytest.mark.parametrize("mask", [[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 0], [0] * 5])
def test_padding_neither_judges_nor_is_judged(mask):
    rng = np.random.default_rng(0)
    logits, ids = rng.normal(size=(5, 7)), rng.integers(7, size=5)
    ids[np.array(mask) == 0] = -100
    shares = log_softmax(logits, axis=1)
    pairs = [t for t in range(4) if mask[t] and mask[t + 1]]
    expected = -sum(shares[t, ids[t + 1]] for t in pairs)
    np.testing.assert_allclose(NextTokenNll()(logits, _inputs(ids, mask)), [expected, len(pairs)], atol=1e-12)


def test_without_a_mask_all_tokens_count():
    found = NextTokenNll(ids="tokens", mask=None)(np.zeros((4, 8)), {"tokens": np.array([[1, 2, 3, 4]])})
    np.testing.assert_allclose(found, [3 * np.log(8), 3])


def test_a_sole_token_foretells_nothing():
    assert NextTokenNll()(np.zeros((1, 8)), _inputs([3], [1])).tolist() == [0, 0]


def test_extreme_scores_neither_overflow_nor_warn():
    logits = np.array([[1e30, 0, -1e30], [0, -np.inf, 0], [0, 0, 0]])
    found = NextTokenNll()(logits, _inputs([0, 0, 2], [1, 1, 1]))
    np.testing.assert_allclose(found, [np.log(2), 2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_make_the_sum_no_number(value):
    found = NextTokenNll()(np.array([[value, 0], [0, 0]]), _inputs([0, 1], [1, 1]))
    assert np.isnan(found[0])


@pytest.mark.parametrize(
    ("output", "inputs", "message"),
    [
        (np.zeros(4), {}, "wants scores of the vocabulary at each token, [tokens, vocabulary], not [4]"),
        (np.zeros((2, 4)), {"x": np.ones(2)}, "the model has no input 'input_ids', only x; name another one"),
        (np.zeros((2, 4)), {}, "the model has no input 'input_ids', only none; name another one"),
        (np.zeros((2, 4)), _inputs([1, 2, 3], [1, 1, 1]), "the input 'input_ids' has 3 tokens, the output 2"),
        (
            np.zeros((2, 4)),
            _inputs([1, 4], [1, 1]),
            "token 4 of the input 'input_ids' is outside the 4 scores of the output",
        ),
        (
            np.zeros((2, 4)),
            _inputs([1, -1], [1, 1]),
            "token -1 of the input 'input_ids' is outside the 4 scores of the output",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(output, inputs, message):
    with pytest.raises(DataError, match=exactly(f"next_token_nll: {message}")):
        NextTokenNll()(output, inputs)
