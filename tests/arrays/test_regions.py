"""Masks of objects as run lengths: against pycocotools where it says the same in one call, and by hand."""

import numpy as np
import pytest
from pycocotools import mask as coco

from ovopt.arrays import regions
from ovopt.contracts import Rle
from ovopt.errors import DataError
from tests.factories import exactly

RNG = np.random.default_rng(0)
MASKS = [RNG.random((11, 7)) < share for share in (0, 0.1, 0.5, 0.9, 1)]


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_comes_back(mask):
    region = regions.of_mask(mask)
    assert region.size == (11, 7)
    assert regions.mask_of(region).tolist() == mask.astype(int).tolist()


@pytest.mark.parametrize("mask", MASKS)
def test_run_lengths_of_a_file_come_back_as_a_list_and_as_text(mask):
    region = regions.of_mask(mask)
    column = mask.T.ravel().astype(int)
    ends = np.flatnonzero(np.diff(column)) + 1
    runs = np.diff([0, *ends, column.size]).tolist()
    runs = [0, *runs] if column[0] else runs
    assert regions.of_counts(runs, [11, 7]) == region
    assert regions.of_counts(region.counts.decode(), [11, 7]) == region


def test_long_runs_are_read_as_pycocotools_writes_them():
    mask = np.zeros((700, 900), np.uint8)
    mask[100:640, 300:850] = 1
    mask[::7, ::3] = 0
    text = coco.encode(np.asfortranarray(mask))["counts"].decode()
    assert (regions.mask_of(regions.of_counts(text, (700, 900))) == mask).all()


@pytest.mark.parametrize(
    ("counts", "size"),
    [(None, [2, 4]), (b"8", [2, 4]), ("\u00e4", [2, 4]), ([9, -1], [2, 4]), ([8.0], [2, 4]), ([1 << 60], [2, 4]),
     ([8], [8]), ([8], None), ([8], [2.0, 4.0])],
)  # fmt: skip
def test_what_is_no_run_lengths_is_none(counts, size):
    assert regions.of_counts(counts, size) is None


@pytest.mark.parametrize(
    ("counts", "size", "said"),
    [
        ([3, 4], [2, 4], "run lengths of 7 pixels that make up a mask of 4 x 2"),
        ([8], [-2, -4], "run lengths of 8 pixels that make up a mask of -4 x -2"),
        ([0], [0, 4], "run lengths of 0 pixels that make up a mask of 4 x 0"),
        ([1 << 28] * 16, [1 << 16, 1 << 16], f"run lengths of {1 << 32:,} pixels that make up a mask of 65536 x 65536"),
        ([], [2, 4], "no run lengths that make up a mask of 4 x 2"),
        ("\x00", [2, 4], "no run lengths that make up a mask of 4 x 2"),
        ("o" * 30, [2, 4], "no run lengths that make up a mask of 4 x 2"),
        ("4o", [2, 4], "no run lengths that make up a mask of 4 x 2"),
        ("O", [2, 4], "no run lengths that make up a mask of 4 x 2"),
    ],
)
def test_run_lengths_that_make_up_no_mask_are_an_error(counts, size, said):
    region = regions.of_counts(counts, size)
    with pytest.raises(DataError, match=exactly(f"an outline is {said}")):
        regions.mask_of(region)


def test_polygons_are_rasterised_as_coco_does_and_united():
    polygons = [RNG.uniform(-3, 43, (6, 2)) for _ in range(3)]
    expected = coco.merge(coco.frPyObjects([polygon.ravel().tolist() for polygon in polygons], 30, 40))
    assert regions.of_polygons(polygons, (40, 30)) == Rle((30, 40), expected["counts"])


def test_whole_pixels_of_a_rectangle_are_set():
    mask = regions.mask_of(regions.of_box((2, 1, 5, 4), (8, 6)))
    expected = np.zeros((6, 8), int)
    expected[1:4, 2:5] = 1
    assert mask.tolist() == expected.tolist()


@pytest.mark.parametrize("end", [1e9, np.inf, np.nan])
def test_an_outline_that_would_take_all_memory_is_an_error(end):
    with pytest.raises(DataError, match="is too large for a mask"):
        regions.of_polygons([np.array([[0, 0], [end, 0], [0, 3]])], (8, 6))


def test_what_two_regions_share_is_their_intersection():
    first, second = (regions.of_mask(mask) for mask in (MASKS[2], MASKS[3]))
    assert (regions.mask_of(regions.common(first, second)) == (MASKS[2] & MASKS[3])).all()


def test_overlaps_are_those_of_the_pixels():
    masks = [RNG.random((9, 9)) < share for share in (0.3, 0.5, 0.7)]
    crowd = np.array([False, True, False])
    made = [regions.of_mask(mask) for mask in masks]
    expected = [
        [(a & b).sum() / (a.sum() if many else (a | b).sum()) for b, many in zip(masks, crowd, strict=True)]
        for a in masks
    ]
    np.testing.assert_allclose(regions.overlaps(made, made, crowd), expected, rtol=1e-12)
    assert regions.overlaps([], made, crowd).shape == (0, 3)
    assert regions.overlaps(made, [], np.zeros(0, bool)).shape == (3, 0)
