"""Recipes over a list of models: a bundle and a comparison of each, and one table over all of them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

import ovopt
from ovopt import units
from ovopt.bench.machine import machine
from ovopt.bench.scenario import Scenario
from ovopt.budgets.checks import scenarios_of
from ovopt.bundle import read_manifest, shapes_to_give
from ovopt.contracts import plugins
from ovopt.errors import BudgetMissedError, NoEffectError, OutputError, OvoptError, UsageError, did_you_mean
from ovopt.locate import expand
from ovopt.model.facts import facts
from ovopt.model.files import describe
from ovopt.model.hub import PREFIX
from ovopt.model.read import read_model
from ovopt.output import new_file
from ovopt.prepare import prepare
from ovopt.recipe import Override, Recipe
from ovopt.records import Arm, Comparison, Pair, QualityDelta, Record
from ovopt.records.sweep import ORIGINAL, Sweep, SweepRow, Value
from ovopt.reports.leaderboard import page
from ovopt.suite import Entry, Suite, load_suite
from ovopt.workflow.chosen import Chosen, choose
from ovopt.workflow.compare import Plan, compare
from ovopt.workflow.compress import compress
from ovopt.workflow.contest import Goal
from ovopt.workflow.evaluate import evaluate
from ovopt.workflow.optimize import quantize, simplify
from ovopt.workflow.options import Options
from ovopt.workflow.pipeline import optimize

TABLE, PAGE, MARK = "sweep.json", "index.html", "entry.json"
BUNDLE, COMPARISON = "optimized", "comparison.json"
SCENARIOS = ("latency", "throughput")


class Done(Record):
    """`entry.json`: what an entry's results depend on, and what came of it."""

    key: str = Field(description="a hash of the entry, its model, recipe, samples, versions, machine and measurement")
    row: SweepRow | None = Field(default=None, description="null while it is under way")


@dataclass(frozen=True)
class Effort:
    """What is measured of each model, and how long it may take."""

    scenarios: tuple[str, ...] = SCENARIOS
    time_budget_s: float = 60.0
    """Of measuring each model, over all scenarios."""
    search_budget_s: float = 600.0
    """Of each search under a `max_drop`."""


def sweep(
    suite: Suite | str | Path,
    output: str | Path,
    effort: Effort | None = None,
    options: Options | None = None,
    resume: bool = False,
) -> Sweep:
    """Make a bundle of every model of the suite, hold it against the original, and write the folder `output`: a folder
    for each model, `sweep.json` and a page over all of them, which are there, as far as it goes, at any time.

    A failure ends its own entry alone. `resume` goes on with a folder that is there: an entry is done again where it
    failed, or where anything that it depends on has changed.
    """
    effort, options = effort or Effort(), options or Options()
    said = "a suite in memory" if isinstance(suite, Suite) else str(suite)
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    folder = Path(output)
    for name in effort.scenarios:
        if name not in (known := plugins("ovopt.bench.scenarios", Scenario)):
            raise UsageError(f"--scenario {name}: unknown; {did_you_mean(name, known)}")
    _check_free(folder, resume, options.force)
    run = _Run(folder, effort, options)
    rows: list[SweepRow] = []
    table = _table(said, suite, effort, rows)
    _write(folder, table)
    try:
        for place, entry in enumerate(suite.models):
            run.tell(f"{place + 1}/{len(suite.models)} {entry.name}", len(suite.models) - place)
            rows.append(run.row(entry, keep=resume))
            table = _table(said, suite, effort, rows)
            _write(folder, table)
    except (KeyboardInterrupt, SystemExit):
        options.progress.say(
            f"{len(rows)} of {len(suite.models)} models are kept in {folder}; --resume goes on from there"
        )
        raise
    return table


def _table(said: str, suite: Suite, effort: Effort, rows: Sequence[SweepRow]) -> Sweep:
    return Sweep(
        ovopt=ovopt.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        suite=said,
        title=suite.title,
        machine=machine(),
        scenarios=effort.scenarios,
        planned=len(suite.models),
        rows=tuple(rows),
    )


def _check_free(folder: Path, resume: bool, force: bool) -> None:
    if folder.is_file():
        raise OutputError(f"{folder}: is a file; name a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / TABLE).is_file():
        raise OutputError(f"{folder}: not the folder of a sweep (no {TABLE} in it); choose another -o/--output")
    if not (resume or force):
        raise OutputError(f"{folder}: holds a sweep; --resume goes on with it, --force starts it anew")


def _write(folder: Path, table: Sweep) -> None:
    for name, text in ((TABLE, table.model_dump_json(by_alias=True, indent=2) + "\n"), (PAGE, page(table))):
        with new_file(folder / name, force=True, mark="ovopt") as file:
            file.write_text(text, encoding="utf-8", errors="replace")


@dataclass
class _Run:
    """The sweep on its way."""

    folder: Path
    effort: Effort
    options: Options
    clock: Callable[[], float] = time.perf_counter
    worked_s: float = 0.0
    worked: int = 0
    """Entries that were done, rather than found done."""

    def tell(self, what: str, left: int) -> None:
        """Which entry comes next, and how long all that are left may take, by the mean of those that are done."""
        time_left = f", about {units.seconds(left * self.worked_s / self.worked)} left" if self.worked else ""
        self.options.progress.say(f"{what}{time_left}")

    def row(self, entry: Entry, keep: bool) -> SweepRow:
        """What came of an entry: found done, or done now."""
        began = self.clock()
        try:
            work = _Work.begin(entry, self.folder / entry.name, self.effort, self.options)
            known = work.found(keep)
            if known:
                self.options.progress.say(f"{entry.name}: unchanged, as of the last run")
                return known
            row = work.row()
        except OvoptError as error:
            row = _failed(entry, str(error))
        except Exception as error:  # one model that breaks ovopt must not cost the others
            row = _failed(entry, f"internal error: {type(error).__name__}: {error}")
        row = row.model_copy(update={"seconds": round(self.clock() - began, 3)})
        self.worked_s, self.worked = self.worked_s + row.seconds, self.worked + 1
        if row.state == "failed":
            self.options.progress.say(f"{entry.name}: failed: {row.said}")
        else:
            work.keep(row)
        return row


@dataclass(frozen=True)
class _Work:
    """One entry's."""

    entry: Entry
    folder: Path
    model: Path
    recipe: Recipe
    effort: Effort
    options: Options
    key: str

    @classmethod
    def begin(cls, entry: Entry, folder: Path, effort: Effort, options: Options) -> _Work:
        """Model, recipe and data, read as far as to know whether they have changed."""
        model = Path(entry.model) if entry.model.startswith(PREFIX) else expand(entry.model)
        chosen = _chosen(entry, model, options)
        own = replace(options, seed=chosen.seed, overrides=())
        key = _key(entry, model, chosen, effort, options.trust)
        return cls(entry, folder, model, chosen.recipe, effort, own, key)

    def found(self, keep: bool) -> SweepRow | None:
        """What the last run made of the same. What it made of anything else is taken away; what it left unfinished is
        gone on with."""
        mark = self.folder / MARK
        if not mark.is_file() and self.folder.exists():
            raise OutputError(f"{self.folder}: not an entry of a sweep (no {MARK} in it); move it away")
        done = _read(mark)
        if done and keep and done.key == self.key:
            return done.row if done.row and self._is_whole(done.row) else None
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self._write(None)
        return None

    def _is_whole(self, row: SweepRow) -> bool:
        return all((self.folder.parent / file).exists() for file in (row.comparison, row.bundle) if file)

    def row(self) -> SweepRow:
        """Make the bundle and compare."""
        try:
            self._make()
        except (BudgetMissedError, NoEffectError) as error:
            return self._refused(str(error))
        shutil.rmtree(self.folder / f"{BUNDLE}.steps", ignore_errors=True)
        plan = Plan(self._scenarios(), self.effort.time_budget_s)
        result = compare(self.model, [self.folder / BUNDLE], self.recipe, None, plan, self.options)
        self._write_comparison(result)
        return _compared(self.entry, result)

    def keep(self, row: SweepRow) -> None:
        """Write down that the entry is done."""
        self._write(row)

    def _make(self) -> None:
        entry, options = self.entry, replace(self.options, force=True)
        bundle, search_s = self.folder / BUNDLE, self.effort.search_budget_s
        goal = None if entry.max_drop is None else Goal(entry.max_drop, search_s, resume=True)
        match entry.steps:
            case "optimize":
                optimize(self.model, bundle, self.recipe, None, options, True, search_s)
            case "quantize":
                quantize(self.model, bundle, self.recipe, None, options, entry.simplify, goal)
            case "compress":
                goal = replace(goal, aim="size") if goal else None
                compress(self.model, bundle, self.recipe, None, options, entry.simplify, goal)
            case "simplify":
                simplify(self.model, bundle, self.recipe, None, options)

    def _refused(self, why: str) -> SweepRow:
        """The original ships; what it is worth is still worth knowing."""
        row = _row(self.entry, "refused", why, ships=ORIGINAL)
        try:
            result = evaluate([self.model], self.recipe, part="gate", options=self.options)
        except UsageError:
            return row
        self._write_comparison(result)
        values = _value(result.arms[0], next(iter(result.arms[0].accuracy), None))
        return row.model_copy(update={"original": values, "comparison": f"{self.entry.name}/{COMPARISON}"})

    def _scenarios(self) -> tuple[str, ...]:
        """Those asked for, and those that budgets need."""
        return tuple(dict.fromkeys((*self.effort.scenarios, *scenarios_of(self.recipe.budgets))))

    def _write_comparison(self, result: Comparison) -> None:
        with new_file(self.folder / COMPARISON, force=True, mark="ovopt.comparison/") as file:
            file.write_text(result.model_dump_json(by_alias=True) + "\n", encoding="utf-8")

    def _write(self, row: SweepRow | None) -> None:
        with new_file(self.folder / MARK, force=True, mark='"key"') as file:
            file.write_text(Done(key=self.key, row=row).model_dump_json(indent=2) + "\n", encoding="utf-8")


def _chosen(entry: Entry, model: Path, options: Options) -> Chosen:
    settings: list[Override | str] = [*options.overrides]
    if "budgets" in entry.model_fields_set:
        budgets = entry.budgets.model_dump(mode="json", exclude_defaults=True)
        settings.append(Override(f"budgets={json.dumps(budgets)}", f"{entry.name}: budgets"))
    settings += [Override(text, f"{entry.name}: set: {text}") for text in entry.set]
    seed = options.seed if entry.seed is None else entry.seed
    return choose(entry.recipe, entry.data, [model], replace(options, seed=seed, overrides=tuple(settings)), guess=True)


def _key(entry: Entry, model: Path, chosen: Chosen, effort: Effort, trust: bool) -> str:
    shapes = shapes_to_give(read_manifest(model), chosen.recipe)
    samples = prepare(chosen.recipe, facts(read_model(model, shapes, trust)).inputs, chosen.seed).samples
    versions = [importlib.metadata.version(name) for name in ("openvino", "nncf")]
    parts = (
        describe(model).sha256,
        entry.model_dump_json(exclude={"name", "data", "recipe"}),
        json.dumps(chosen.recipe.resolved(), sort_keys=True),
        (samples.fingerprint, chosen.seed, effort, ovopt.__version__, *versions, machine().processor),
    )
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _read(mark: Path) -> Done | None:
    try:
        return Done.model_validate_json(mark.read_bytes()) if mark.is_file() else None
    except ValidationError:
        return None


def _compared(entry: Entry, result: Comparison) -> SweepRow:
    """A row of a comparison with one candidate."""
    original, optimized = result.arms[0], next(arm for arm in result.arms if arm.role == "candidate")
    lost = next((arm for arm in (original, optimized) if arm.lost), None)
    if lost or not result.pairs:
        return _failed(entry, f"{lost.name if lost else optimized.name}: {lost.lost if lost else result.gate.reason}")
    pair, ships = result.pairs[0], result.gate.ship == optimized.name
    metric, change = _judged_by(pair)
    agrees = change is not None and change.kind == "agreement"
    row = _row(entry, "optimized", result.gate.reason, ships=BUNDLE if ships else ORIGINAL)
    return row.model_copy(
        update={
            "verdict": result.gate.verdict,
            "original": None if agrees else _value(original, metric),
            "optimized": _value(optimized, metric),
            "change": change,
            "latency": pair.latency,
            "throughput": pair.throughput,
            "size_ratio": pair.size.ratio,
            "comparison": f"{entry.name}/{COMPARISON}",
            "bundle": f"{entry.name}/{BUNDLE}",
        }
    )


def _judged_by(pair: Pair) -> tuple[str | None, QualityDelta | None]:
    """The first metric that looks at labels, else the first of agreement."""
    labelled = [(name, delta) for name, delta in pair.accuracy.items() if delta.kind == "accuracy"]
    return next(iter(labelled or pair.accuracy.items()), (None, None))


def _value(arm: Arm, metric: str | None) -> Value | None:
    quality = arm.accuracy.get(metric) if metric else None
    if metric is None or quality is None:
        return None
    return Value(metric=metric, value=quality.value, low=quality.low, high=quality.high, unit=quality.unit)


def _failed(entry: Entry, why: str) -> SweepRow:
    return _row(entry, "failed", why, ships=None)


def _row(entry: Entry, state: str, said: str, ships: str | None) -> SweepRow:
    steps = entry.steps if entry.max_drop is None else f"{entry.steps} --max-drop {entry.max_drop:g}"
    row = {"name": entry.name, "model": entry.model, "steps": steps, "state": state, "said": said, "ships": ships}
    return SweepRow.model_validate({**row, "seconds": 0.0})
