"""A model scored on some samples in this process: nothing is timed, no worker is started."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.bench.protocol import Output
from ovopt.bench.scenario import hinted
from ovopt.contracts import Advance, Placement
from ovopt.errors import ModelError
from ovopt.model.native import core, reason
from ovopt.recipe import Recipe
from ovopt.workflow.comparing.arms import properties_of
from ovopt.workflow.comparing.scoring import Pass, Scorer
from ovopt.workflow.comparing.taking_part import NamedModel, output_places

if TYPE_CHECKING:
    import openvino


class OneProcess:
    """A model that is compiled once for each kind of settings."""

    def __init__(self, one: NamedModel) -> None:
        self._one = one
        self._compiled = cache(self._compile)

    def score(self, recipe: Recipe, scorer: Scorer, chosen: Sequence[int], advance: Advance | None = None) -> Pass:
        """The chosen samples through the model, decoders and metrics. Raises ModelError where it cannot be compiled or
        run, DataError where samples, decoders or metrics do not fit."""
        one, ports = self._one, self._one.facts.outputs
        places = tuple(output_places(ports, ports, recipe.model.output, {}))
        placement = Placement(Path("-"), {}, places, recipe.runtime.device, state=recipe.model.state)
        properties = hinted(recipe.runtime.hint or "LATENCY", properties_of(recipe))
        compiled = self._compiled(recipe.runtime.device, tuple(sorted(properties.items())))
        own, path = scorer.fed.get(one.file.sha256), str(one.opened)
        scored = Pass(scorer, one.name, path, original=True, prepared=own, keeps=scorer.agrees)
        scored.advance = advance or scored.advance
        items = (((item.index, item.part), item.tensors) for item in scored.inputs(chosen))
        try:
            for key, values in OpenVinoSession(compiled, (), placement, None).answer_each(items):
                scored.take(Output(*key, values))
        except RuntimeError as error:
            self._compiled.cache_clear()  # its next inference may fail too: sizes of the failed one stay in the graph
            raise ModelError(f"{path}: a sample does not go through it: {reason(error)}") from None
        scored.settle()
        return scored

    def _compile(self, device: str, properties: tuple[tuple[str, str], ...]) -> openvino.CompiledModel:
        model = self._one.opened.shaped(self._one.shapes)
        try:
            return core().compile_model(model, device, dict(properties))
        except RuntimeError as error:
            raise ModelError(f"{self._one.opened}: cannot be compiled: {reason(error)}") from None
