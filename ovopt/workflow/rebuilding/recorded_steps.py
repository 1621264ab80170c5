"""The steps that made a bundle, to be taken again: what a search or a measurement decided is not decided anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from ovopt.contracts import Materials, Step, Stepped, plugins
from ovopt.errors import RecipeError, StepError, did_you_mean
from ovopt.model.files.read import read_model
from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.quantizers import reverted
from ovopt.model.ports.facts import facts
from ovopt.recipe import Recipe
from ovopt.records import Manifest, StepReport
from ovopt.steps.compress import Compress
from ovopt.steps.embed_preprocessing import EmbedPreprocessing
from ovopt.steps.quantize import Quantize
from ovopt.workflow.diagnosing.quantized_source import named_alike
from ovopt.workflow.searching.quantize import UNQUANTIZED, WEIGHTS, global_candidates

if TYPE_CHECKING:
    import openvino


class Unchanged(Step):
    """A step that changed nothing."""

    name: ClassVar[str] = "unchanged"
    calibrates: ClassVar[bool] = False
    report: StepReport

    @property
    def wanted(self) -> int:
        """No sample."""
        return 1

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The same model, and what was said of it."""
        return Stepped(model.clone(), self.report)


class Embedded(Step):
    """As many transforms in the model as there were."""

    name: ClassVar[str] = "embed_preprocessing"
    calibrates: ClassVar[bool] = False
    own: EmbedPreprocessing
    count: int

    @property
    def wanted(self) -> int:
        """What the step itself wants."""
        return self.own.wanted

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The split of that size, whether it pays here or not."""
        return self.own.embedded(model, materials, self.count)


class Winner(Step):
    """The candidate that a search for a quantized model took."""

    name: ClassVar[str] = "quantize"
    own: Quantize
    report: StepReport
    bundle: Path

    @property
    def wanted(self) -> int:
        """What all candidates want."""
        return self.own.wanted

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Made as that candidate was; its figures are the search's, and are not measured again."""
        began = time.perf_counter()
        exact = self.report.parameters["reverted"]
        start = named_alike(model.clone(), read_model(self.bundle)) if exact else model
        made = self._candidate(start, materials)
        if gone := [name for name in exact if name not in by_name(start) or name not in by_name(made)]:
            raise StepError(f"quantize: {gone[0]}, which stayed in floating point, is not found again in the model")
        made = reverted(made, start, exact) if exact else made
        report = StepReport(
            name=self.report.name,
            parameters=self.report.parameters,
            effect={"fake_quantize": facts(made).fake_quantize, "reverted_operations": len(exact)},
            notes=("the winner of an earlier search, made again; nothing was judged",),
            seconds=round(time.perf_counter() - began, 3),
        )
        return Stepped(made, report)

    def _candidate(self, start: openvino.Model, materials: Materials) -> openvino.Model:
        name = self.report.parameters["candidate"]
        if name == UNQUANTIZED:
            return start.clone()
        steps: dict[str, Step] = {WEIGHTS: Compress()}
        steps |= {candidate.name: candidate.step for candidate in global_candidates(self.own)}
        if name not in steps:
            raise StepError(f"quantize: this version of ovopt has no candidate {name!r}; {did_you_mean(name, steps)}")
        return steps[name].apply(start, materials).model


def replayed(manifest: Manifest, recipe: Recipe, bundle: Path) -> tuple[Step, ...]:
    """The steps of a bundle; RecipeError with the reason where one of them cannot be taken again."""
    if not manifest.steps:
        raise RecipeError(f"{bundle}: its manifest lists no steps")
    return tuple(_step(report, recipe, bundle) for report in manifest.steps)


def _step(report: StepReport, recipe: Recipe, bundle: Path) -> Step:
    given = report.parameters
    if "candidate" in given:
        return _won(report, recipe, bundle)
    own = _made(report.name, given, bundle)
    if isinstance(own, EmbedPreprocessing) and report.embedded:
        return Embedded(own=own, count=report.embedded)
    if isinstance(own, EmbedPreprocessing) or (not report.effect and report.notes):
        return Unchanged(report=report)
    return own


def _won(report: StepReport, recipe: Recipe, bundle: Path) -> Step:
    if "settings" in report.parameters:
        return _made(report.name, report.parameters["settings"], bundle)
    if report.name == Quantize.name:
        own = next((step for step in recipe.optimize if isinstance(step, Quantize)), Quantize())
        return Winner(own=own, report=report, bundle=bundle)
    raise RecipeError(
        f"{bundle}: its {report.name} step is the winner of a search ({report.parameters['candidate']}) whose exact "
        "settings the manifest does not hold; search again, with the same seed"
    )


def _made(name: str, given: dict[str, Any], bundle: Path) -> Step:
    known = plugins("ovopt.steps", Step)
    if name not in known:
        raise RecipeError(f"{bundle}: this version of ovopt has no step {name!r}; {did_you_mean(name, known)}")
    make: Callable[[Any], Step] = known[name].model_validate
    try:
        return make(given)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise RecipeError(
            f"{bundle}: its {name} step was made by another version of ovopt: {where}: {error.errors()[0]['msg']}"
        ) from None
