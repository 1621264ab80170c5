"""A task with the ways to decode, and the choice of outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.records import Port
from ovopt.workflow.drafting.choices import Choice, Option

PROBABILITIES = (0.0, 1.0)


@dataclass(frozen=True)
class Answer:
    """A task, its metrics where they are not the usual ones, and the ways to decode."""

    task: str
    decoders: Choice | None = None
    metrics: tuple[Any, ...] = ()
    said: tuple[str, ...] = ()
    whole: bool = False
    """True where labels lie in the image, so that nothing of it may be cut off."""


def of_outputs(places: Sequence[int], outputs: Sequence[Port]) -> Choice:
    """The choice among outputs as they are."""
    return Choice("output", tuple(Option(f"output {outputs[i].name}", sections=chosen(i)) for i in places))


def probabilities(places: Sequence[int], outputs: Sequence[Port], more: Mapping[str, Any] | None = None) -> Choice:
    """The choice among outputs as probabilities, and the sigmoid of each; `more` are other sections that all set."""
    options = []
    for place in places:
        said, sections = f"output {outputs[place].name}", {**chosen(place), **(more or {})}
        options.append(Option(f"{said} as probabilities", sections=sections, within=PROBABILITIES))
        options.append(Option(f"sigmoid of {said}", postprocess=("sigmoid",), sections=sections))
    return Choice("output", tuple(options))


def chosen(place: int) -> dict[str, Any]:
    """The section that chooses an output; labels look at the first without one."""
    return {"model": {"output": place}} if place else {}


def numbers_in(port: Port) -> int | None:
    """Numbers of a sample in an output; None where that is open."""
    count = 1
    for dim in (port.shape or (None,))[1:]:
        if dim is None:
            return None
        count *= dim
    return None if port.shape is None else count
