"""Apply steps to a model, one after the other, and write the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import ovopt
from ovopt.bench.machine import machine
from ovopt.bench.quick import quick_speedup
from ovopt.bundle import write_manifest
from ovopt.contracts import Materials, Step, Stepped
from ovopt.errors import UsageError
from ovopt.model.facts import facts
from ovopt.model.files import MANIFEST, describe
from ovopt.model.read import read_model
from ovopt.model.save import save_model
from ovopt.output import new_folder
from ovopt.prepare import prepare
from ovopt.recipe import Recipe
from ovopt.records import Manifest, ModelFile
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.calibration import calibration_samples
from ovopt.workflow.chosen import Chosen, choose
from ovopt.workflow.options import Options

if TYPE_CHECKING:
    import openvino

    from ovopt.workflow.options import Data


def quantize(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
) -> Manifest:
    """Apply the recipe's `quantize` step (NNCF's defaults where it has none), behind `simplify` unless that is not
    wanted, and write the bundle `output`. Calibrates on the calibration split alone."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    step = _step(chosen, Quantize) or Quantize()
    before = [_step(chosen, Simplify) or Simplify()] if simplify else []
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


def optimize(
    model: str | Path,
    output: str | Path,
    recipe: Recipe | str | Path | None = None,
    data: Data = None,
    options: Options | None = None,
    simplify: bool = True,
) -> Manifest:
    """Apply all the recipe's steps in its order, behind `simplify` unless it is among them or not wanted."""
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    steps = list(chosen.recipe.optimize)
    if simplify and not _step(chosen, Simplify):
        steps.insert(0, Simplify())
    if not steps:
        raise UsageError(f"the recipe of the family {chosen.recipe.family!r} has no steps under `optimize`")
    return _apply(model, output, steps, chosen, data, options)


def _step(chosen: Chosen, kind: type[Step]) -> Step | None:
    return next((step for step in chosen.recipe.optimize if isinstance(step, kind)), None)


def _apply(
    model: str | Path, output: str | Path, steps: Sequence[Step], chosen: Chosen, data: Data, options: Options
) -> Manifest:
    recipe, seed = chosen.recipe, chosen.seed
    if chosen.why:
        options.progress.say(chosen.why)
    source = describe(model)
    with new_folder(Path(output), options.force, MANIFEST) as folder:
        original = read_model(model, recipe.model.shapes, options.trust)
        prepared = prepare(recipe, facts(original).inputs, seed, None if isinstance(data, str | Path) else data)
        calibration = calibration_samples(
            prepared, original, max(step.wanted for step in steps), any(step.calibrates for step in steps), options
        )

        def speedup(before: openvino.Model, after: openvino.Model) -> float | None:
            return quick_speedup(before, after, calibration[0], recipe.runtime.device)

        reports = []
        current = original
        for step in steps:
            stepped: Stepped = step.apply(current, Materials(calibration, seed, options.progress, speedup))
            current = stepped.model
            reports.append(stepped.report)
        save_model(current, folder / "model.xml", {"version": ovopt.__version__, "step": steps[-1].name})
        written = describe(folder)
        manifest = Manifest(
            ovopt=ovopt.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            source=source,
            model=ModelFile(path=str(output), sha256=written.sha256, size_bytes=written.size_bytes),
            recipe=recipe.resolved(),
            data=prepared.facts,
            steps=tuple(reports),
            machine=machine(),
        )
        write_manifest(folder, manifest)
    return manifest
