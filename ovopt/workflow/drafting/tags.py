"""Tags of words: tokens that begin a word have them, and names or ids of them are the model's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovopt.transforms.text import STARTS
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.subject import Subject, kind_of

TASK = "token-classification"


def with_tags(draft: Draft, subject: Subject, names: Sequence[str]) -> Draft:
    """Entries that read lists of words, and the `names` of the model's tags, or of the data's, where labels have them.
    What the user says of them stays."""
    if draft.sections.get("task") != TASK:
        return draft
    names = list(names or subject.samples.classes)
    settings: dict[str, Any] = {"labels": names} if names and subject.labels.kind == "tags" else {}
    if isinstance(subject.content, list | tuple) and kind_of(subject.content) == "texts":
        draft = _with_settings(draft, "preprocess", "tokenize", {"words": True})
        settings["mask"] = STARTS
    draft = _with_settings(draft, "postprocess", "tags", settings)
    if names and subject.labels.kind == "ids" and "metrics" not in draft.sections:
        draft = draft.with_section("metrics", [{"token_f1": {"tags": names}}])
    return draft


def _with_settings(draft: Draft, section: str, name: str, settings: dict[str, Any]) -> Draft:
    """More settings of the entries of this name, below those that they have."""
    steps = draft.sections.get(section)
    if not settings or not isinstance(steps, list):
        return draft
    changed = [
        {name: {**step[name], **settings, **step[name]}} if isinstance(step, dict) and isinstance(step.get(name), dict)
        else {name: settings} if step == name
        else step
        for step in steps
    ]  # fmt: skip
    return draft.with_section(section, changed, *draft.comments.get(section, ()))
