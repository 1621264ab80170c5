"""Which decoder a detector's outputs look like."""

from __future__ import annotations

from typing import Any

import pytest

from ovopt.contracts import Decoder, plugins
from ovopt.records import Port
from ovopt.workflow.drafting.heads import detection_head, detection_heads

Shape = tuple[int | None, ...] | None


def ports(*shapes: Shape) -> list[Port]:
    return [Port(name=f"out{i}", shape=shape, dtype="f32") for i, shape in enumerate(shapes)]


@pytest.mark.parametrize(
    ("shapes", "outputs", "decoder"),
    [
        ([(1, 84, 8400)], 0, "yolo_v8"),
        ([(1, 84, None)], 0, "yolo_v8"),
        ([(None, 84, 8400)], 0, "yolo_v8"),
        ([(1, 25200, 85)], 0, "yolo_v5"),
        ([(None, None, 85)], 0, "yolo_v5"),
        ([(1, 300, 6)], 0, "yolo_end_to_end"),
        ([(1, None, 6)], 0, "yolo_end_to_end"),
        ([(1, 1, 200, 7)], 0, "detection_output"),
        ([(1, 1, None, 7)], 0, "detection_output"),
        ([(1, 8400, 4), (1, 8400, 80)], [0, 1], "yolo_nas"),
        ([(1, 8400, 80), (1, 8400, 4)], [1, 0], "yolo_nas"),
        ([(1, 10, 4), (1, 10), (1, 10), (1,)], [0, 1, 2, 3], "tf_detections"),
        ([None], 0, "yolo_v8"),
        ([(None, None, None)], 0, "yolo_v8"),
        ([(1, 255, 80, 80), (1, 255, 40, 40), (1, 255, 20, 20)], 0, "yolo_v8"),
    ],
    ids=str,
)
def test_a_head_is_known_by_the_shapes_of_its_outputs(shapes: list[Shape], outputs: Any, decoder: str) -> None:
    head = detection_head(ports(*shapes))
    assert (head.outputs, head.decoder) == (outputs, decoder)
    assert head.said.endswith(".")


def test_every_decoder_that_is_chosen_exists() -> None:
    names = {"yolo_v8", "yolo_v5", "yolo_end_to_end", "detection_output", "yolo_nas", "tf_detections"}
    kinds = plugins("ovopt.decoders", Decoder)
    assert names <= {*kinds, *(preset for kind in kinds.values() for preset in kind.presets)}


@pytest.mark.parametrize(
    ("shapes", "classes", "wanted"),
    [
        ([(None, 4), (None,), (None,)], 2, "detections"),
        ([(1, 8400, 84)], 80, "yolo_v8"),
        ([(1, 85, 8400)], 80, "yolo_v5"),
        ([(1, 3549, 85)], 80, "yolox"),
        ([(1, 100, 81), (1, 100, 4)], 80, "boxes_scores"),
        ([(1, 100, 92), (1, 100, 4)], 91, "detr"),
        ([(1, 300, 80), (1, 300, 4)], 80, "detr"),
        ([(1, 200, 6)], 3, "detections"),
        ([(1, 1, 100, 7)], 3, "detection_output"),
    ],
    ids=str,
)
def test_heads_that_may_be_tried_follow_from_the_number_of_classes(
    shapes: list[Shape], classes: int, wanted: str
) -> None:
    decoders = [head.decoder for head in detection_heads(ports(*shapes), classes)]
    assert wanted in [one if isinstance(one, str) else next(iter(one)) for one in decoders]
    assert len({str(one) for one in decoders}) >= len(decoders) - 2, "the same decoder may take outputs in two orders"


def test_labels_and_scores_of_their_own_are_tried_in_both_orders() -> None:
    heads = detection_heads(ports((None, 4), (None,), (None,)), 2)
    chosen = [(head.outputs, head.decoder) for head in heads if "detections" in head.decoder]
    columns = ["x0", "y0", "x1", "y1", "class", "score"]
    assert ([0, 1, 2], {"detections": {"columns": columns, "label_offset": 1}}) in chosen
    assert ([0, 2, 1], {"detections": {"columns": columns}}) in chosen
