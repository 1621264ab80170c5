"""Errors of forecasts, against sums that are written out."""

import math

import numpy as np
import pytest

from ovopt.contracts import Future
from ovopt.errors import DataError
from ovopt.metrics.forecasting import Mase, Smape, Wape
from ovopt.metrics.regression import Mae
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

KINDS = [Smape(), Wape(), Mase()]


def future(seed, shape=(6,)):
    rng = np.random.default_rng(seed)
    return rng.normal(10, 4, shape), Future(rng.normal(10, 4, shape), rng.uniform(1, 3, shape[1:]))


def test_smape_is_that_of_the_m4_competition():
    for seed in range(4):
        found, truth = future(seed)
        each = [200 * abs(y - f) / (abs(y) + abs(f)) for f, y in zip(found, truth.values, strict=True)]
        assert Smape().row(found[None], truth) == pytest.approx(sum(each) / len(each) / 100)


def test_smape_of_nothing_where_nothing_is_has_no_error():
    assert Smape().row(np.array([0.0, 0.0, 3.0]), np.array([0.0, 2.0, 3.0])) == pytest.approx(2 / 3)


def test_wape_is_the_sum_of_errors_over_the_sum_of_values_of_all_drawn_samples():
    pairs = [future(seed) for seed in range(6)]
    table = rows_of([Wape().row(*pair) for pair in pairs])
    for drawn in draws(6, count=3):
        error = sum(abs(y - f) for i in drawn for f, y in zip(pairs[i][0], pairs[i][1].values, strict=True))
        size = sum(abs(y) for i in drawn for y in pairs[i][1].values)
        assert Wape().value(table[drawn]) == pytest.approx(error / size)
    assert math.isnan(Wape().value(rows_of([Wape().row(np.ones(2), np.zeros(2))])))


@pytest.mark.parametrize("shape", [(6,), (6, 3)])
def test_mase_divides_each_series_by_its_own_change(shape):
    found, truth = future(7, shape)
    each = np.abs(found - truth.values).reshape(6, -1) / np.atleast_1d(truth.change)
    assert Mase().row(found, truth) == pytest.approx(each.mean())


def test_a_future_is_a_label_of_numbers_to_other_metrics():
    found, truth = future(8)
    Mae().check(truth, [], "s#0")
    assert Mae().row(found, truth) == pytest.approx(np.abs(found - truth.values).mean())


@pytest.mark.parametrize("metric", KINDS, ids=lambda metric: metric.name)
def test_labels_that_are_no_numbers_and_outputs_of_another_shape_are_errors(metric):
    metric.check(future(9)[1], [], "s#0")
    fault = f"s#0: the label is no finite number or array of numbers, which {metric.name} needs"
    for label in ("rise", np.array([1, np.nan])):
        with pytest.raises(DataError, match=exactly(fault)):
            metric.check(label, [], "s#0")
    with pytest.raises(
        DataError, match=exactly(f"{metric.name} needs output and label of one shape; they are (5,) and (6,)")
    ):
        metric.row(np.zeros(5), future(9)[1])


def test_mase_needs_a_history_that_changes():
    with pytest.raises(
        DataError,
        match=exactly(
            "s#0: the label does not know its history, which mase needs; `kind: series` gives such, or take smape, "
            "wape, mae or rmse"
        ),
    ):
        Mase().check(np.zeros(3), [], "s#0")
    with pytest.raises(
        DataError,
        match=exactly(
            "s#0: a history that does not change from one season to the next, by which mase divides; take smape, wape, "
            "mae or rmse"
        ),
    ):
        Mase().check(Future(np.zeros(3), np.array(0.0)), [], "s#0")
