"""The metrics of one or more models on the same samples, nothing timed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ovopt.bench.scenario import hinted
from ovopt.bench.workers import Crew
from ovopt.caller import untouched_caller
from ovopt.contracts import Detections, Rle
from ovopt.errors import ModelError, UsageError
from ovopt.model.files.opened import several
from ovopt.output import write_text
from ovopt.records import Comparison, Decision, Gate
from ovopt.workflow.beginning.options import as_path, check, options_of
from ovopt.workflow.beginning.run import Run, begin, stamp
from ovopt.workflow.comparing.arms import arms, check_device
from ovopt.workflow.comparing.compare import Measured, Plan, scorer_of, settings_of
from ovopt.workflow.comparing.taking_part import already_quantized, made_of_others, made_with_other_code, named_models
from ovopt.workflow.comparing.unseen import check_unseen, judged_anyway, met_again, without_seen

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

Part = Literal["all", "calibration", "tuning", "gate"]
PARTS = ("all", "calibration", "tuning", "gate")


@untouched_caller()
def evaluate(
    models: ModelLike | Sequence[ModelLike],
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    part: Part | None = None,
    predictions: str | Path | None = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> Comparison:
    """Score every model by the recipe's accuracy metrics; with several models, by agreement with the first one too.

    `part` says which samples: by default the gate's where a bundle is among the models, else all. Those that a bundle
    was made with judge only where another part is asked for. `predictions` is a file for what `postprocess` made of
    every output, one JSON line each.

    Raises UsageError, or one of its kinds, where models, recipe, data or arguments cannot be used.
    """
    check("part", part, f"one of {', '.join(PARTS)}", part is None or part in PARTS)
    file = None if predictions is None else as_path("predictions", predictions)
    models = several(models)
    if not models:
        raise UsageError("nothing to evaluate: name at least one model")
    with begin(models, recipe, data, options_of(seed, False, trust, settings, progress)) as run:
        recipe_used = run.recipe
        if len(models) == 1:  # which agrees with itself
            accuracy = tuple(metric for metric in recipe_used.metrics if metric.kind == "accuracy")
            recipe_used = recipe_used.model_copy(update={"metrics": accuracy})
        return _evaluated(replace(run, recipe=recipe_used), part, file)


def _evaluated(run: Run, part: Part | None, predictions: Path | None) -> Comparison:
    used, options = run.recipe, run.options
    check_device(used.runtime.device)
    taking_part = named_models(run, {})
    prepared = run.prepare(taking_part[0].inputs)
    if part is None:
        indices = prepared.splits["gate"] if any(one.manifest for one in taking_part) else prepared.judging
    else:
        indices = range(len(prepared.samples)) if part == "all" else prepared.splits[part]
    if not indices:
        raise prepared.empty_split(part or "gate", "to judge by")
    asked = part not in (None, "gate")
    if not asked:
        check_unseen(prepared, taking_part, indices, "evaluate")
    prepared = without_seen(prepared, taking_part, judge=asked)
    prepared = prepared.without_cache() if len(taking_part) == 1 else prepared
    run.tell()
    lines: list[str] = []

    def save(arm: str, index: int, prediction: Any) -> None:
        said = {"arm": arm, "id": prepared.samples.ids[index], "prediction": _plain(prediction)}
        lines.append(f"{json.dumps(said)}\n")

    scorer = scorer_of(taking_part, prepared, indices, save if predictions else None)
    if not scorer.metrics:
        raise UsageError(
            "nothing to evaluate by: the recipe has only metrics of agreement, which needs a second model; name "
            "one that knows the labels, for example --recipe classification"
        )
    with arms(taking_part, [], prepared, options, control=False) as planned, Crew(planned) as crew:
        hints = {arm.name: hinted(used.runtime.hint or "THROUGHPUT", arm.properties) for arm in planned}
        qualities = {name: scorer.score(crew, name, hints[name], options.progress) for name in hints}
        lost = dict(crew.lost)
    if len(lost) == len(planned):
        raise ModelError(f"{run.model}: {next(iter(lost.values()))}")
    if predictions:
        write_text(predictions, "".join(lines))
    made = tuple(map(Measured(qualities, {}, lost).arm, planned))
    first, *others = made
    return Comparison(
        **stamp(options),
        recipe=used.resolved(),
        recipe_file=run.recipe_file,
        data=prepared.facts,
        settings=settings_of(run, Plan(()), {}).model_copy(update={"time_budget_s": 0.0, "precision": 0.0}),
        arms=made,
        control=None,
        pairs=(),
        changes={arm.name: scorer.deltas(first.accuracy, arm.accuracy, run.seed) for arm in others if arm.accuracy},
        gate=Gate(decision=Decision(kind="evaluated"), reason="Evaluated, not compared."),
        unjudged=scorer.unjudged,
        notes=(
            *made_of_others(taking_part),
            *made_with_other_code(taking_part, used),
            *already_quantized(taking_part[0]),
            *prepared.doubts_of(indices),
            *scorer.doubts,
            *(judged_anyway(prepared, taking_part, indices) if asked else met_again(prepared, indices)),
            *run.notes,
        ),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Detections | Rle):
        return {key.name: _plain(found) for key in fields(value) if (found := getattr(value, key.name)) is not None}
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
