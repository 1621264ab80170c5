"""Anomalies of images and of pixels, against scikit-learn and a count of every pixel and region."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.measure import label as numbered
from sklearn.metrics import auc, roc_auc_score, roc_curve

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.anomaly import ImageAuroc, PixelAuroc, Pro
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

LEVELS = 40
"""Different scores, few enough to be kept one by one."""


def scene(seed, levels=None, shape=(24, 31)):
    """A map of scores and the regions of what is wrong; every third image is normal."""
    rng = np.random.default_rng(seed)
    region = np.zeros(shape, np.uint8)
    for _ in range(0 if seed % 3 == 0 else 3):
        top, left = rng.integers(0, 16, 2)
        region[top : top + rng.integers(2, 7), left : left + rng.integers(2, 9)] = 1
    scores = gaussian_filter(region.astype(float), 2) + gaussian_filter(rng.normal(0, 0.6, shape), 1)
    return (np.round(scores * levels) / levels if levels else scores), region


def rows(metric, scenes):
    return rows_of([metric.row(*one) for one in scenes])


def above(scores, thresholds):
    """The share of scores that are as high as each threshold, or higher."""
    return 1 - np.searchsorted(np.sort(scores), thresholds) / len(scores)


def reference_pro(scenes, limit):
    """The overlap of each region at every threshold, averaged, over the share of normal pixels."""
    normal = np.concatenate([scores[region == 0] for scores, region in scenes])
    regions = []
    for scores, region in scenes:
        numbers = numbered(region, connectivity=2)
        regions += [scores[numbers == n] for n in range(1, numbers.max() + 1)]
    thresholds = np.unique(np.concatenate([scores.ravel() for scores, _ in scenes]))[::-1]
    passed = np.append(0, above(normal, thresholds))
    found = np.append(0, np.mean([above(own, thresholds) for own in regions], axis=0))
    inside = passed <= limit
    edge = np.interp(limit, passed, found)
    return auc(np.append(passed[inside], limit), np.append(found[inside], edge)) / limit


def test_the_area_of_images_is_scikit_learns_of_their_highest_scores():
    scenes = [scene(seed) for seed in range(12)]
    table = rows(ImageAuroc(), scenes)
    for drawn in draws(12, count=5):
        labels = [scenes[i][1].any() for i in drawn]
        expected = roc_auc_score(labels, [scenes[i][0].max() for i in drawn])
        assert ImageAuroc().value(table[drawn]) == pytest.approx(expected, abs=1e-12)


def test_a_score_of_its_own_counts_before_the_highest_of_the_map():
    scores, region = scene(1)
    assert ImageAuroc().row((np.array([0.25]), scores), region) == [0.25, 1]
    assert ImageAuroc().row((scores, np.array([0.25])), region * 0) == [0.25, 0]
    assert ImageAuroc().row(np.array([0.75]), 1) == [0.75, 1]
    assert ImageAuroc().row(np.float32(0.5), 0) == [0.5, 0]


def test_pixels_that_do_not_count_make_no_image_anomalous():
    region = np.array([[-1, 0], [0, -1]], np.int8)
    assert ImageAuroc().row(np.zeros((2, 2)), region)[1] == 0
    assert PixelAuroc().row(np.eye(2), region) == [[0.0, 0, 2]]


def test_the_area_of_pixels_is_scikit_learns_on_all_images_and_on_draws():
    scenes = [scene(seed, LEVELS) for seed in range(9)]
    metric = PixelAuroc()
    table = rows(metric, scenes)
    for drawn in [range(9), *draws(9, count=4)]:
        scores, labels = (np.concatenate([scenes[i][k].ravel() for i in drawn]) for k in (0, 1))
        assert metric.value(table[np.array(drawn)]) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
def test_the_overlap_of_regions_is_that_of_every_threshold(limit):
    scenes = [scene(seed, LEVELS) for seed in range(9)]
    metric = Pro(limit=limit)
    table = rows(metric, scenes)
    for drawn in [range(9), *draws(9, count=3)]:
        expected = reference_pro([scenes[i] for i in drawn], limit)
        assert metric.value(table[np.array(drawn)]) == pytest.approx(expected, abs=1e-10)


def test_groups_of_scores_stand_for_them_all_within_their_share():
    scenes = [scene(seed, shape=(90, 110)) for seed in range(6)]
    scores, labels = (np.concatenate([one[k].ravel() for one in scenes]) for k in (0, 1))
    overlap = reference_pro(scenes, 0.3)
    for groups in (16, 64, 256):
        metric = PixelAuroc(groups=groups)
        table = rows(metric, scenes)
        assert max(len(row) for row in table) <= groups * 4
        assert metric.value(table) == pytest.approx(roc_auc_score(labels, scores), abs=0.05 / groups)
        pro = Pro(groups=groups)
        assert pro.value(rows(pro, scenes)) == pytest.approx(overlap, abs=0.5 / groups)


def test_a_normal_image_may_have_0_for_its_region():
    scores, _ = scene(4)
    for metric in (PixelAuroc(), Pro()):
        assert metric.row(scores, 0) == metric.row(scores, np.zeros(scores.shape, np.uint8))


def test_a_map_of_another_size_is_brought_to_the_regions():
    region = np.zeros((8, 12), np.uint8)
    region[:, 6:] = 1
    coarse = np.repeat(np.arange(6.0)[None], 4, axis=0)
    assert PixelAuroc().value(rows(PixelAuroc(), [(coarse[None], region)])) == 1
    assert PixelAuroc().value(rows(PixelAuroc(), [(-coarse, region)])) == 0


@pytest.mark.parametrize("metric", [ImageAuroc(), PixelAuroc(), Pro()])
def test_without_both_kinds_there_is_no_figure(metric):
    normal = [(scene(seed)[0], 0) for seed in range(3)]
    assert np.isnan(metric.value(rows(metric, normal)))
    assert np.isnan(metric.value(rows(metric, [(np.ones((4, 4)), np.ones((4, 4), np.uint8))] * 2)))


def test_a_guess_has_half_the_area():
    assert ImageAuroc().guessed([], 4, None) == PixelAuroc().guessed([], 4, None) == 0.5
    assert Pro(limit=0.3).guessed([], 4, None) == 0.15


def test_labels_that_fit_pass():
    for metric in (ImageAuroc(), PixelAuroc(), Pro()):
        for label in (0, np.zeros((2, 3), np.uint8), LabelFile(Path("mask.png"), "region")):
            metric.check(label, [], "s#0")
    ImageAuroc().check(1, [], "s#0")


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        (2, "s#0: the label is neither 0 (normal), 1 (an anomaly) nor a region [height, width], which {} needs"),
        (
            np.zeros(3),
            "s#0: the label is neither 0 (normal), 1 (an anomaly) nor a region [height, width], which {} needs",
        ),
        ("good", "s#0: the label is neither 0 (normal), 1 (an anomaly) nor a region [height, width], which {} needs"),
        (1, "s#0: an anomaly without a region, which {} needs; --set metrics=[image_auroc] judges images alone"),
    ],
)
def test_labels_that_do_not_fit_are_errors(label, fault):
    for metric in (PixelAuroc(), Pro()):
        with pytest.raises(DataError, match=exactly(fault.format(metric.name))):
            metric.check(label, [], "s#0")


def test_an_output_without_a_map_is_an_error():
    with pytest.raises(
        DataError, match=exactly("pro needs a map of scores [height, width]; the output has shape (1,)")
    ):
        Pro().row(np.array([0.5]), 0)
    fault = "image_auroc needs a score, a map of scores, or both; the output has shape () and shape (0,)"
    with pytest.raises(DataError, match=exactly(fault)):
        ImageAuroc().row((np.float32(1), np.zeros(0)), 0)


def test_scikit_learns_curve_and_ours_have_one_area():
    scores, region = scene(2, LEVELS)
    passed, found, _ = roc_curve(region.ravel(), scores.ravel())
    assert PixelAuroc().value(rows(PixelAuroc(), [(scores, region)])) == pytest.approx(auc(passed, found))
