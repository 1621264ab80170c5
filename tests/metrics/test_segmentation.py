"""Mean intersection over union, and pixel accuracy."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, jaccard_score

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.segmentation import MeanIou, PixelAccuracy
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


def random_pairs(seed, n=8, classes=5, ignored=True):
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(n):
        shape = tuple(rng.integers(1, 9, 2))
        mask = rng.integers(classes, size=shape)
        found = np.where(rng.random(shape) < 0.6, mask, rng.integers(classes, size=shape))
        pairs.append((found, np.where(rng.random(shape) < 0.2, 255, mask) if ignored else mask))
    return pairs


def pixels(pairs, ignore=255):
    found, real = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    return found[real != ignore], real[real != ignore]


def rows(metric, pairs):
    return rows_of([metric.row(*pair) for pair in pairs])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [2, 5, 30])
def test_the_mean_is_scikit_learns_over_all_pixels_of_the_drawn_images(seed, classes):
    pairs = random_pairs(seed, classes=classes)
    known = rows(MeanIou(), pairs)
    for drawn in draws(len(pairs), seed, 4):
        found, real = pixels([pairs[i] for i in drawn])
        assert MeanIou().value(known[drawn]) == pytest.approx(jaccard_score(real, found, average="macro"))


@pytest.mark.parametrize("seed", range(5))
def test_pixel_accuracy_is_scikit_learns_over_all_pixels_of_the_drawn_images(seed):
    pairs = random_pairs(seed)
    known = rows(PixelAccuracy(), pairs)
    for drawn in draws(len(pairs), seed, 4):
        found, real = pixels([pairs[i] for i in drawn])
        assert PixelAccuracy().value(known[drawn]) == pytest.approx(accuracy_score(real, found))


def test_each_class_has_its_own_intersection_over_union():
    pairs = random_pairs(3)
    found, real = pixels(pairs)
    counts = confusion_matrix(real, found)
    hits = np.diag(counts)
    expected = dict(enumerate(hits / (counts.sum(0) + counts.sum(1) - hits)))
    assert dict(MeanIou().by_class(rows(MeanIou(), pairs), [])) == pytest.approx(expected)


def test_images_of_as_many_classes_each_count_the_same():
    pairs = [(np.array([[0, 1]]), np.array([[0, 0]])), (np.array([[1, 0]]), np.array([[1, 1]]))]
    assert MeanIou().value(rows(MeanIou(), pairs)) == pytest.approx((1 / 3 + 1 / 3) / 2)


@pytest.mark.parametrize("metric", [MeanIou(), PixelAccuracy()])
def test_of_scores_the_highest_counts(metric):
    scores = np.random.default_rng(0).random((4, 5, 6))
    mask = np.random.default_rng(1).integers(4, size=(5, 6))
    assert metric.row(scores, mask) == metric.row(scores.argmax(0), mask)


@pytest.mark.parametrize("metric", [MeanIou(), PixelAccuracy()])
@pytest.mark.parametrize("factor", [(2, 3), (5, 1)])
def test_a_prediction_of_another_size_is_brought_to_that_of_the_mask(metric, factor):
    rng = np.random.default_rng(0)
    small, mask = rng.integers(3, size=(4, 5)), rng.integers(3, size=(4 * factor[0], 5 * factor[1]))
    grown = small.repeat(factor[0], axis=0).repeat(factor[1], axis=1)
    assert metric.row(small, mask) == metric.row(grown, mask)
    assert metric.row(grown, small) == metric.row(small, small)


def test_a_size_that_is_no_multiple_takes_the_nearest_centre():
    assert MeanIou().row(np.array([[0, 1, 2]]), np.array([[0, 2]])) == [[0, 1, 1], [2, 1, 1]]
    assert PixelAccuracy().row(np.array([[0, 1]]), np.array([[0, 1, 1]])) == [3, 3]


@pytest.mark.parametrize(("ignore", "row"), [(255, [1, 1]), (0, [0, 1]), (None, [1, 2])])
def test_ignored_pixels_do_not_count(ignore, row):
    assert PixelAccuracy(ignore=ignore).row(np.array([[0, 1]]), np.array([[0, 255]])) == row


def test_a_class_that_is_only_predicted_where_pixels_are_ignored_does_not_count():
    assert MeanIou().row(np.array([[0, 7]]), np.array([[0, 255]])) == [[0, 1, 1]]


@pytest.mark.parametrize("metric", [MeanIou(), PixelAccuracy()])
def test_without_labelled_pixels_there_is_no_value(metric):
    nothing = (np.zeros((2, 2), int), np.full((2, 2), 255))
    assert np.isnan(metric.value(rows(metric, [nothing, nothing])))
    assert np.isnan(metric.value(rows_of([])))
    assert np.isfinite(metric.value(rows(metric, [nothing, (np.zeros((1, 1)), np.ones((1, 1)))])))


@pytest.mark.parametrize("metric", [MeanIou(), PixelAccuracy()])
def test_a_class_in_the_mask_that_the_model_does_not_score_is_an_error(metric):
    scores = np.zeros((3, 1, 2))
    assert metric.row(scores, np.array([[2, 255]]))
    with pytest.raises(DataError, match="the mask holds class 3, which is none of the classes 0 to 2"):
        metric.row(scores, np.array([[0, 3]]))


@pytest.mark.parametrize("metric", [MeanIou(classes=3), PixelAccuracy(classes=3)])
def test_a_class_in_the_mask_that_is_none_is_an_error(metric):
    rest = "; set `ignore` to the id of pixels that do not count"
    for wrong, said in ((3, "0 to 2"), (-1, "0 to 2")):
        fault = f"the mask holds class {wrong}, which is none of the classes {said}{rest}"
        with pytest.raises(DataError, match=exactly(fault)):
            metric.row(np.zeros((1, 2)), np.array([[0, wrong]]))
    with pytest.raises(DataError, match=exactly(f"the mask holds class -1, which is none of the classes{rest}")):
        MeanIou().row(np.zeros((1, 2)), np.array([[0, -1]]))


def test_a_negative_class_in_the_output_is_an_error():
    with pytest.raises(DataError, match=exactly("the output holds class -1; class ids begin at 0")):
        MeanIou().row(np.array([[-1]]), np.array([[0]]))


@pytest.mark.parametrize(("output", "mask"), [((4,), (2, 2)), ((1, 2, 2, 2), (2, 2)), ((2, 2), (2, 2, 3))])
def test_shapes_that_are_no_masks_are_errors(output, mask):
    fault = (
        "a mask [height, width] and as many class ids, or scores [classes, height, width], are needed; the output has "
        f"shape {output}, the mask {mask}"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        MeanIou().row(np.zeros(output), np.zeros(mask))


@pytest.mark.parametrize("metric", [MeanIou(), PixelAccuracy()])
def test_a_label_is_a_mask_or_a_file_of_one(metric):
    metric.check(np.zeros((2, 2), np.uint8), [], "s#0")
    metric.check(LabelFile(Path("mask.png"), "mask"), [], "s#0")
    fault = (
        f"s#0: the label is no mask of class ids [height, width], which {metric.name} needs; take a data source that "
        "gives masks"
    )
    for label in (3, np.zeros((2, 2)), np.zeros((2, 2, 3), int), LabelFile(Path("image.png"), "image")):
        with pytest.raises(DataError, match=exactly(fault)):
            metric.check(label, [], "s#0")


@pytest.mark.parametrize("seed", range(3))
def test_the_figure_of_listed_classes_is_scikit_learns_of_these_labels(seed):
    pairs = random_pairs(seed)
    metric = MeanIou(classes=(1, 3))
    known = rows(metric, pairs)
    for drawn in draws(len(pairs), seed, 4):
        found, real = pixels([pairs[i] for i in drawn])
        assert metric.value(known[drawn]) == pytest.approx(jaccard_score(real, found, labels=[1, 3], average="macro"))
    found, real = pixels(pairs)
    assert metric.by_class(known, ()).keys() == {1, 3}
    listed = np.isin(real, [1, 3])
    share = PixelAccuracy(classes=(1, 3))
    assert share.value(rows(share, pairs)) == pytest.approx(accuracy_score(real[listed], found[listed]))


def test_an_ignored_class_counts_for_nothing_whether_it_is_labelled_or_predicted():
    pairs = random_pairs(5)
    metric = MeanIou(ignore=(0, 255))
    found, real = (side[pixels(pairs)[1] != 0] for side in pixels(pairs))
    expected = jaccard_score(real, found, labels=[1, 2, 3, 4], average="macro")
    assert metric.value(rows(metric, pairs)) == pytest.approx(expected)
    assert 0 in found
    assert MeanIou(ignore=0).by_class(rows(MeanIou(ignore=0), random_pairs(5, ignored=False)), ()).keys() == {
        1,
        2,
        3,
        4,
    }


def test_a_prediction_beyond_the_classes_is_wrong_and_no_class_of_its_own():
    mask = np.array([[0, 0, 1, 1]])
    metric = MeanIou(classes=2)
    known = rows(metric, [(np.array([[0, 7, 1, 1]]), mask)])
    assert metric.value(known) == pytest.approx((1 / 2 + 1) / 2)
    assert metric.by_class(known, ()).keys() == {0, 1}
