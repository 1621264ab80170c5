"""Diagnosis of an optimized model, layer by layer: the layers to blame, and the fixes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ovopt.caller import untouched_caller
from ovopt.contracts import Materials, Tensors
from ovopt.errors import UsageError
from ovopt.model.inspect.ignored_scope import Scope, quantized_readers, recipe_lines, with_scope
from ovopt.model.inspect.layer_errors import DeviceModel
from ovopt.model.inspect.profile import Profile
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.model.native import EXACT
from ovopt.preparing.prepared import Prepared
from ovopt.records import QualityDelta
from ovopt.records.diagnosis import Diagnosis, LayerDiagnosis, Problem, Side
from ovopt.reports.problem_words import RANDOM, runs_in_f32
from ovopt.steps.quantize import Quantize
from ovopt.time_budget import TimeBudget
from ovopt.workflow.applying.calibration import calibration_samples
from ovopt.workflow.applying.tuning_quality import Validator
from ovopt.workflow.beginning.options import check_number, options_of
from ovopt.workflow.beginning.run import Run, begin, stamp
from ovopt.workflow.comparing.arms import check_device, properties_of
from ovopt.workflow.comparing.taking_part import NamedModel, lacked, made_of_others, named_models, output_places
from ovopt.workflow.diagnosing.fixes import UNBOUNDED, FixSearch, FixTarget
from ovopt.workflow.diagnosing.layer_evidence import (
    Blames,
    LayerTimes,
    ModelPair,
    blame_layers,
    compare_values,
    layer_table,
    time_layers,
)
from ovopt.workflow.diagnosing.precision_loss import PrecisionCase, precision_problems
from ovopt.workflow.diagnosing.problems import Case, both, find_problems
from ovopt.workflow.diagnosing.quantized_source import Source, quantize_step, source_of

if TYPE_CHECKING:
    import openvino

    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

PROBED = 8
"""Samples whose values between the layers are looked at, and inferences of each that are."""
BLAMING = 0.3
"""The share of the time budget for telling apart which layer causes what; the rest is for fixes."""
DIAGNOSIS_S = 240.0
"""The time that a diagnosis takes where nothing is said."""


@untouched_caller()
def diagnose(
    original: ModelLike,
    optimized: ModelLike | None = None,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    time_budget_s: float | None = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> Diagnosis:
    """Hold an optimized model against its original, layer by layer, on the tuning split; without one, the original at
    the precision that the device runs against itself at f32.

    The time budget (240 s where nothing is said) is for finding out which layer causes what, and for checking fixes.

    Raises UsageError, or one of its kinds, where models, recipe, data or arguments cannot be used.
    """
    check_number("time_budget_s", time_budget_s)
    models = [original, optimized] if optimized is not None else [original]
    with begin(models, recipe, data, options_of(seed, False, trust, settings, progress)) as run:
        check_device(run.recipe.runtime.device)
        taking_part = named_models(run, {})
        for one in taking_part:
            if one.does:
                section = "preprocessing" if one.embedded else "postprocessing"
                raise UsageError(
                    f"{one.opened}: a part of the {section} is inside this model, so that its layers have no "
                    "partners; diagnose the bundle that it was made from"
                )
        run.tell()
        return _Examination(run, taking_part, DIAGNOSIS_S if time_budget_s is None else time_budget_s).diagnosis()


class _Examination:
    """Layers of one or two models, held against each other."""

    def __init__(self, run: Run, taking_part: Sequence[NamedModel], time_budget_s: float) -> None:
        recipe = run.recipe
        self._run = run
        self._options = run.options
        self._budget = time_budget_s
        self._taking_part = taking_part
        self._device = recipe.runtime.device
        self._properties = properties_of(recipe)
        self._prepared = run.prepare(taking_part[0].facts.inputs)
        self._samples = _probes(self._prepared)
        self._models = [one.opened.shaped(recipe.model.shapes) for one in taking_part]

    def diagnosis(self) -> Diagnosis:
        """The diagnosis of two models, or of one at two precisions."""
        return self._of_two() if len(self._models) > 1 else self._of_one()

    def _of_two(self) -> Diagnosis:
        original, optimized = self._models
        manifest = self._taking_part[1].manifest
        flat = [tensors for parts in self._samples for tensors in parts]
        source = source_of(original, optimized, manifest, flat, self._run.seed)
        two = self._two(self._arm(source.model), self._arm(optimized))
        timed = time_layers(two, self._options.progress)
        errors = compare_values(two, self._options.progress)
        blames = blame_layers(two, TimeBudget(BLAMING * self._budget), self._options.progress)
        layers = layer_table(two, errors, blames.by_layer if blames else {}, timed)
        validator = self._validator(original)
        quality = validator.delta(optimized, UNBOUNDED) if validator else None
        budget = self._run.recipe.budgets.accuracy.get(validator.metric.label) if validator else None
        case = Case(
            layers=layers,
            quality=quality,
            max_drop=budget.max_drop if budget else None,
            original_ms=timed.profiles[0].wall_ms,
            wall_ms=timed.profiles[1].wall_ms,
            search=FixSearch(
                self._target(source, optimized, timed, validator),
                TimeBudget((1 - BLAMING) * self._budget),
                self._options.progress,
            ),
            revertible=frozenset(quantized_operations(optimized)) & {layer.name for layer in two.pairing.shared},
            readers=quantized_readers(optimized),
        )
        found = find_problems(case)
        made = self._record(two, layers, timed, found, quality, blames, source.notes)
        return made.model_copy(update={"together": both(found, case), "metric": validator and validator.metric.label})

    def _of_one(self) -> Diagnosis:
        model = self._models[0]
        two = self._two(self._arm(model, EXACT), self._arm(model))
        timed = time_layers(two, self._options.progress)
        precision = timed.profiles[1].precision
        if precision == "f32":
            layers = layer_table(two, {}, {}, timed)
            return self._record(two, layers, timed, [], None, None, (runs_in_f32(self._device),))
        errors = compare_values(two, self._options.progress)
        layers = layer_table(two, errors, {}, timed)
        exact, running = self._validator(model, EXACT), self._validator(model)
        case = PrecisionCase(
            model=model,
            device=self._device,
            name=precision,
            wall_ms=timed.profiles[1].wall_ms,
            exact_wall_ms=timed.profiles[0].wall_ms,
            metric=exact.metric if exact else None,
            exact=exact.baseline if exact else None,
            running=running.baseline if running else None,
            score=lambda other: (
                Validator(self._prepared, other, self._taking_part[0].facts, self._device, self._properties).baseline
            ),
            samples=[tensors for parts in self._samples for tensors in parts],
            seed=self._run.seed,
        )
        problems, quality = precision_problems(case, layers), case.delta(case.running)
        made = self._record(two, layers, timed, problems, quality, None, ())
        return made.model_copy(update={"metric": exact and exact.metric.label})

    def _arm(self, model: openvino.Model, more: dict[str, str] | None = None) -> DeviceModel:
        return DeviceModel(model, self._device, {**self._properties, **(more or {})}, self._run.recipe.model.state)

    def _two(self, original: DeviceModel, optimized: DeviceModel) -> ModelPair:
        ports, wanted = self._taking_part[0].facts.outputs, self._run.recipe.model.output
        places = output_places(ports, ports, wanted, lacked(self._taking_part))
        return ModelPair(original, optimized, self._samples, places)

    def _validator(self, model: openvino.Model, more: dict[str, str] | None = None) -> Validator | None:
        if not self._run.recipe.metrics:
            return None
        self._options.progress.say(f"score {self._taking_part[0].file.path} on the tuning split")
        properties = {**self._properties, **(more or {})}
        lacking = lacked(self._taking_part)
        return Validator(self._prepared, model, self._taking_part[0].facts, self._device, properties, lacking)

    def _target(
        self, source: Source, optimized: openvino.Model, timed: LayerTimes, validator: Validator | None
    ) -> FixTarget:
        manifest = self._taking_part[1].manifest
        step = quantize_step(manifest)
        parameters = step.model_dump(exclude_defaults=True, mode="json") if step else {}
        real = not self._prepared.samples.random
        return FixTarget(
            optimized=optimized,
            source=source.model,
            wall_ms=timed.profiles[1].wall_ms,
            sample=self._samples[0][0],
            device=self._device,
            judge=partial(validator.delta, max_drop=UNBOUNDED) if validator else None,
            scope=lambda layers: Scope.of(source.model, layers, source.lasting),
            lines=lambda scope: recipe_lines(Quantize.name, parameters, scope),
            remake=partial(self._remade, source.model, parameters) if step and real else None,
            remake_s=manifest.steps[-1].seconds if manifest and manifest.steps else 0.0,
        )

    def _remade(self, source: openvino.Model, parameters: dict[str, object], scope: Scope) -> openvino.Model:
        step = Quantize.model_validate(with_scope(parameters, scope))
        calibration = calibration_samples(self._prepared, self._models[0], step.wanted, True, self._options.progress)
        return step.apply(source, Materials(calibration, self._run.seed, self._options.progress)).model

    def _record(
        self,
        two: ModelPair,
        layers: Sequence[LayerDiagnosis],
        timed: LayerTimes,
        problems: Sequence[Problem],
        quality: QualityDelta | None,
        blames: Blames | None,
        notes: Collection[str],
    ) -> Diagnosis:
        pairing, last = two.pairing, self._taking_part[-1]
        random = [RANDOM] if self._prepared.samples.random else []
        return Diagnosis(
            **stamp(self._options),
            recipe=self._run.recipe.resolved(),
            data=self._prepared.facts,
            device=self._device,
            properties=self._properties,
            seed=self._run.seed,
            time_budget_s=self._budget,
            original=_side(self._taking_part[0], timed.profiles[0]),
            optimized=_side(last, timed.profiles[1]),
            metric=None,
            quality=quality,
            output_error=blames.error if blames else None,
            samples=len(self._samples),
            quantizers=last.facts.fake_quantize,
            layers=tuple(layers),
            reshaped=tuple(layer.name for layer in pairing.reshaped),
            gone=tuple(layer.name for layer in pairing.gone),
            new=tuple(layer.name for layer in pairing.new),
            problems=tuple(problems),
            notes=(*random, *made_of_others(self._taking_part), *notes, *self._run.notes),
        )


def _probes(prepared: Prepared) -> list[tuple[Tensors, ...]]:
    """A few samples of the tuning split, each with the first of its inferences."""
    found = [parts[:PROBED] for _, parts in prepared.prepare_each(prepared.splits["tuning"][:PROBED])]
    if not found:
        raise prepared.empty_split("tuning", "to look at")
    return found


def _side(subject: NamedModel, profile: Profile) -> Side:
    moving = [node for node in profile.nodes if node.moves]
    return Side(
        model=subject.file,
        precision=profile.precision,
        wall_ms=profile.wall_ms,
        ops_us=sum(node.us for node in profile.nodes),
        reorders=len(moving),
        reorders_us=sum(node.us for node in moving),
    )
