"""Tasks whose labels are classes or numbers: the outputs that answer them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ovopt.metrics.class_labels import scores_of
from ovopt.records import Port
from ovopt.workflow.drafting.answer import Answer, chosen, numbers_in, of_outputs, probabilities
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.labels import Labels
from ovopt.workflow.drafting.question import question
from ovopt.workflow.drafting.sequence_answers import texts

MOST_PAIRS = 500


def classification(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Classes: by scores, by one score, by ids. Raises UsageError, which asks, where no output answers them."""
    if labels.are_texts:
        return texts(labels, outputs)
    options = [one for place, port in enumerate(outputs) for one in _by_scores(labels, place, port)]
    if options:
        options.sort(key=lambda option: option.surplus)
        return Answer("classification", Choice("output", tuple(option.way for option in options)))
    single = [place for place, port in enumerate(outputs) if numbers_in(port) == 1]
    if single and len(labels.distinct) <= 2 and labels.classes <= len(labels.distinct) + 1:
        said = "One score tells class 1 from class 0 by a threshold."
        first = {"data": {"first_label": 1}} if labels.kind == "class" and labels.distinct[-1] == 2 else {}
        return Answer("classification", probabilities(single, outputs, first), ("accuracy", "f1", "auroc"), (said,))
    open_ = [place for place, port in enumerate(outputs) if numbers_in(port) is None and len(port.shape or ()) <= 2]
    if open_:
        return Answer("classification", of_outputs(open_, outputs))
    if isinstance(labels.first, str) and any(len(port.shape or ()) == 3 for port in outputs):
        return texts(labels, outputs)
    raise question(
        f"the labels tell of {labels.classes} classes ({_few(labels.distinct)}), and no output has a score for each: "
        f"{', '.join(map(str, outputs))}; name the task, or the outputs' own classes",
        [*(["--task regression"] if labels.kind == "class" else []), "--task any"],
    )


def is_regression(labels: Labels, outputs: Sequence[Port]) -> bool:
    """Whole numbers of many values, where the model gives one number."""
    widths = {numbers_in(port) for port in outputs}
    return labels.kind == "class" and widths == {1} and len(labels.distinct) > 2


def regression(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Numbers: outputs of as many as a label holds."""
    wanted = labels.shape[0] if labels.kind in ("numbers", "flags", "ids") and labels.shape else 1
    fitting = [place for place, port in enumerate(outputs) if numbers_in(port) in (wanted, None)]
    return Answer("regression", of_outputs(fitting, outputs) if fitting else None)


def verification(labels: Labels, outputs: Sequence[Port]) -> Answer:
    """Pairs of samples: of those whose labels say who or what is on them, ovopt makes some."""
    options = []
    for place, port in enumerate(outputs):
        if len(port.shape or ()) == 2 and numbers_in(port) != 1:
            said = f"the angle between vectors of output {port.name}"
            options.append(Option(said, postprocess=("cosine_of_parts",), sections=chosen(place)))
    if not options or len(labels.distinct) < 2:
        return Answer("verification")
    count = min(MOST_PAIRS, max(1, labels.n // 2))
    pairs = {"data": {"pairs": {"same": count, "different": count}}}
    made = tuple(replace(one, sections={**one.sections, **pairs}) for one in options)
    return Answer("verification", Choice("embedding", made))


@dataclass(frozen=True)
class _Way:
    """A way to see scores, and how many more scores than classes it leaves."""

    way: Option
    surplus: int


def _by_scores(labels: Labels, place: int, port: Port) -> Iterator[_Way]:
    """Ways to see the labels' classes in an output: as its scores, behind a background, counted from another number."""
    said, sections, k = f"output {port.name}", chosen(place), labels.classes
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


def _gives_ids(port: Port) -> bool:
    return port.dtype[:1] in ("i", "u") and numbers_in(port) == 1


def _few(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:3]))
    return f"{shown} ..." if len(values) > 3 else shown
