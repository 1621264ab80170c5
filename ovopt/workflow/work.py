"""What steps are applied to, and the bundle that comes of it."""

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
from ovopt.output import new_folder
from ovopt.prepare import Prepared, prepare
from ovopt.records import Manifest, ModelFile, StepReport
from ovopt.workflow.calibration import calibration_samples
from ovopt.workflow.chosen import Chosen
from ovopt.workflow.options import Options

if TYPE_CHECKING:
    import openvino

    from ovopt.workflow.options import Data

S = TypeVar("S", bound=Step)


@dataclass(frozen=True)
class Work:
    """A model, the samples, and what steps may use of them."""

    path: str | Path
    source: ModelFile
    original: openvino.Model
    prepared: Prepared
    materials: Materials

    @classmethod
    def begin(cls, path: str | Path, steps: Sequence[Step], chosen: Chosen, data: Data, options: Options) -> Work:
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


def apply_steps(
    model: str | Path, output: str | Path, steps: Sequence[Step], chosen: Chosen, data: Data, options: Options
) -> Manifest:
    """Apply steps to a model, one after the other, and write the bundle."""
    with new_folder(Path(output), options.force, MANIFEST) as folder:
        work = Work.begin(model, steps, chosen, data, options)
        made, reports = work.applied(steps)
        return work.write(folder, output, made, reports)


def step_of(chosen: Chosen, kind: type[S]) -> S | None:
    """The recipe's own step of this kind."""
    return next((step for step in chosen.recipe.optimize if isinstance(step, kind)), None)
