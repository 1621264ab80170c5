"""The classes of a recipe: names in the order of the model's outputs, the number of the first."""

from __future__ import annotations

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
        if scores not in (None, 1, len(names)):
            said.append(
                f"The data has {len(names)} classes, the model {scores} scores: name every class, at its place."
            )
    return draft.with_section("data", {**data, "classes": list(names)}, *draft.comments.get("data", ()), *said)


def with_order(draft: Draft, names: Sequence[str], said: Sequence[str]) -> Draft:
    """Class names in another order, which the model's answers tell; `said` are the comments that stay."""
    why = "`classes` stand in the order that the model's answers tell: each where most of its samples are answered."
    return draft.with_section("data", {**draft.sections["data"], "classes": list(names)}, *said, why)


def with_places(draft: Draft, places: Mapping[str, int], said: Sequence[str]) -> Draft:
    """Names of classes at the places that the answers of a model tell that has many more."""
    data = {key: value for key, value in draft.sections["data"].items() if key != "classes"}
    why = "`rename` puts each name at the class that most of its samples are answered with: names tell no place."
    source = {**data["source"], "rename": dict(places)}
    return draft.with_section("data", {**data, "source": source}, *said, why)
