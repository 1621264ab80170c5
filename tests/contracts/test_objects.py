"""Objects in an image, as they are labelled and as they are found."""

import numpy as np

from ovopt.contracts import Boxes, Detections, Rle

REGIONS = tuple(Rle((1, n), b"") for n in range(3))
LABELS = Boxes(
    np.arange(12.0).reshape(3, 4), np.arange(3), np.array([False, True, False]), (9, 8),
    outlines=REGIONS, key_points=np.arange(18.0).reshape(3, 2, 3), areas=np.array([1.0, 2, 3]),
)  # fmt: skip


def test_what_is_picked_keeps_all_that_belongs_to_it():
    for places in (np.array([2, 0]), np.array([True, False, True])):
        picked = LABELS.pick(places)
        order = picked.classes.tolist()
        assert sorted(order) == [0, 2]
        assert picked.corners.tolist() == LABELS.corners[order].tolist()
        assert picked.outlines == tuple(REGIONS[i] for i in order)
        assert picked.key_points.tolist() == LABELS.key_points[order].tolist()
        assert (picked.areas.tolist(), picked.quads, picked.size) == ([i + 1 for i in order], None, (9, 8))


def test_objects_are_told_in_a_line():
    assert repr(LABELS) == "3 boxes with outlines and key points: 0, 1, 2, 3 ..."
    assert repr(Detections(np.zeros((0, 6)), masks=())) == "0 detections with masks"
    assert repr(Detections(np.ones((1, 6)) / 3)) == "1 detections: 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333 ..."
