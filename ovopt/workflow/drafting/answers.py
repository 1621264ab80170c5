"""The task that labels and outputs tell of, and the ways from an output to what its metrics look at."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ovopt.metrics.class_labels import scores_of
from ovopt.records import Port
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.dense import TASKS, dense, luma_metrics
from ovopt.workflow.drafting.heads import detection_heads
from ovopt.workflow.drafting.labels import Labels
from ovopt.workflow.drafting.question import question
from ovopt.workflow.drafting.shaped_heads import are_maps, shaped_heads

PROBABILITIES = (0.0, 1.0)
BOX_ROWS = (None, 4, 5, 6, 7)
"""Numbers of a row that may be a box."""
MOST_PAIRS = 500
LETTERS = string.ascii_lowercase
ALPHABETS: Mapping[str, str] = {
    "digits": string.digits,
    "digits and small letters": string.digits + LETTERS,
    "digits and capitals": string.digits + LETTERS.upper(),
    "digits, small letters and capitals": string.digits + LETTERS + LETTERS.upper(),
    "small letters": LETTERS,
    "all of ASCII": string.printable[:94],
}
"""Characters of text readers, in their usual orders."""


@dataclass(frozen=True)
class Answer:
    """A task, its metrics where they are not the usual ones, and the ways to decode."""

    task: str
    decoders: Choice | None = None
    metrics: tuple[Any, ...] = ()
    said: tuple[str, ...] = ()
    whole: bool = False
    """True where labels lie in the image, so that nothing of it may be cut off."""


def answer_of(labels: Labels, outputs: Sequence[Port], task: str | None = None) -> Answer:
    """The task of labels of this form. Raises UsageError, which asks, where they fit no output."""
    kind = task or _TASKS.get(labels.kind, "")
    if kind == "classification" and task is None and _is_regression(labels, outputs):
        kind = "regression"
    if kind in _MADE:
        return _MADE[kind](labels, outputs)
    if kind in TASKS.values():
        found = dense(labels, outputs, kind)
        choice = Choice("output", found.options) if found.options else None
        return Answer(kind, choice, found.metrics, found.said, whole=True)
    if task is not None:
        return Answer(task)
    if labels.kind == "none":
        return Answer("any", said=("No labels: agreement with the original stands in for accuracy.",))
    return _of_arrays(labels, outputs)


def _is_regression(labels: Labels, outputs: Sequence[Port]) -> bool:
    """Whole numbers of many values, where the model gives one number."""
    widths = {_numbers(port) for port in outputs}
    return labels.kind == "class" and widths == {1} and len(labels.distinct) > 2


def _classification(labels: Labels, outputs: Sequence[Port]) -> Answer:
    if labels.are_texts:
        return _texts(labels, outputs)
    options = [one for place, port in enumerate(outputs) for one in _by_scores(labels, place, port)]
    if options:
        options.sort(key=lambda option: option.surplus)
        return Answer("classification", Choice("output", tuple(option.way for option in options)))
    single = [place for place, port in enumerate(outputs) if _numbers(port) == 1]
    if single and len(labels.distinct) <= 2 and labels.classes <= len(labels.distinct) + 1:
        said = "One score tells class 1 from class 0 by a threshold."
        first = {"data": {"first_label": 1}} if labels.kind == "class" and labels.distinct[-1] == 2 else {}
        return Answer("classification", _probabilities(single, outputs, first), ("accuracy", "f1", "auroc"), (said,))
    open_ = [place for place, port in enumerate(outputs) if _numbers(port) is None and len(port.shape or ()) <= 2]
    if open_:
        return Answer("classification", _of_outputs(open_, outputs))
    if isinstance(labels.first, str) and any(len(port.shape or ()) == 3 for port in outputs):
        return _texts(labels, outputs)
    raise question(
        f"the labels tell of {labels.classes} classes ({_few(labels.distinct)}), and no output has a score for each: "
        f"{', '.join(map(str, outputs))}; name the task, or the outputs' own classes",
        ["--task regression", "--task any"],
    )


@dataclass(frozen=True)
class _Way:
    """A way to see scores, and how many more scores than classes it leaves."""

    way: Option
    surplus: int


def _by_scores(labels: Labels, place: int, port: Port) -> Iterator[_Way]:
    """Ways to see the labels' classes in an output: as its scores, behind a background, counted from another number."""
    said, sections, k = f"output {port.name}", _chosen(place), labels.classes
    if _gives_ids(port):
        yield _Way(Option(f"class of {said}", sections=sections), k)
        return
    width = scores_of(port) or 0
    if width < 2 or sum(dim != 1 for dim in (port.shape or ())[1:]) > 1:
        return
    if width >= k:
        yield _Way(Option(said, sections=sections), width - k)
    if width == k + 1:
        yield _Way(Option(f"{said} without its first class", postprocess=("drop_first",), sections=sections), 1)
    first = labels.distinct[0] if labels.kind == "class" and labels.distinct else 0
    if first > 0 and width >= k - first:
        counted = {**sections, "data": {"first_label": first}}
        yield _Way(Option(f"{said}, labels counted from {first}", sections=counted), width - k + first)


def _regression(labels: Labels, outputs: Sequence[Port]) -> Answer:
    wanted = labels.shape[0] if labels.kind in ("numbers", "flags", "ids") and labels.shape else 1
    fitting = [place for place, port in enumerate(outputs) if _numbers(port) in (wanted, None)]
    return Answer("regression", _of_outputs(fitting, outputs) if fitting else None)


def _flags(labels: Labels, outputs: Sequence[Port]) -> Answer:
    (count,) = labels.shape
    fitting = [place for place, port in enumerate(outputs) if _numbers(port) in (count, None)]
    if not fitting:
        return _of_arrays(labels, outputs)
    said = f"Each label holds {count} answers of yes or no; F1 is of all of them together."
    return Answer("classification", _probabilities(fitting, outputs), ("frame_f1", "auroc"), (said,))


def _detection(labels: Labels, outputs: Sequence[Port]) -> Answer:
    if not any(port.shape is None or len(port.shape) > 2 or port.shape[-1] in BOX_ROWS for port in outputs):
        raise question(
            f"the labels are boxes, and none of the outputs {', '.join(map(str, outputs))} holds such: name the task, "
            "or another kind of data",
            ["--task any", "--set data.source.kind=files"],
        )
    if labels.kind == "boxes" and are_maps(labels.first, outputs, labels.count):
        return _segmentation(labels, outputs)
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


def _segmentation(labels: Labels, outputs: Sequence[Port]) -> Answer:
    options = []
    for place, port in enumerate(outputs):
        sections, said = _chosen(place), f"output {port.name}"
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


def _looks_last(shape: Sequence[int | None]) -> bool:
    """A last dimension smaller than both others, or unknown ones."""
    first, middle, last = shape
    return last is not None and (first is None or middle is None or last < min(first, middle))


def _pictures(labels: Labels, outputs: Sequence[Port]) -> Answer:
    if labels.kind == "array" and _are_fractions(labels):
        fitting = [place for place, port in enumerate(outputs) if _is_picture(labels, port)]
        metrics = tuple({name: {"data_range": 1}} for name in ("psnr", "ssim"))
        said = "Output and labels are compared as they are, black at 0 and white at 1."
        return Answer("image-to-image", _of_outputs(fitting, outputs), metrics, (said,), whole=True)
    options = []
    for place, port in enumerate(outputs):
        shape = (port.shape or ())[1:]
        layout = "hwc" if len(shape) == 3 and shape[0] not in (1, 3) and shape[2] in (1, 3) else "chw"
        if len(shape) not in (2, 3):
            continue
        for low, high in ((0, 1), (0, 255), (-1, 1)):
            image = {"layout": layout, **({"low": low} if low else {}), **({"high": high} if high != 1 else {})}
            said = f"output {port.name}, {low} to {high}"
            options.append(Option(said, postprocess=({"image": image},), sections=_chosen(place)))
    options = options or [Option("0 to 1", postprocess=({"image": {"layout": "chw"}},))]
    luma = luma_metrics(labels, outputs)
    told = ("The output is luma, and compared with that of the targets.",) if luma else ()
    return Answer("image-to-image", Choice("output's range", tuple(options)), luma, told, whole=True)


def _tokens(labels: Labels, outputs: Sequence[Port]) -> Answer:
    fitting = [place for place, port in enumerate(outputs) if len(port.shape or ()) == 3]
    options = tuple(Option(f"output {outputs[i].name}", postprocess=("tags",), sections=_chosen(i)) for i in fitting)
    return Answer("token-classification", Choice("output", options) if options else None)


def _texts(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Texts that are no names of classes: of a reader of images or recordings."""
    options = [one for place, port in enumerate(outputs) for one in _readers(labels, place, port)]
    if options:
        return Answer("recognition", Choice("characters", tuple(options)))
    raise question(
        f"the labels are {len(labels.distinct)} different texts, such as {labels.first!r}: how are they read from "
        f"{', '.join(map(str, outputs))}; or what are they",
        ["--set 'postprocess=[{ctc_greedy: {file: FILE}}]'", "--task classification", "--task any"],
    )


def _readers(labels: Labels, place: int, port: Port) -> Iterator[Option]:
    """Ways to read text from scores [n, steps, characters + 1]: by alphabets of so many characters that hold those of
    the labels."""
    shape = port.shape or ()
    used = {character for text in labels.distinct for character in str(text)}
    for said, alphabet in (*ALPHABETS.items(), ("those of the labels", "".join(sorted(used)))):
        if len(shape) == 3 and shape[2] == len(alphabet) + 1 and used <= {*alphabet}:
            for blank in (0, "last"):
                decoder = {"ctc_greedy": {"characters": alphabet, **({"blank": blank} if blank else {})}}
                yield Option(f"{said}, the blank {blank or 'first'}", postprocess=(decoder,), sections=_chosen(place))


def _of_arrays(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Labels that are arrays: a map of classes, an image, rows of boxes."""
    for fits, made in ((_are_rows, _detection), (_is_map, _segmentation), (_is_picture, _pictures)):
        if labels.kind == "array" and any(fits(labels, port) for port in outputs):
            return made(labels, outputs)
    frames = [place for place, port in enumerate(outputs) if _is_frames(labels, port)]
    if frames:
        return Answer("events", _probabilities(frames, outputs))
    raise question(
        f"the labels are {_described(labels)}, which fit none of the outputs {', '.join(map(str, outputs))} in a way "
        "that is known: name the task",
        ["--task regression", "--task segmentation", "--task any"],
    )


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
    return boxes and len(shape) in (2, 3) and (_numbers(port) is None or shape[1:] != labels.shape)


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


def _language(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Scores of the next token at each place of a text."""
    fitting = [place for place, port in enumerate(outputs) if len(port.shape or ()) == 3]
    options = [
        Option(f"output {outputs[i].name}", postprocess=("next_token_nll",), sections=_chosen(i)) for i in fitting
    ]
    return Answer("language-modelling", Choice("output", tuple(options)) if options else None)


def _verification(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Pairs of samples: of those whose labels say who or what is on them, ovopt makes some."""
    options = []
    for place, port in enumerate(outputs):
        if len(port.shape or ()) == 2 and _numbers(port) != 1:
            said = f"the angle between vectors of output {port.name}"
            options.append(Option(said, postprocess=("cosine_of_parts",), sections=_chosen(place)))
    if not options or len(labels.distinct) < 2:
        return Answer("verification")
    count = min(MOST_PAIRS, max(1, labels.n // 2))
    pairs = {"data": {"pairs": {"same": count, "different": count}}}
    made = tuple(replace(one, sections={**one.sections, **pairs}) for one in options)
    return Answer("verification", Choice("embedding", made))


def _any(labels: Labels, outputs: Sequence[Port]) -> Answer:
    return Answer("any", said=("Agreement with the original stands in for accuracy.",))


_TASKS: Mapping[str, str] = {
    "boxes": "detection", "mask": "segmentation", "image": "image-to-image", "class": "classification",
    "name": "classification", "number": "regression", "numbers": "regression", "flags": "flags",
    "ids": "token-classification", "tags": "token-classification", **TASKS,
}  # fmt: skip
_MADE: Mapping[str, Callable[[Labels, Sequence[Port]], Answer]] = {
    "classification": _classification, "regression": _regression, "flags": _flags, "detection": _detection,
    "segmentation": _segmentation, "image-to-image": _pictures, "token-classification": _tokens,
    "verification": _verification, "language-modelling": _language, "any": _any,
}  # fmt: skip


def _probabilities(places: Sequence[int], outputs: Sequence[Port], more: Mapping[str, Any] | None = None) -> Choice:
    options = []
    for place in places:
        said, sections = f"output {outputs[place].name}", {**_chosen(place), **(more or {})}
        options.append(Option(f"{said} as probabilities", sections=sections, within=PROBABILITIES))
        options.append(Option(f"sigmoid of {said}", postprocess=("sigmoid",), sections=sections))
    return Choice("output", tuple(options))


def _of_outputs(places: Sequence[int], outputs: Sequence[Port]) -> Choice:
    return Choice("output", tuple(Option(f"output {outputs[i].name}", sections=_chosen(i)) for i in places))


def _chosen(place: int) -> dict[str, Any]:
    """The section that chooses an output; labels look at the first without one."""
    return {"model": {"output": place}} if place else {}


def _numbers(port: Port) -> int | None:
    """Numbers of a sample in an output; None where that is open."""
    count = 1
    for dim in (port.shape or (None,))[1:]:
        if dim is None:
            return None
        count *= dim
    return None if port.shape is None else count


def _gives_ids(port: Port) -> bool:
    return port.dtype[:1] in ("i", "u") and _numbers(port) == 1


def _few(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:3]))
    return f"{shown} ..." if len(values) > 3 else shown


def _described(labels: Labels) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in labels.shape)
    return f"arrays [{sizes}]" if labels.shape else f"of the kind {type(labels.first).__name__}"
