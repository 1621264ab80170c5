"""Single-shot detectors: known boxes, encoded by hand, come back."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from pydantic import ValidationError

from ovopt.decoders.ssd import BoxesScores, DetectionOutput, SsdRaw, TfDetections
from ovopt.errors import DataError
from tests.decoders.scenes import CLASSES, HEIGHT, IMAGE, SIZE, WIDTH, logit, same, scene
from tests.factories import exactly

SEEDS = pytest.mark.parametrize("seed", range(5))


def _tf(objects, offset=0):
    return (objects.corners / SIZE)[:, [1, 0, 3, 2]], objects.classes + float(offset), objects.scores


@SEEDS
@pytest.mark.parametrize("offset", [0, 1])
def test_tf_detections_come_back(seed, offset):
    objects = scene(seed)
    same(TfDetections(label_offset=offset)(_tf(objects, offset), IMAGE), objects.detections)
    padded = tuple(np.concatenate((one, np.ones_like(one))) for one in _tf(objects, offset))
    for count in (np.float32(6), np.array([6])):
        same(TfDetections(label_offset=offset)((*padded, np.asarray(count)), IMAGE), objects.detections)


def test_tf_detections_may_be_none():
    nothing = (np.zeros((3, 4)), np.zeros(3), np.ones(3), np.array(0.0))
    assert TfDetections()(nothing, IMAGE).shape == (0, 6)
    assert TfDetections()((np.zeros((0, 4)), np.zeros(0), np.zeros(0)), IMAGE).shape == (0, 6)


def test_the_background_of_the_model_is_no_detection():
    boxes, classes, scores = _tf(scene(0), 1)
    classes[0] = 0
    assert len(TfDetections(label_offset=1)((boxes, classes, scores), IMAGE)) == 5


@SEEDS
@pytest.mark.parametrize("normalised", [True, False])
def test_a_detection_output_comes_back_up_to_its_end(seed, normalised):
    objects = scene(seed)
    corners = objects.corners / (SIZE if normalised else 1)
    rows = np.column_stack((np.zeros(6), objects.classes + 1, objects.scores, corners))
    end = np.vstack(([-1, 0, 0, 0, 0, 0, 0], [[0, 1, 0.99, 0.1, 0.1, 0.9, 0.9]] * 3))
    decoder = DetectionOutput(label_offset=1, normalised=normalised)
    same(decoder(np.vstack((rows, end))[None], IMAGE), objects.detections)
    same(decoder(rows[None, None], IMAGE), objects.detections)
    assert decoder(end[None], IMAGE).shape == (0, 6)
    assert decoder(np.zeros((1, 0, 7)), IMAGE).shape == (0, 6)


def _encoded(objects, form):
    first, second = objects.corners[:, :2], objects.corners[:, 2:]
    return {
        "xyxy": objects.corners,
        "yxyx": objects.corners[:, [1, 0, 3, 2]],
        "cxcywh": np.hstack(((first + second) / 2, second - first)),
        "xywh": np.hstack((first, second - first)),
    }[form]


@SEEDS
@pytest.mark.parametrize("form", ["xyxy", "yxyx", "cxcywh", "xywh"])
@pytest.mark.parametrize("normalised", [True, False])
def test_boxes_in_any_format_come_back(seed, form, normalised):
    objects = scene(seed)
    swapped = SIZE[[1, 0, 3, 2]] if form == "yxyx" else SIZE
    boxes = _encoded(objects, form) / (swapped if normalised else 1)
    decoder = BoxesScores(format=form, normalised=normalised)
    same(decoder((boxes, objects.one_hot()), IMAGE), objects.detections)
    same(decoder((boxes.ravel(), objects.one_hot().ravel()), IMAGE), objects.detections)


@pytest.mark.parametrize("background", [0, 2, 5, -1])
def test_the_background_is_left_out_and_the_classes_behind_it_move_up(background):
    objects = scene(1)
    scores = np.insert(objects.one_hot(), background % (CLASSES + 1), 0.99, axis=1)
    decoder = BoxesScores(background=background)
    same(decoder((objects.corners / SIZE, scores), IMAGE), objects.detections)


def test_scores_may_come_before_their_activation():
    objects = scene(2)
    same(
        BoxesScores(activation="sigmoid")((objects.corners / SIZE, logit(objects.one_hot())), IMAGE), objects.detections
    )
    shares = np.column_stack((1 - objects.scores, objects.one_hot() + 1e-12))
    decoder = BoxesScores(activation="softmax", background=0)
    same(decoder((objects.corners / SIZE, np.log(shares) + 7), IMAGE), objects.detections)


def test_the_presets_are_boxes_and_scores():
    objects = scene(3)
    nas, light = (BoxesScores(**BoxesScores.presets[name]) for name in ("yolo_nas", "ultra_light"))
    same(nas((objects.corners, objects.one_hot()), IMAGE), objects.detections)
    scores = np.column_stack((1 - objects.scores, objects.scores))
    expected = np.column_stack((objects.corners, objects.scores, np.zeros(6)))
    same(light((objects.corners / SIZE, scores), IMAGE), expected)


def test_one_class_may_come_without_its_dimension():
    objects = scene(4)
    expected = np.column_stack((objects.corners, objects.scores, np.zeros(6)))
    same(BoxesScores(normalised=False)((objects.corners, objects.scores), IMAGE), expected)


def test_no_boxes_are_no_detections():
    assert BoxesScores()((np.zeros((0, 4)), np.zeros((0, 3))), IMAGE).shape == (0, 6)
    assert BoxesScores()((np.zeros(0), np.zeros(0)), IMAGE).shape == (0, 6)


def _torchvision_priors(size, maps, low, high, ratios):
    """Centre and size of each default box, in torchvision's order. Source: `DefaultBoxGenerator`."""
    found = []
    for (columns, rows), s, s_next, of_map in zip(maps, low, high, ratios, strict=True):
        pairs = [(s, s), (sqrt(s * s_next),) * 2]
        for ratio in of_map:
            w, h = s * sqrt(ratio), s / sqrt(ratio)
            pairs += [(w, h), (h, w)]
        for j, i in product(range(rows), range(columns)):
            for w, h in pairs:
                found.append([(i + 0.5) / columns * size[0], (j + 0.5) / rows * size[1], w, h])
    return np.array(found)


MAPS, LOW, HIGH, RATIOS = ((16, 12), (8, 6)), (20, 60), (40, 90), ((2,), (2, 3))
SSD = SsdRaw(
    feature_maps=MAPS,
    min_sizes=[[s] for s in LOW],
    max_sizes=[[s] for s in HIGH],
    aspect_ratios=RATIOS,
    multi_label=False,
)


def test_priors_are_torchvisions_default_boxes():
    expected = _torchvision_priors((WIDTH, HEIGHT), MAPS, LOW, HIGH, RATIOS)
    np.testing.assert_allclose(SSD.priors((WIDTH, HEIGHT)), expected)


def test_priors_are_retinafaces_anchors():
    decoder = SsdRaw(strides=(8, 16), min_sizes=[[16, 32], [64, 128]])
    expected = []
    for stride, sizes in ((8, (16, 32)), (16, (64, 128))):
        for i, j in product(range(-(-90 // stride)), range(-(-100 // stride))):
            expected += [[(j + 0.5) * stride, (i + 0.5) * stride, s, s] for s in sizes]
    np.testing.assert_allclose(decoder.priors((100, 90)), expected)


def test_priors_can_be_cut_to_the_image():
    decoder = SsdRaw(feature_maps=[[1, 1]], min_sizes=[[30]], aspect_ratios=[[4]], clip_priors=True)
    np.testing.assert_allclose(decoder.priors((50, 40))[:, 2:], [[30, 30], [50, 15], [15, 40]])


@SEEDS
def test_a_raw_ssd_head_gives_the_encoded_boxes_back(seed):
    objects, rng = scene(seed), np.random.default_rng(seed)
    priors = _torchvision_priors((WIDTH, HEIGHT), MAPS, LOW, HIGH, RATIOS)
    offsets, scores = np.zeros((len(priors), 4)), np.zeros((len(priors), CLASSES + 1))
    scores[:, 0] = 1
    chosen = rng.permutation(len(priors))[:6]
    offsets[chosen, :2] = (objects.centres - priors[chosen, :2]) / priors[chosen, 2:] / 0.1
    offsets[chosen, 2:] = np.log(objects.extents / priors[chosen, 2:]) / 0.2
    scores[chosen] = objects.one_hot(CLASSES + 1, shift=1)
    same(SSD((offsets, scores), IMAGE), objects.detections)
    same(SSD((offsets.ravel(), scores.ravel()), IMAGE), objects.detections)


def test_an_ssd_of_another_size_is_an_error():
    message = (
        "ssd_raw: the output has 8732 boxes, but there are 1056 priors on an input of 256 x 192 pixels; set "
        "`min_sizes`, `aspect_ratios`, `strides` or `size`"
    )
    with pytest.raises(DataError, match=exactly(message)):
        SSD((np.zeros((8732, 4)), np.zeros((8732, 21))), IMAGE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_sizes": [[1]]}, "give feature_maps or strides"),
        ({"min_sizes": [[1]], "strides": [8, 16]}, "must have the same length"),
        ({"min_sizes": [[1, 2]], "max_sizes": [[3]], "strides": [8]}, "each map must have as many max_sizes"),
    ],
)
def test_lists_of_an_ssd_that_do_not_match_are_an_error(fields, message):
    with pytest.raises(ValidationError, match=message):
        SsdRaw(**fields)


TF = "tf_detections: wants boxes [n, 4], classes [n], scores [n] and, if at all, their number"
BOTH = "wants boxes [n, 4] and scores [n, classes]"
LISTED = " (list them in `model.output` in this order)"


@pytest.mark.parametrize(
    ("decoder", "output", "message"),
    [
        (TfDetections(), np.zeros((3, 4)), f"{TF}{LISTED}, not [3, 4]"),
        (TfDetections(), (np.zeros((3, 4)), np.zeros(3), np.zeros(2)), f"{TF}, not 3 arrays: [3, 4], [3], [2]"),
        (TfDetections(), (np.zeros((3, 5)), np.zeros(3), np.zeros(3)), f"{TF}, not [3, 5]"),
        (TfDetections(), (np.zeros((3, 4)), *[np.zeros(3)] * 3), f"{TF}, not [3]"),
        (TfDetections(), (np.zeros((1, 4)), *[np.zeros(1)] * 2, np.array(np.nan)), f"{TF}, not []"),
        (DetectionOutput(), np.zeros((3, 6)), "detection_output: wants [1, 1, n, 7], not [3, 6]"),
        (BoxesScores(), np.zeros((3, 4)), f"boxes_scores: {BOTH}{LISTED}, not [3, 4]"),
        (BoxesScores(), (np.zeros((3, 5)), np.zeros((3, 2))), f"boxes_scores: {BOTH}, not 2 arrays: [3, 5], [3, 2]"),
        (BoxesScores(), (np.zeros((3, 4)), np.zeros((4, 2))), f"boxes_scores: {BOTH}, not 2 arrays: [3, 4], [4, 2]"),
        (BoxesScores(), (np.zeros((3, 4)), np.zeros(4)), f"boxes_scores: {BOTH}, not 2 arrays: [3, 4], [4]"),
        (BoxesScores(), (np.zeros((3, 4)), np.zeros((3, 0))), f"boxes_scores: {BOTH}, not 2 arrays: [3, 4], [3, 0]"),
        (BoxesScores(), (np.zeros((0, 4)), np.zeros(4)), f"boxes_scores: {BOTH}, not 2 arrays: [0, 4], [4]"),
        (
            BoxesScores(background=2),
            (np.zeros((3, 4)), np.zeros((3, 2))),
            "boxes_scores: wants scores that have a class 2, the background, not [3, 2]",
        ),
    ],
)
def test_an_output_that_does_not_fit_is_an_error(decoder, output, message):
    with pytest.raises(DataError, match=exactly(message)):
        decoder(output, IMAGE)
