"""Compare an original with optimized models: the same samples, the same settings, interleaved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovopt import comparison
from ovopt.bench.machine import efficiency
from ovopt.bench.protocol import Audit
from ovopt.bench.request_loops import Demand
from ovopt.bench.scenario import Effort, Found, Scenario, as_fields, hinted
from ovopt.bench.workers import ANSWER_LIMIT_S, ArmPlan, Crew
from ovopt.budgets import scenarios_of
from ovopt.caller import untouched_caller
from ovopt.contracts import plugins
from ovopt.errors import RecipeError, SettingsError, UsageError, did_you_mean
from ovopt.gate import decide
from ovopt.model.files.opened import several
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Recipe
from ovopt.recipe.soundness import budget_hint
from ovopt.records import (
    Arm,
    Comparison,
    Decision,
    Execution,
    Gate,
    Pair,
    Quality,
    Record,
    Reference,
    Settings,
    SizeRatio,
    Speeds,
)
from ovopt.reports.decision import with_reason
from ovopt.workflow.beginning.options import Options, check, check_number, options_of
from ovopt.workflow.beginning.run import Run, begin, stamp
from ovopt.workflow.comparing.arms import arms, check_device, properties_of
from ovopt.workflow.comparing.broken_layers import blame_of
from ovopt.workflow.comparing.previews import previews
from ovopt.workflow.comparing.scoring import Save, Scorer
from ovopt.workflow.comparing.taking_part import (
    CONTROL,
    NamedModel,
    already_quantized,
    divided,
    fed_apart,
    lacked,
    made_of_others,
    made_with_other_code,
    named_models,
    native_models,
)
from ovopt.workflow.comparing.unseen import check_unseen, met_again, without_seen

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """Scope and duration of a measurement. `scenarios` None: all that need not be asked for.

    Raises UsageError, which names the field, where one is of a wrong type or out of its range.
    """

    scenarios: tuple[str, ...] | None = None
    time_budget_s: float = 60.0
    precision: float = 0.02
    demand: Demand = field(default_factory=Demand)
    answer_limit_s: float = ANSWER_LIMIT_S
    """An arm that gives no answer for so long is lost."""
    references: tuple[str, ...] = ()
    """Native engines beside OpenVINO: `onnxruntime` (on the original's own file) or `torch=FILE`."""
    vary: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Property -> values: the original runs once under each. The first value is the baseline's."""

    def __post_init__(self) -> None:
        for name in ("scenarios", "references"):
            listed = isinstance(found := getattr(self, name), tuple | list) and all(isinstance(n, str) for n in found)
            check(f"Plan.{name}", found, "a tuple of names", listed or (found is None and name == "scenarios"))
        for name, least in (("time_budget_s", 1.0), ("precision", 0.001), ("answer_limit_s", 1.0)):
            check_number(f"Plan.{name}", getattr(self, name), least)
        check("Plan.demand", self.demand, "a Demand", isinstance(self.demand, Demand))
        check("Plan.vary", self.vary, "a mapping of properties to values", isinstance(self.vary, Mapping))

    def make_scenarios(self) -> dict[str, Scenario]:
        """The scenarios asked for, in the order in which reports show them. Raises UsageError for a name of none."""
        known = plugins("ovopt.bench.scenarios", Scenario)
        order = [name for name in (*Speeds.model_fields, *sorted(known.keys() - Speeds.model_fields)) if name in known]
        for name in self.scenarios or ():
            if name not in known:
                raise UsageError(f"--scenario {name}: unknown; {did_you_mean(name, known)}")
        chosen = self.scenarios or [name for name in order if not known[name].on_request]
        return {name: known[name]() for name in order if name in chosen}


@untouched_caller()
def compare(
    original: ModelLike,
    optimized: ModelLike | Sequence[ModelLike] = (),
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    plan: Plan | None = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> Comparison:
    """Measure one or more optimized models against their original, and judge. Without a recipe and data, those that
    made the first bundle among `optimized` are used, or synthetic inputs where there is none.

    Raises UsageError, or one of its kinds, where models, recipe, data or arguments cannot be used.
    """
    plan, models = _checked(plan), [original, *several(optimized)]
    if len(models) == 1 and not plan.vary:
        raise UsageError("nothing to compare: name at least one optimized model behind the original, or --vary")
    options = options_of(seed, False, trust, settings, progress)
    with begin(models, recipe, data, options, guess=data is not None) as run:
        return _measured(run, plan, against_baseline=True)


@untouched_caller()
def benchmark(
    models: ModelLike | Sequence[ModelLike],
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    plan: Plan | None = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> Comparison:
    """Measure models interleaved, without a baseline, metrics or a verdict.

    Raises UsageError, or one of its kinds, where models, recipe, data or arguments cannot be used.
    """
    plan, models = _checked(plan), several(models)
    if not models:
        raise UsageError("nothing to measure: name at least one model")
    options = options_of(seed, False, trust, settings, progress)
    with begin(models, recipe, data, options, guess=data is not None) as run:
        return _measured(run, plan, against_baseline=False)


def _checked(plan: Plan | None) -> Plan:
    check("plan", plan, "an ovopt.Plan", plan is None or isinstance(plan, Plan))
    return plan or Plan()


def _measured(run: Run, plan: Plan, against_baseline: bool) -> Comparison:
    recipe, options = run.recipe, run.options
    taking_part = named_models(run, plan.vary)
    check_device(recipe.runtime.device)
    prepared = run.prepare(taking_part[0].inputs)
    if against_baseline and not prepared.splits["gate"]:
        raise prepared.empty_split("gate", "for the verdict")
    check_unseen(prepared, taking_part, prepared.splits["gate"], "compare")
    if against_baseline:
        prepared = without_seen(prepared, taking_part)
    scorer = scorer_of(taking_part, prepared, prepared.splits["gate"]) if against_baseline else None
    scenarios = plan.make_scenarios()
    if scorer:
        _check_budgets(recipe, scorer, scenarios)
    run.tell()
    native = native_models(plan.references, taking_part[0])
    with (
        arms(taking_part, native, prepared, options, against_baseline) as planned,
        Crew(planned, plan.answer_limit_s) as crew,
    ):
        once = _run_once(crew, scorer, recipe, options)
        found = _found(crew, scenarios, plan, run)
        measured = Measured(*once, dict(crew.lost), scenarios, found)
    made = [measured.arm(arm) for arm in planned]
    differing = comparison.differing_settings(a for a, p in zip(made, planned, strict=True) if not p.own_settings)
    if differing:
        raise SettingsError("the arms do not run with the same settings: " + "; ".join(differing))
    result = Comparison(
        **stamp(options),
        recipe=recipe.resolved(),
        recipe_file=run.recipe_file,
        data=prepared.facts,
        settings=settings_of(run, plan, found),
        arms=tuple(made),
        control=measured.speeds(made[0].name, CONTROL),
        references=dict(measured.references(made, scorer)),
        pairs=tuple(measured.pairs(made, scorer, run.seed)) if scorer else (),
        gate=Gate(decision=Decision(kind="measured")),
        unjudged=scorer.unjudged if scorer else {},
        notes=(
            *made_of_others(taking_part),
            *made_with_other_code(taking_part, recipe),
            *already_quantized(taking_part[0]),
            *divided(taking_part),
            *(prepared.doubts_of(prepared.splits["gate"]) if scorer else ()),
            *(scorer.doubts if scorer else ()),
            *met_again(prepared, prepared.splits["gate"]),
            *(note for one in found.values() for note in one.notes),
            *run.notes,
        ),
    )
    if not scorer:
        return with_reason(result)
    judged = {"gate": decide(result, recipe.budgets), "previews": previews(result, prepared)}
    return with_reason(result.model_copy(update=judged))


def scorer_of(
    taking_part: Sequence[NamedModel], prepared: Prepared, chosen: Sequence[int], save: Save | None = None
) -> Scorer:
    """The scorer of all models on the chosen samples. Raises DataError as `Scorer.of` does."""
    original = taking_part[0].facts
    return Scorer.of(
        prepared,
        original.outputs,
        chosen,
        save,
        fed_apart(taking_part, prepared),
        kinds=original.output_kinds,
        lacking=lacked(taking_part),
        alone=len(taking_part) == 1,
        blame=blame_of(taking_part, prepared.recipe),
    )


def settings_of(run: Run, plan: Plan, found: Mapping[str, Found]) -> Settings:
    """Settings that a run was asked for, and what its scenarios measured."""
    return Settings(
        scenarios=tuple(found),
        device=run.recipe.runtime.device,
        hint=run.recipe.runtime.hint,
        properties=properties_of(run.recipe),
        seed=run.seed,
        time_budget_s=plan.time_budget_s,
        precision=plan.precision,
        measured={name: one.measured for name, one in found.items() if one.measured},
    )


def _found(crew: Crew, scenarios: Mapping[str, Scenario], plan: Plan, run: Run) -> dict[str, Found]:
    """Raw values of each scenario, measured within its share of the time."""
    whole = sum(scenario.weight for scenario in scenarios.values())
    found = {}
    for name, scenario in scenarios.items():
        seconds = max(LEAST_SECONDS, plan.time_budget_s * scenario.weight / whole)
        effort = Effort(seconds, plan.precision, run.seed, run.recipe.runtime.hint, plan.demand)
        found[name] = scenario.measure(crew, effort, run.options.progress)
    return found


def _check_budgets(recipe: Recipe, scorer: Scorer, scenarios: Mapping[str, Scenario]) -> None:
    """Before anything is measured: every budget must get the figure it needs."""
    for metric in recipe.budgets.accuracy:
        if metric not in scorer.labels:
            raise RecipeError(f"budgets.accuracy.{metric}: not among `metrics`; {budget_hint(metric, scorer.metrics)}")
    for scenario in scenarios_of(recipe.budgets):
        if scenario not in scenarios:
            raise UsageError(f"budgets.{scenario}: add --scenario {scenario}")


def _run_once(
    crew: Crew, scorer: Scorer | None, recipe: Recipe, options: Options
) -> tuple[dict[str, dict[str, Quality]], dict[str, Execution]]:
    """Accuracy and execution audit of every arm; the control shares the baseline's."""
    run = {n: hinted(recipe.runtime.hint or "THROUGHPUT", a.properties) for n, a in crew.arms.items() if n != CONTROL}
    qualities = {name: scorer.score(crew, name, run[name], options.progress) for name in run} if scorer else {}
    audited = {name: crew.ask(name, Audit(properties)) for name, properties in run.items()}
    return qualities, {name: execution for name, execution in audited.items() if execution is not None}


@dataclass(frozen=True)
class Measured:
    """All that was found out about arms: by scenario, by metric, by a look at how they are executed."""

    qualities: Mapping[str, dict[str, Quality]]
    executions: Mapping[str, Execution]
    lost: Mapping[str, str]
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    found: Mapping[str, Found] = field(default_factory=dict)

    def arm(self, arm: ArmPlan) -> Arm:
        """The record of an arm; a lost one has no quality."""
        raw = {name: one.raw[arm.name] for name, one in self.found.items() if arm.name in one.raw}
        lost = self.lost.get(arm.name)
        record = Arm(
            name=arm.name,
            role=arm.role,
            engine=arm.load.engine,
            model=arm.model,
            properties=dict(arm.properties),
            embedded=arm.embedded,
            effective={n: one.effective[arm.name] for n, one in self.found.items() if arm.name in one.effective},
            accuracy=self.qualities.get(arm.name, {}) if lost is None else {},
            execution=self.executions.get(arm.name),
            lost=lost,
            **as_fields({name: self.scenarios[name].figures(values) for name, values in raw.items()}),
        )
        return record.model_copy(update={"efficiency": efficiency(record)})

    def pairs(self, made: Sequence[Arm], scorer: Scorer, seed: int) -> Iterator[Pair]:
        """Every candidate against the baseline, and against references where there are some."""
        baseline = made[0]
        references = [arm.name for arm in made if arm.role == "reference"]
        for arm in made:
            if arm.role == "candidate" and not arm.lost and not baseline.lost:
                against = {name: speeds for name in references if (speeds := self.speeds(name, arm.name))}
                yield Pair(
                    baseline=baseline.name,
                    candidate=arm.name,
                    size=SizeRatio(ratio=arm.model.size_bytes / baseline.model.size_bytes),
                    accuracy=scorer.deltas(baseline.accuracy, arm.accuracy, seed),
                    against=against,
                    **dict(self.speeds(baseline.name, arm.name) or {}),
                )

    def references(self, made: Sequence[Arm], scorer: Scorer | None) -> Iterator[tuple[str, Reference]]:
        """Every native engine by its arm's name, against the baseline."""
        for arm in made:
            if arm.role == "reference":
                speeds = self.speeds(arm.name, made[0].name)
                difference = scorer.differences.get(arm.name) if scorer else None
                yield arm.name, Reference(engine=arm.engine, speeds=speeds, largest_difference=difference)

    def speeds(self, baseline: str, candidate: str) -> Speeds | None:
        """Two arms, scenario by scenario; None where one of them does not exist or is lost."""
        shared = {name: one.raw for name, one in self.found.items() if {baseline, candidate} <= one.raw.keys()}
        if not shared:
            return None
        made: dict[str, Record] = {}
        for name, raw in shared.items():
            control = raw.get(CONTROL) if candidate != CONTROL else None
            made[name] = self.scenarios[name].pair(raw[baseline], raw[candidate], control)
        return Speeds(**as_fields(made))
