"""Oriented boxes: their corners, and how much they overlap, exactly and as Gaussians."""

from __future__ import annotations

import numpy as np

from ovopt.contracts import Array

EPSILON = 1e-9
"""Points so near to an edge, in parts of the boxes' extent, lie on it."""
SMALLEST = 1e-7
"""What keeps logarithms and quotients of Gaussians finite, as in Ultralytics' `batch_probiou`."""


def quads_of(boxes: Array) -> Array:
    """Corners [n, 4, 2] of boxes [n, 5]: centre x and y, width, height, and the angle in radians from the x axis to the
    width, clockwise on the screen."""
    centre, size, angle = boxes[:, None, :2], boxes[:, None, 2:4], boxes[:, 4]
    local = size / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1)
    return np.asarray(centre + local @ turn)


def around(quads: Array) -> Array:
    """Boxes [n, 4] (x0, y0, x1, y1) around oriented ones [n, 4, 2]."""
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def overlaps(quads: Array, others: Array, crowd: Array | None = None) -> Array:
    """Intersection over union [n, m] of convex quadrilaterals [n, 4, 2] with others [m, 4, 2]; over the area of the
    first alone where the other one is a crowd [m]. 0 where they share nothing."""
    quads, others = _ordered(quads), _ordered(others)
    low = np.maximum(quads.min(axis=1)[:, None], others.min(axis=1)[None])
    high = np.minimum(quads.max(axis=1)[:, None], others.max(axis=1)[None])
    first, second = np.nonzero((low < high).all(axis=2))
    common = np.zeros((len(quads), len(others)))
    common[first, second] = _common_area(quads[first], others[second])
    own, theirs = _area(quads), _area(others)
    union = own[:, None] + theirs - common
    if crowd is not None:
        union = np.where(np.asarray(crowd, bool), own[:, None], union)
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=common > 0))


def gaussian_overlaps(boxes: Array, others: Array) -> Array:
    """One less the Hellinger distance [n, m] of boxes [n, 5] from others [m, 5], each as the Gaussian of its centre and
    its extent: 1 for equal ones.

    Source: Murrugarra-Llerena et al. 2021, "Gaussian Bounding Boxes and Probabilistic Intersection-over-Union";
    Ultralytics, `batch_probiou`.
    """
    a1, b1, c1 = (each[:, None] for each in _covariance(boxes))
    a2, b2, c2 = (each[None] for each in _covariance(others))
    x, y = np.moveaxis(boxes[:, None, :2] - others[None, :, :2], 2, 0)
    det = (a1 + a2) * (b1 + b2) - (c1 + c2) ** 2
    near = ((a1 + a2) * y**2 + (b1 + b2) * x**2) / (det + SMALLEST) / 4 - (c1 + c2) * x * y / (det + SMALLEST) / 2
    root = np.sqrt(np.clip(a1 * b1 - c1**2, 0, None) * np.clip(a2 * b2 - c2**2, 0, None))
    distance = np.clip(near + np.log(det / (4 * root + SMALLEST) + SMALLEST) / 2, SMALLEST, 100)
    return np.asarray(1 - np.sqrt(1 - np.exp(-distance) + SMALLEST))


def _covariance(boxes: Array) -> tuple[Array, Array, Array]:
    """Variance in x, variance in y and covariance, each [n], of boxes [n, 5]."""
    width, height = boxes[:, 2] ** 2 / 12, boxes[:, 3] ** 2 / 12
    cos, sin = np.cos(boxes[:, 4]), np.sin(boxes[:, 4])
    return width * cos**2 + height * sin**2, width * sin**2 + height * cos**2, (width - height) * cos * sin


def _ordered(quads: Array) -> Array:
    """The corners [n, 4, 2] in the order of their angles, whichever they came in."""
    quads = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    offset = quads - quads.mean(axis=1, keepdims=True)
    order = np.argsort(np.arctan2(offset[..., 1], offset[..., 0]), axis=1)
    return np.take_along_axis(quads, order[..., None], axis=1)


def _area(polygons: Array) -> Array:
    """Area [n] of polygons [n, k, 2] whose corners stand in the order of their angles."""
    x, y = np.moveaxis(polygons - polygons[:, :1], 2, 0)
    return np.asarray((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(axis=1) / 2)


def _common_area(quads: Array, others: Array) -> Array:
    """Area [p] that pairs of convex quadrilaterals [p, 4, 2] share: that of the polygon of the corners of each inside
    the other, and of the points where their edges cross."""
    extent = np.concatenate([quads, others], axis=1)
    origin = extent.mean(axis=1, keepdims=True)
    scale = np.ptp(extent, axis=1).max(axis=1)[:, None, None]
    first, second = (quads - origin) / scale, (others - origin) / scale
    crossings, cross = _crossings(first, second)
    points = np.concatenate([first, second, crossings], axis=1)
    kept = np.concatenate([_inside(first, second), _inside(second, first), cross], axis=1)
    middle = (points * kept[..., None]).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)[:, None]
    points = np.where(kept[..., None], points, middle[:, None]) - middle[:, None]
    angles = np.where(kept, np.arctan2(points[..., 1], points[..., 0]), np.inf)
    ring = np.take_along_axis(points, np.argsort(angles, axis=1)[..., None], axis=1)
    # What was not kept would open the ring: the first point takes its place.
    ring = np.where(np.sort(kept, axis=1)[:, ::-1, None], ring, ring[:, :1])
    return np.asarray(_area(ring) * scale[:, 0, 0] ** 2)


def _inside(points: Array, quads: Array) -> Array:
    """True for each of the points [p, k, 2] in or on the edge of its quadrilateral [p, 4, 2]."""
    edges = np.roll(quads, -1, axis=1) - quads
    to = points[:, :, None] - quads[:, None]
    return np.asarray((edges[:, None, :, 0] * to[..., 1] - edges[:, None, :, 1] * to[..., 0] >= -EPSILON).all(axis=2))


def _crossings(first: Array, second: Array) -> tuple[Array, Array]:
    """Points [p, 16, 2] where lines along the edges cross, and true [p, 16] where both edges reach there."""
    start, other = first[:, :, None], second[:, None]
    along, across = np.roll(first, -1, 1)[:, :, None] - start, np.roll(second, -1, 1)[:, None] - other
    turn = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0]
    gap = other - start
    sloped = np.abs(turn) > EPSILON
    safe = np.where(sloped, turn, 1)
    t = (gap[..., 0] * across[..., 1] - gap[..., 1] * across[..., 0]) / safe
    u = (gap[..., 0] * along[..., 1] - gap[..., 1] * along[..., 0]) / safe
    met = sloped & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    points = start + t[..., None] * along
    return points.reshape(len(first), 16, 2), met.reshape(len(first), 16)
