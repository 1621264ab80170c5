"""One model of a sweep, in a process of its own, and its row in the table."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

import ovopt
from ovopt.bench.machine import machine
from ovopt.budgets import scenarios_of
from ovopt.bundle import shapes_to_give
from ovopt.errors import BudgetMissedError, NoEffectError, OutputError, RecipeError, UsageError, shortened
from ovopt.figures import figures_of
from ovopt.locate import expand
from ovopt.model.files.hub import PREFIX
from ovopt.model.files.opened import OpenedModel
from ovopt.model.ports.facts import facts
from ovopt.output import new_file, write_text
from ovopt.preparing.prepared import prepare
from ovopt.recipe import Override, Recipe, places_in, with_overrides
from ovopt.records import Arm, Comparison, Pair, QualityDelta, Record
from ovopt.records.sweep import ORIGINAL, State, SweepRow, Value
from ovopt.resumable import digest
from ovopt.suite import Entry
from ovopt.workflow.beginning.options import Asked, Options
from ovopt.workflow.beginning.recipe_choice import Chosen, choose
from ovopt.workflow.comparing.compare import Plan, compare
from ovopt.workflow.comparing.evaluate import evaluate
from ovopt.workflow.optimizing.pipeline import optimize
from ovopt.workflow.optimizing.steps import compress, quantize, simplify

MARK = "entry.json"
SCENARIOS = ("latency", "throughput")


class Done(Record):
    """`entry.json`: what an entry's results depend on, and what came of it."""

    schema_: Literal["ovopt.entry/2"] = Field("ovopt.entry/2", alias="schema")
    key: str = Field(description="a hash of the entry, its model, recipe, samples, versions, machine and measurement")
    row: SweepRow | None = Field(default=None, description="null while it is under way")


@dataclass(frozen=True)
class Effort:
    """Measurements of each model, and the time that they may take."""

    scenarios: tuple[str, ...] = SCENARIOS
    time_budget_s: float = 60.0
    """Of measuring each model, over all scenarios."""
    search_budget_s: float = 600.0
    """Of each search under a `max_drop`."""


@dataclass(frozen=True)
class EntryWork:
    """An entry on its way through its folder."""

    entry: Entry
    folder: Path
    model: OpenedModel
    recipe: Recipe
    effort: Effort
    options: Options
    key: str

    @classmethod
    def begin(cls, entry: Entry, folder: Path, effort: Effort, options: Options) -> EntryWork:
        """Model, recipe and data, read as far as to know whether they have changed."""
        path = Path(entry.model) if entry.model.startswith(PREFIX) else expand(entry.model)
        model = OpenedModel(path, options.trust)
        chosen = _chosen(entry, model, options)
        own = replace(options, seed=chosen.seed, overrides=())
        return cls(entry, folder, model, chosen.recipe, effort, own, _key(entry, model, chosen, effort))

    def found(self, keep: bool) -> SweepRow | None:
        """The row that the last run made of the same. What it made of anything else is taken away; what it left
        unfinished is gone on with. Raises OutputError where the folder is none of a sweep."""
        mark = self.folder / MARK
        if self.folder.exists() and not mark.is_file():
            raise OutputError(f"{self.folder}: not an entry of a sweep (no {MARK} in it); move it away")
        done = _read(mark)
        if done and keep and done.key == self.key:
            return done.row if done.row and self._is_whole(done.row) else None
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.mark(None)
        return None

    def row(self) -> SweepRow:
        """Make the bundle and compare."""
        try:
            self._make()
        except (BudgetMissedError, NoEffectError) as error:
            return refused(self.entry, str(error), self._evaluated())
        shutil.rmtree(self.folder / f"{BUNDLE}.steps", ignore_errors=True)
        scenarios = tuple(dict.fromkeys((*self.effort.scenarios, *scenarios_of(self.recipe.budgets))))
        plan = Plan(scenarios, self.effort.time_budget_s)
        result = compare(self.model, self.folder / BUNDLE, plan=plan, **self._asked)
        self._write(result)
        return compared(self.entry, result)

    @property
    def _asked(self) -> Asked:
        options = self.options
        return {
            "recipe": self.recipe, "seed": options.seed, "trust": options.trust, "progress": options.progress,
        }  # fmt: skip

    @property
    def _searches(self) -> bool:
        """True where steps are searched for, by the entry or its recipe."""
        steps = [step for step in self.recipe.optimize if self.entry.steps in ("optimize", step.name)]
        own = self.entry.max_drop if self.entry.steps != "optimize" else None
        return own is not None or any(getattr(step, "max_drop", None) is not None for step in steps)

    def _make(self) -> None:
        entry, bundle = self.entry, self.folder / BUNDLE
        search_s = self.effort.search_budget_s if self._searches else None
        if entry.steps == "optimize":
            optimize(self.model, bundle, time_budget_s=search_s, resume=True, force=True, **self._asked)
        elif entry.steps == "simplify":
            simplify(self.model, bundle, force=True, **self._asked)
        else:
            (quantize if entry.steps == "quantize" else compress)(
                self.model,
                bundle,
                simplify=entry.simplify,
                max_drop=entry.max_drop,
                time_budget_s=search_s,
                resume=self._searches,
                force=True,
                **self._asked,
            )

    def _evaluated(self) -> Comparison | None:
        """The original evaluated, where there is a metric to tell."""
        try:
            result = evaluate(self.model, part="gate", **self._asked)
        except UsageError:
            return None
        self._write(result)
        return result

    def _is_whole(self, row: SweepRow) -> bool:
        with suppress(OSError):  # a name that is none
            return all((self.folder.parent / file).exists() for file in (row.comparison, row.bundle) if file)
        return False

    def _write(self, result: Comparison) -> None:
        with new_file(self.folder / COMPARISON, force=True, mark="ovopt.comparison/") as file:
            write_text(file, result.model_dump_json(by_alias=True) + "\n")

    def mark(self, row: SweepRow | None) -> None:
        """Write down that the entry is done, or, without a row, that it is under way."""
        with new_file(self.folder / MARK, force=True, mark='"key"') as file:
            write_text(file, Done(key=self.key, row=row).model_dump_json(indent=2, by_alias=True) + "\n")


def _chosen(entry: Entry, model: OpenedModel, options: Options) -> Chosen:
    settings: list[Override | str] = [*options.overrides]
    if "budgets" in entry.model_fields_set:
        budgets = entry.budgets.model_dump(mode="json", exclude_defaults=True)
        settings.append(Override(f"budgets={json.dumps(budgets)}", f"{entry.name}: budgets"))
    listed = [Override(text, f"{entry.name}: set: {shortened(text)}") for text in entry.set]
    if places := places_in(with_overrides({}, [one for one in listed if one.keys[:1] == ["runtime"]])):
        raise RecipeError(
            f"{entry.name}: set: {', '.join(places)}: names a place on disk, which a suite may not choose"
        )
    settings += listed
    seed = options.seed if entry.seed is None else entry.seed
    own = replace(options, seed=seed, overrides=tuple(settings))
    return choose(entry.recipe, entry.data, [model], own)


def _key(entry: Entry, model: OpenedModel, chosen: Chosen, effort: Effort) -> str:
    inputs = facts(model.shaped(shapes_to_give(model.manifest, chosen.recipe))).inputs
    samples = prepare(chosen.recipe, inputs, chosen.seed).samples
    versions = [importlib.metadata.version(name) for name in ("openvino", "nncf")]
    return digest(
        model.file.sha256,
        entry.model_dump_json(exclude={"name", "data", "recipe"}),
        json.dumps(chosen.recipe.resolved(), sort_keys=True),
        (samples.fingerprint, chosen.seed, effort, ovopt.__version__, *versions, machine().processor),
    )


def _read(mark: Path) -> Done | None:
    try:
        return Done.model_validate_json(mark.read_bytes()) if mark.is_file() else None
    except ValidationError:
        return None


BUNDLE, COMPARISON = "optimized", "comparison.json"
"""What an entry's folder holds; the bundle's name is the arm's, too."""


def compared(entry: Entry, result: Comparison) -> SweepRow:
    """The row of a comparison with one candidate."""
    lost = next((arm for arm in result.arms if arm.lost and arm.role in ("baseline", "candidate")), None)
    if lost:
        return failed(entry, f"{lost.name}: {lost.lost}")
    if not result.pairs:
        return failed(entry, result.gate.reason)
    pair, original = result.pairs[0], result.arms[0]
    optimized = next(arm for arm in result.arms if arm.name == pair.candidate)
    metric, change = _judged_by(pair)
    agrees = change is not None and change.kind == "agreement"
    ships = BUNDLE if result.gate.ship == optimized.name else ORIGINAL
    speedups = {figure.pair_key: figure.speedup(pair) for figure in figures_of(result.arms)}
    return _row(entry, "optimized", result.gate.reason, ships).model_copy(
        update={
            "verdict": result.gate.verdict,
            "original": None if agrees else _value(original, metric),
            "optimized": _value(optimized, metric),
            "change": change,
            "speedups": {key: speed for key, speed in speedups.items() if speed},
            "size_ratio": pair.size.ratio,
            "comparison": f"{entry.name}/{COMPARISON}",
            "bundle": f"{entry.name}/{BUNDLE}",
        }
    )


def refused(entry: Entry, why: str, evaluated: Comparison | None) -> SweepRow:
    """The row of a model of which nothing was made that may ship, so that the original does; `evaluated`: what that is
    worth, where it is known."""
    row = _row(entry, "refused", why, ORIGINAL)
    if evaluated is None:
        return row
    original = evaluated.arms[0]
    value = _value(original, next(iter(original.accuracy), None))
    return row.model_copy(update={"original": value, "comparison": f"{entry.name}/{COMPARISON}"})


def failed(entry: Entry, why: str) -> SweepRow:
    """The row of a model that an error ended."""
    return _row(entry, "failed", why, None)


def _row(entry: Entry, state: State, said: str, ships: str | None) -> SweepRow:
    steps = entry.steps if entry.max_drop is None else f"{entry.steps} --max-drop {entry.max_drop}"
    return SweepRow(name=entry.name, model=entry.model, steps=steps, state=state, said=said, ships=ships, seconds=0.0)


def _judged_by(pair: Pair) -> tuple[str | None, QualityDelta | None]:
    """The first metric that looks at labels, else the first of agreement."""
    labelled = [(name, delta) for name, delta in pair.accuracy.items() if delta.kind == "accuracy"]
    return next(iter(labelled or pair.accuracy.items()), (None, None))


def _value(arm: Arm, metric: str | None) -> Value | None:
    quality = arm.accuracy.get(metric) if metric else None
    if metric is None or quality is None:
        return None
    return Value(metric=metric, value=quality.value, low=quality.low, high=quality.high, unit=quality.unit)
