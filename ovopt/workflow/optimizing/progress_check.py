"""Quality and speed so far, looked at behind each step of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Array, Metric, Tensors, without_batch
from ovopt.errors import ModelError, RecipeError, StepError
from ovopt.metrics.agreement import Cosine, Top1Agreement
from ovopt.model.native import core, reason
from ovopt.model.ports.batch import Fit
from ovopt.model.ports.facts import facts, output_indices
from ovopt.records import Standing
from ovopt.workflow.applying.work import Work
from ovopt.workflow.comparing.arms import properties_of

if TYPE_CHECKING:
    import openvino

LOOKED_AT = 64
"""Calibration samples."""


class Onlooker:
    """Holds what steps made against the original, whose answers it remembers."""

    def __init__(self, start: Work) -> None:
        self._start = start
        recipe = start.prepared.recipe
        self._metrics: list[Metric] = [Cosine()]
        if recipe.task == "classification":
            self._metrics.append(Top1Agreement())
        self._output = self._name(start.original)

    def standing(self, work: Work, size_bytes: int) -> Standing:
        """Quality, size and speed of the current model. Raises RecipeError where its first output is another one,
        StepError where it does not run."""
        output = self._name(work.current)
        if output != self._output:
            raise RecipeError(
                f"model.output: {work.prepared.recipe.model.output!r} means {self._output!r} of the original and "
                f"{output!r} behind {work.reports[-1].name}; give the name: --set model.output={self._output}"
            )
        agreement, samples = self._agreement(work)
        return Standing(size_bytes=size_bytes, agreement=agreement, samples=samples, speedup=work.speedup())

    def _agreement(self, work: Work) -> tuple[dict[str, float], int]:
        chosen = self._firsts(work)
        mine = _answers(work, work.current, [work.materials.calibration[i] for i in chosen], work.properties)
        theirs = [self._decoded(i, work) for i in chosen[: len(mine)]]
        if any(array.dtype.kind in "iu" for array in theirs):
            return {}, len(mine)  # class ids are alike or not, and no direction
        rows = {
            metric: [metric.row(*pair) for pair in zip(mine, theirs, strict=True)] for metric in self._metrics if theirs
        }
        return {metric.label: metric.value(np.array(found)) for metric, found in rows.items()}, len(mine)

    @cached_property
    def _originals(self) -> Sequence[Array]:
        start = self._start
        return _answers(start, start.original, start.samples[:LOOKED_AT], properties_of(start.prepared.recipe))

    def _decoded(self, place: int, work: Work) -> Array:
        """The original's answer, behind the decoders that the current model does itself."""
        names = [port.name for port in facts(self._start.original).inputs]
        inputs = dict(zip(names, self._start.samples[place], strict=True))
        answer: Any = self._originals[place]
        moved = slice(self._start.prepared.decoders_inside, work.prepared.decoders_inside)
        for decoder in work.prepared.recipe.postprocess[moved]:
            answer = decoder(answer, inputs)
        return np.asarray(answer)

    def _firsts(self, work: Work) -> list[int]:
        """The samples that can be held against each other: all, or, where the model keeps the state inside that the
        original is given, the first of every sequence."""
        count = min(LOOKED_AT, len(work.samples), len(work.materials.calibration))
        names = [port.name for port in facts(self._start.original).inputs]
        kept = {port.name for port in facts(work.current).inputs}
        state = [place for place, name in enumerate(names) if name in work.prepared.recipe.model.state]
        if not state or names[state[0]] in kept:
            return list(range(count))
        return [i for i in range(count) if not any(work.samples[i][place].any() for place in state)]

    def _name(self, model: openvino.Model) -> str:
        ports = facts(model).outputs
        return ports[output_indices(ports, self._start.prepared.recipe.model.output)[0]].name


def _answers(
    work: Work, model: openvino.Model, samples: Sequence[Tensors], properties: Mapping[str, str]
) -> list[Array]:
    """The first chosen output of every sample, without the batch dimension; a state starts anew for each."""
    recipe, ports = work.prepared.recipe, facts(model)
    if not samples:
        return []
    try:
        fit = Fit.of(samples[0], ports.inputs, model)
        compiled = core().compile_model(model, recipe.runtime.device, dict(properties))
        place = output_indices(ports.outputs, recipe.model.output)[0]
        return list(_each(compiled, place, fit, samples))
    except (RuntimeError, ModelError) as error:
        raise StepError(f"the model does not run: {reason(error)}") from None


def _each(compiled: openvino.CompiledModel, place: int, fit: Fit, samples: Sequence[Tensors]) -> Iterator[Array]:
    request = compiled.create_infer_request()
    for tensors in fit.inputs(samples):
        request.reset_state()
        request.infer(list(tensors))
        found = np.array(request.get_output_tensor(place).data)
        whole = found.ndim and found.shape[0] % fit.batch == 0
        for answer in np.split(found, fit.batch) if whole else [found] * fit.batch:
            yield without_batch(answer)
