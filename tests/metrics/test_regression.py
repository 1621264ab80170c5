"""Mean absolute error, and root mean squared error."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.regression import Mae, Rmse
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

BOTH = [(Mae(), mean_absolute_error), (Rmse(), root_mean_squared_error)]


@pytest.mark.parametrize(("metric", "reference"), BOTH)
@pytest.mark.parametrize("shape", [(), (4,), (3, 5)])
def test_the_error_is_scikit_learns_on_all_samples_and_on_draws(metric, reference, shape):
    outputs, targets = np.random.default_rng(0).normal(size=(2, 20, *shape))
    rows = rows_of([metric.row(*pair) for pair in zip(outputs, targets, strict=True)])
    for drawn in draws(20):
        expected = reference(targets[drawn].ravel(), outputs[drawn].ravel())
        assert metric.value(rows[drawn]) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "row"), [(Mae(), 1.5), (Rmse(), 2.25)])
def test_dimensions_of_one_do_not_matter(metric, row):
    for output, target in ((np.float32([[2.5]]), 1), (2.5, np.int64(1)), (np.full((1, 3), 2.5), [1, 1, 1])):
        assert metric.row(output, target) == row


@pytest.mark.parametrize("metric", [Mae(), Rmse()])
def test_whole_numbers_as_labels_are_no_classes_and_no_samples_have_no_value(metric):
    assert metric.by_class(rows_of([1.0, 2.0]), [0, 1]) == {}
    assert np.isnan(metric.value(rows_of([])))


@pytest.mark.parametrize("metric", [Mae(), Rmse()])
@pytest.mark.parametrize("shapes", [((3,), (2,)), ((4,), ()), ((2, 3), (3, 2)), ((0,), (0,))])
def test_shapes_that_do_not_fit_are_an_error(metric, shapes):
    fault = f"{metric.name} needs output and label of one shape; they are {shapes[0]} and {shapes[1]}"
    with pytest.raises(DataError, match=exactly(fault)):
        metric.row(np.zeros(shapes[0]), np.zeros(shapes[1]))


@pytest.mark.parametrize("metric", [Mae(), Rmse()])
def test_a_label_is_a_finite_number_or_an_array(metric):
    for label in (3, 2.5, np.zeros((2, 2)), [1, 2], LabelFile(Path("depth.png"), "image")):
        metric.check(label, [], "s#0")
    for label in ("far", None, float("inf"), [1.0, float("nan")]):
        fault = f"s#0: the label is no finite number or array of numbers, which {metric.name} needs"
        with pytest.raises(DataError, match=exactly(fault)):
            metric.check(label, [], "s#0")
