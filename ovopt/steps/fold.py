"""Less graph: outputs and inputs that nobody uses, and constants that are computed again in every inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ovopt import units
from ovopt.contracts import Materials, Stage, Step, Stepped, plugins
from ovopt.errors import ModelError, NoEffectError, RecipeError
from ovopt.model.graph.nodes import Rewrite, upstream
from ovopt.model.ports.facts import facts, output_indices

if TYPE_CHECKING:
    import openvino


class Fold(Step):
    """Drops outputs that nobody uses, with all that only they need, and computes once what depends on constants alone.

    Name the outputs in the recipe's `model.output` too: an index counts other outputs behind this step.
    """

    name: ClassVar[str] = "fold"
    stage: ClassVar[Stage] = Stage.GRAPH
    calibrates: ClassVar[bool] = False
    sole: ClassVar[str] = "outputs"
    outputs: tuple[int | str, ...] = Field(default=(), description="names or indices of those to keep; default: all")
    drop_inputs: bool = Field(
        default=False, description="drop inputs that no output depends on; callers must leave them out from then on"
    )

    @property
    def wanted(self) -> int:
        """One is timed."""
        return 1

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The smaller model. Raises NoEffectError where there is nothing to drop and to fold."""
        changed = model.clone()
        dropped = self._drop_outputs(changed)
        reached = upstream([*changed.get_results(), *changed.get_sinks()])
        unused = [parameter for parameter in changed.get_parameters() if parameter.get_name() not in reached]
        if self.drop_inputs:
            for parameter in unused:
                changed.remove_parameter(parameter)
        folded = plugins("ovopt.rewrites", Rewrite)["constant_folding"]().apply(changed)
        changed.validate_nodes_and_infer_types()
        if not (dropped or folded or (unused and self.drop_inputs)):
            raise NoEffectError(f"fold changed nothing: every output is kept, no constant is computed{_said(unused)}")
        before, after = facts(model), facts(changed)
        effect = {
            "dropped_outputs": dropped,
            "dropped_inputs": len(before.inputs) - len(after.inputs),
            "operations": _count(after.operations),
            "operations_before": _count(before.operations),
            "constant_bytes": sum(after.precisions.values()),
            "constant_bytes_before": sum(before.precisions.values()),
        }
        notes = (f"the outputs that are left need no input{_said(unused)}",) if unused and not self.drop_inputs else ()
        speedup = materials.speedup(model, changed)
        fewer = units.counted(effect["operations_before"] - effect["operations"], "operation")
        return Stepped(changed, self.record_effect(effect, notes, speedup, f"{fewer} fewer"))

    def _drop_outputs(self, model: openvino.Model) -> int:
        if not self.outputs:
            return 0
        try:
            kept = output_indices(facts(model).outputs, self.outputs, "optimize.fold.outputs")
        except ModelError as error:
            raise RecipeError(str(error)) from None
        surplus = [result for place, result in enumerate(model.get_results()) if place not in kept]
        for result in surplus:
            model.remove_result(result)
        return len(surplus)


def _count(operations: dict[str, int]) -> int:
    """Those that compute."""
    return sum(n for kind, n in operations.items() if kind not in ("Constant", "Parameter", "Result"))


def _said(unused: Sequence[openvino.op.Parameter]) -> str:
    names = ", ".join(parameter.get_friendly_name() for parameter in unused)
    return f" {names} (`drop_inputs: true` drops them)" if unused else ""
