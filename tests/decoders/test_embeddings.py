"""Embeddings of tokens' vectors."""

import numpy as np
import pytest
from sklearn.preprocessing import normalize

from ovopt.decoders.embeddings import ClsPool, L2Normalise, MeanPool
from ovopt.errors import DataError
from tests.factories import exactly

VECTORS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


@pytest.mark.parametrize("counted", [1, 3, 6])
def test_mean_pool_is_the_mean_of_the_tokens_that_count(counted):
    mask = np.arange(6)[None] < counted
    found = MeanPool()(VECTORS, {"input_ids": np.zeros((1, 6)), "attention_mask": mask.astype(np.int64)})
    np.testing.assert_allclose(found, [VECTORS[:counted, d].mean() for d in range(4)], rtol=1e-5)


def test_a_padded_token_may_hold_anything():
    vectors = np.vstack((VECTORS[:2], np.full((1, 4), np.nan)))
    found = MeanPool()(vectors, {"attention_mask": np.array([[1, 1, 0]])})
    np.testing.assert_allclose(found, VECTORS[:2].mean(0), rtol=1e-5)


def test_mean_pool_may_have_another_mask_or_none():
    np.testing.assert_allclose(MeanPool(mask=None)(VECTORS, {}), VECTORS.mean(0), rtol=1e-5)
    mask = {"m": np.array([[0, 1, 0, 0, 0, 0]])}
    np.testing.assert_allclose(MeanPool(mask="m")(VECTORS, mask), VECTORS[1])


def test_no_token_makes_zeros():
    assert MeanPool()(VECTORS, {"attention_mask": np.zeros((1, 6))}).tolist() == [0] * 4
    assert MeanPool(mask=None)(np.zeros((0, 4)), {}).tolist() == [0] * 4


def test_cls_pool_is_the_first_vector():
    np.testing.assert_array_equal(ClsPool()(VECTORS, {}), VECTORS[0])
    np.testing.assert_array_equal(ClsPool()(VECTORS[None], {}), VECTORS[0])


@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_l2_normalise_is_scikit_learns(shape):
    vectors = np.random.default_rng(1).normal(size=shape)
    expected = normalize(np.atleast_2d(vectors)).reshape(shape)
    np.testing.assert_allclose(L2Normalise()(vectors.astype(np.float16), {}), expected, atol=1e-3)
    np.testing.assert_allclose(L2Normalise()(vectors, {}), expected)


def test_zeros_have_no_direction():
    assert L2Normalise()(np.zeros(3), {}).tolist() == [0, 0, 0]


TOKENS = "wants one vector for each token, [tokens, features], not"


@pytest.mark.parametrize(
    ("decoder", "output", "inputs", "message"),
    [
        (MeanPool(), np.zeros(3), {}, f"mean_pool: {TOKENS} [3]"),
        (ClsPool(), np.zeros(3), {}, f"cls_pool: {TOKENS} [3]"),
        (ClsPool(), np.zeros((0, 3)), {}, f"cls_pool: {TOKENS} [0, 3]"),
        (L2Normalise(), np.zeros(()), {}, "l2_normalise: wants an array of vectors, not []"),
        (
            MeanPool(),
            VECTORS,
            {"ids": VECTORS, "mask": VECTORS},
            "mean_pool: the model has no input 'attention_mask', only ids, mask; name another one",
        ),
        (
            MeanPool(),
            VECTORS,
            {"attention_mask": np.ones((1, 7))},
            "mean_pool: the input 'attention_mask' has 7 tokens, the output 6",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(decoder, output, inputs, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, inputs)
