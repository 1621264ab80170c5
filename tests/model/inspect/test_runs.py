"""How far outputs are apart."""

from __future__ import annotations

import numpy as np
import pytest

from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from tests.models import accumulating_model, adding_model

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("found", "wanted", "difference"),
    [
        ([1, 2, 4], [1, 2, 4], 0),
        ([1, 2, 3], [1, 2, 4], 0.25),
        ([1, 2, -3], [1, 2, -4], 0.25),
        ([0.5, 0], [0, 0], 0.5),
        ([1, INF], [1, INF], 0),
        ([1, NAN], [1, NAN], 0),
        ([1, INF], [1, -INF], INF),
        ([1, NAN], [1, 2], INF),
        ([1, 2], [1, NAN], INF),
        ([1, 2], [1, 2, 3], INF),
        ([], [], 0),
    ],
)
def test_the_largest_difference_is_a_share_of_the_largest_value(
    found: list[float], wanted: list[float], difference: float
) -> None:
    assert largest_difference([np.array(found)], [np.array(wanted)]) == difference


def test_each_output_has_a_scale_of_its_own() -> None:
    found, wanted = [np.array([100.0]), np.array([0.01])], [np.array([100.0]), np.array([0.02])]
    assert largest_difference(found, wanted) == pytest.approx(0.5)


def test_outputs_come_sample_by_sample() -> None:
    model = adding_model(("a", [1, 2], np.float32), ("b", [1, 2], np.float32))
    samples = [(np.full((1, 2), i, np.float32), np.ones((1, 2), np.float32)) for i in range(3)]
    assert [values.tolist() for values in outputs_in_f32(model, samples)] == [[[2, 2]], [[3, 3]], [[4, 4]]]


def test_a_state_begins_anew_with_every_sample() -> None:
    sample = (np.ones((1, 2), np.float32),)
    first, second = outputs_in_f32(accumulating_model(), [sample, sample])
    assert np.array_equal(first, second)
