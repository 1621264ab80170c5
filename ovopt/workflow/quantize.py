"""Quantize a model into a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ovopt
from ovopt.bench.machine import machine
from ovopt.bundle import write_manifest
from ovopt.contracts import Materials, Tensors
from ovopt.errors import DataError
from ovopt.model.facts import facts
from ovopt.model.files import MANIFEST, describe
from ovopt.model.read import read_model
from ovopt.model.save import save_model
from ovopt.model.sequence import with_state
from ovopt.output import new_folder
from ovopt.prepare import Prepared, prepare
from ovopt.recipe import Recipe
from ovopt.records import Manifest, ModelFile
from ovopt.steps.quantize import Quantize
from ovopt.workflow.chosen import choose
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
) -> Manifest:
    """Apply the recipe's `quantize` step (NNCF's defaults where it has none) and write the bundle `output`.

    Calibrates on the calibration split alone.
    """
    options = options or Options()
    chosen = choose(recipe, data, [model], options, guess=True)
    recipe, seed = chosen.recipe, chosen.seed
    if chosen.why:
        options.progress.say(chosen.why)
    step = next((step for step in recipe.optimize if isinstance(step, Quantize)), Quantize())
    source = describe(model)
    with new_folder(Path(output), options.force, MANIFEST) as folder:
        original = read_model(model, recipe.model.shapes, options.trust)
        table = None if isinstance(data, str | Path) else data
        prepared = prepare(recipe, facts(original).inputs, seed, table)
        calibration = _calibration(prepared, original, step.subset_size, options)
        stepped = step.apply(original, Materials(calibration, seed, options.progress))
        save_model(stepped.model, folder / "model.xml", {"version": ovopt.__version__, "step": step.name})
        written = describe(folder)
        manifest = Manifest(
            ovopt=ovopt.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            source=source,
            model=ModelFile(path=str(output), sha256=written.sha256, size_bytes=written.size_bytes),
            recipe=recipe.resolved(),
            data=prepared.facts,
            steps=(stepped.report,),
            machine=machine(),
        )
        write_manifest(folder, manifest)
    return manifest


def _calibration(prepared: Prepared, model: openvino.Model, wanted: int, options: Options) -> Sequence[Tensors]:
    """The calibration samples, checked: what NNCF would take in silence and answer with a ruined model."""
    if prepared.samples.source.startswith("synthetic"):
        raise DataError("calibration needs real samples: give --data, or a recipe with a data source")
    chosen = prepared.splits["calibration"][:wanted]
    if not chosen:
        raise DataError("data.splits.calibration: no samples are left to calibrate with")
    with options.progress.task("prepare calibration samples", total=len(chosen)) as advance:
        tensors: list[Tensors] = []
        for _, parts in prepared.each(chosen):
            tensors += _spread(_in_sequence(model, parts, prepared.recipe), ceil(wanted / len(chosen)))
            advance()
    if len(tensors) > 1 and all(
        np.array_equal(a, b) for sample in tensors[1:] for a, b in zip(tensors[0], sample, strict=True)
    ):
        raise DataError(f"{prepared.samples.source}: all {len(tensors)} calibration samples are the same")
    return tensors


def _in_sequence(model: openvino.Model, parts: tuple[Tensors, ...], recipe: Recipe) -> Sequence[Tensors]:
    """Zeros are the state of the first inference of a sequence only."""
    return tuple(with_state(model, parts, recipe.model.state)) if recipe.model.state else parts


def _spread(parts: Sequence[Tensors], wanted: int) -> Sequence[Tensors]:
    """At most so many of a sample's inferences, evenly over it."""
    if len(parts) <= wanted:
        return parts
    return [parts[i] for i in np.linspace(0, len(parts) - 1, wanted).astype(int)]
