"""The metrics of one or more models on the same samples, nothing timed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import ovopt
from ovopt.bench.machine import machine
from ovopt.bench.scenario import hinted
from ovopt.bench.workers import Crew
from ovopt.errors import DataError, ModelError, UsageError
from ovopt.preparing.prepared import prepare
from ovopt.recipe import Recipe
from ovopt.records import Arm, Comparison, Gate, Settings
from ovopt.workflow.comparing.arms import already_quantized, arms, check_device, fed_apart, properties_of, subjects
from ovopt.workflow.comparing.scoring import Scorer
from ovopt.workflow.options import Options
from ovopt.workflow.recipe_choice import choose

if TYPE_CHECKING:
    from ovopt.workflow.options import Data


def evaluate(
    models: Sequence[str | Path],
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    part: str | None = None,
    options: Options | None = None,
    predictions: Path | None = None,
) -> Comparison:
    """Score every model by the recipe's accuracy metrics; with several models, by agreement with the first one too.

    `part` says which samples: by default the gate's where a bundle is among the models, which has seen the others,
    else all. `predictions` is a file for what `postprocess` made of every output, one JSON line each.
    """
    options = options or Options()
    if not models:
        raise UsageError("nothing to evaluate: name at least one model")
    chosen = choose(recipe, data, models, options, guess=True)
    used = _without_agreement(chosen.recipe) if len(models) == 1 else chosen.recipe
    check_device(used.runtime.device)
    taking_part = subjects(models[0], models[1:], used, {}, options.trust)
    prepared = prepare(used, taking_part[0].inputs, chosen.seed, None if isinstance(data, str | Path) else data)
    if len(taking_part) == 1:
        prepared = prepared.without_cache()
    part = part or ("gate" if any(subject.manifest for subject in taking_part) else "all")
    if chosen.why:
        options.progress.say(chosen.why)
    indices = range(len(prepared.samples)) if part == "all" else prepared.splits[part]
    if not indices:
        raise DataError(f"data.splits.{part}: holds no samples")
    saved = _Predictions(prepared.samples.ids)
    save, fed = saved.add if predictions else None, fed_apart(taking_part, prepared)
    scorer = Scorer.of(prepared, taking_part[0].facts.outputs, indices, save, fed)
    if not scorer.metrics:
        raise UsageError(
            "nothing to evaluate by: the recipe has only metrics of agreement, which needs a second model; name "
            "one that knows the labels, for example --recipe classification"
        )
    with arms(taking_part, [], prepared, used, options, control=False) as planned, Crew(planned) as crew:
        run = {arm.name: hinted(used.runtime.hint or "THROUGHPUT", arm.properties) for arm in planned}
        qualities = {name: scorer.score(crew, name, run[name], options.progress) for name in run}
        lost = dict(crew.lost)
    if len(lost) == len(planned):
        raise ModelError(f"{models[0]}: {next(iter(lost.values()))}")
    if predictions:
        predictions.write_text("".join(f"{line}\n" for line in saved.lines), encoding="utf-8")
    return Comparison(
        ovopt=ovopt.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine(),
        recipe=used.resolved(),
        data=prepared.facts,
        settings=Settings(
            scenarios=(),
            device=used.runtime.device,
            hint=used.runtime.hint,
            properties=properties_of(used),
            seed=chosen.seed,
            time_budget_s=0,
            precision=0,
        ),
        arms=tuple(
            Arm(
                name=arm.name,
                role=arm.role,
                model=arm.model,
                properties=dict(arm.properties),
                accuracy=qualities[arm.name],
                lost=lost.get(arm.name),
            )
            for arm in planned
        ),
        control=None,
        pairs=(),
        gate=Gate(verdict=None, checks=(), candidates={}, ship=None, reason="Evaluated, not compared."),
        notes=(*already_quantized(taking_part[0]), *scorer.doubts, *([chosen.why] if chosen.why else [])),
    )


class _Predictions:
    """One JSON line per arm and sample."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        self.lines: list[str] = []

    def add(self, arm: str, index: int, prediction: Any) -> None:
        """Keep one."""
        self.lines.append(json.dumps({"arm": arm, "id": self._ids[index], "prediction": _plain(prediction)}))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _without_agreement(recipe: Recipe) -> Recipe:
    """One model agrees with itself."""
    return recipe.model_copy(update={"metrics": tuple(m for m in recipe.metrics if m.kind == "accuracy")})
