"""The classes of a recipe: names in the order of the model's outputs, the number of the first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ovopt.metrics.class_labels import scores_of
from ovopt.model.ports.facts import chosen_outputs
from ovopt.preparing.painting import SEGMENTATION, classes_with_background
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.subject import Subject

BY_NAMES = (
    "classification", "detection", "segmentation", "instance-segmentation", "keypoints", "oriented-detection", "events",
    "any",
)  # fmt: skip
"""Tasks whose labels may be names of classes."""
NUMBERED = re.compile(r"(.*\D)(\d+)", re.DOTALL)
"""A name that ends in a number: `c3`, `class_07`."""


def with_classes(draft: Draft, subject: Subject, known: Sequence[str] = ()) -> Draft:
    """Class names, where labels are names: those `known` of the model, if the data's are among them. A model of another
    number of scores than names lacks some, or has more."""
    data = draft.sections["data"]
    if draft.sections.get("task") not in BY_NAMES or data.get("classes") or subject.labels.are_texts:
        return draft
    names = subject.samples.classes or (subject.labels.distinct if subject.labels.kind == "name" else ())
    if draft.sections.get("task") == SEGMENTATION and subject.labels.kind == "boxes":
        names = classes_with_background(names)
    if not names or all(str(name).lstrip("-").isdigit() for name in names):
        return draft
    if known and set(names) <= set(known):
        of_model = "`classes` are those that are written down with the model, in its order."
        return draft.with_section("data", {**data, "classes": list(known)}, *draft.comments.get("data", ()), of_model)
    said = ["`classes` must stand in the order of the model's outputs; this order is the data's."]
    if draft.sections.get("task") == "classification":
        (port,) = chosen_outputs(subject.outputs, draft.sections.get("model", {}).get("output"))[:1]
        scores = scores_of(port)
        if every := numbered(names, scores or 0):
            names = tuple(every)
            said = ["`classes` carry their numbers, by which they stand; names without samples follow those with some."]
        elif scores not in (None, 1, len(names)):
            said.append(
                f"The data has {len(names)} classes, the model {scores} scores: name every class, at its place."
            )
    return draft.with_section("data", {**data, "classes": list(names)}, *draft.comments.get("data", ()), *said)


def numbered(names: Sequence[str], scores: int) -> list[str]:
    """Names of all classes, where those that samples have end in numbers, each another one, that are places of them;
    empty where they do not.

    >>> numbered(["c3", "c0"], 5), numbered(["ant", "bee"], 5)
    (['c0', 'c1', 'c2', 'c3', 'c4'], [])
    """
    found = [match for name in names if (match := NUMBERED.fullmatch(name))]
    known = {int(match[2]): match.string for match in found}
    if len(known) < len(names) or len({match[1] for match in found}) != 1 or len(names) >= scores:
        return []
    first = 1 if scores in known and 0 not in known else 0
    if not all(first <= place < scores + first for place in known):
        return []
    width = min(len(match[2]) for match in found)  # `07` is written with a zero
    return [known.get(place, f"{found[0][1]}{place:0{width}d}") for place in range(first, scores + first)]


def with_order(draft: Draft, names: Sequence[str], said: Sequence[str]) -> Draft:
    """Class names in another order, which the model's answers tell; `said` are the comments that stay."""
    why = "`classes` stand in the order that the model's answers tell: each where most of its samples are answered."
    return draft.with_section("data", {**draft.sections["data"], "classes": list(names)}, *said, why)


def at_places(places: Mapping[str, int], scores: int) -> list[str]:
    """Names of all classes, of which some are known by their place.

    >>> at_places({"cat": 2, "dog": 1}, 4)
    ['class 0', 'dog', 'cat', 'class 3']
    """
    names = {place: name for name, place in places.items()}
    return [names.get(place, f"class {place}") for place in range(scores)]


def with_places(draft: Draft, places: Mapping[str, int], said: Sequence[str]) -> Draft:
    """Names of classes at the places that the answers of a model tell that has many more."""
    data = {key: value for key, value in draft.sections["data"].items() if key != "classes"}
    why = "`rename` puts each name at the class that most of its samples are answered with: names tell no place."
    source = {**data["source"], "rename": dict(places)}
    return draft.with_section("data", {**data, "source": source}, *said, why)
