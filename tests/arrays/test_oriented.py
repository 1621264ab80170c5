"""Oriented boxes: overlap against polygons that are cut edge by edge, corners and Gaussians by hand."""

import numpy as np
import pytest

from ovopt.arrays.boxes import overlaps as upright_overlaps
from ovopt.arrays.oriented import around, gaussian_overlaps, overlaps, quads_of


def area(polygon):
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True)) / 2


def cut(polygon, start, end):
    """What of a polygon lies left of a line: Sutherland and Hodgman, one edge after the other."""

    def side(p):
        return (end[0] - start[0]) * (p[1] - start[1]) - (end[1] - start[1]) * (p[0] - start[0])

    kept = []
    for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if side(a) >= 0:
            kept.append(a)
        if side(a) * side(b) < 0:
            share = side(a) / (side(a) - side(b))
            kept.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
    return kept


def overlap(quad, other):
    shared = [tuple(p) for p in quad]
    corners = [tuple(p) for p in other]
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        shared = cut(shared, start, end) if shared else []
    common = area(shared) if len(shared) > 2 else 0
    return common / (area([tuple(p) for p in quad]) + area(corners) - common)


def random_boxes(rng, n):
    return np.column_stack([rng.uniform(0, 50, (n, 2)), rng.uniform(2, 40, (n, 2)), rng.uniform(-4, 4, n)])


@pytest.mark.parametrize("seed", range(5))
def test_the_overlap_is_that_of_the_polygons(seed):
    rng = np.random.default_rng(seed)
    first, second = (quads_of(random_boxes(rng, n)) for n in (12, 15))
    expected = [[overlap(a, b) for b in second] for a in first]
    assert np.count_nonzero(expected) > 20
    np.testing.assert_allclose(overlaps(first, second), expected, atol=1e-9)


def test_upright_boxes_overlap_as_boxes_do():
    rng = np.random.default_rng(0)
    boxes = random_boxes(rng, 20)
    boxes[:, 4] = rng.integers(-2, 3, 20) * np.pi
    corners = np.hstack([boxes[:, :2] - boxes[:, 2:4] / 2, boxes[:, :2] + boxes[:, 2:4] / 2])
    np.testing.assert_allclose(around(quads_of(boxes)), corners, atol=1e-9)
    crowd = rng.random(20) < 0.5
    np.testing.assert_allclose(
        overlaps(quads_of(boxes), quads_of(boxes), crowd), upright_overlaps(corners, corners, crowd), atol=1e-9
    )


@pytest.mark.parametrize("scale", [1e-3, 1, 1e4])
def test_a_box_overlaps_itself_wholly_in_whichever_order_its_corners_stand(scale):
    quads = quads_of(random_boxes(np.random.default_rng(1), 30)) * scale
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3]):
        np.testing.assert_allclose(np.diag(overlaps(quads, quads[:, order])), 1, atol=1e-9)


def test_boxes_that_touch_or_lie_inside():
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]], float)
    shifts = np.array([[2, 0], [2, 2], [0, 0], [0.5, 0.5], [1, 0]])
    others = square * np.array([1, 1, 0.5, 0.5, 1])[:, None, None] + shifts[:, None]
    np.testing.assert_allclose(overlaps(square[None], others), [[0, 0, 0.25, 0.25, 1 / 3]], atol=1e-12)


def test_a_box_without_area_shares_nothing():
    flat = quads_of(np.array([[5.0, 5, 4, 0, 0.3], [5, 5, 0, 0, 0]]))
    assert overlaps(flat, quads_of(np.array([[5.0, 5, 4, 4, 0]]))).tolist() == [[0], [0]]
    assert overlaps(flat[:0], flat).shape == (0, 2)
    assert overlaps(flat, flat[:0]).shape == (2, 0)


def test_corners_turn_clockwise_on_the_screen():
    (quad,) = quads_of(np.array([[10.0, 20, 8, 4, np.pi / 2]]))
    np.testing.assert_allclose(quad, [[12, 16], [12, 24], [8, 24], [8, 16]], atol=1e-12)


def hellinger(first, second):
    """One less the Hellinger distance of two Gaussians, from their covariance matrices."""
    means, covariances = [], []
    for x, y, w, h, angle in (first, second):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        means.append(np.array([x, y]))
        covariances.append(turn @ np.diag([w**2 / 12, h**2 / 12]) @ turn.T)
    mean, apart = sum(covariances) / 2, means[0] - means[1]
    distance = apart @ np.linalg.inv(mean) @ apart / 8
    distance += np.log(np.linalg.det(mean) / np.sqrt(np.prod([np.linalg.det(c) for c in covariances]))) / 2
    return 1 - np.sqrt(1 - np.exp(-distance))


def test_gaussians_are_as_alike_as_their_covariances_say():
    rng = np.random.default_rng(3)
    first, second = random_boxes(rng, 9), random_boxes(rng, 7)
    expected = [[hellinger(a, b) for b in second] for a in first]
    np.testing.assert_allclose(gaussian_overlaps(first, second), expected, atol=1e-4)
    np.testing.assert_allclose(np.diag(gaussian_overlaps(first, first)), 1, atol=1e-3)
