"""A recipe for a model that comes without data, by what its publisher says of it."""

from __future__ import annotations

from ovopt.model.files.opened import OpenedModel
from ovopt.workflow.drafting.draft import Draft, completed
from ovopt.workflow.drafting.known import described_use, known_of
from ovopt.workflow.drafting.question import question
from ovopt.workflow.drafting.start import Asked, header

UNTRIED = "Nothing was tried: no data were given. `ovopt recipes new` with --data tries yours."


def without_data(model: OpenedModel, asked: Asked) -> Draft:
    """A recipe whose data are those by which models of the kind are usually judged. Raises UsageError, which asks,
    where nobody says what they are."""
    found = described_use(model)
    known = known_of(model, found)
    if not found.data or not known:
        raise question(f"{model}: nothing beside the model says by which data it is judged", ["--data PATH"])
    said = [UNTRIED, *(f"Others: {', '.join(found.data[1:])}." for _ in found.data[1:2])]
    data = {"source": {"kind": "hf", "path": found.data[0]}}
    draft = known[0].on(header(model, {})).with_section("data", data, *said)
    for section in ("preprocess", "postprocess"):
        if steps := getattr(known[0], section):
            draft = draft.with_section(section, list(steps), f"From {known[0].origin}.")
    if found.classes:
        draft = draft.with_section("data", {**data, "classes": list(found.classes)}, *said)
    doubts = [f"Doubt: {doubt}" for doubt in known[0].doubts]
    task = asked.task or draft.sections.get("task") or "any"
    return completed(draft.with_section("task", task, *doubts)).with_settings(asked.settings)
