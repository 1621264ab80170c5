"""Tasks whose labels are maps, regions of an image, or what comes next in a series: the outputs that answer them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ovopt.contracts import LabelFile
from ovopt.data.content import read_bytes
from ovopt.locate import optional
from ovopt.records import Port
from ovopt.workflow.drafting.choices import Option
from ovopt.workflow.drafting.labels import Labels

TASKS: Mapping[str, str] = {
    "region": "anomaly-detection", "defect": "anomaly-detection", "values": "depth", "future": "forecasting",
}  # fmt: skip
"""The task of labels, by their kind."""
LUMA = {"y_only": True, "luma": "full"}


@dataclass(frozen=True)
class Dense:
    """A task, the ways to choose outputs, and metrics where they are not the usual ones."""

    task: str
    options: tuple[Option, ...] = ()
    metrics: tuple[Any, ...] = ()
    said: tuple[str, ...] = ()


def dense(labels: Labels, outputs: Sequence[Port], task: str) -> Dense:
    """The outputs that answer labels of this form; all where none does."""
    maps = [place for place, port in enumerate(outputs) if len(_sizes(port)) == 2]
    if task == "anomaly-detection":
        return _anomalies(labels, outputs, maps)
    if task == "depth":
        said = ("Depths are compared as they are: `align` and `inverse` of the metrics bring others to the labels'.",)
        return Dense(task, tuple(_one(place, outputs) for place in maps), (), said)
    wanted = int(np.prod([size or 0 for size in labels.shape], dtype=np.int64))
    fitting = [place for place, port in enumerate(outputs) if _count(port) in (wanted, None)]
    return Dense(task, tuple(_one(place, outputs) for place in fitting))


def luma_metrics(labels: Labels, outputs: Sequence[Port]) -> tuple[Any, ...]:
    """Metrics of images where outputs have one channel and targets have colours; none, the usual ones, elsewhere."""
    grey = all(1 in (port.shape or (0,))[1:] or len(port.shape or ()) == 3 for port in outputs)
    coloured = isinstance(labels.first, LabelFile) and labels.first.channels in (None, "RGB")
    if not (
        grey
        and coloured
        and mode_of(labels.first.content() if labels.first.content else labels.first.path) in ("RGB", "RGBA", "P")
    ):
        return ()
    return tuple({name: dict(LUMA)} for name in ("psnr", "ssim"))


def mode_of(image: bytes | Path) -> str:
    """Pillow's mode of an image, or of that in a file; empty where it cannot be read."""
    library = optional("PIL.Image", "a look at images needs Pillow", "vision")
    try:
        with library.open(io.BytesIO(read_bytes(image) if isinstance(image, Path) else image)) as opened:
            return str(opened.mode)
    except Exception:  # Pillow's readers raise errors of every kind on broken files
        return ""


def _anomalies(labels: Labels, outputs: Sequence[Port], maps: Sequence[int]) -> Dense:
    scores = [place for place, port in enumerate(outputs) if _count(port) == 1 and port.dtype.startswith("f")]
    both = [
        Option(
            f"outputs {outputs[score].name} and {outputs[place].name}", sections={"model": {"output": [score, place]}}
        )
        for score in scores
        for place in maps
    ]
    metrics = ("image_auroc", "pixel_auroc", "pro") if maps and labels.kind == "region" else ()
    alone = [_one(place, outputs) for place in maps or scores]
    return Dense("anomaly-detection", (*both, *alone), metrics)


def _one(place: int, outputs: Sequence[Port]) -> Option:
    return Option(f"output {outputs[place].name}", sections={"model": {"output": place}} if place else {})


def _sizes(port: Port) -> list[int | None]:
    """Sizes of an output beside its batch and dimensions of 1."""
    return [dim for dim in (port.shape or ())[1:] if dim != 1]


def _count(port: Port) -> int | None:
    sizes = _sizes(port)
    return None if port.shape is None or None in sizes else int(np.prod([size or 0 for size in sizes], dtype=np.int64))
