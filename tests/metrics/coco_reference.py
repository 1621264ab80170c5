"""pycocotools' average precision of what a test made up."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

Annotations = Sequence[dict[str, Any]]


def average_precisions(
    scenes: Sequence[tuple[Annotations, Annotations]],
    kind: str,
    classes: int,
    *,
    size: tuple[int, int],
    limit: int = 100,
    thresholds: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
) -> dict[int, float]:
    """Average precision of each class that has objects. A scene is what an image holds and what was found, both as
    COCO's annotations without ids."""
    width, height = size
    objects = [{**one, "image_id": i} for i, (real, _) in enumerate(scenes) for one in real]
    results = [{**one, "image_id": i} for i, (_, found) in enumerate(scenes) for one in found]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": i, "width": width, "height": height} for i in range(len(scenes))],
            "categories": [{"id": c} for c in range(classes)],
            "annotations": [{"id": i, **one} for i, one in enumerate(objects, 1)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results) if results else COCO(), kind)
        evaluation.params.maxDets = [limit]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        if thresholds:
            evaluation.params.iouThrs = np.array(thresholds)
        if sigmas:
            evaluation.params.kpt_oks_sigmas = np.array(sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    return {c: float(precision[:, :, c].mean()) for c in range(classes) if (precision[:, :, c] > -1).all()}


def overall(areas: dict[int, float]) -> float:
    """The mean over classes."""
    return float(np.mean(list(areas.values())))
