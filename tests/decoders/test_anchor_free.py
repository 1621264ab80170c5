"""Detectors without anchors: known boxes, encoded by hand, come back."""

import numpy as np
import pytest

from ovopt.decoders.anchor_free import CenterNet, Detr, Fcos, Gfl
from ovopt.errors import DataError
from tests.decoders.scenes import CLASSES, HEIGHT, IMAGE, SIZE, WIDTH, logit, same, scene
from tests.factories import exactly

SEEDS = pytest.mark.parametrize("seed", range(5))
STRIDES = (8, 16, 32)
STARTS = np.cumsum([0, *((WIDTH // s) * (HEIGHT // s) for s in STRIDES)])


@SEEDS
def test_detr_gives_the_encoded_boxes_back(seed):
    objects, rng = scene(seed), np.random.default_rng(seed)
    shares = np.full((20, CLASSES + 1), 1e-9)
    shares[:, -1] = 1
    boxes = rng.random((20, 4))
    chosen = rng.permutation(20)[:6]
    shares[chosen] = np.column_stack((objects.one_hot() + 1e-12, 1 - objects.scores))
    boxes[chosen] = objects.cxcywh / SIZE
    same(Detr()((np.log(shares) - 3, boxes), IMAGE), objects.detections)


@SEEDS
def test_detr_with_a_sigmoid_has_no_class_for_no_object(seed):
    objects = scene(seed)
    output = (logit(objects.one_hot() + 1e-6), objects.cxcywh / SIZE)
    same(Detr(activation="sigmoid")(output, IMAGE), objects.detections)


def test_a_query_counts_for_its_best_class_or_for_each():
    boxes = np.array([[0.5, 0.5, 0.1, 0.1]])
    assert len(Detr()((np.log([[0.5, 0.4, 0.1]]), boxes), IMAGE)) == 1
    found = Detr(activation="sigmoid")((logit(np.array([[0.5, 0.4, 0.1]])), boxes), IMAGE)
    np.testing.assert_allclose(found[:, 4:], [[0.5, 0], [0.4, 1], [0.1, 2]], rtol=1e-6)
    assert len(Detr(activation="sigmoid", max_detections=2)((np.zeros((1, 3)), boxes), IMAGE)) == 2


def _place(rng, centre):
    """A random map, and the row in all maps of its cell nearest to a centre; the cell's column and row."""
    level = rng.integers(3)
    stride = STRIDES[level]
    column, row = (int(c // stride) for c in centre)
    return stride, STARTS[level] + row * (WIDTH // stride) + column, np.array([column, row])


@SEEDS
@pytest.mark.parametrize("offset", [0, 0.5])
@pytest.mark.parametrize("in_strides", [True, False])
def test_fcos_gives_the_encoded_boxes_back(seed, offset, in_strides):
    objects, rng = scene(seed), np.random.default_rng(seed)
    scores, distances, centerness = np.zeros((STARTS[-1], CLASSES)), np.ones((STARTS[-1], 4)), np.ones(STARTS[-1])
    for corners, centre, score, label in zip(
        objects.corners, objects.centres, objects.scores, objects.classes, strict=True
    ):
        stride, index, cell = _place(rng, centre)
        point = (cell + offset) * stride
        distances[index] = np.concatenate((point - corners[:2], corners[2:] - point)) / (stride if in_strides else 1)
        centerness[index] = rng.uniform(score**2, 1)
        scores[index, label] = score**2 / centerness[index]
    decoder = Fcos(strides=STRIDES, offset=offset, in_strides=in_strides)
    for shape in ((-1,), (-1, 1)):
        output = (logit(scores), distances, logit(np.minimum(centerness, 1 - 1e-9)).reshape(shape))
        same(decoder(output, IMAGE), objects.detections)
    plain = Fcos(strides=STRIDES, offset=offset, in_strides=in_strides, activation=None)
    same(plain((scores, distances, centerness), IMAGE), objects.detections)


def _distribution(distance, reg_max):
    """Scores whose softmax has this mean: all weight on both neighbours."""
    shares = np.full(reg_max + 1, 1e-12)
    low = min(int(distance), reg_max - 1)
    shares[low], shares[low + 1] = low + 1 - distance, distance - low
    return np.log(np.maximum(shares, 1e-12))


@SEEDS
@pytest.mark.parametrize("offset", [0, 0.5])
@pytest.mark.parametrize("reg_max", [7, 16])
def test_gfl_gives_the_encoded_boxes_back(seed, offset, reg_max):
    objects, rng = scene(seed), np.random.default_rng(seed)
    output = np.zeros((STARTS[-1], CLASSES + 4 * (reg_max + 1)))
    for corners, centre, score, label in zip(
        objects.corners, objects.centres, objects.scores, objects.classes, strict=True
    ):
        cell = np.floor((centre / 8) - offset + 0.5).astype(int)
        index = cell[1] * (WIDTH // 8) + cell[0]
        point = (cell + offset) * 8
        distances = np.concatenate((point - corners[:2], corners[2:] - point)) / 8
        output[index, CLASSES:] = np.concatenate([_distribution(d, reg_max) for d in distances]) + rng.normal()
        output[index, label] = score
    decoder = Gfl(strides=STRIDES, reg_max=reg_max, offset=offset)
    same(decoder(output, IMAGE), objects.detections)
    before = np.hstack((logit(output[:, :CLASSES]), output[:, CLASSES:]))
    same(Gfl(strides=STRIDES, reg_max=reg_max, offset=offset, activation="sigmoid")(before, IMAGE), objects.detections)


def test_gfl_counts_cells_that_the_image_fills_in_part():
    inputs = {"x": np.zeros((1, 3, 100, 90), np.float32)}
    cells = sum(-(-90 // s) * -(-100 // s) for s in (8, 16))
    assert Gfl(strides=(8, 16))(np.zeros((cells, 33)), inputs).shape == (0, 6)


def _maps(objects, rng):
    heat = np.zeros((CLASSES, HEIGHT // 4, WIDTH // 4))
    sizes, offsets = rng.random((2, 2, HEIGHT // 4, WIDTH // 4))
    for (cx, cy, w, h), score, label in zip(objects.cxcywh, objects.scores, objects.classes, strict=True):
        column, row = int(cx // 4), int(cy // 4)
        around = heat[label, row - 1 : row + 2, column - 1 : column + 2]
        around[:] = np.maximum(around, score * 0.7)
        heat[label, row, column] = score
        sizes[:, row, column] = w / 4, h / 4
        offsets[:, row, column] = cx / 4 - column, cy / 4 - row
    return heat, sizes, offsets


@SEEDS
def test_centernet_gives_the_encoded_boxes_back(seed):
    objects = scene(seed)
    heat, sizes, offsets = _maps(objects, np.random.default_rng(seed))
    same(CenterNet()((heat, sizes, offsets), IMAGE), objects.detections)
    same(CenterNet(activation="sigmoid")((logit(heat), sizes, offsets), IMAGE), objects.detections)


def test_centres_are_the_scores_that_no_neighbour_exceeds():
    rng = np.random.default_rng(0)
    heat = rng.choice([0.2, 0.4, 0.6, 0.8], (2, 9, 11))
    expected = set()
    for c, y, x in np.ndindex(heat.shape):
        near = heat[c, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        if heat[c, y, x] == near.max():
            expected.add((c, y, x, heat[c, y, x]))
    zeros = np.zeros((2, 9, 11))
    found = CenterNet(stride=1, max_detections=999)((heat, zeros, zeros), IMAGE).astype(float)
    assert {(int(c), int(y), int(x), round(s, 3)) for x, y, _, _, s, c in found} == expected


def test_a_heatmap_that_is_no_number_has_no_centre_there():
    heat = np.zeros((1, 4, 4))
    heat[0, 1, 1], heat[0, 1, 2] = np.nan, 0.9
    ones = np.ones((2, 4, 4))
    assert CenterNet()((heat, ones, ones), IMAGE)[:, 4] == np.float32(0.9)


LISTED = " (list them in `model.output` in this order)"
DETR = "detr: wants scores [queries, classes + 1] and boxes [queries, 4]"
FCOS = "fcos: wants scores [n, classes], distances [n, 4] and centerness [n]"
CENTERNET = "centernet: wants scores [classes, H, W], sizes [2, H, W] and offsets [2, H, W]"


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (Detr(), np.zeros((3, 4)), f"{DETR}{LISTED}, not [3, 4]"),
        (Detr(), (np.zeros((3, 2)), np.zeros((2, 4))), f"{DETR}, not 2 arrays: [3, 2], [2, 4]"),
        (Detr(), (np.zeros((3, 1)), np.zeros((3, 4))), f"{DETR}, not 2 arrays: [3, 1], [3, 4]"),
        (Detr(), (np.zeros((3, 4)), np.zeros((3, 9))), f"{DETR}, not [3, 9]"),
        (Fcos(), (np.zeros((3, 4)), np.zeros((3, 4))), f"{FCOS}{LISTED}, not 2 arrays: [3, 4], [3, 4]"),
        (
            Fcos(),
            (np.zeros((3, 2)), np.zeros((3, 4)), np.zeros(4)),
            f"{FCOS}, not 3 arrays: [3, 2], [3, 4], [4]",
        ),
        (Gfl(), np.zeros((9, 32)), "gfl: wants [n, classes + 32], not [9, 32]"),
        (
            CenterNet(),
            (np.zeros((3, 4, 4)), np.zeros((2, 4, 4)), np.zeros((2, 4, 5))),
            f"{CENTERNET}, not 3 arrays: [3, 4, 4], [2, 4, 4], [2, 4, 5]",
        ),
        (CenterNet(), (np.zeros((3, 4)), np.zeros((2, 4, 4)), np.zeros((2, 4, 4))), f"{CENTERNET}, not [3, 4]"),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, IMAGE)
