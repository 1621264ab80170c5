"""Ways to bring the frames of a film to a model of clips."""

from __future__ import annotations

from typing import Any

from ovopt.contracts import Parts
from ovopt.records import Port
from ovopt.workflow.drafting.choices import Choice
from ovopt.workflow.drafting.pictures import COLOURS, Picture, geometry, layout, pixels
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.subject import Subject, array_of

USUAL = 16
"""Frames of a clip where the model takes any number."""
LIKELY = (3, 1, 4)
"""Numbers of channels, the likeliest first: four may be frames, too."""


def takes_clips(content: Any, port: Port) -> bool:
    """True for a frame or several of a film, and an input of clips: [n, C, T, H, W], [n, T, C, H, W] or [n, T, H, W,
    C]."""
    frame = array_of(content[0] if isinstance(content, Parts) else content)
    dims = (port.shape or ())[1:]
    return (
        frame is not None and frame.ndim == 3 and len(dims) == 4 and any(dims[place] in COLOURS for place in (0, 1, 3))
    )


def of_clips(subject: Subject, port: Port, whole: bool, task: str) -> list[Choice]:
    """Choices for frames, which become one array. Raises UsageError, which asks, where a sample has not as many as the
    model takes."""
    dims = list((port.shape or ())[1:])
    channels = next(place for colours in LIKELY for place in (0, 1, 3) if dims[place] == colours)
    frames = dims[1 if channels == 0 else 0]
    content = subject.content
    held = len(content) if isinstance(content, Parts) else 1
    if not isinstance(content, Parts) or frames not in (None, held):
        wanted = option("--set", f"data.source.clip={frames or USUAL}")
        raise question(
            f"the model takes clips of {frames or 'any number of'} frames, {port}; a sample has {held}", [wanted]
        )
    sizes = [dim for place, dim in enumerate(dims) if place != (1 if channels == 0 else 0)]
    picture = Picture.of(Port(name=port.name, shape=(1, *sizes), dtype=port.dtype))
    seen = {array.shape[1::-1] for _, parts in subject.some_contents() if (array := array_of(parts[0])) is not None}
    steps = [geometry(picture, seen, whole, task), pixels(picture, task), layout(picture)]
    return [*steps, Choice.none({"stack": 1 if channels == 0 else 0})]
