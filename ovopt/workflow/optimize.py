"""Apply steps to a model, one after the other, and write the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import ovopt
from ovopt.bench.machine import machine
from ovopt.bench.quick import quick_speedup
from ovopt.bundle import write_manifest
from ovopt.contracts import Materials, Step
from ovopt.model.facts import facts
from ovopt.model.files import MANIFEST, describe
from ovopt.model.read import read_model
from ovopt.model.save import save_model
from ovopt.output import check_free, new_folder
from ovopt.prepare import Prepared, prepare
from ovopt.recipe import Recipe
from ovopt.records import Manifest, ModelFile, StepReport
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.tune.journal import Journal
from ovopt.workflow.arms import properties_of
from ovopt.workflow.calibration import calibration_samples
from ovopt.workflow.chosen import Chosen, choose
from ovopt.workflow.options import Options
from ovopt.workflow.search import Goal, Search, journal_file, subject_of
from ovopt.workflow.validate import Validator

if TYPE_CHECKING:
    import openvino

    from ovopt.workflow.options import Data

S = TypeVar("S", bound=Step)


def quantize(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
    goal: Goal | None = None,
) -> Manifest:
    """Apply the recipe's `quantize` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Calibrates on the calibration split alone.

    With a goal, search for the fastest model that keeps it, judged on the tuning split: BudgetMissedError where none
    does. The best so far is on disk at any time, and a journal beside it lets an interrupted search go on.
    """
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    step = _step(chosen, Quantize) or Quantize()
    before = [_step(chosen, Simplify) or Simplify()] if simplify else []
    if goal:
        return _search(model, Path(output), before, step, goal, chosen, data, options)
    return _apply(model, output, [*before, step], chosen, data, options)


def simplify(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
) -> Manifest:
    """Rewrite the graph, verified on the calibration split (on random inputs where there are no data), and write the
    bundle `output`."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    return _apply(model, output, [_step(chosen, Simplify) or Simplify()], chosen, data, options)


def _step(chosen: Chosen, kind: type[S]) -> S | None:
    return next((step for step in chosen.recipe.optimize if isinstance(step, kind)), None)


@dataclass(frozen=True)
class _Work:
    """What steps are applied to, and with what."""

    path: str | Path
    source: ModelFile
    original: openvino.Model
    prepared: Prepared
    materials: Materials

    @classmethod
    def begin(cls, path: str | Path, steps: Sequence[Step], chosen: Chosen, data: Data, options: Options) -> _Work:
        """Read model and data; nothing is written yet."""
        recipe = chosen.recipe
        if chosen.why:
            options.progress.say(chosen.why)
        original = read_model(path, recipe.model.shapes, options.trust)
        table = None if isinstance(data, str | Path) else data
        prepared = prepare(recipe, facts(original).inputs, chosen.seed, table)
        wanted, real = max(step.wanted for step in steps), any(step.calibrates for step in steps)
        calibration = calibration_samples(prepared, original, wanted, real, options)

        def speedup(before: openvino.Model, after: openvino.Model) -> float | None:
            return quick_speedup(before, after, calibration[0], recipe.runtime.device)

        materials = Materials(calibration, chosen.seed, options.progress, speedup)
        return cls(path, describe(path), original, prepared, materials)

    def applied(self, steps: Sequence[Step]) -> tuple[openvino.Model, list[StepReport]]:
        """The model behind all steps, and their reports."""
        current, reports = self.original, list[StepReport]()
        for step in steps:
            stepped = step.apply(current, self.materials)
            current = stepped.model
            reports.append(stepped.report)
        return current, reports

    def write(self, folder: Path, output: str | Path, model: openvino.Model, reports: Sequence[StepReport]) -> Manifest:
        """The bundle: the model and its manifest."""
        save_model(model, folder / "model.xml", {"version": ovopt.__version__, "step": reports[-1].name})
        written = describe(folder)
        manifest = Manifest(
            ovopt=ovopt.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            source=self.source,
            model=ModelFile(path=str(output), sha256=written.sha256, size_bytes=written.size_bytes),
            recipe=self.prepared.recipe.resolved(),
            data=self.prepared.facts,
            steps=tuple(reports),
            machine=machine(),
        )
        write_manifest(folder, manifest)
        return manifest


def _apply(
    model: str | Path, output: str | Path, steps: Sequence[Step], chosen: Chosen, data: Data, options: Options
) -> Manifest:
    with new_folder(Path(output), options.force, MANIFEST) as folder:
        work = _Work.begin(model, steps, chosen, data, options)
        made, reports = work.applied(steps)
        return work.write(folder, output, made, reports)


def _search(
    model: str | Path,
    output: Path,
    before: Sequence[Step],
    step: Quantize,
    goal: Goal,
    chosen: Chosen,
    data: Data,
    options: Options,
) -> Manifest:
    force = options.force or (goal.resume and journal_file(output).is_file())
    check_free(output, force, MANIFEST)
    work = _Work.begin(model, [*before, step], chosen, data, options)
    start, reports = work.applied(before)
    recipe = chosen.recipe
    validator = Validator(
        work.prepared, work.original, facts(work.original), recipe.runtime.device, properties_of(recipe)
    )
    written: list[Manifest] = []

    def keep(found: openvino.Model, report: StepReport) -> None:
        with new_folder(output, force=bool(written) or force, mark=MANIFEST) as folder:
            written.append(work.write(folder, output, found, [*reports, report]))

    subject = subject_of(
        work.source.sha256, work.prepared.samples.fingerprint, chosen.seed, recipe.resolved(), before, goal.max_drop
    )
    journal = Journal(journal_file(output), subject, goal.resume)
    Search(work.original, start, validator, work.materials, goal, journal, keep).run(step)
    return written[-1]
