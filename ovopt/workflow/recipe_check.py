"""A recipe tried on a model and two samples: preparation, inference, decoders, labels and metrics go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from ovopt.caller import untouched_caller
from ovopt.contracts import Future, Metric
from ovopt.errors import quoted
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import find_recipe
from ovopt.recipe.match import conditions_met
from ovopt.recipe.own_code import trusted
from ovopt.recipe.soundness import load_sound_recipe
from ovopt.recipe.yaml_file import short
from ovopt.records import Record
from ovopt.workflow.beginning.options import options_of
from ovopt.workflow.beginning.run import Run, begin
from ovopt.workflow.comparing.arms import check_device
from ovopt.workflow.comparing.compare import scorer_of
from ovopt.workflow.comparing.one_process import OneProcess
from ovopt.workflow.comparing.scoring import Pass, Scorer, table_of, value_of
from ovopt.workflow.comparing.taking_part import NamedModel, named_models
from ovopt.workflow.described_otherwise import said_otherwise

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import SettingsLike
    from ovopt.workflow.beginning.recipe_choice import Paths

TRIED = 2
SHOWN = 6
"""Values of an answer."""


class Tried(Record):
    """A sample that went through the model."""

    id: str
    label: str | None = Field(description="as the metrics take it; null where none looks at it")
    answer: str = Field(description="what `postprocess` made of the output, shortened")


class CheckedRecipe(Record):
    """A recipe that was found sound, and what that rests on."""

    file: str
    family: str
    recipe: dict[str, Any] = Field(description="resolved: every override applied")
    splits: dict[str, int] = Field(default={}, description="samples of each")
    sizes: dict[str, str] = Field(default={}, description="the same in words, with the data's own splits")
    tried: tuple[Tried, ...] = ()
    values: dict[str, float | None] = Field(default={}, description="of the metrics on them; null where undefined")
    remarks: tuple[str, ...] = ()


@untouched_caller()
def check_recipe(
    recipe: str | Path,
    model: ModelLike | None = None,
    *,
    data: Paths | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
) -> CheckedRecipe:
    """Look for what is wrong with a recipe: by itself, and with a model by running two samples through it.

    Raises RecipeError with every fault of the file on a line; with a model UsageError, or one of its kinds, for the
    first that samples, model, decoders and metrics show.
    """
    options = options_of(settings=settings, trust=trust)
    sound = load_sound_recipe(recipe, data, options.overrides)
    sound = trusted(sound, trust=True) if options.trust else sound
    found = CheckedRecipe(file=short(find_recipe(recipe)), family=sound.family, recipe=sound.resolved())
    if model is None:
        return found
    with begin([model], recipe, data, options) as run:
        return found.model_copy(update=_tried(run))


def _tried(run: Run) -> Mapping[str, Any]:
    """Fields of the result that the samples give."""
    check_device(run.recipe.runtime.device)
    (one,) = named_models(run, {})
    prepared = run.prepare(one.inputs)
    answers: dict[int, Any] = {}
    scorer = scorer_of([one], prepared, prepared.judging, lambda _, index, said: answers.update({index: said}))
    chosen = [index for index in prepared.judging if index not in prepared.left_out][:TRIED]
    if not chosen:
        raise prepared.no_sample_error("try")
    scored = OneProcess(one).score(run.recipe, scorer, chosen)
    return {
        "recipe": run.recipe.resolved(),
        "splits": {name: len(indices) for name, indices in prepared.splits.items()},
        "sizes": prepared.facts.sizes,
        "tried": tuple(_sample(index, said, scorer) for index, said in answers.items()),
        "values": {metric.label: _value(metric, scored) for metric in scorer.metrics},
        "remarks": tuple(_remarks(run, one, prepared, scorer, scored)),
    }


def _sample(index: int, answer: Any, scorer: Scorer) -> Tried:
    labels, looked_at = scorer.prepared.labels, any(m.kind == "accuracy" and m.needs_label for m in scorer.metrics)
    label = _shown(labels.read(index)) if looked_at else None
    return Tried(id=scorer.prepared.samples.ids[index], label=label, answer=_shown(answer))


def _shown(answer: Any) -> str:
    """An answer or a label on a line: kind, shape and first values of an array, anything else as it is, shortened."""
    if isinstance(answer, Future):
        answer = np.asarray(answer)
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biuf":
        return " ".join(quoted(answer).split())
    first = ", ".join(f"{value:.4g}" for value in answer.ravel()[:SHOWN].tolist())
    more = ", ..." if answer.size > SHOWN else ""
    return f"{answer.dtype}{list(answer.shape)}: {first}{more}"


def _value(metric: Metric, scored: Pass) -> float | None:
    """A metric on the samples tried: that it can be told, not how good the model is."""
    rows = [row for part in scored.rows[metric.label].values() for row in part.values()]
    value = value_of(metric, table_of(metric, metric.gather(rows))) if rows else float("nan")
    return value if abs(value) < float("inf") else None


def _remarks(run: Run, one: NamedModel, prepared: Prepared, scorer: Scorer, scored: Pass) -> Iterator[str]:
    asked = prepared.recipe.data.splits.choices
    empty = (name for name, chosen in prepared.splits.items() if not chosen and asked[name] != 0)
    yield from (f"data.splits.{name}: holds no samples" for name in empty)
    yield from prepared.remarks
    yield from (sample.why for sample in prepared.left_out.values() if sample.kind != "group")
    match = run.recipe.match
    if match and conditions_met(match, Path(run.model.path), one.opened.facts) is None:
        yield "match: does not fit this model, which this recipe is used for by its name alone"
    yield from said_otherwise(run.recipe, one.opened)
    yield from scorer.doubts
    yield from scored.shifts.misfit()
