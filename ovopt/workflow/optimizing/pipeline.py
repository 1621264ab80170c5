"""All of a recipe's steps, one after the other; what has not changed since the last run is taken from it."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import ovopt
from ovopt import units
from ovopt.bench.machine import machine
from ovopt.caller import untouched_caller
from ovopt.contracts import Stage, Step, Stepped, plugins
from ovopt.errors import BudgetMissedError, DoesNotRunError, RecipeError, StepError
from ovopt.model.files.locate import MANIFEST
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.output import claimed_folder
from ovopt.recipe import Recipe
from ovopt.records import Manifest, Record, StepReport
from ovopt.reports.steps import step_line
from ovopt.resumable import digest
from ovopt.steps.compress import Compress
from ovopt.steps.quantize import Quantize
from ovopt.workflow.applying.work import Work
from ovopt.workflow.beginning.options import options_of
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.optimizing.progress_check import LOOKED_AT, Onlooker
from ovopt.workflow.optimizing.step_cache import Found, Kept
from ovopt.workflow.optimizing.step_order import Remark, check_order, no_steps
from ovopt.workflow.optimizing.steps import SEARCH_S, check_nothing_searched, search_output
from ovopt.workflow.searching.compress import CompressSearch
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.quantize import QuantizeSearch
from ovopt.workflow.searching.search import Assignment, Goal

if TYPE_CHECKING:
    import openvino

    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, RecipeLike, SettingsLike, Watched

NOT_ASKED = ("optimize", "budgets", "description", "family", "match")
"""Sections of a recipe that no step's result depends on but by its own settings."""
BLIND = (Stage.GRAPH, Stage.STRUCTURE, Stage.WEIGHTS)
"""Steps that look for operations, and do not find them in the bodies of an `If`."""


class Planned(Record):
    """A step that `optimize` would take."""

    step: str
    settings: dict[str, Any]
    notes: tuple[str, ...] = ()


@untouched_caller()
def plan(
    model: ModelLike,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    seed: int | None = None,
    settings: SettingsLike = (),
    trust: bool = False,
    progress: Watched = None,
) -> tuple[Planned, ...]:
    """Steps that `optimize` would take, in this order. Raises RecipeError where the order is wrong, or there is nothing
    to do."""
    with begin([model], recipe, data, options_of(seed, False, trust, settings, progress)) as run:
        steps, remarks = run.recipe.optimize, _checked(run.recipe)
    return tuple(
        Planned(
            step=step.name,
            settings=step.model_dump(mode="json", exclude_defaults=True),
            notes=tuple(remark.text for remark in remarks if remark.place == place),
        )
        for place, step in enumerate(steps)
    )


@untouched_caller()
def optimize(
    model: ModelLike,
    output: str | Path,
    *,
    recipe: RecipeLike = None,
    data: Data = None,
    time_budget_s: float | None = None,
    resume: bool = False,
    seed: int | None = None,
    settings: SettingsLike = (),
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Manifest:
    """Take all steps of the recipe in its order, and write the bundle `output`.

    The result of every step is kept in `OUTPUT.steps`, under a hash of all that it depends on: after an interruption,
    or with other settings of a later step, what has not changed is taken from there. `resume` may replace a bundle that
    has such a folder. A step with `max_drop` is a search, which may take `time_budget_s`.

    Raises BudgetMissedError where nothing keeps a `max_drop`, StepError where a step fails, UsageError, or one of its
    kinds, where model, recipe, data or arguments cannot be used.
    """
    target = search_output(output, None, time_budget_s)
    folder = target.parent / f"{target.name}.steps"
    replaces = force or (resume and folder.is_dir())
    options = options_of(seed, force, trust, settings, progress)
    with claimed_folder(target, replaces, MANIFEST) as claimed, begin([model], recipe, data, options) as run:
        say = run.options.progress.say
        steps = run.recipe.optimize
        for remark in _checked(run.recipe):
            say(f"note: {remark.text}")
        if not any(map(has_search, steps)):
            check_nothing_searched(time_budget_s)
        steps_run = _Run(Work.begin(run, steps, LOOKED_AT), steps, Kept(folder), time_budget_s or SEARCH_S)
        try:
            work = steps_run.finished()
        except (KeyboardInterrupt, SystemExit):
            say(f"{steps_run.done} of {len(steps)} steps are kept in {folder}; the same command goes on from there")
            raise
        with claimed.new() as scratch:
            manifest = work.write(scratch, target, work.current, work.reports)
        left = steps_run.kept.tidy()
        say(f"{folder} keeps {units.size(left)} of steps' results for the next run; it may be deleted")
    return manifest


def _checked(recipe: Recipe) -> Sequence[Remark]:
    """Remarks on the order of its steps. Raises RecipeError where there are none, or one spoils another."""
    if not recipe.optimize:
        raise RecipeError(no_steps(plugins("ovopt.steps", Step)))
    return check_order(recipe.optimize)


@dataclass
class _Run:
    """The work on its way."""

    work: Work
    steps: Sequence[Step]
    kept: Kept
    time_budget_s: float
    done: int = 0

    def finished(self) -> Work:
        """The work behind all steps."""
        self.kept.sweep()
        onlooker = Onlooker(self.work)
        source = self.work.source.sha256
        for place, step in enumerate(self.steps):
            key = self._key(step, source)
            found = self.kept.find(place, step.name, key)
            say = self.work.materials.progress.say
            if found:
                say(f"{step_line(place, found.entry.report)}: unchanged, as of the last run")
            else:
                found = self._taken(place, step, key, onlooker)
                say(step_line(place, found.entry.report))
            source = found.entry.sha256
            model = read_model(found.folder)
            self._check_bodies(place, model)
            self.work = self.work.behind(Stepped(model, found.entry.report))
            self.done += 1
        return self.work

    def _taken(self, place: int, step: Step, key: str, onlooker: Onlooker) -> Found:
        stepped = self._stepped(place, step, key)

        def report(size_bytes: int) -> StepReport:
            standing = onlooker.standing(self.work.behind(stepped), size_bytes)
            return stepped.report.model_copy(update={"standing": standing})

        try:
            return self.kept.add(place, key, stepped.model, report, step.name)
        except DoesNotRunError as error:
            way = step.way_round(self.work.current, self.work.materials)
            raise DoesNotRunError(f"behind {step.name}, {error}{way}") from None
        except StepError as error:
            raise StepError(f"behind {step.name}, {error}") from None

    def _stepped(self, place: int, step: Step, key: str) -> Stepped:
        if not has_search(step):
            checkpoint = self.kept.search(place, step.name, key) / "checkpoint.pt"
            return step.run(self.work.current, replace(self.work.materials, checkpoint=checkpoint))
        folder = self.kept.search(place, step.name, key)
        try:
            stepped = searched(self.work, step, folder / "best", self.time_budget_s)
        except BudgetMissedError as error:
            if not step.allow_no_effect:
                raise
            stepped = step.left_out(self.work.current, str(error))
        shutil.rmtree(folder, ignore_errors=True)
        return stepped

    def _key(self, step: Step, source: str) -> str:
        """A hash of all that a step's result depends on: the model in front of it, its settings, samples, seed,
        versions, and the machine, since some steps decide by measuring."""
        prepared, materials = self.work.prepared, self.work.materials
        recipe = {key: value for key, value in prepared.recipe.resolved().items() if key not in NOT_ASKED}
        samples = digest(arrays=(array for tensors in materials.calibration[: step.wanted] for array in tensors))
        versions = [importlib.metadata.version(name) for name in ("openvino", "nncf")]
        data = (prepared.samples.fingerprint, samples, prepared.seed, ovopt.__version__, *versions)
        own = (step.name, step.model_dump_json(), self.work.properties, machine().processor)
        return digest(source, recipe, *data, *own)

    def _check_bodies(self, place: int, model: openvino.Model) -> None:
        """A step that looks for operations would change nothing in the bodies of an `If`, or only a part."""
        blind = next((step for step in self.steps[place + 1 :] if step.stage in BLIND), None)
        if blind and _has_bodies(model) and not _has_bodies(self.work.current):
            raise StepError(
                f"optimize[{place}].{self.steps[place].name} holds the model side by side for several sizes, and "
                f"{blind.name}, which follows, does not look into these; put {self.steps[place].name} behind it"
            )


def _has_bodies(model: openvino.Model) -> bool:
    return any(op.get_type_name() == "If" for op in model.get_ordered_ops())


Searched = Quantize | Compress
"""The steps whose settings may ask for a search."""


def has_search(step: Step) -> TypeGuard[Searched]:
    """True where the step's settings ask for a search rather than for one way to do it."""
    return isinstance(step, Searched) and step.max_drop is not None


def searched(work: Work, step: Searched, output: Path, time_budget_s: float) -> Stepped:
    """The best model that keeps the step's budget against the original, found by a search whose journal is beside
    `output`, where its best model so far is: an interrupted one goes on. BudgetMissedError where none keeps it."""
    assert step.max_drop is not None, f"no budget for {step.name}"
    goal = Goal(step.max_drop, time_budget_s, resume=True, aim=step.aim if isinstance(step, Compress) else "speed")
    with claimed_folder(output, goal.may_replace(output, False), MANIFEST) as claimed:
        contest = Contest(step.name, Assignment(_comparable(work), [], claimed), goal)
        search = CompressSearch(contest, step) if isinstance(step, Compress) else QuantizeSearch(contest, step)
        manifest = contest.run(search)
    return Stepped(read_model(output), manifest.steps[-1])


def _comparable(work: Work) -> Work:
    """Candidates take the samples that the original takes, or else they are held against the model in front of them."""
    mine, theirs = ([(p.name, p.dtype) for p in facts(each).inputs] for each in (work.current, work.original))
    embedded = any(report.embedded or report.decoded for report in work.reports)
    return replace(work, original=work.current) if embedded or mine != theirs else work
