"""The order in which steps make sense. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ovopt.contracts import Stage, Step
from ovopt.errors import RecipeError

REFUSED: Mapping[tuple[Stage, Stage], str] = {
    **dict.fromkeys(
        ((stage, Stage.TRAINING) for stage in Stage if stage is not Stage.CALL),
        "{second} trains the original in its own framework, and {first} has made another model of it",
    ),
    (Stage.WEIGHTS, Stage.GRAPH): "what {first} has made of the operations, {second} does not recognise",
    (Stage.WEIGHTS, Stage.STRUCTURE): "{second} refits weights in floating point, and {first} has rounded them",
    (Stage.STORAGE, Stage.GRAPH): "{second} looks for weights in f32, and {first} stores them in fewer bits",
    (Stage.STORAGE, Stage.STRUCTURE): "{second} refits weights in f32, and {first} stores them in fewer bits",
    (Stage.STORAGE, Stage.WEIGHTS): "{second} rounds weights, and {first} has rounded them once already",
    **dict.fromkeys(
        ((Stage.ANSWER, stage) for stage in (Stage.GRAPH, Stage.STRUCTURE, Stage.WEIGHTS)),
        "{second} judges by the model's own outputs, and {first} has put others in their place",
    ),
    **dict.fromkeys(
        ((Stage.CALL, stage) for stage in Stage if stage is not Stage.CALL),
        "{second} hands over one sample at a time, and behind {first} the model is called in another way",
    ),
}
"""Stages in an order that spoils the second: why."""
DOUBTED: Mapping[tuple[Stage, Stage], str] = {
    (Stage.STRUCTURE, Stage.GRAPH): "{first} finds more to remove in a graph that {second} has put in order",
    (Stage.WEIGHTS, Stage.WEIGHTS): "{first} has rounded weights already; {second} adds its own loss",
}
"""Stages in an order that is not the best, or is seldom wanted: why."""


@dataclass(frozen=True)
class Remark:
    """A remark on the place of a step among the others."""

    place: int
    text: str


def check_order(steps: Sequence[Step]) -> list[Remark]:
    """Remarks on steps that stand where they seldom do. Raises RecipeError, with the reason, where a step would come
    too late, or stands there twice."""
    faults = list(_found(steps, REFUSED))
    faults += [
        Remark(
            place, f"optimize[{place}].{step.name}: the same as optimize[{steps.index(step)}]; leave one of them out"
        )
        for place, step in enumerate(steps)
        if step in steps[:place]
    ]
    if faults:
        raise RecipeError("\n".join(fault.text for fault in faults))
    return list(_found(steps, DOUBTED))


def in_order(kinds: Mapping[str, type[Step]]) -> list[str]:
    """The names of steps as they would stand in a recipe: those that may stand anywhere come before the last stages."""
    place = {stage: float(stage) for stage in Stage} | {Stage.ANYWHERE: Stage.WEIGHTS + 0.5}
    return sorted(kinds, key=lambda name: (place[kinds[name].stage], name))


def no_steps(kinds: Mapping[str, type[Step]]) -> str:
    """Advice where a recipe has none."""
    return (
        f"optimize: the recipe lists no steps; there could stand, in this order: {', '.join(in_order(kinds))}. "
        "For example: --set 'optimize=[simplify, {quantize: {model_type: transformer}}]'"
    )


def _found(steps: Sequence[Step], reasons: Mapping[tuple[Stage, Stage], str]) -> Iterator[Remark]:
    for place, second in enumerate(steps):
        for before, first in enumerate(steps[:place]):
            if why := reasons.get((first.stage, second.stage)):
                said = why.format(first=first.name, second=second.name)
                swap = "" if first.stage == second.stage else f"; put {second.name} first"
                where = f"optimize[{place}].{second.name} stands behind optimize[{before}].{first.name}"
                yield Remark(place, f"{where}: {said}{swap}")
                break
