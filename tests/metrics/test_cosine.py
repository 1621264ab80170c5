"""Agreement of the whole output."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.distance import cosine

from ovopt.metrics.cosine import Cosine

vectors = arrays.arrays(np.float32, (2, 3), elements=st.floats(-100, 100, width=32, allow_subnormal=False))


@given(st.integers(0, 1000))
def test_a_row_is_scipys_cosine_similarity(seed):
    output, original = np.random.default_rng(seed).normal(size=(2, 4, 5)).astype(np.float32)
    expected = 1 - cosine(output.astype(float).ravel(), original.astype(float).ravel())
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
    [([0, 0], [0, 0], 1), ([0, 0], [1, 0], 0), ([1, 0], [0, 0], 0), ([1, 0], [0, 1], 0), ([1, 2, 3], [1, 2], 0)],
)
def test_zeros_agree_with_zeros_alone_and_nothing_with_another_shape(output, original, row):
    assert Cosine().row(np.array(output), np.array(original)) == row


def test_large_half_precision_outputs_do_not_overflow():
    assert Cosine().row(np.full(1000, 6e4, np.float16), np.full(1000, 6e4, np.float16)) == pytest.approx(1)
