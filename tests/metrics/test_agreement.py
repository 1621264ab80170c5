"""Signal to quantization noise ratio."""

import numpy as np
import pytest

from ovopt.errors import DataError
from ovopt.metrics.agreement import Sqnr
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


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


def test_large_half_precision_outputs_do_not_overflow():
    row = Sqnr().row(np.full(1000, 6e4, np.float16), np.full(1000, -6e4, np.float16))
    assert Sqnr().value(rows_of([row])) == pytest.approx(-20 * np.log10(2))


def test_whole_numbers_do_not_wrap_around():
    assert Sqnr().row(np.uint8([0]), np.uint8([255])) == [255**2, 255**2]


def test_another_shape_is_an_error():
    with pytest.raises(
        DataError, match=exactly("sqnr needs outputs of one shape; this one is (2,), the original's (3,)")
    ):
        Sqnr().row(np.zeros(2), np.zeros(3))
