"""The model and the samples that a recipe begins with: shapes of one sample, labels that are found or asked for."""

from __future__ import annotations

from ovopt.contracts import Samples
from ovopt.data.columns import LabelQuestionError
from ovopt.errors import ModelError
from ovopt.model.files.opened import OpenedModel
from ovopt.model.ports.shapes import Shapes
from ovopt.workflow.beginning.recipe_choice import Beside
from ovopt.workflow.comparing.taking_part import BASELINE, NamedModel
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.sources import of_one_kind, with_sources_said
from ovopt.workflow.drafting.start import Asked
from ovopt.workflow.drafting.subject import Subject
from ovopt.workflow.drafting.texts import left_over


def one_at_a_time(begun: Draft, one: OpenedModel) -> tuple[Draft, NamedModel]:
    """The model at the shapes that the user gives it; one that takes several samples at a time takes one. Raises
    ModelError where it cannot."""
    shapes: Shapes = begun.sections.get("model", {}).get("shapes", {})
    named = NamedModel(BASELINE, one, shapes, {})
    ports = named.facts.inputs
    firsts = {port.shape[0] if port.shape else None for port in ports}
    batch = next(iter(firsts))
    outputs = {port.shape[0] if port.shape else None for port in named.facts.outputs}
    if shapes or len(firsts) > 1 or batch in (None, 0, 1) or outputs != firsts:
        return begun, named
    single = {port.name: [1, *("?" if dim is None else dim for dim in (port.shape or ())[1:])] for port in ports}
    changed = NamedModel(BASELINE, one, single, {})
    try:
        fits = all(port.shape is None or port.shape[0] in (1, None) for port in changed.facts.outputs)
    except ModelError:
        fits = False
    if not fits:
        raise ModelError(
            f"{one}: takes {batch} samples at a time, and cannot be given one; export it with a batch of one, or of any"
        )
    said = f"The model takes {batch} samples at a time; one by one is what labels are judged by."
    return begun.with_section("model", {**begun.sections.get("model", {}), "shapes": single}, said), changed


def samples_of(begun: Draft, named: NamedModel, seed: int) -> Samples:
    """The samples that the source finds. Raises UsageError, which asks, where several columns may be the label."""
    source = begun.recipe(Beside(named.opened).filled).data.source
    assert source is not None, "a beginning has data"
    try:
        return source.open(named.facts.inputs, seed)
    except LabelQuestionError as error:
        place = begun.sections["data"]["source"].get("path", "the data")
        raise question(
            f"{place}: which column is the label", [option("--label", one) for one in error.columns]
        ) from None


def labelled(begun: Draft, named: NamedModel, asked: Asked, seed: int) -> tuple[Draft, Samples]:
    """The samples, and a beginning that names the column of their labels, where that is what two texts leave. Raises
    UsageError, which asks, where they leave several."""
    samples = samples_of(begun, named, seed)
    if (cleaned := of_one_kind(begun, samples)) is not None:
        begun, samples = cleaned, samples_of(cleaned, named, seed)
    if samples.labels is not None or asked.label or asked.task == "any":
        return with_sources_said(begun, samples), samples
    columns = left_over(Subject(named, samples))
    if len(columns) > 1:
        place = begun.sections["data"]["source"].get("path", "the data")
        asks = [*(option("--label", column) for column in columns), "--task any"]
        raise question(f"{place}: which column is the label of the texts", asks)
    if not columns:
        return begun, samples
    said = [f"The label is what the texts leave: the column {columns[0]!r}.", *begun.comments.get("data", ())]
    data = begun.sections["data"]
    begun = begun.with_section("data", {**data, "source": {**data["source"], "label": columns[0]}}, *said)
    return begun, samples_of(begun, named, seed)
