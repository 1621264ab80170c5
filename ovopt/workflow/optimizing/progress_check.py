"""Quality and speed so far, looked at behind each step of a pipeline."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Array, Metric, Tensors, without_batch
from ovopt.errors import DoesNotRunError, ModelError, RecipeError, StepError
from ovopt.metrics.agreement import Cosine, Top1Agreement
from ovopt.model.native import core, reason
from ovopt.model.ports.batch import Fit
from ovopt.model.ports.facts import facts, output_indices
from ovopt.records import Port, Standing
from ovopt.stats import bounds_of
from ovopt.workflow.applying.work import Work
from ovopt.workflow.comparing.arms import properties_of
from ovopt.workflow.comparing.odd_values import OddValues
from ovopt.workflow.comparing.output_parts import Seen
from ovopt.workflow.comparing.taking_part import lacking_outputs, output_places

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
        self._facts = facts(start.original)
        self._output = self._name(start.original)

    def standing(self, work: Work, size_bytes: int) -> Standing:
        """Quality, size and speed of the current model. Raises RecipeError where its first output is another one,
        DoesNotRunError where it does not run."""
        output = self._name(work.current)
        if output != self._output:
            raise RecipeError(
                f"model.output: {work.prepared.recipe.model.output or 0!r} means {self._output!r} of the original and "
                f"{output!r} behind {work.reports[-1].name}; give the name: --set model.output={self._output}"
            )
        chosen, ports = self._firsts(work), facts(work.current).outputs
        lacking = lacking_outputs(self._facts.outputs, {"the model": ports})
        samples = [work.materials.calibration[i] for i in chosen]
        mine = _answers(work, work.current, samples, work.properties, self._places(ports, lacking))
        kept = self._places(self._facts.outputs, lacking)
        theirs = [self._decoded(i, work, kept) for i in chosen[: len(mine)]]
        _check_numbers([self._facts.outputs[place] for place in kept], mine, theirs)
        found = self._agreement([self._facts.outputs[place] for place in kept], mine, theirs)
        speedup = work.speedup()
        return Standing(
            size_bytes=size_bytes,
            agreement={metric: min(values.values()) for metric, values in found.items()},
            samples=len(mine),
            speedup=speedup,
            speedup_bounds=bounds_of(speedup),
            worst={metric: min(values, key=values.__getitem__) for metric, values in found.items() if len(values) > 1},
        )

    def _agreement(
        self, ports: Sequence[Port], mine: Sequence[Sequence[Array]], theirs: Sequence[Sequence[Array]]
    ) -> dict[str, dict[str, float]]:
        """Metric -> part of the outputs -> value, from the outputs of every sample."""
        seen = Seen(ports, self._facts.output_kinds)
        for outputs in theirs:
            seen.add(outputs)
        pairs = list(zip(mine, theirs, strict=True))
        return {
            metric.label: {
                part.name: metric.value(np.array([metric.row(part.of(one), part.of(two)) for one, two in pairs]))
                for part in parts
            }
            for metric in self._metrics
            if (parts := [part for part in seen.parts() if part.suits(metric)])
        }

    @cached_property
    def _originals(self) -> Sequence[Sequence[Array]]:
        start = self._start
        own, every = properties_of(start.prepared.recipe), range(len(self._facts.outputs))
        return _answers(start, start.original, start.samples[:LOOKED_AT], own, every)

    def _places(self, ports: Sequence[Port], lacking: Collection[str]) -> list[int]:
        wanted = self._start.prepared.recipe.model.output
        return output_places(ports, self._facts.outputs, wanted, lacking)

    def _decoded(self, place: int, work: Work, kept: Sequence[int]) -> list[Array]:
        """The original's answer, the first output behind the decoders that the current model does itself."""
        names = [port.name for port in facts(self._start.original).inputs]
        inputs = dict(zip(names, self._start.samples[place], strict=True))
        answer, *others = (self._originals[place][output] for output in kept)
        decoded: Any = answer
        moved = slice(self._start.prepared.decoders_inside, work.prepared.decoders_inside)
        for decoder in work.prepared.recipe.postprocess[moved]:
            decoded = decoder(decoded, inputs)
        return [np.asarray(decoded), *others]

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
    work: Work, model: openvino.Model, samples: Sequence[Tensors], properties: Mapping[str, str], places: Sequence[int]
) -> list[list[Array]]:
    """The outputs at these places of every sample, without the batch dimension; a state starts anew for each."""
    recipe, ports = work.prepared.recipe, facts(model)
    if not samples:
        return []
    try:
        fit = Fit.of(samples[0], ports.inputs, model)
        compiled = core().compile_model(model, recipe.runtime.device, dict(properties))
        return list(_each(compiled, places, fit, samples))
    except (RuntimeError, ModelError) as error:
        raise DoesNotRunError(f"the model does not run: {reason(error)}") from None


def _each(
    compiled: openvino.CompiledModel, places: Sequence[int], fit: Fit, samples: Sequence[Tensors]
) -> Iterator[list[Array]]:
    request = compiled.create_infer_request()
    for tensors in fit.inputs(samples):
        request.reset_state()
        request.infer(list(tensors))
        each = [_split(np.array(request.get_output_tensor(place).data), fit.batch) for place in places]
        yield from ([*outputs] for outputs in zip(*each, strict=True))


def _split(found: Array, batch: int) -> list[Array]:
    """The output of each of `batch` samples."""
    whole = found.ndim and found.shape[0] % batch == 0
    return [without_batch(answer) for answer in (np.split(found, batch) if whole else [found] * batch)]


def _check_numbers(ports: Sequence[Port], mine: Sequence[Sequence[Array]], theirs: Sequence[Sequence[Array]]) -> None:
    """Raises StepError where a model gives what is no number and the original gives one."""
    for index, (one, two) in enumerate(zip(mine, theirs, strict=True)):
        odd = OddValues()
        odd.keep((index, 0), two, ports)
        if fault := odd.new((index, 0), one, ports):
            raise StepError(f"the model gives {fault} for calibration sample {index + 1}, the original a number")
