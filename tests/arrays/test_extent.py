"""Extents of outputs over samples, and their channels by scale."""

import numpy as np
import pytest

from ovopt.arrays.extent import Extent, division, scale_groups

RNG = np.random.default_rng(0)
NONE = np.zeros(4, bool)


def extent(samples):
    found = Extent()
    for one in samples:
        found.add(np.asarray(one, np.float32))
    return found


def head(boxes=(640, 640, 80, 80), classes=3, places=16, samples=8):
    """Boxes in pixels beside scores, [samples, places, channels]."""
    scores = RNG.random((samples, places, classes)) ** 4
    return np.concatenate([RNG.random((samples, places, len(boxes))) * boxes, scores], 2).astype(np.float32)


def test_an_extent_is_the_lowest_and_highest_value_of_every_place():
    samples = RNG.normal(size=(20, 3, 4)).astype(np.float32)
    found = extent(samples)
    np.testing.assert_array_equal(found.low, samples.min(0))
    np.testing.assert_array_equal(found.high, samples.max(0))
    assert found.samples == 20


def test_samples_of_several_lengths_are_seen_along_it_together_and_empty_ones_not_at_all():
    samples = [RNG.normal(size=(length, 4)).astype(np.float32) for length in (3, 0, 5, 1)]
    found = extent(samples)
    every = np.concatenate(samples)
    np.testing.assert_array_equal(found.low, every.min(0, keepdims=True))
    np.testing.assert_array_equal(found.high, every.max(0, keepdims=True))
    assert (found.samples, found.lengths_differ, found.known) == (3, True, True)


def test_of_outputs_that_differ_otherwise_nothing_is_known():
    assert not extent([np.zeros((2, 3)), np.zeros((2, 4))]).known


def test_what_is_no_number_is_passed_over():
    found = extent([[1, np.nan, -np.inf], [3, 2, -np.inf]])
    low, high = found.channels(0)
    np.testing.assert_array_equal(low, [1, 2, np.nan])
    np.testing.assert_array_equal(high, [3, 2, np.nan])
    np.testing.assert_array_equal(found.constant_channels(0), [False, True, True])


@pytest.mark.parametrize("axis", [0, 1])
def test_pixels_and_scores_are_divided_along_whichever_axis_holds_them(axis):
    samples = np.moveaxis(head(), 2, axis + 1)
    found = division(extent(samples))
    assert (found.axis, found.groups) == (axis, ((0, 1, 2, 3), (4, 5, 6)))


def test_one_value_of_each_is_divided_where_enough_samples_tell():
    rows = head(places=1, samples=64)[:, 0]
    assert division(extent(rows)).groups == ((0, 1, 2, 3), (4, 5, 6))
    assert division(extent(rows[:8])) is None


@pytest.mark.parametrize(
    "samples",
    [
        RNG.normal(size=(64, 10)) * np.linspace(1, 5, 10),
        RNG.random((64, 10)) ** np.arange(1, 11),
        RNG.normal(size=(8, 16, 8, 8)),
        np.where(np.arange(10) < 7, RNG.normal(size=(64, 10)), -np.inf),
        np.where(np.arange(10) < 7, RNG.normal(size=(64, 10)), 0),
    ],
    ids=["logits", "probabilities", "features", "masked", "dead"],
)
def test_what_has_one_scale_stays_together(samples):
    assert division(extent(samples)) is None


@pytest.mark.parametrize(
    ("high", "groups"),
    [
        ([640, 600, 1, 0.9], ((0, 1), (2, 3))),
        ([640, 600, 0.3, 0.0001], ((0, 1), (2, 3))),
        ([640, 600, 0.001, 0.002], ((0, 1, 2, 3),)),
        ([9, 8, 1, 0.9], ((0, 1, 2, 3),)),
        ([1000, 900, 30, 29], ((0, 1), (2, 3))),
        ([1000, 900, 0.9, 20], ((0, 1), (2,), (3,))),
        ([1000, 900, 200, 150], ((0, 1, 2, 3),)),
        ([1, 0.9, 0.01, 0.001], ((0, 1, 2, 3),)),
    ],
    ids=str,
)
def test_channels_go_together_by_their_ranges(high, groups):
    assert scale_groups(np.zeros(4), np.array(high, float), NONE) == groups


def test_large_channels_that_never_change_stand_apart():
    low, high = np.array([0.0, 0, 500, 0]), np.array([9.0, 8, 500, 0])
    assert scale_groups(low, high, np.array([False, False, True, True])) == ((0, 1, 3), (2,))


def test_an_output_that_is_the_same_for_every_sample_is_constant_and_one_sample_is_not():
    assert extent([[1, 2], [1, 2]]).is_constant
    assert not extent([[1, 2]]).is_constant
    assert not extent([[1, 2], [1, 3]]).is_constant
