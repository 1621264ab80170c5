"""A model on its way through steps, with its samples, and the bundle that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ovopt
from ovopt.bench.quick_speedup import Feed, Running, quick_speedup
from ovopt.bundle import (
    left_behind,
    left_to_host,
    postprocessing,
    preprocessing,
    shapes_to_give,
)
from ovopt.contracts import Materials, Origin, Progress, Step, Stepped, Tensors, Transform
from ovopt.errors import DoesNotRunError, ModelError
from ovopt.model.files.ir import save_model
from ovopt.model.files.locate import MANIFEST, describe
from ovopt.model.ports.batch import Fit
from ovopt.model.ports.facts import facts
from ovopt.output import new_folder, write_text
from ovopt.preparing.prepared import Prepared, digest
from ovopt.recipe.own_code import copies
from ovopt.records import Manifest, ModelFile, StepReport
from ovopt.stats import Rough
from ovopt.workflow.applying.calibration import calibration_samples
from ovopt.workflow.applying.first_run import OTHER_DEVICE, check_here, why_not
from ovopt.workflow.applying.host import host_of
from ovopt.workflow.applying.trial_sizes import tried_inputs
from ovopt.workflow.beginning.run import Run, stamp
from ovopt.workflow.comparing.arms import properties_of

if TYPE_CHECKING:
    import openvino

TIMED = 8
"""So many samples are timed where they differ in shape, and may take different times."""


@dataclass(frozen=True)
class Work:
    """A model on its way through steps, the samples, and what steps may use of them."""

    run: Run
    original: openvino.Model
    prepared: Prepared
    """As the current model takes them."""
    transforms: tuple[Transform, ...]
    """What of the recipe's `preprocess` was not inside the original."""
    decoded: int
    """So many of the recipe's decoders were inside the original."""
    materials: Materials
    """For the next step."""
    wanted: int
    """Calibration samples that all steps together want."""
    real: bool
    """Random samples will not do."""
    current: openvino.Model
    samples: Sequence[Tensors]
    """Of the calibration split, as the original takes them."""
    reports: tuple[StepReport, ...] = ()
    """Of the steps that made the current model of the original."""

    @classmethod
    def begin(cls, run: Run, steps: Sequence[Step], least_samples: int = 1) -> Work:
        """Read model and data; nothing is written yet. So many calibration samples are prepared at least, if there are
        as many.

        Raises DataError where there are no samples to calibrate with, ModelError where the model cannot be read,
        SettingsError where the device is not here, on which the result has to be tried.
        """
        recipe, manifest = run.recipe, run.model.manifest
        run.tell()
        check_here(recipe)
        original = run.model.shaped(shapes_to_give(manifest, recipe))
        inputs, inside = facts(original).inputs, manifest.preprocess if manifest else None
        prepared = run.prepare(inside.whole if inside else tried_inputs(run, original))
        transforms = left_to_host(manifest, recipe)
        if inside:
            prepared = prepared.with_transforms(transforms, inputs)
        decoded = len(recipe.postprocess) - len(left_behind(manifest, recipe))
        prepared = prepared.with_decoders_inside(decoded)
        wanted = max(least_samples, *(step.wanted for step in steps))
        real = any(step.calibrates for step in steps)
        calibration = calibration_samples(prepared, original, wanted, real, run.options.progress)
        origin = Origin(run.model.path, recipe.model.shapes, run.options.trust, recipe.task)
        materials = replace(
            _materials(original, calibration, prepared, transforms, run.options.progress), origin=origin
        )
        return cls(run, original, prepared, transforms, decoded, materials, wanted, real, original, calibration)

    @property
    def source(self) -> ModelFile:
        """The original's path, hash and size."""
        return self.run.model.file

    @property
    def properties(self) -> Mapping[str, str]:
        """The runtime settings of the recipe, and those that steps want the model to be used with."""
        return {**properties_of(self.prepared.recipe), **_properties(self.reports)}

    def through(self, steps: Sequence[Step]) -> Work:
        """The work that is left behind all of these steps."""
        work = self
        for step in steps:
            work = work.behind(step.run(work.current, work.materials))
        return work

    def applied(self, steps: Sequence[Step]) -> tuple[openvino.Model, list[StepReport]]:
        """The model behind all steps, and the reports of all that was done to it."""
        if not steps:
            return self.current, list(self.reports)
        work = self.through(steps[:-1])
        last = steps[-1].run(work.current, work.materials)
        return last.model, [*work.reports, last.report]

    def behind(self, stepped: Stepped) -> Work:
        """The work that is left when a step is done: samples and materials for its model."""
        prepared = self.prepared.with_decoders_inside(self.prepared.decoders_inside + stepped.report.decoded)
        work = replace(self, current=stepped.model, reports=(*self.reports, stepped.report), prepared=prepared)
        if not stepped.report.embedded:
            return replace(work, materials=work._fitted_materials(self.current))
        left, inputs = self.transforms[: work._left], facts(stepped.model).inputs
        prepared = work.prepared.with_transforms(left, inputs)
        progress = self.run.options.progress
        calibration = calibration_samples(prepared, stepped.model, self.wanted, self.real, progress)
        materials = _materials(stepped.model, calibration, prepared, left, progress)
        return replace(work, prepared=prepared, materials=materials)

    def speedup(self) -> float | None:
        """Speed-up of an inference of the current model against one of the original, per sample, each on its own inputs
        and with the settings that it is used with."""
        device = self.prepared.recipe.runtime.device
        mine = _fed(self.materials.calibration, self.current, self.current)
        theirs = _fed(self.samples, self.original, self.original)
        own = properties_of(self.prepared.recipe)
        return _ratio((self.original, theirs, own), (self.current, mine, self.properties), device)

    def write(self, folder: Path, output: str | Path, model: openvino.Model, reports: Sequence[StepReport]) -> Manifest:
        """The bundle: the model, which has run once on the recipe's device, and its manifest.

        Raises DoesNotRunError where it does not, ModelError where the original does not either.
        """
        save_model(model, folder / "model.xml", {"version": ovopt.__version__, "step": reports[-1].name})
        self._check_runs(folder / "model.xml", model, reports)
        written, made = describe(folder), self.run.model.manifest
        seen = set(map(digest, self.samples)) if self.real else set()
        manifest = Manifest(
            **stamp(self.run.options),
            source=self.source,
            model=ModelFile(path=str(output), sha256=written.sha256, size_bytes=written.size_bytes),
            recipe=_as_used(self.prepared.recipe.resolved(), reports),
            data=self.prepared.facts,
            calibrated=tuple(sorted(seen.union(made.calibrated if made else ()))),  # of a bundle stays so
            tuned=tuple(sorted(self.prepared.tuned.union(made.tuned if made else ()))),
            preprocess=preprocessing(
                self.prepared.recipe,
                len(self.transforms) - sum(report.embedded for report in reports),
                facts(model).inputs,
                self.prepared.inputs,
            ),
            postprocess=postprocessing(
                self.prepared.recipe, self.decoded + sum(report.decoded for report in reports), facts(model).outputs
            ),
            steps=tuple(reports),
        )
        for name, code in copies(self.prepared.recipe).items():
            (folder / name).write_bytes(code)
        write_text(folder / MANIFEST, manifest.model_dump_json(indent=2, by_alias=True) + "\n")
        return manifest.holding(self.run.data)

    def _check_runs(self, file: Path, model: openvino.Model, reports: Sequence[StepReport]) -> None:
        recipe, own = self.prepared.recipe, properties_of(self.prepared.recipe)
        device = recipe.runtime.device
        tensors, wanted = self._first_inputs(model, reports), {**own, **_properties(reports)}
        why = why_not(file, tensors, device, wanted)
        if why is None:
            return
        without = why_not(self.original, self.samples[0], device, own)
        if without is None:
            raise DoesNotRunError(f"{reports[-1].name} made a model that does not run on {device}: {why}")
        if not self.prepared.samples.random:
            raise ModelError(f"{self.run.model}: does not run on {device}: {without}; {OTHER_DEVICE}")
        if why := why_not(file, None, device, wanted):
            raise DoesNotRunError(f"{reports[-1].name} made a model that cannot be compiled for {device}: {why}")

    def _first_inputs(self, model: openvino.Model, reports: Sequence[StepReport]) -> Tensors | None:
        """Inputs of a model behind these steps for the first samples; None where there is no telling."""
        embedded = sum(report.embedded for report in reports)
        if embedded == sum(report.embedded for report in self.reports):
            fed = _fed(self.materials.calibration, self.current, model)
            return fed.inputs[0] if fed else None
        left = self.transforms[: len(self.transforms) - embedded]
        prepared = self.prepared.with_transforms(left, facts(model).inputs)
        return next(prepared.prepare_tensors(prepared.splits["calibration"]), None)

    @property
    def _left(self) -> int:
        """So many transforms are not inside the current model."""
        return len(self.transforms) - sum(report.embedded for report in self.reports)

    def _fitted_materials(self, before: openvino.Model) -> Materials:
        """For a model that may have fewer inputs than the one before."""
        calibration, ports = self.materials.calibration, facts(before).inputs
        fit = Fit.of(calibration[0], ports, self.current)
        if fit.places != tuple(range(len(ports))):
            calibration = [tuple(sample[place] for place in fit.places) for sample in calibration]
        left, progress = self.transforms[: self._left], self.run.options.progress
        return _materials(self.current, calibration, self.prepared, left, progress)


def _materials(
    model: openvino.Model,
    calibration: Sequence[Tensors],
    prepared: Prepared,
    transforms: tuple[Transform, ...],
    progress: Progress,
) -> Materials:
    recipe = prepared.recipe
    own = properties_of(recipe)
    yardstick: tuple[openvino.Model | None, list[Running]] = (None, [])

    def speedup(
        before: openvino.Model,
        after: openvino.Model,
        properties: Mapping[str, str] | None = None,
        least: float = 0.0,
    ) -> float | None:
        nonlocal yardstick
        if yardstick[0] is not before:
            yardstick = (before, [])
        first, second = _fed(calibration, model, before), _fed(calibration, model, after)
        timed = (before, first, own), (after, second, {**own, **(properties or {})})
        return _ratio(*timed, recipe.runtime.device, least, yardstick[1])

    def refused(after: openvino.Model) -> str | None:
        fed = _fed(calibration, model, after)
        return why_not(after, fed.inputs[0] if fed else None, recipe.runtime.device, own)

    return Materials(
        calibration=calibration,
        seed=prepared.seed,
        progress=progress,
        speedup=speedup,
        refused=refused,
        host=host_of(model, prepared, transforms),
        state=recipe.model.state,
        device=recipe.runtime.device,
    )


@dataclass(frozen=True)
class _Fed:
    """Inputs to time a model on, and how many samples are in each."""

    inputs: Sequence[Tensors]
    batch: int


def _fed(calibration: Sequence[Tensors], own: openvino.Model, model: openvino.Model) -> _Fed | None:
    """One inference's inputs of the samples that `own` takes; a few where they differ in shape. None where the model
    takes something else."""
    try:
        fit = Fit.of(calibration[0], facts(own).inputs, model)
    except ModelError:
        return None
    several = len({tuple(array.shape for array in sample) for sample in calibration}) > 1
    wanted = min(TIMED if several else 1, len(calibration)) * fit.batch
    return _Fed(fit.inputs([calibration[i % len(calibration)] for i in range(wanted)]), fit.batch)


Timed = tuple["openvino.Model", _Fed | None, Mapping[str, str]]


def _ratio(
    before: Timed, after: Timed, device: str, least: float = 0.0, kept: list[Running] | None = None
) -> float | None:
    """Per sample; None where one of them cannot be fed or run."""
    (old, first, own), (new, second, others) = before, after
    if first is None or second is None:
        return None
    per_sample = second.batch / first.batch
    fed = (Feed(first.inputs, own), Feed(second.inputs, others))
    ratio = quick_speedup(old, new, fed, device, least / per_sample, kept)
    if isinstance(ratio, Rough):
        return Rough(ratio * per_sample, ratio.low * per_sample, ratio.high * per_sample)
    return None if ratio is None else ratio * per_sample


def _properties(reports: Sequence[StepReport]) -> dict[str, str]:
    """Runtime settings that steps want their model to be used with."""
    return {key: value for report in reports for key, value in report.properties.items()}


def _as_used(recipe: dict[str, Any], reports: Sequence[StepReport]) -> dict[str, Any]:
    """The recipe with the runtime settings and the batch that steps want the model to be used with."""
    properties = _properties(reports)
    batch = next((report.samples_per_inference for report in reports if report.one_sample), None)
    if properties:
        runtime = recipe.get("runtime", {})
        recipe = {**recipe, "runtime": {**runtime, "properties": {**runtime.get("properties", {}), **properties}}}
    return {**recipe, "model": {**recipe.get("model", {}), "batch": batch}} if batch else recipe


def apply_steps(run: Run, output: Path, steps: Sequence[Step]) -> Manifest:
    """Apply steps to a run's model, one after the other, and write the bundle.

    Raises OutputError where the output exists, StepError where a step fails, or its model does not run.
    """
    with new_folder(output, run.options.force, MANIFEST) as folder:
        work = Work.begin(run, steps)
        made, reports = work.applied(steps)
        try:
            return work.write(folder, output, made, reports)
        except DoesNotRunError as error:
            before = work.through(steps[:-1])
            raise DoesNotRunError(f"{error}{steps[-1].way_round(before.current, before.materials)}") from None
