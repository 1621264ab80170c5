"""Exact rewriting of the graph, verified by running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Materials, Stage, Step, Stepped, Tensors, Tolerance, plugins
from ovopt.errors import RecipeError, did_you_mean
from ovopt.model.graph.nodes import Rewrite
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.records import StepReport

if TYPE_CHECKING:
    import openvino

MOST_ROUNDS = 4
"""One rewrite may make room for another; after so many rounds nothing new is expected."""


class Simplify(Step):
    """Rewrites of the graph that compute the same: what an exporter spelled out becomes one operation again.

    Each rewrite is kept only if the outputs on real samples, in f32, stay within the tolerance of the original's.
    """

    name: ClassVar[str] = "simplify"
    stage: ClassVar[Stage] = Stage.GRAPH
    calibrates: ClassVar[bool] = False
    only: tuple[str, ...] = Field(default=(), description="these rewrites alone; default: all")
    without: tuple[str, ...] = Field(default=(), description="rewrites that are left out")
    tolerance: Tolerance = 2e-3
    samples: int = Field(default=8, gt=0, description="so many samples are run to verify")

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model with every rewrite that holds; the same model where none applies."""
        rewrites = self._chosen()
        check = _Check(model, materials.calibration[: self.samples], self.tolerance)
        current, kept, refused = model.clone(), list[_KeptRewrite](), list[str]()
        with materials.progress.task("simplify", total=MOST_ROUNDS) as advance:
            for _ in range(MOST_ROUNDS):
                before = len(kept)
                left = [rewrite for name, rewrite in rewrites.items() if name not in refused]
                current = self._at_once(left, current, check, kept) or self._apart(left, current, check, kept, refused)
                advance()
                if len(kept) == before:
                    break
        speedup = materials.speedup(model, current) if kept else None
        return Stepped(current, self._report(kept, refused, speedup))

    def _at_once(
        self, rewrites: Sequence[Rewrite], current: openvino.Model, check: _Check, kept: list[_KeptRewrite]
    ) -> openvino.Model | None:
        """All of them, verified together: to compile and run the model is what takes the time. None where they do not
        hold together."""
        changed = current.clone()
        places: dict[str, int] = {}
        try:
            for rewrite in rewrites:
                places[rewrite.name] = rewrite.apply(changed)
                changed.validate_nodes_and_infer_types()
        except RuntimeError:
            return None  # a graph that is not sound any more is no simplification
        if not any(places.values()):
            return current
        difference = check.difference(changed)
        if difference is None:
            return None
        kept += [_KeptRewrite(name, count, difference) for name, count in places.items() if count]
        return changed

    def _apart(
        self,
        rewrites: Sequence[Rewrite],
        current: openvino.Model,
        check: _Check,
        kept: list[_KeptRewrite],
        refused: list[str],
    ) -> openvino.Model:
        """One after the other, so that those are left out that do not hold."""
        for rewrite in rewrites:
            changed = self._at_once([rewrite], current, check, kept)
            if changed is None:
                refused.append(rewrite.name)
            else:
                current = changed
        return current

    def _chosen(self) -> Mapping[str, Rewrite]:
        known = plugins("ovopt.rewrites", Rewrite)
        for key, names in (("only", self.only), ("without", self.without)):
            for name in names:
                if name not in known:
                    raise RecipeError(f"optimize.simplify.{key}: unknown {name!r}; {did_you_mean(name, known)}")
        return {
            name: kind()
            for name, kind in known.items()
            if name not in self.without and (not self.only or name in self.only)
        }

    def _report(self, kept: Sequence[_KeptRewrite], refused: Sequence[str], speedup: float | None) -> StepReport:
        effect: dict[str, Any] = {}
        for one in kept:
            effect[one.name] = effect.get(one.name, 0) + one.places
        if kept:
            effect["largest_difference"] = max(one.difference for one in kept)
        notes = [
            f"{name} was left out: outputs differ by more than {self.tolerance:g}, or it fails" for name in refused
        ]
        if not kept:
            notes.append("nothing to rewrite: the graph is as simple as ovopt knows")
        done = f"{units.counted(sum(one.places for one in kept), 'place')} rewritten" if kept else ""
        report = self.record_effect(effect, notes, speedup, done)
        return report.model_copy(update={"changed": bool(kept)})


@dataclass(frozen=True)
class _KeptRewrite:
    """A rewrite that holds."""

    name: str
    places: int
    difference: float


class _Check:
    """The original's outputs on real samples, in f32."""

    def __init__(self, model: openvino.Model, samples: Sequence[Tensors], tolerance: float) -> None:
        self._model = model
        self._samples = samples
        self._tolerance = tolerance

    @cached_property
    def _wanted(self) -> list[Array]:
        """Outputs of the original, computed once a rewrite asks for them."""
        return outputs_in_f32(self._model, self._samples)

    def difference(self, model: openvino.Model) -> float | None:
        """The largest difference, as a share of each output's largest value; None where it is beyond the tolerance."""
        try:
            found = outputs_in_f32(model, self._samples)
        except RuntimeError:
            return None  # what does not compile is no simplification
        largest = largest_difference(found, self._wanted)
        return largest if largest <= self._tolerance else None
