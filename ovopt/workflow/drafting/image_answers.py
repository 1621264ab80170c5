"""Tasks whose labels lie in an image, or are arrays: the outputs that answer them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovopt.records import Port
from ovopt.workflow.drafting.answer import Answer, chosen, numbers_in, of_outputs, probabilities
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.dense import luma_metrics
from ovopt.workflow.drafting.heads import detection_heads
from ovopt.workflow.drafting.labels import Labels
from ovopt.workflow.drafting.question import question
from ovopt.workflow.drafting.shaped_heads import are_maps, shaped_heads

BOX_ROWS = (None, 4, 5, 6, 7)
"""Numbers of a row that may be a box."""


def detection(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Boxes, and what more is labelled of objects. Raises UsageError, which asks, where no output holds boxes."""
    if not any(port.shape is None or len(port.shape) > 2 or port.shape[-1] in BOX_ROWS for port in outputs):
        raise question(
            f"the labels are boxes, and none of the outputs {', '.join(map(str, outputs))} holds such: name the task, "
            "or another kind of data",
            ["--task any", "--set data.source.kind=files"],
        )
    if labels.kind == "boxes" and are_maps(labels.first, outputs, labels.count):
        return segmentation(labels, outputs)
    found = shaped_heads(labels.first, outputs, labels.count) if labels.kind == "boxes" else []
    heads = found or detection_heads(outputs, labels.count)
    options = tuple(
        Option(
            head.said.rstrip("."),
            postprocess=(*head.before, head.decoder),
            sections={"model": {"output": head.outputs}, "task": head.task},
        )
        for head in heads
    )
    return Answer(heads[0].task, Choice("head", options), whole=True)


def segmentation(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Masks of class ids: maps of scores, or of ids."""
    options = []
    for place, port in enumerate(outputs):
        sections, said = chosen(place), f"output {port.name}"
        shape = (port.shape or ())[1:]
        if port.dtype[:1] in ("i", "u"):
            options.append(Option(f"{said}, class ids", postprocess=("squeeze",), sections=sections))
            continue
        if len(shape) == 3 and shape[0] != 1:
            options.append(Option(f"{said}, classes first", postprocess=({"argmax": 0},), sections=sections))
        if len(shape) == 3 and shape[2] != 1 and _looks_last(shape):
            options.append(Option(f"{said}, classes last", postprocess=({"argmax": -1},), sections=sections))
        if len(shape) == 2 or (len(shape) == 3 and 1 in (shape[0], shape[2])):
            for steps, kind in (
                (("squeeze", "threshold"), "a probability"),
                (("sigmoid", "squeeze", "threshold"), "a score"),
            ):
                options.append(Option(f"{said}, {kind} of class 1", postprocess=steps, sections=sections))
    options = options or [Option("classes first", postprocess=({"argmax": 0},))]
    return Answer("segmentation", Choice("map", tuple(options)), whole=True)


def pictures(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Images: outputs of their ranges, or as they are where labels are numbers from 0 to 1."""
    if labels.kind == "array" and _are_fractions(labels):
        fitting = [place for place, port in enumerate(outputs) if _is_picture(labels, port)]
        metrics = tuple({name: {"data_range": 1}} for name in ("psnr", "ssim"))
        said = "Output and labels are compared as they are, black at 0 and white at 1."
        return Answer("image-to-image", of_outputs(fitting, outputs), metrics, (said,), whole=True)
    options = []
    for place, port in enumerate(outputs):
        shape = (port.shape or ())[1:]
        layout = "hwc" if len(shape) == 3 and shape[0] not in (1, 3) and shape[2] in (1, 3) else "chw"
        if len(shape) not in (2, 3):
            continue
        for low, high in ((0, 1), (0, 255), (-1, 1)):
            image = {"layout": layout, **({"low": low} if low else {}), **({"high": high} if high != 1 else {})}
            said = f"output {port.name}, {low} to {high}"
            options.append(Option(said, postprocess=({"image": image},), sections=chosen(place)))
    options = options or [Option("0 to 1", postprocess=({"image": {"layout": "chw"}},))]
    luma = luma_metrics(labels, outputs)
    told = ("The output is luma, and compared with that of the targets.",) if luma else ()
    return Answer("image-to-image", Choice("output's range", tuple(options)), luma, told, whole=True)


def flags(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Several answers of yes or no at once: outputs of as many scores."""
    (count,) = labels.shape
    fitting = [place for place, port in enumerate(outputs) if numbers_in(port) in (count, None)]
    if not fitting:
        return of_arrays(labels, outputs)
    said = f"Each label holds {count} answers of yes or no; F1 is of all of them together."
    return Answer("classification", probabilities(fitting, outputs), ("frame_f1", "auroc"), (said,))


def of_arrays(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Labels that are arrays: a map of classes, an image, rows of boxes."""
    for fits, made in ((_are_rows, detection), (_is_map, segmentation), (_is_picture, pictures)):
        if labels.kind == "array" and any(fits(labels, port) for port in outputs):
            return made(labels, outputs)
    frames = [place for place, port in enumerate(outputs) if _is_frames(labels, port)]
    if frames:
        return Answer("events", probabilities(frames, outputs))
    raise question(
        f"the labels are {_described(labels)}, which fit none of the outputs {', '.join(map(str, outputs))} in a way "
        "that is known: name the task",
        ["--task regression", "--task segmentation", "--task any"],
    )


def _looks_last(shape: Sequence[int | None]) -> bool:
    """A last dimension smaller than both others, or unknown ones."""
    first, middle, last = shape
    return last is not None and (first is None or middle is None or last < min(first, middle))


def _is_map(labels: Labels, port: Port) -> bool:
    whole = np.asarray(labels.first).dtype.kind in "iub"
    shape = (port.shape or ())[1:]
    sizes = shape[-2:] if len(shape) != 3 or not _looks_last(shape) else shape[:2]
    planes = len(shape) == 3 and 1 not in (shape[0], shape[2])
    return whole and len(labels.shape) == 2 and (planes or port.dtype[:1] in ("i", "u")) and _agree(labels.shape, sizes)


def _is_picture(labels: Labels, port: Port) -> bool:
    shape = (port.shape or ())[1:]
    return len(labels.shape) in (2, 3) and len(shape) in (2, 3) and len(shape) >= len(labels.shape)


def _are_rows(labels: Labels, port: Port) -> bool:
    """True for rows of corners, perhaps with a class, and an output with rows of more than boxes."""
    boxes = len(labels.shape) == 2 and labels.shape[1] in (4, 5)
    shape = port.shape or ()
    return boxes and len(shape) in (2, 3) and (numbers_in(port) is None or shape[1:] != labels.shape)


def _is_frames(labels: Labels, port: Port) -> bool:
    """True for labels [frames, classes] of 0 and 1, and an output [n, frames, classes]."""
    flags = len(labels.shape) == 2 and np.isin(labels.first, (0, 1)).all()
    return bool(flags and len(port.shape or ()) == 3 and labels.shape[1] == (port.shape or (None,))[-1])


def _are_fractions(labels: Labels) -> bool:
    """True for numbers from 0 to 1."""
    array = np.asarray(labels.first)
    return bool(array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1)


def _agree(mine: Sequence[int | None], theirs: Sequence[int | None]) -> bool:
    return len(mine) == len(theirs) and all(a == b or None in (a, b) for a, b in zip(mine, theirs, strict=True))


def _described(labels: Labels) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in labels.shape)
    return f"arrays [{sizes}]" if labels.shape else f"of the kind {type(labels.first).__name__}"
