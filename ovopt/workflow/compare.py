"""Compare an original with optimized models: the same samples, the same settings, interleaved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import ovopt
from ovopt import comparison
from ovopt.bench.crew import ArmPlan, Crew
from ovopt.bench.machine import machine
from ovopt.bench.protocol import Audit, Load
from ovopt.bench.rounds import Effort, Raw, measure, scenario_properties
from ovopt.bench.samplefile import write_samples
from ovopt.bundle import read_manifest
from ovopt.errors import DataError, ModelError, RecipeError, SettingsError, UsageError, did_you_mean
from ovopt.gate import judge
from ovopt.model.facts import facts
from ovopt.model.files import describe, locate
from ovopt.model.read import core, read_model
from ovopt.prepare import Prepared, prepare
from ovopt.recipe import Recipe, parse_recipe, with_overrides
from ovopt.records import (
    Arm,
    Comparison,
    Execution,
    Manifest,
    ModelFacts,
    ModelFile,
    Pair,
    Quality,
    Scenario,
    Settings,
    SizeRatio,
    Speeds,
    Speedup,
)
from ovopt.workflow.evaluate import Scorer
from ovopt.workflow.options import Options, as_recipe

if TYPE_CHECKING:
    from ovopt.workflow.options import Data

SCENARIOS: tuple[Scenario, ...] = ("latency", "throughput")
BASELINE, CONTROL, REFERENCE = "original", "control", "original-f32"
TIMED_SAMPLES = 64


@dataclass(frozen=True)
class Plan:
    """What to measure and how long."""

    scenarios: tuple[Scenario, ...] = SCENARIOS
    time_budget_s: float = 60.0
    precision: float = 0.02


@dataclass(frozen=True)
class _Model:
    """A model that takes part."""

    name: str
    path: Path
    file: ModelFile
    facts: ModelFacts
    manifest: Manifest | None


def compare(
    original: str | Path,
    optimized: Sequence[str | Path],
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    plan: Plan | None = None,
    options: Options | None = None,
) -> Comparison:
    """Measure and judge. Without a recipe and data, those that made the first bundle among `optimized` are used, or
    synthetic inputs where there is none."""
    plan, options = plan or Plan(), options or Options()
    manifests = [read_manifest(path) if Path(path).is_dir() else None for path in optimized]
    recipe, seed, origin = _recipe(recipe, data, manifests, options)
    models = _models(original, optimized, manifests, recipe)
    _check_device(recipe.runtime.device)
    prepared = prepare(recipe, models[0].facts.inputs, seed, None if isinstance(data, str | Path) else data)
    _check_unseen(prepared, models)
    scorer = Scorer.of(prepared, models[0].facts.outputs)
    _check_budgets(recipe, scorer, plan)
    if origin:
        options.progress.say(origin)
    with _arms(models, prepared, recipe, options) as arms, Crew(arms) as crew:
        qualities, executions = _run_once(crew, scorer, recipe, options)
        effort = Effort(plan.time_budget_s / len(plan.scenarios), plan.precision, seed)
        raws = {name: measure(name, crew, recipe.runtime.hint, effort, options.progress) for name in plan.scenarios}
        lost = dict(crew.lost)
    made = [_arm(arm, raws, qualities, executions, lost) for arm in arms]
    differing = comparison.differing_settings(made)
    if differing:
        raise SettingsError("the arms do not run with the same settings: " + "; ".join(differing))
    pairs = _pairs(made, raws, scorer, seed)
    return Comparison(
        ovopt=ovopt.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine(),
        recipe=recipe.resolved(),
        data=prepared.facts,
        settings=Settings(
            scenarios=plan.scenarios,
            device=recipe.runtime.device,
            hint=recipe.runtime.hint,
            properties=_properties(recipe),
            seed=seed,
            time_budget_s=plan.time_budget_s,
            precision=plan.precision,
            measured={name: raw.measured for name, raw in raws.items() if raw.measured},
        ),
        arms=tuple(made),
        control=_speeds(raws, BASELINE, CONTROL),
        default_precision=_speeds(raws, REFERENCE, BASELINE),
        pairs=tuple(pairs),
        gate=judge(pairs, recipe.budgets, {arm.name: arm.lost for arm in made if arm.lost and arm.role != "control"}),
        notes=tuple(note for raw in raws.values() for note in raw.notes) + ((origin,) if origin else ()),
    )


def _recipe(
    recipe: Recipe | str | Path | None, data: Data, manifests: Sequence[Manifest | None], options: Options
) -> tuple[Recipe, int, str]:
    """The recipe, the seed, and where they come from if nobody named them."""
    seed = options.seed or 0
    if recipe is not None or data is not None:
        return as_recipe(recipe, data, options), seed, ""
    for manifest in manifests:
        if manifest and manifest.data and manifest.recipe.get("data", {}).get("source"):
            said = f"recipe, data and seed as in the manifest of {manifest.model.path}"
            raw = with_overrides(manifest.recipe, options.overrides)
            return parse_recipe(raw, "ovopt.json"), manifest.data.seed if options.seed is None else seed, said
    return as_recipe(None, None, options), seed, ""


def _models(
    original: str | Path, optimized: Sequence[str | Path], manifests: Sequence[Manifest | None], recipe: Recipe
) -> list[_Model]:
    if not optimized:
        raise UsageError("nothing to compare: name at least one optimized model behind the original")
    models: list[_Model] = []
    for path, manifest in zip([original, *optimized], [None, *manifests], strict=True):
        name = BASELINE if not models else _unique_name(Path(path), [m.name for m in models])
        found = facts(read_model(path, recipe.model.shapes))
        models.append(_Model(name, locate(path), describe(path), found, manifest))
    baseline = models[0]
    for model in models[1:]:
        if _signature(model.facts) != _signature(baseline.facts):
            raise ModelError(
                f"{model.file.path}: its inputs {_said_inputs(model.facts)} are not the original's "
                f"{_said_inputs(baseline.facts)}, so the same samples cannot go through both"
            )
    return models


def _unique_name(path: Path, taken: Sequence[str]) -> str:
    stem = path.resolve().name if path.is_dir() else path.stem
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, 1000))
    return next(name for name in names if name not in (*taken, CONTROL, REFERENCE))


def _signature(found: ModelFacts) -> list[tuple[str, int | None]]:
    return [(port.dtype, None if port.shape is None else len(port.shape)) for port in found.inputs]


def _said_inputs(found: ModelFacts) -> str:
    return ", ".join(str(port) for port in found.inputs)


def _check_device(device: str) -> None:
    known = core().available_devices
    kinds = {name.partition(".")[0] for name in known} | {"AUTO", "MULTI", "HETERO", "BATCH"}
    if device.partition(":")[0].partition(".")[0] not in kinds:
        raise SettingsError(f"--device {device}: no such device here; {did_you_mean(device, known)}")


def _check_unseen(prepared: Prepared, models: Sequence[_Model]) -> None:
    """The gate's samples must be new to every model."""
    gate = {prepared.samples.ids[i] for i in prepared.splits["gate"]}
    if not gate:
        raise DataError("data.splits.gate: no samples are left for the verdict; lower the other splits")
    for model in models:
        used = model.manifest.data if model.manifest else None
        if used is None or prepared.samples.fingerprint != used.fingerprint:
            continue
        seen = gate & {*used.splits["calibration"], *used.splits["tuning"]}
        if seen:
            raise DataError(
                f"{model.file.path}: {len(seen)} of the {len(gate)} samples that would judge it were used to make it; "
                f"compare with the recipe, data and --seed {used.seed} that made it, or with other data"
            )


def _check_budgets(recipe: Recipe, scorer: Scorer, plan: Plan) -> None:
    """Before anything is measured: every budget must get the figure it needs."""
    for metric in recipe.budgets.accuracy:
        if metric not in scorer.labels:
            raise RecipeError(f"budgets.accuracy.{metric}: not among `metrics`; {did_you_mean(metric, scorer.labels)}")
    for scenario in SCENARIOS:
        if getattr(recipe.budgets, scenario) and scenario not in plan.scenarios:
            raise UsageError(f"budgets.{scenario}: add --scenario {scenario}")


def _properties(recipe: Recipe) -> dict[str, str]:
    return {key: _spelled(value) for key, value in recipe.runtime.properties.items()}


def _spelled(value: str | int | float | bool) -> str:
    """As OpenVINO reads it: YES and NO for truth values."""
    return ("YES" if value else "NO") if isinstance(value, bool) else str(value)


@contextmanager
def _arms(models: Sequence[_Model], prepared: Prepared, recipe: Recipe, options: Options) -> Iterator[list[ArmPlan]]:
    """The arms, with the gate's samples on disk for as long as the block lasts."""
    chosen = prepared.splits["gate"]
    properties = _properties(recipe)
    with tempfile.TemporaryDirectory(prefix="ovopt-") as scratch:
        samples = Path(scratch) / "samples"
        with options.progress.task("prepare samples", total=len(chosen)) as advance:
            write_samples(samples, _advancing(prepared.tensors(chosen), advance))

        def arm(
            model: _Model, name: str, role: Literal["baseline", "candidate", "control", "reference"], **extra: str
        ) -> ArmPlan:
            load = Load(
                "openvino", model.path, recipe.model.shapes, recipe.model.output, recipe.runtime.device, samples
            )
            return ArmPlan(name, role, model.file, load, {**properties, **extra})

        baseline, *candidates = models
        yield [
            arm(baseline, BASELINE, "baseline"),
            arm(baseline, CONTROL, "control"),
            *(arm(model, model.name, "candidate") for model in candidates),
            *(
                [arm(baseline, REFERENCE, "reference", INFERENCE_PRECISION_HINT="f32")]
                if _lossy_default(recipe.runtime.device, properties)
                else []
            ),
        ]


def _lossy_default(device: str, properties: Mapping[str, str]) -> bool:
    """Whether the device would run an f32 model below f32 on its own account."""
    if "INFERENCE_PRECISION_HINT" in properties or "EXECUTION_MODE_HINT" in properties:
        return False
    try:
        default = core().get_property(device, "INFERENCE_PRECISION_HINT")
    except RuntimeError:
        return False
    return default.get_type_name() not in ("f32", "dynamic", "undefined")


def _advancing(items: Iterator[Any], advance: Any) -> Iterator[Any]:
    for item in items:
        yield item
        advance()


def _run_once(
    crew: Crew, scorer: Scorer, recipe: Recipe, options: Options
) -> tuple[dict[str, dict[str, Quality]], dict[str, Execution]]:
    """Accuracy and execution audit of every arm; the control shares the baseline's."""
    properties = {
        name: scenario_properties("throughput", recipe.runtime.hint, arm.properties) for name, arm in crew.arms.items()
    }
    run = [name for name, arm in crew.arms.items() if arm.role != "control"]
    qualities = {name: scorer.score(crew, name, properties[name], options.progress) for name in run}
    executions: dict[str, Execution] = {}
    for name in run:
        audited = crew.ask(name, Audit(properties[name]))
        if audited is not None:
            executions[name] = audited
    return qualities, executions


def _arm(
    arm: ArmPlan,
    raws: Mapping[Scenario, Raw],
    qualities: Mapping[str, dict[str, Quality]],
    executions: Mapping[str, Execution],
    lost: Mapping[str, str],
) -> Arm:
    turns = {scenario: raw.turns[arm.name] for scenario, raw in raws.items() if arm.name in raw.turns}
    return Arm(
        name=arm.name,
        role=arm.role,
        model=arm.model,
        properties=dict(arm.properties),
        effective={name: raw.effective[arm.name] for name, raw in raws.items() if arm.name in raw.effective},
        latency=comparison.latency_of(turns["latency"]) if "latency" in turns else None,
        throughput=comparison.throughput_of(turns["throughput"]) if "throughput" in turns else None,
        accuracy=qualities.get(arm.name, {}) if arm.name not in lost else {},
        execution=executions.get(arm.name),
        lost=lost.get(arm.name),
    )


def _pairs(arms: Sequence[Arm], raws: Mapping[Scenario, Raw], scorer: Scorer, seed: int) -> list[Pair]:
    baseline = arms[0]
    if baseline.lost:
        return []
    return [
        Pair(
            baseline=baseline.name,
            candidate=arm.name,
            size=SizeRatio(ratio=arm.model.size_bytes / baseline.model.size_bytes),
            accuracy=scorer.deltas(baseline.accuracy, arm.accuracy, seed),
            against_f32=_speeds(raws, REFERENCE, arm.name),
            **_speedups(raws, BASELINE, arm.name),
        )
        for arm in arms
        if arm.role == "candidate" and not arm.lost
    ]


def _speeds(raws: Mapping[Scenario, Raw], baseline: str, candidate: str) -> Speeds | None:
    """The speed-ups of two arms; None where one of them does not exist or is lost."""
    if any({baseline, candidate} - raw.turns.keys() for raw in raws.values()):
        return None
    return Speeds(**_speedups(raws, baseline, candidate))


def _speedups(raws: Mapping[Scenario, Raw], baseline: str, candidate: str) -> dict[Any, Speedup]:
    if candidate == CONTROL:
        return {name: comparison.control_speedup(raw.speedup(baseline, CONTROL)) for name, raw in raws.items()}
    return {
        name: comparison.speedup(raw.speedup(baseline, candidate), raw.speedup(BASELINE, CONTROL))
        for name, raw in raws.items()
    }
