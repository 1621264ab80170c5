"""The steps that made a bundle, to be taken again: what a search or a measurement decided is not decided anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from ovopt.contracts import Materials, Step, Stepped, plugins
from ovopt.errors import RecipeError, StepError, did_you_mean, quoted
from ovopt.model.files.read import read_model
from ovopt.model.inspect.layers import by_name
from ovopt.model.inspect.quantizers import layers_in_8_bits, reverted
from ovopt.model.ports.facts import facts
from ovopt.recipe import known_recipes
from ovopt.records import MadeBy, Manifest, StepReport
from ovopt.steps.embed_preprocessing import EmbedPreprocessing
from ovopt.workflow.diagnosing.quantized_source import named_alike

if TYPE_CHECKING:
    import openvino

OLD_WINNER = "candidate"
"""The parameter under which the first format of manifests had the winner's name, and no settings."""
AGAIN = "made again as it was made before; nothing was judged"


class Unchanged(Step):
    """A step that leaves the model as it is."""

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
    """A step that moves as many transforms into the model as there were."""

    name: ClassVar[str] = "embed_preprocessing"
    calibrates: ClassVar[bool] = False
    own: EmbedPreprocessing
    count: int

    @property
    def wanted(self) -> int:
        """Samples that the step itself wants."""
        return self.own.wanted

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The split of that size, whether it pays here or not. Raises StepError where it cannot be made."""
        return self.own.embedded(model, materials, self.count)


class Chosen(Step):
    """A step with the exact arguments that a search or a measurement chose."""

    name: ClassVar[str] = "chosen"
    own: Step | None
    """The step that made the model; None: it is the one that came in."""
    report: StepReport
    made_by: MadeBy
    bundle: Path

    @property
    def wanted(self) -> int:
        """Samples that the step itself wants."""
        return self.own.wanted if self.own else 1

    @property
    def calibrates(self) -> bool:  # type: ignore[override]  # here it hangs on the step
        """True where the step itself takes statistics from samples."""
        return self.own is not None and self.own.calibrates

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model that was chosen; figures of a search are not measured again. Raises StepError where operations
        that stayed as they were are not found again."""
        stepped = self._made(named_alike(model.clone(), read_model(self.bundle)), materials)
        return Stepped(stepped.model, stepped.report.model_copy(update={
            "name": self.report.name, "parameters": self.report.parameters, "made_by": self.made_by,
            "notes": (*stepped.report.notes, AGAIN), "speedup": None, "speedup_bounds": None,
        }))  # fmt: skip

    def _made(self, model: openvino.Model, materials: Materials) -> Stepped:
        if self.own is None:
            return Stepped(model, self.report.model_copy(update={"effect": {}, "notes": (), "seconds": 0.0}))
        stepped, exact = self.own.apply(model, materials), self.made_by.reverted
        if not exact:
            return stepped
        if gone := [name for name in exact if name not in by_name(model) or name not in by_name(stepped.model)]:
            raise StepError(f"{self.report.name}: {gone[0]}, which stayed as it was, is not found again in the model")
        made = reverted(stepped.model, model, exact)
        effect = {"fake_quantize": facts(made).fake_quantize, "reverted_operations": len(exact)}
        return Stepped(made, stepped.report.model_copy(update={"effect": effect, "done": layers_in_8_bits(made)}))


def recorded_steps(manifest: Manifest, bundle: Path) -> tuple[Step, ...]:
    """The steps of a bundle, from what its manifest holds alone. Raises RecipeError with the reason where one of them
    cannot be taken again."""
    if not manifest.steps:
        raise RecipeError(f"{bundle}: its manifest lists no steps")
    for report in manifest.steps:
        if OLD_WINNER in report.parameters:
            raise RecipeError(
                f"{bundle}: made by an older version of ovopt, which did not write down the settings of a search's "
                f"winner: make it again with `{_searching(report, manifest, bundle)}`"
            )
    return tuple(_step(report, bundle) for report in manifest.steps)


def _searching(report: StepReport, manifest: Manifest, bundle: Path) -> str:
    """The command that searches once more, as far as the manifest tells: it names no recipe file of the user's own."""
    family = str(manifest.recipe.get("family"))
    data = manifest.recipe.get("data", {}).get("source") or {}
    own = data.get("path") if not str(data.get("path")).startswith("{") else None
    options = {
        "--recipe": family if family in known_recipes() else None,
        "--data": own,
        "--max-drop": report.parameters.get("max_drop"),
        "--seed": manifest.data.seed if manifest.data else None,
        "-o": bundle,
    }
    given = [f"{option} {value}" for option, value in options.items() if value is not None]
    return " ".join(["ovopt", report.name, manifest.source.path, *given, "--force"])


def _step(report: StepReport, bundle: Path) -> Step:
    if made_by := report.made_by:
        own = _own(made_by.step, made_by.settings, bundle) if made_by.step else None
        return Chosen(own=own, report=report, made_by=made_by, bundle=bundle)
    if not report.changed:
        return Unchanged(report=report)
    own = _own(report.name, report.parameters, bundle)
    if isinstance(own, EmbedPreprocessing):
        return Embedded(own=own, count=report.embedded)
    return own


def _own(name: str, settings: Mapping[str, Any], bundle: Path) -> Step:
    known = plugins("ovopt.steps", Step)
    if name not in known:
        raise RecipeError(
            f"{bundle}: neither this version of ovopt nor an installed package has a step {quoted(name)}; "
            f"{did_you_mean(name, known)}"
        )
    make: Callable[[Any], Step] = known[name].model_validate
    try:
        return make(settings)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise RecipeError(
            f"{bundle}: its {name} step was made by another version of ovopt: {where}: {error.errors()[0]['msg']}"
        ) from None
